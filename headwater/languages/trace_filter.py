"""Filter expressions of X-Ray: ``service("api") AND (fault OR responsetime > 2) AND annotation.customer = "a"``.

https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"\\]|\\.)*\")|(?P<number>-?\d+(?:\.\d+)?)|(?P<symbol>!=|<=|>=|==|[=<>!(){},:])"
    r"|(?P<name>annotation\[\s*\"?[\w.-]+\"?\s*\]|[A-Za-z_][\w.]*))"
)
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        "=": operator.eq, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
        "<=": operator.le, ">=": operator.ge,
    }
)  # fmt: skip
_TEXTUAL: Mapping[str, Callable[[str, str], bool]] = MappingProxyType(
    {
        "CONTAINS": lambda value, wanted: wanted in value,
        "BEGINSWITH": lambda value, wanted: value.startswith(wanted),
        "ENDSWITH": lambda value, wanted: value.endswith(wanted),
    }
)
_FLAGS = ("ok", "error", "fault", "throttle", "partial")
_NUMBERS = ("responsetime", "duration", "http.status")
_TEXTS = ("http.url", "http.method", "http.useragent", "http.clientip", "user", "name")


class InvalidFilter(ValueError):
    """It is no filter expression."""


class UnknownFilter(ValueError):
    """A keyword that is not known here, by its name."""


class Traced(NamedTuple):
    """What is asked of a trace: ``values`` by keyword (flags, seconds, texts), ``annotations``, ``services``' names."""

    values: Mapping[str, Any]
    annotations: Mapping[str, Any]
    services: frozenset[str]


Test = Callable[[Traced], bool]


def compile_trace_filter(text: str) -> Test:
    """InvalidFilter, UnknownFilter."""
    try:
        return _Parser(text).parse() if text.strip() else lambda traced: True
    except RecursionError:
        raise InvalidFilter("it is nested too deeply") from None


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        self._at = 0
        place = 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise InvalidFilter(text[place:].strip()[:20])
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()

    def parse(self) -> Test:
        test = self._any()
        if self._at < len(self._tokens):
            raise InvalidFilter(self._tokens[self._at][1])
        return test

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise InvalidFilter("unexpected end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, *words: str) -> bool:
        taken = self._at < len(self._tokens) and self._tokens[self._at][1].upper() in words
        self._at += taken
        return taken

    def _expect(self, word: str) -> None:
        if not self._takes(word):
            raise InvalidFilter(f"{word} is missing")

    def _any(self) -> Test:
        tests = [self._all()]
        while self._takes("OR"):
            tests.append(self._all())
        return lambda traced: any(test(traced) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._takes("AND"):
            tests.append(self._one())
        return lambda traced: all(test(traced) for test in tests)

    def _one(self) -> Test:
        if self._takes("!", "NOT"):
            inner = self._one()
            return lambda traced: not inner(traced)
        if self._takes("("):
            inner = self._any()
            self._expect(")")
            return inner
        kind, word = self._next()
        if kind != "name":
            raise InvalidFilter(word)
        if word.startswith(("annotation.", "annotation[")):
            key = word.removeprefix("annotation").strip(".[] ").strip('"')
            return self._comparison(lambda traced: traced.annotations.get(key))
        if word in _FLAGS:
            return self._flag(word)
        if word in _NUMBERS or word in _TEXTS:
            return self._comparison(lambda traced: traced.values.get(word))
        if word == "service":
            return self._service()
        raise UnknownFilter(word)

    def _flag(self, word: str) -> Test:
        if self._takes("=", "=="):
            wanted = self._next()[1].lower() == "true"
            return lambda traced: bool(traced.values.get(word)) == wanted
        return lambda traced: bool(traced.values.get(word))

    def _service(self) -> Test:
        """``service("name")``; with a block, or by more than a name, it is not known here."""
        self._expect("(")
        kind, text = self._next()
        if kind != "text":
            raise UnknownFilter("service(id(…))")
        self._expect(")")
        if self._takes("{"):
            raise UnknownFilter("service(…) {…}")
        name = text[1:-1]
        return lambda traced: name in traced.services

    def _comparison(self, read: Callable[[Traced], Any]) -> Test:
        kind, sign = self._next()
        wanted_kind, text = self._next()
        wanted: Any = (
            float(text) if wanted_kind == "number" else text[1:-1] if wanted_kind == "text" else text == "true"
        )
        if kind == "name" and sign.upper() in _TEXTUAL and isinstance(wanted, str):
            textual = _TEXTUAL[sign.upper()]
            return lambda traced: isinstance(value := read(traced), str) and textual(value, wanted)
        compare = _COMPARISONS.get(sign)
        if compare is None:
            raise InvalidFilter(sign)
        number = isinstance(wanted, float)

        def test(traced: Traced) -> bool:
            value = read(traced)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return number and compare(float(value), wanted)
            return value is not None and type(value) is type(wanted) and compare(value, wanted)

        return test
