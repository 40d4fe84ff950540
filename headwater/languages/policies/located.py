"""Where the statements of a policy stand in its text, and of which condition keys they speak.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Statement.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecoder
from typing import Any, NamedTuple

from headwater.languages.policies.statements import Statement, parse_statement

_SPACE = re.compile(r"[\s,:]*")
_VARIABLE = re.compile(r"\$\{([^*?$},][^},]*)")
_DECODER = JSONDecoder()


class Position(NamedTuple):
    """Both count from 1."""

    line: int
    column: int


class Located(NamedTuple):
    """A statement; ``start`` is where what stands before it has ended, as AWS counts. ``keys``: of its conditions and
    variables, as they are written and in the order in which they are."""

    statement: Statement
    start: Position
    end: Position
    keys: tuple[str, ...]


def locate_statements(policy: str) -> tuple[Located, ...]:
    """The statements of a policy's JSON, which was checked for form."""
    return tuple(
        Located(parse_statement(document), _position(policy, start), _position(policy, end), tuple(_keys(document)))
        for document, start, end in _statements(policy)
    )


def _position(text: str, index: int) -> Position:
    line_start = text.rfind("\n", 0, index) + 1
    return Position(text.count("\n", 0, index) + 1, index - line_start + 1)


def _statements(text: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Each with the indices between which it stands."""
    index = _skip(text, _skip(text, 0) + 1)
    while text[index] != "}":
        name, index = _DECODER.raw_decode(text, index)
        index = _skip(text, index)
        if name == "Statement":
            yield from _listed(text, index)
        index = _skip(text, _DECODER.raw_decode(text, index)[1])


def _listed(text: str, index: int) -> Iterator[tuple[dict[str, Any], int, int]]:
    if text[index] == "{":
        document, end = _DECODER.raw_decode(text, index)
        yield document, index + 1, end
        return
    before = index + 1
    index = _skip(text, before)
    while text[index] != "]":
        document, end = _DECODER.raw_decode(text, index)
        yield document, before, end
        before, index = end, _skip(text, end)


def _skip(text: str, index: int) -> int:
    match = _SPACE.match(text, index)
    return index if match is None else match.end()


def _keys(document: Any) -> Iterator[str]:
    for name, value in document.items():
        if name == "Condition":
            for wanted in value.values():
                for key, texts in wanted.items():
                    yield key
                    yield from _variables(texts)
        elif name in ("Resource", "NotResource"):
            yield from _variables(value)


def _variables(texts: Any) -> Iterator[str]:
    for text in texts if isinstance(texts, list) else [texts]:
        if isinstance(text, str):
            yield from (name.strip() for name in _VARIABLE.findall(text))
