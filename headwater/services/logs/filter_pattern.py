"""Filter patterns: terms, regular expressions between percent signs, selectors of JSON members, delimited fields.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/FilterAndPatternSyntax.html

    pattern     = terms / "{" json "}" / "[" fields "]"           ; fields: delimited_pattern.py
    terms       = *( ["-" / "?"] ( word / quoted / "%" regex "%" ) )
    json        = all *( "||" all ) ; all = one *( "&&" one ) ; one = "(" json ")" / selector test
    test        = ("=" / "!=" / "<" / "<=" / ">" / ">=") value / "IS" ("NULL" / "TRUE" / "FALSE") / "NOT EXISTS"
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from headwater.services.logs.delimited_pattern import compile_delimited
from headwater.services.logs.filter_values import (
    ORDERINGS,
    InvalidFilterPattern,
    Test,
    compares,
    compile_regex,
    equals,
)

Filter = Callable[[str], bool]

_TERM = re.compile(r'\s*([-?]?)(?:"((?:\\.|[^"\\])*)"|%((?:\\.|[^%])*)%|([^\s"%]+))')
_TOKEN = re.compile(
    r"\s*(?:(?P<selector>\$(?:\.[\w@-]+|\.\"[^\"]+\"|\[\d+\]|\[\*\])*)|(?P<quoted>\"(?:\\.|[^\"\\])*\")|"
    r"(?P<regex>%(?:\\.|[^%])*%)|(?P<symbol>\|\||&&|!=|<=|>=|[=<>()])|(?P<word>[^\s()=!<>|&]+))"
)
_STEP = re.compile(r"\.\"([^\"]+)\"|\.([\w@-]+)|\[(\d+|\*)\]")
_MISSING = object()


def compile_filter(pattern: str) -> Filter:
    """A function that tells whether a message matches."""
    text = pattern.strip()
    if text.startswith("{") and text.endswith("}"):
        test = _JsonParser(text[1:-1]).parse()
        return lambda message: _matches_json(test, message)
    if text.startswith("["):
        extract = compile_delimited(text)
        return lambda message: extract(message) is not None
    return _compile_terms(text)


def _compile_terms(text: str) -> Filter:
    needed: list[Filter] = []
    excluded: list[Filter] = []
    optional: list[Filter] = []
    at = 0
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None:
            raise InvalidFilterPattern(text[at:])
        sign, quoted, regex, word = match.groups()
        kind = {"-": excluded, "?": optional}.get(sign, needed)
        kind.append(_search(regex) if regex is not None else _contains(quoted if quoted is not None else word))
        at = match.end()
    return lambda message: (
        all(test(message) for test in needed)
        and not any(test(message) for test in excluded)
        and (not optional or any(test(message) for test in optional))
    )


def _contains(term: str) -> Filter:
    unescaped = re.sub(r"\\(.)", r"\1", term)
    return lambda message: unescaped in message


def _search(regex: str) -> Filter:
    return compile_regex(regex).finds


def _matches_json(test: Test, message: str) -> bool:
    try:
        value = orjson.loads(message)
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, dict) and test(value)


class _JsonParser:
    """Recursive descent over the tokens of a JSON pattern."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise InvalidFilterPattern(text[at:])
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        self._at = 0

    def parse(self) -> Test:
        test = self._any()
        if self._at < len(self._tokens):
            raise InvalidFilterPattern(self._tokens[self._at][1])
        return test

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise InvalidFilterPattern("unexpected end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, symbol: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == ("symbol", symbol)
        self._at += found
        return found

    def _any(self) -> Test:
        tests = [self._all()]
        while self._takes("||"):
            tests.append(self._all())
        return lambda value: any(test(value) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._takes("&&"):
            tests.append(self._one())
        return lambda value: all(test(value) for test in tests)

    def _one(self) -> Test:
        if self._takes("("):
            test = self._any()
            if not self._takes(")"):
                raise InvalidFilterPattern("missing )")
            return test
        kind, selector = self._next()
        if kind != "selector":
            raise InvalidFilterPattern(selector)
        steps = [quoted or name or index for quoted, name, index in _STEP.findall(selector)]
        check = self._check()
        return lambda value: any(check(found) for found in _select(value, steps))

    def _check(self) -> Test:
        kind, text = self._next()
        if kind == "symbol" and text in ("=", "!="):
            equal = equals(*self._next())
            return equal if text == "=" else lambda value: value is not _MISSING and not equal(value)
        if kind == "symbol" and text in ORDERINGS:
            return compares(ORDERINGS[text], self._next()[1])
        if (kind, text.upper()) == ("word", "IS"):
            constant = self._next()[1].upper()
            constants = {"NULL": None, "TRUE": True, "FALSE": False}
            if constant not in constants:
                raise InvalidFilterPattern(constant)
            return lambda value: value is constants[constant]
        if (kind, text.upper()) == ("word", "NOT") and self._next()[1].upper() == "EXISTS":
            return lambda value: value is _MISSING
        raise InvalidFilterPattern(text)


def _select(value: Any, steps: list[str]) -> list[Any]:
    """What a selector points to; ``_MISSING`` where that is nothing."""
    found = [value]
    for step in steps:
        following: list[Any] = []
        for each in found:
            if isinstance(each, dict):
                following.append(each.get(step, _MISSING))
            elif isinstance(each, list) and step == "*":
                following += each
            elif isinstance(each, list) and step.isdigit() and int(step) < len(each):
                following.append(each[int(step)])
        found = following
    return found or [_MISSING]


def compile_extraction(pattern: str) -> Callable[[str], dict[str, str] | None]:
    """What the pattern names of a message, by ``$name``; None where that does not match."""
    text = pattern.strip()
    if text.startswith("["):
        return compile_delimited(text)
    matches = compile_filter(text)
    return lambda message: {} if matches(message) else None


def compile_selector(text: str, pattern: str) -> Callable[[str], Any]:
    """What ``$.a.b`` selects of a JSON message, or ``$name`` of one with fields; None where that is nothing."""
    text = text.strip()
    if pattern.strip().startswith("["):
        extract = compile_extraction(pattern)
        if not re.fullmatch(r"\$[\w@.-]+", text):
            raise InvalidFilterPattern(text)
        return lambda message: (extract(message) or {}).get(text)
    match = _TOKEN.fullmatch(text)
    if match is None or match.lastgroup != "selector" or text == "$":
        raise InvalidFilterPattern(text)
    steps = [quoted or name or index for quoted, name, index in _STEP.findall(text)]

    def select(message: str) -> Any:
        try:
            value = orjson.loads(message)
        except orjson.JSONDecodeError:
            return None
        found = _select(value, steps)[0]
        return None if found is _MISSING else found

    return select
