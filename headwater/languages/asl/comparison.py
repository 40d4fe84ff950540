"""Two executions side by side, visit by visit, and what first differs between them."""

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from headwater.languages.asl.visits import Visit


class Row(NamedTuple):
    """The same place in both; None where one has not come so far. ``why``: what differs, empty where nothing does."""

    path: str
    first: Visit | None
    second: Visit | None
    why: str


def compare(first: Sequence[Visit], second: Sequence[Visit]) -> list[Row]:
    """All visits of two executions, in their order."""
    sides = [[each for root in roots for each in root.walk()] for roots in (first, second)]
    return [
        Row((left or right or ("",))[0], left and left[1], right and right[1], _difference(left, right))
        for left, right in zip_longest(*sides)
    ]


def _difference(left: tuple[str, Visit] | None, right: tuple[str, Visit] | None) -> str:
    if left is None or right is None:
        return "only one came here"
    if left[0] != right[0]:
        return f"the other is in {right[0]}"
    for name, ours, theirs in (
        ("input", left[1].given, right[1].given),
        ("outcome", left[1].outcome, right[1].outcome),
        ("error", left[1].error, right[1].error),
        ("output", left[1].gave, right[1].gave),
    ):
        if ours != theirs:
            return _field(name, ours, theirs)
    return ""


def _field(name: str, ours: str | None, theirs: str | None) -> str:
    """Which field of two JSON texts differs first."""
    try:
        left, right = json.loads(ours or "null"), json.loads(theirs or "null")
    except json.JSONDecodeError:
        return f"{name}: {ours} | {theirs}"
    if left == right:
        return f"{name}: {ours} | {theirs}"  # the same value, written otherwise
    while True:
        if isinstance(left, dict) and isinstance(right, dict):
            key: Any = next(key for key in sorted({*left, *right}) if left.get(key) != right.get(key))
            name, left, right = f"{name}.{key}", left.get(key), right.get(key)
        elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
            key = next(place for place in range(len(left)) if left[place] != right[place])
            name, left, right = f"{name}[{key}]", left[key], right[key]
        else:
            return f"{name}: {json.dumps(left)} | {json.dumps(right)}"
