"""Text to tokens, one at a time, so that a template can stop in the middle of its text."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from headwater.languages.iot_sql.errors import SqlParseError


class Kind(Enum):
    NAME = auto()
    NUMBER = auto()
    STRING = auto()
    SYMBOL = auto()
    END = auto()


class Token(NamedTuple):
    """`text` is the name, the symbol, the digits, or the string without its quotes."""

    kind: Kind
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of the keywords (given in capitals)."""
        return self.kind is Kind.NAME and self.text.upper() in words

    def is_symbol(self, *symbols: str) -> bool:
        return self.kind is Kind.SYMBOL and self.text in symbols


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<name>[^\W\d]\w*)
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<string>'(?:[^']|'')*'|"(?:[^"]|"")*")
    | (?P<symbol><>|!=|<=|>=|[-+*/%=<>(){}\[\],:.])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)


def next_token(text: str, position: int) -> Token:
    """The token at or after `position`."""
    match = _TOKEN.match(text, position)
    if match is None:
        start = position + len(text[position:]) - len(text[position:].lstrip())
        raise SqlParseError(f"Unexpected character '{text[start]}' at position {start}.", start)
    group = match.lastgroup or "end"
    found, start = match[group], match.start(group)
    if group == "string":
        found = found[1:-1].replace(found[0] * 2, found[0])
    return Token(Kind[group.upper()], found, start, match.end())
