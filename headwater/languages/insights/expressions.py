"""Expressions: parsed into functions of a record.

In ``stats`` they may hold aggregates: what those come to is then a field of the group's own record, named by its place.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

from headwater.languages.insights.aggregates import AGGREGATES, Aggregate
from headwater.languages.insights.functions import FUNCTIONS
from headwater.languages.insights.records import Record
from headwater.languages.insights.scanner import InvalidQuery, Scanner, Token, unquoted
from headwater.languages.insights.values import (
    Instant,
    ceil_to,
    equal,
    floor_to,
    is_true,
    number,
    ordered,
    read_period,
    text,
)

Evaluate = Callable[[Record], Any]
_ORDERINGS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
Calculate = Callable[[Any, Any], Any]
_ARITHMETIC: dict[str, Calculate] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "^": operator.pow,
}
_LEVELS = (("+", "-"), ("*", "/", "%"), ("^",))
_LARGEST = 1e308
# What ends an expression wherever it stands.
_RESERVED = ("as", "by", "asc", "desc", "and", "or", "not", "like", "in")


class Slot(NamedTuple):
    """An aggregate of a ``stats`` command: of ``value`` of each record (None: of the records), under ``name``."""

    name: str
    aggregate: Aggregate
    value: Evaluate | None
    further: tuple[float, ...]


class Parser:
    """Reads expressions; ``slots`` takes the aggregates, where there may be any; ``now`` is the time of the query."""

    def __init__(self, scanner: Scanner, now: int) -> None:
        self.scanner = scanner
        self.now = now
        self.slots: list[Slot] | None = None

    def expression(self) -> Evaluate:
        either = [self._conjunction()]
        while self.scanner.takes("or"):
            either.append(self._conjunction())
        return either[0] if len(either) == 1 else lambda record: any(is_true(each(record)) for each in either)

    def _conjunction(self) -> Evaluate:
        both = [self._negation()]
        while self.scanner.takes("and"):
            both.append(self._negation())
        return both[0] if len(both) == 1 else lambda record: all(is_true(each(record)) for each in both)

    def _negation(self) -> Evaluate:
        if self.scanner.takes("not"):
            inner = self._negation()
            return lambda record: not is_true(inner(record))
        return self._comparison()

    def _comparison(self) -> Evaluate:
        left = self._arithmetic(0)
        negated = self.scanner.takes("not") is not None
        sign = (
            self.scanner.needs("like", "in")
            if negated
            else self.scanner.takes("=", "!=", *_ORDERINGS, "like", "=~", "in")
        )
        if sign is None:
            return left
        found = self._compared(left, sign)
        return (lambda record: not found(record)) if negated or sign.text == "!=" else found

    def _compared(self, left: Evaluate, sign: Token) -> Evaluate:
        if sign.word == "like" or sign.text == "=~":
            return self._like(left)
        if sign.word == "in":
            return self._among(left)
        right = self._arithmetic(0)
        if sign.text in _ORDERINGS:
            compare = _ORDERINGS[sign.text]
            return lambda record: ordered(compare, left(record), right(record))
        return lambda record: equal(left(record), right(record))

    def _like(self, left: Evaluate) -> Evaluate:
        pattern = self.scanner.regex()
        if pattern is not None:
            search = pattern.search
            return lambda record: (value := left(record)) is not None and search(text(value)) is not None
        right = self._arithmetic(0)

        def contains(record: Record) -> bool:
            value, part = left(record), right(record)
            return value is not None and part is not None and text(part) in text(value)

        return contains

    def _among(self, left: Evaluate) -> Evaluate:
        self.scanner.needs("[")
        listed = []
        while not self.scanner.takes("]"):
            listed.append(self._arithmetic(0))
            if not self.scanner.takes(","):
                self.scanner.needs("]")
                break
        return lambda record: any(equal(left(record), each(record)) for each in listed)

    def _arithmetic(self, level: int) -> Evaluate:
        if level == len(_LEVELS):
            return self._unary()
        left = self._arithmetic(level + 1)
        steps: list[tuple[Calculate, Evaluate]] = []
        while sign := self.scanner.takes(*_LEVELS[level]):
            steps.append((_ARITHMETIC[sign.text], self._arithmetic(level + 1)))
        return _calculated(left, steps) if steps else left

    def _unary(self) -> Evaluate:
        if self.scanner.takes("-"):
            inner = self._unary()
            return lambda record: None if (value := number(inner(record))) is None else -value
        return self._primary()

    def _primary(self) -> Evaluate:
        token = self.scanner.take()
        if token.text == "(":
            inner = self.expression()
            self.scanner.needs(")")
            return inner
        if token.kind == "number":
            constant = float(token.text) if not token.text.isdecimal() else int(token.text)
            return lambda record: constant
        if token.kind == "text":
            quoted = unquoted(token)
            return lambda record: quoted
        if token.kind != "name" or token.word in _RESERVED:
            raise self.scanner.unexpected(token)
        if self.scanner.peek().text == "(" and not token.text.startswith("`"):
            self.scanner.take()
            return self._call(token)
        if token.word in ("true", "false"):
            truth = token.word == "true"
            return lambda record: truth
        name = token.text.replace("`", "")
        return lambda record: record[name]

    def _call(self, name: Token) -> Evaluate:
        if name.word in ("bin", "datefloor", "dateceil"):
            return self._rounded(name.word)
        if name.word == "now":
            self.scanner.needs(")")
            seconds = self.now // 1000
            return lambda record: seconds
        if self.slots is not None and name.word in AGGREGATES:
            return self._aggregated(name)
        function = FUNCTIONS.get(name.word)
        if function is None:
            raise self.scanner.unexpected(name)
        given = self._arguments()
        if not function.least <= len(given) <= function.most:
            raise InvalidQuery(f"wrong number of arguments for {name.text}", name.start, self.scanner.at)
        run, whole = function.run, function.whole

        def called(record: Record) -> Any:
            values = [each(record) for each in given]
            return run(*values) if whole or None not in values else None

        return called

    def _arguments(self) -> list[Evaluate]:
        given: list[Evaluate] = []
        while not self.scanner.takes(")"):
            given.append(self.expression())
            if not self.scanner.takes(","):
                self.scanner.needs(")")
                break
        return given

    def _rounded(self, how: str) -> Evaluate:
        """``bin(5m)``, ``bin(@timestamp, 5m)``, ``datefloor(@timestamp, 1h)``."""
        value: Evaluate = _timestamp
        if self.scanner.peek().kind != "period":
            value = self.expression()
            self.scanner.needs(",")
        token = self.scanner.take()
        period = read_period(token.text) if token.kind == "period" else None
        if period is None:
            raise self.scanner.unexpected(token)
        self.scanner.needs(")")
        to = ceil_to if how == "dateceil" else floor_to

        def rounded(record: Record) -> Instant | None:
            found = number(value(record))
            return None if found is None else to(int(found), period)

        return rounded

    def _aggregated(self, name: Token) -> Evaluate:
        assert self.slots is not None  # asked before
        slots, self.slots = self.slots, None  # there are none within one
        aggregate, value = AGGREGATES[name.word], None
        if name.word == "count" and (self.scanner.takes("*") or self.scanner.peek().text == ")"):
            pass
        else:
            value = self.expression()
        further = []
        for _ in range(aggregate.further):
            self.scanner.needs(",")
            token = self.scanner.take()
            if token.kind != "number":
                raise self.scanner.unexpected(token)
            further.append(float(token.text))
        self.scanner.needs(")")
        self.slots = slots
        slot = Slot(f"\0{len(slots)}", aggregate, value, tuple(further))
        slots.append(slot)
        return lambda record: record[slot.name]


def _timestamp(record: Record) -> Any:
    return record["@timestamp"]


def _calculated(first: Evaluate, steps: list[tuple[Calculate, Evaluate]]) -> Evaluate:
    """From left to right; nothing where a value is no number, or the result none that can be told."""

    def calculated(record: Record) -> float | None:
        found = number(first(record))
        for calculate, following in steps:
            value = number(following(record))
            if found is None or value is None:
                return None
            try:
                # whole numbers of any size would take any time
                found = calculate(float(found), float(value))
            except (ArithmeticError, ValueError):
                return None
            if not isinstance(found, float) or not abs(found) <= _LARGEST:
                return None
        return found

    return calculated
