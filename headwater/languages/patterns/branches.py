"""A conjunction of fields, matched against one event.

The straight way decides nearly all events. The search is for events with arrays of objects: all
leaves that a match rests on must come from the same element of each array, as in aws/event-ruler.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headwater.languages.patterns.fields import Field
from headwater.languages.patterns.predicates import Leaf, Predicate

# Which element of which array a leaf lies in: (number of the array in the event, index), outermost first.
Place = tuple[tuple[int, int], ...]
Leaves = dict[str, list[tuple[Leaf, Place]]]


class Branch:
    """Fields that must all be satisfied. ``fields`` are in the order of their paths, on which the
    meaning of ``exists: false`` beside arrays rests."""

    __slots__ = ("_deciders", "_prefixes", "fields")

    def __init__(self, fields: dict[str, tuple[Predicate, ...]]) -> None:
        self.fields = tuple(Field(path, predicates) for path, predicates in sorted(fields.items()))
        self._deciders = tuple(field.decide for field in sorted(self.fields, key=_cost))
        names = (field.path.split(".") for field in self.fields)
        self._prefixes = frozenset(".".join(steps[:end]) for steps in names for end in range(1, len(steps) + 1))

    def matches(self, event: Any) -> bool:
        tangled = False
        for decide in self._deciders:
            verdict = decide(event)
            if verdict is None:
                tangled = True
            elif not verdict:
                return False
        return not tangled or self._search(0, {}, self.leaves(event), set())

    def leaves(self, event: Any) -> Leaves:
        """All leaves at the paths of the fields, with their places."""
        found: Leaves = {}
        arrays = iter(range(1 << 62))
        self._gather(event, "", (), arrays, found)
        return found

    def _gather(self, node: Any, path: str, place: Place, arrays: Iterator[int], found: Leaves) -> None:
        if type(node) is dict:
            for name, value in node.items():
                below = f"{path}.{name}" if path else name
                if below in self._prefixes:
                    self._gather(value, below, place, arrays, found)
        elif type(node) is list:
            number = next(arrays)
            for index, member in enumerate(node):
                compound = type(member) is dict or type(member) is list
                inside = (*place, (number, index)) if compound else place
                self._gather(member, path, inside, arrays, found)
        else:
            found.setdefault(path, []).append((node, place))

    def _search(self, at: int, taken: dict[int, int], leaves: Leaves, failed: set[object]) -> bool:
        """Choose a leaf for each field from ``at`` on, all consistent with the elements taken so far."""
        if at == len(self.fields):
            return True
        state = (at, frozenset(taken.items()))
        if state in failed:
            return False
        field = self.fields[at]
        candidates = leaves.get(field.path, ())
        absent = field.absent and all(_join(taken, place) is None for _, place in candidates)
        if absent and self._search(at + 1, taken, leaves, failed):
            return True
        tried: set[Place] = set()
        for leaf, place in candidates:
            if place in tried or not field.accepts(leaf):
                continue
            tried.add(place)
            joined = _join(taken, place)
            if joined is not None and self._search(at + 1, joined, leaves, failed):
                return True
        failed.add(state)
        return False


def _cost(field: Field) -> tuple[int, int]:
    """Exact values near the root first: they decide most events."""
    inexact = sum(1 for predicate in field.predicates if predicate.operator != "equals")
    return inexact, field.path.count(".")


def _join(taken: dict[int, int], place: Place) -> dict[int, int] | None:
    """The elements taken with those of a place, or None where both take different ones of an array."""
    for array, index in place:
        if taken.get(array, index) != index:
            return None
    return {**taken, **dict(place)} if place else taken
