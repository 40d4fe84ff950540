"""The shortest part of a list that still does it: delta debugging.

Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def shortest(items: Sequence[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """A part of ``items``, in order, that ``fails``, and of which nothing can be spared. ``items`` themselves fail;
    what failed or not is not asked twice."""
    known: dict[tuple[int, ...], bool] = {}

    def asked(chosen: list[int]) -> bool:
        key = tuple(chosen)
        if key not in known:
            known[key] = fails([items[number] for number in chosen])
        return known[key]

    left, parts = list(range(len(items))), 2
    while len(left) > 1:
        size = -(-len(left) // parts)
        chunks = [left[at : at + size] for at in range(0, len(left), size)]
        found = next((chunk for chunk in chunks if asked(chunk)), None)
        if found is not None:
            left, parts = found, 2
            continue
        rests = ([number for number in left if number not in chunk] for chunk in chunks)
        rest = next((rest for rest in rests if len(chunks) > 2 and asked(rest)), None)
        if rest is not None:
            left, parts = rest, max(parts - 1, 2)
        elif parts >= len(left):
            break
        else:
            parts = min(2 * parts, len(left))
    return [items[number] for number in left]
