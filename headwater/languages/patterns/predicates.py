"""Predicates: what may stand in a pattern's list of values, as tests of one leaf of an event."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from headwater.languages.patterns.values import (
    Block,
    address,
    address_test,
    caseless,
    comparable,
    wildcard_pieces,
    wildcard_test,
)

Leaf = str | int | float | bool | None
Test = Callable[[Any], bool]
# What makes two predicates the same to AWS's matcher.
Identity = tuple[str, str]
LEAF_TYPES: tuple[type, ...] = (str, int, float, bool, type(None))
_NUMBERS = (int, float)
# Up to here every whole number is a float too.
_WHOLE = 2**53


class Predicate:
    """One alternative for a field.

    ``exact`` holds the leaves that are equal to it (of the type ``kind``), ``tests`` by type of leaf
    what decides about others. ``absent``: satisfied by there being no leaf at all.
    """

    __slots__ = ("absent", "exact", "expected", "operator", "tests")

    def __init__(
        self,
        operator: str,
        expected: Any,
        *,
        exact: Iterable[Leaf] = (),
        tests: dict[type, Test] | None = None,
        absent: bool = False,
    ) -> None:
        self.operator = operator
        self.expected = expected
        self.exact = tuple(exact)
        self.tests = tests or {}
        self.absent = absent

    @property
    def weighs_numbers(self) -> bool:
        """Whether it compares numbers by their value."""
        expected = self.expected[0] if isinstance(self.expected, list) and self.expected else self.expected
        return self.operator == "numeric" or (
            self.operator in ("equals", "anything-but") and type(expected) in _NUMBERS
        )

    def identities(self) -> list[Identity]:
        """By what AWS's matcher knows it; a number is known by its value and by its text."""
        if self.operator == "equals" and type(self.expected) in _NUMBERS:
            return [("numeric", repr(float(self.expected))), ("equals", repr(self.expected))]
        if self.operator == "numeric" and self.expected[0] == "=":
            return [("numeric", repr(float(self.expected[1])))]
        return [(self.operator, repr(self.expected))]

    def for_texts(self) -> Predicate:
        """The same for texts alone."""
        return Predicate(self.operator, self.expected, tests={str: self.tests[str]})

    def accepts(self, leaf: Leaf) -> bool:
        kind = type(leaf)
        if any(type(value) is kind and value == leaf for value in self.exact):
            return True
        test = self.tests.get(kind)
        return test is not None and test(leaf)


def _yes(_: Any) -> bool:
    return True


def _other_leaves(test: Test, *kinds: type) -> dict[type, Test]:
    """The test for leaves of some types, yes for all others."""
    return {kind: test if kind in kinds else _yes for kind in LEAF_TYPES}


def plain(value: Any) -> Any:
    """A member of a pattern with Decimal made float, as events hold it."""
    return float(value) if isinstance(value, Decimal) else value


def equals(value: Any) -> Predicate:
    """A literal. A text that is an IP address equals every way of writing that address."""
    if isinstance(value, str):
        literal = address(value)
        tests: dict[type, Test] = {str: address_test(literal)} if literal is not None else {}
        return Predicate("equals", value, exact=(value,), tests=tests)
    if isinstance(value, (bool, type(None))):
        return Predicate("equals", value, exact=(value,))
    number = plain(value)
    if (type(number) is int and abs(number) > _WHOLE) or (type(number) is float and not number.is_integer()):
        return Predicate("equals", number, exact=(number,))
    return Predicate("equals", number, exact=(int(number), float(number)))


def prefix(text: str) -> Predicate:
    return Predicate("prefix", text, tests={str: lambda leaf: leaf.startswith(text)})


def suffix(text: str) -> Predicate:
    return Predicate("suffix", text, tests={str: lambda leaf: leaf.endswith(text)})


def _caseless_test(operator: str, text: str) -> Test:
    expression = re.compile(caseless(text), re.DOTALL)
    if operator == "prefix":
        return lambda leaf: expression.match(leaf) is not None
    if operator == "suffix":
        ending = re.compile(f"(?:{expression.pattern})\\Z", re.DOTALL)
        return lambda leaf: ending.search(leaf) is not None
    return lambda leaf: expression.fullmatch(leaf) is not None


def equals_ignore_case(text: str) -> Predicate:
    return Predicate("equals-ignore-case", text, tests={str: _caseless_test("equals", text)})


def affix_ignore_case(operator: str, text: str) -> Predicate:
    """``prefix`` or ``suffix`` with ``equals-ignore-case`` inside."""
    return Predicate(operator, {"equals-ignore-case": text}, tests={str: _caseless_test(operator, text)})


def wildcard(text: str) -> Predicate:
    return Predicate("wildcard", text, tests={str: wildcard_test(wildcard_pieces(text))})


def exists(wanted: bool) -> Predicate:
    if wanted:
        return Predicate("exists", True, tests=dict.fromkeys(LEAF_TYPES, _yes))
    return Predicate("exists", False, absent=True)


def numeric(expected: list[Any], test: Callable[[float], bool]) -> Predicate:
    def compare(leaf: float) -> bool:
        return test(leaf) and comparable(leaf)

    return Predicate("numeric", expected, tests=dict.fromkeys(_NUMBERS, compare))


def cidr(expected: str, block: Block) -> Predicate:
    return Predicate("cidr", expected, tests={str: block.holds, **dict.fromkeys(_NUMBERS, block.holds_digits)})


def anything_but(expected: Any, values: list[Any]) -> Predicate:
    """Any leaf that is none of the values, which are all texts or all numbers."""
    if isinstance(values[0], str):
        texts = frozenset(values)
        return Predicate("anything-but", expected, tests=_other_leaves(lambda leaf: leaf not in texts, str))
    numbers = frozenset(plain(value) for value in values)
    return Predicate(
        "anything-but", _printable(expected), tests=_other_leaves(lambda leaf: leaf not in numbers, *_NUMBERS)
    )


def anything_but_nested(operator: str, texts: list[str], expected: Any) -> Predicate:
    """Any leaf but texts that one of the prefixes, suffixes, wildcards or caseless texts fits."""
    make = {"prefix": prefix, "suffix": suffix, "wildcard": wildcard}.get(operator, equals_ignore_case)
    tests = tuple(make(text).tests[str] for text in texts)
    return Predicate(
        "anything-but",
        {operator: expected},
        tests=_other_leaves(lambda leaf: not any(test(leaf) for test in tests), str),
    )


def _printable(expected: Any) -> Any:
    return [plain(value) for value in expected] if isinstance(expected, list) else plain(expected)
