"""Rules of composite alarms: ``ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(c))``.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

_TOKEN = re.compile(r"\s*(?:(?P<test>(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"[^\"]+\"|'[^']+'|[^\s()\"']+)\s*\))"
                    r"|(?P<word>AND|OR|NOT|TRUE|FALSE|\(|\)))")  # fmt: skip
_TEST = re.compile(r"(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*[\"']?(.+?)[\"']?\s*\)", re.DOTALL)
_MOST_ALARMS = 100

States = Mapping[str, str]
Holds = Callable[[States], bool]


class InvalidRule(ValueError):
    """It is no rule."""


class AlarmRule(NamedTuple):
    """``holds`` tells from the states by name; ``alarms`` are the names, or ARNs, that it asks for."""

    holds: Holds
    alarms: tuple[str, ...]


def compile_rule(text: str) -> AlarmRule:
    parser = _Parser(text)
    try:
        holds = parser.parse()
    except RecursionError:
        raise InvalidRule("it is nested too deeply") from None
    if len(parser.alarms) > _MOST_ALARMS:
        raise InvalidRule(f"it names more than {_MOST_ALARMS} alarms")
    return AlarmRule(holds, tuple(parser.alarms))


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        self._at = 0
        self.alarms: dict[str, None] = {}
        place = 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if match is None:
                raise InvalidRule(f"unexpected {text[place:].strip()[:20]!r}")
            self._tokens.append(match["test"] or match["word"])
            place = match.end()

    def parse(self) -> Holds:
        holds = self._any()
        if self._at < len(self._tokens):
            raise InvalidRule(f"unexpected {self._tokens[self._at]!r}")
        return holds

    def _takes(self, word: str) -> bool:
        taken = self._at < len(self._tokens) and self._tokens[self._at] == word
        self._at += taken
        return taken

    def _any(self) -> Holds:
        tests = [self._all()]
        while self._takes("OR"):
            tests.append(self._all())
        return lambda states: any(test(states) for test in tests)

    def _all(self) -> Holds:
        tests = [self._one()]
        while self._takes("AND"):
            tests.append(self._one())
        return lambda states: all(test(states) for test in tests)

    def _one(self) -> Holds:
        if self._takes("NOT"):
            inner = self._one()
            return lambda states: not inner(states)
        if self._takes("("):
            inner = self._any()
            if not self._takes(")"):
                raise InvalidRule("a bracket is not closed")
            return inner
        if self._takes("TRUE"):
            return lambda states: True
        if self._takes("FALSE"):
            return lambda states: False
        match = _TEST.fullmatch(self._tokens[self._at]) if self._at < len(self._tokens) else None
        if match is None:
            raise InvalidRule("unexpected end" if self._at >= len(self._tokens) else self._tokens[self._at])
        self._at += 1
        wanted, name = match[1], match[2]
        self.alarms[name] = None
        return lambda states: states.get(name) == wanted
