"""One field of a pattern: where its leaves are in an event, and whether one of them is accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headwater.languages.patterns.predicates import LEAF_TYPES, Leaf, Predicate, Test


class _Marker:
    """A result of looking up that is no value."""

    __slots__ = ()


MISSING = _Marker()
TANGLED = _Marker()

# What accepts the leaves of one type: those in the set, and those that a test says yes to.
_Acceptor = tuple[frozenset[Any], tuple[Test, ...]]


class Field:
    """A path and its predicates, of which one must say yes.

    Looking up runs straight down the steps. Where an object array or a name with a dot in it may
    bring other leaves, the answer is TANGLED, and the whole branch is searched instead.
    """

    __slots__ = ("absent", "acceptors", "look_up", "path", "predicates")

    def __init__(self, path: str, predicates: tuple[Predicate, ...]) -> None:
        self.path = path
        self.predicates = _settled(predicates)
        self.absent = any(predicate.absent for predicate in predicates)
        # the leaf at the path, or a list of leaves, or MISSING, or TANGLED
        self.look_up = _finder(path)
        self.acceptors = {kind: _acceptor(kind, self.predicates) for kind in LEAF_TYPES}

    def accepts(self, leaf: Leaf) -> bool:
        exact, tests = self.acceptors[type(leaf)]
        return leaf in exact or any(test(leaf) for test in tests)

    def decide(self, event: Any) -> bool | None:
        """Whether the event has what the field asks for; None where only a search can tell."""
        found = self.look_up(event)
        acceptor = self.acceptors.get(type(found))
        if acceptor is not None:
            # as in accepts(), written out: this is the innermost of all matching
            exact, tests = acceptor
            if found in exact:
                return True
            for test in tests:  # noqa: SIM110
                if test(found):
                    return True
            return False
        if found is TANGLED:
            return None
        if found is MISSING or not found:
            return self.absent
        return any(self.accepts(leaf) for leaf in found)


def _finder(path: str) -> Callable[[Any], Any]:
    """What looks a path up. Nearly all are of one or two steps: those are written out, for each event runs through
    them several times."""
    steps = _steps(path)

    def find(event: Any) -> Any:
        node = event
        for name, joined in steps:
            if type(node) is not dict:
                return TANGLED if type(node) is list else MISSING
            for other in joined:
                if other in node:
                    return TANGLED
            node = node.get(name, MISSING)
        return _leaf(node)

    if len(steps) > 2:
        return find
    outer, inner = steps[0][0], steps[-1][0]

    def find_at_root(event: Any) -> Any:
        if type(event) is not dict:
            return find(event)
        node = event.get(outer, MISSING)
        return node if type(node) is str else _leaf(node)

    def find_below(event: Any) -> Any:
        if type(event) is not dict or path in event or type(below := event.get(outer)) is not dict:
            return find(event)
        node = below.get(inner, MISSING)
        return node if type(node) is str else _leaf(node)

    return find_at_root if len(steps) == 1 else find_below


def _leaf(node: Any) -> Any:
    """What lies at the end of a path: an object is no leaf, nor is what an array of compounds holds."""
    kind = type(node)
    if kind is dict:
        return MISSING
    if kind is list:
        for member in node:
            if type(member) is dict or type(member) is list:
                return TANGLED
    return node


def _steps(path: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each step with the longer names, dots included, that would lead on from the same object."""
    names = path.split(".")
    return tuple(
        (name, tuple(".".join(names[at:end]) for end in range(at + 2, len(names) + 1))) for at, name in enumerate(names)
    )


def _settled(predicates: tuple[Predicate, ...]) -> tuple[Predicate, ...]:
    """Where a field compares numbers, AWS takes numbers for nothing else: no block of addresses holds them."""
    if not any(predicate.weighs_numbers for predicate in predicates):
        return predicates
    return tuple(predicate.for_texts() if predicate.operator == "cidr" else predicate for predicate in predicates)


def _acceptor(kind: type, predicates: tuple[Predicate, ...]) -> _Acceptor:
    exact = frozenset(value for predicate in predicates for value in predicate.exact if type(value) is kind)
    tests = tuple(predicate.tests[kind] for predicate in predicates if kind in predicate.tests)
    return exact, tests
