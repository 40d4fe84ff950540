"""Prefixes of the objects that Firehose writes: ``year=!{timestamp:yyyy}/!{firehose:random-string}/``.

https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

DEFAULT_TIME = "yyyy/MM/dd/HH/"
_EXPRESSION = re.compile(r"!\{([^}]*)\}")
_TIME = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+")
_KEYS = ("partitionKeyFromQuery", "partitionKeyFromLambda")
# Characters of a random text, as AWS says.
RANDOM_LENGTH = 11


class InvalidPrefix(Exception):
    """The prefix says what AWS does not know."""


class Values(NamedTuple):
    """What a prefix is filled with: ``at`` in the stream's time zone, ``random`` drawn anew each time, ``error`` such
    as ``processing-failed``; ``keys`` of a partition, by namespace and name."""

    at: datetime
    random: Callable[[], str]
    error: str = ""
    keys: Mapping[tuple[str, str], str] = {}


Part = Callable[[Values], str]


class ObjectPrefix:
    """A compiled prefix."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.expressions: list[tuple[str, str]] = []
        self._parts: list[Part] = []
        at = 0
        for found in _EXPRESSION.finditer(text):
            self._add_text(text[at : found.start()])
            namespace, _, value = found[1].partition(":")
            self.expressions.append((namespace, value))
            self._parts.append(_expression(namespace, value))
            at = found.end()
        self._add_text(text[at:])
        if not any(namespace in ("timestamp", *_KEYS) for namespace, _ in self.expressions):
            self._parts.append(_timestamp(DEFAULT_TIME))

    def _add_text(self, text: str) -> None:
        if "!{" in text:
            raise InvalidPrefix(f"The expression in {text} has no end.")
        if text:
            self._parts.append(lambda values: text)

    @property
    def tells_errors(self) -> bool:
        return ("firehose", "error-output-type") in self.expressions

    @property
    def keys(self) -> list[tuple[str, str]]:
        """Of partitions: namespace and name."""
        return [each for each in self.expressions if each[0] in _KEYS]

    def render(self, values: Values) -> str:
        return "".join(part(values) for part in self._parts)


def _expression(namespace: str, value: str) -> Part:
    if namespace == "timestamp":
        return _timestamp(value)
    if (namespace, value) == ("firehose", "random-string"):
        return lambda values: values.random()
    if (namespace, value) == ("firehose", "error-output-type"):
        return lambda values: values.error
    if namespace in _KEYS and value:
        return lambda values: values.keys[namespace, value]
    raise InvalidPrefix(f"Invalid expression !{{{namespace}:{value}}} in the prefix.")


def _timestamp(pattern: str) -> Part:
    parts = [_time_part(found) for found in _TIME.finditer(pattern)]
    if not parts or pattern.count("'") % 2:
        raise InvalidPrefix(f"Invalid timestamp pattern {pattern} in the prefix.")
    return lambda values: "".join(part(values.at) for part in parts)


def _time_part(found: re.Match[str]) -> Callable[[datetime], str]:
    """Java's DateTimeFormatter, as far as calendars, clocks and zones go."""
    text, letter = found[0], found[1]
    width = len(text)
    if letter is None:
        literal = text[1:-1].replace("''", "'") or "'" if text.startswith("'") else text
        return lambda at: literal
    if letter in "yu":
        return lambda at: f"{at.year % 100:02d}" if width == 2 else f"{at.year:0{width}d}"
    if letter in "ML" and width > 2:
        return lambda at: f"{at:%b}" if width == 3 else f"{at:%B}"
    if letter == "E":
        return lambda at: f"{at:%a}" if width < 4 else f"{at:%A}"
    if letter == "a":
        return lambda at: f"{at:%p}"
    if letter == "S":
        return lambda at: f"{at.microsecond:06d}".ljust(width, "0")[:width]
    if letter in "xXZ":
        return lambda at: f"{at:%z}"
    number = _NUMBERS.get(letter)
    if number is None:
        raise InvalidPrefix(f"Invalid timestamp pattern {text} in the prefix.")
    return lambda at: f"{number(at):0{width}d}"


_NUMBERS: dict[str, Callable[[datetime], int]] = {
    "M": lambda at: at.month,
    "L": lambda at: at.month,
    "d": lambda at: at.day,
    "D": lambda at: at.timetuple().tm_yday,
    "H": lambda at: at.hour,
    "k": lambda at: at.hour or 24,
    "h": lambda at: (at.hour - 1) % 12 + 1,
    "K": lambda at: at.hour % 12,
    "m": lambda at: at.minute,
    "s": lambda at: at.second,
}
