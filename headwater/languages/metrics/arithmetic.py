"""Metric math: expressions over time series.

A value is a number, a series (instants in ms to numbers), or a list of series. An expression is compiled to a closure.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from headwater.languages.metrics.functions import (
    FUNCTIONS,
    InvalidExpression,
    Series,
    Surroundings,
    UnknownFunction,
    Value,
    combine,
)

__all__ = ["Expression", "InvalidExpression", "Series", "UnknownFunction", "compile_expression"]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<text>\"[^\"]*\"|'[^']*')|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<symbol>&&|\|\||==|!=|<=|>=|[-+*/^<>(),\[\]]))"
)
_DEEPEST = 50
_LEVELS: Sequence[Mapping[str, Callable[[float, float], float]]] = (
    {"||": lambda a, b: float(bool(a) or bool(b)), "OR": lambda a, b: float(bool(a) or bool(b))},
    {"&&": lambda a, b: float(bool(a) and bool(b)), "AND": lambda a, b: float(bool(a) and bool(b))},
    {
        "==": lambda a, b: float(a == b),
        "!=": lambda a, b: float(a != b),
        "<": lambda a, b: float(a < b),
        ">": lambda a, b: float(a > b),
        "<=": lambda a, b: float(a <= b),
        ">=": lambda a, b: float(a >= b),
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
    {"^": operator.pow},
)

Evaluate = Callable[[Surroundings], Value]


class Expression(NamedTuple):
    """``names`` are the ids of other queries that it needs; ``uses_all``: it asks for ``METRICS()``."""

    evaluate: Evaluate
    names: frozenset[str]
    uses_all: bool


def compile_expression(text: str) -> Expression:
    """InvalidExpression, UnknownFunction (which names a function that is not known here)."""
    if text.lstrip().upper().startswith("SELECT "):
        raise UnknownFunction("SELECT (Metrics Insights)")
    parser = _Parser(text)
    try:
        evaluate = parser.parse()
    except RecursionError:
        raise InvalidExpression("it is nested too deeply") from None
    return Expression(evaluate, frozenset(parser.names), parser.uses_all)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        self._at = 0
        self._depth = 0
        self.names: set[str] = set()
        self.uses_all = False
        place = 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise InvalidExpression(f"unexpected {text[place:].strip()[:20]!r}")
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()

    def parse(self) -> Evaluate:
        found = self._level(0)
        if self._at < len(self._tokens):
            raise InvalidExpression(f"unexpected {self._tokens[self._at][1]!r}")
        return found

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _takes(self, symbol: str) -> bool:
        taken = self._peek() == ("symbol", symbol)
        self._at += taken
        return taken

    def _expect(self, symbol: str) -> None:
        if not self._takes(symbol):
            raise InvalidExpression(f"expected {symbol!r} before {self._peek()[1]!r}")

    def _level(self, level: int) -> Evaluate:
        if level == len(_LEVELS):
            return self._unary()
        self._depth += 1
        if self._depth > _DEEPEST * len(_LEVELS):
            raise InvalidExpression("it is nested too deeply")
        left = self._level(level + 1)
        while (operation := _LEVELS[level].get(self._peek()[1])) is not None and self._peek()[0] != "text":
            self._at += 1
            left = _binary(operation, left, self._level(level + 1))
        self._depth -= 1
        return left

    def _unary(self) -> Evaluate:
        if self._takes("-"):
            inner = self._unary()
            return lambda world: combine(operator.sub, 0.0, inner(world))
        kind, text = self._peek()
        self._at += 1
        if kind == "number":
            number = float(text)
            return lambda world: number
        if kind == "text":
            return lambda world: text[1:-1]
        if (kind, text) == ("symbol", "("):
            inner = self._level(0)
            self._expect(")")
            return inner
        if (kind, text) == ("symbol", "["):
            parts = self._arguments("]")
            return lambda world: [_series(part(world)) for part in parts]
        if kind == "name":
            return self._name(text)
        raise InvalidExpression(f"unexpected {text!r}" if text else "unexpected end")

    def _name(self, name: str) -> Evaluate:
        if self._takes("("):
            return self._function(name, self._arguments(")"))
        if name in ("TRUE", "FALSE", "true", "false"):
            truth = float(name.upper() == "TRUE")
            return lambda world: truth
        if name in ("REPEAT", "LINEAR"):  # FILL's
            return lambda world: name
        self.names.add(name)
        return lambda world: world.values[name]

    def _function(self, name: str, arguments: list[Evaluate]) -> Evaluate:
        function = FUNCTIONS.get(name.upper())
        if function is None:
            raise UnknownFunction(name)
        self.uses_all = self.uses_all or name.upper() in ("METRICS", "METRIC_COUNT")
        return lambda world: function(world, [argument(world) for argument in arguments])

    def _arguments(self, end: str) -> list[Evaluate]:
        found: list[Evaluate] = []
        if self._takes(end):
            return found
        found.append(self._level(0))
        while self._takes(","):
            found.append(self._level(0))
        self._expect(end)
        return found


def _binary(operation: Callable[[float, float], float], left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda world: combine(operation, left(world), right(world))


def _series(value: Value) -> Series:
    if not isinstance(value, dict):
        raise InvalidExpression("an array holds time series")
    return value
