"""A query's text, token by token. Whether a slash divides or begins a regular expression, who asks must know."""

from __future__ import annotations

import re
from typing import NamedTuple

from headwater.languages.regular_expressions import Expression, InvalidExpression, compile_expression

_SPACE = re.compile(r"(?:\s+|#[^\n]*)*")
_TOKEN = re.compile(
    r"""
    (?P<name>[@$A-Za-z_][\w@$]*(?:\.[\w@$]+|\.`[^`]+`)*|`[^`]+`)
  | (?P<period>\d+[A-Za-z]+\b)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<sign>!=|<=|>=|=~|=|<|>|\||\(|\)|\[|\]|,|\+|-|\*|/|%|\^)
    """,
    re.VERBOSE,
)
_REGEX = re.compile(r"/((?:[^/\\\n]|\\.)*)/")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class InvalidQuery(ValueError):
    """With AWS's words, and where in the text it is."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start = start
        self.end = end


class UnsupportedCommand(Exception):
    """A command or function that AWS has and this has not, by its name."""


class Token(NamedTuple):
    """``kind``: name, period, number, text, sign, or end."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """Of keywords and functions, case does not count."""
        return self.text.lower() if self.kind == "name" else ""


class Scanner:
    """Where reading is in a text."""

    def __init__(self, text: str) -> None:
        self.source = text
        self._at = 0
        self._end = 0

    @property
    def at(self) -> int:
        """Where the last token ended."""
        return self._end

    def peek(self) -> Token:
        found = _SPACE.match(self.source, self._at)
        start = found.end() if found else self._at
        if start == len(self.source):
            return Token("end", "", start, start)
        token = _TOKEN.match(self.source, start)
        if token is None:
            raise self.unexpected(Token("sign", self.source[start], start, start + 1))
        return Token(token.lastgroup or "", token[0], start, token.end())

    def take(self) -> Token:
        token = self.peek()
        self._at = self._end = token.end
        return token

    def takes(self, *signs: str) -> Token | None:
        """The next token where it is one of these signs or words."""
        token = self.peek()
        return self.take() if token.text in signs or (token.word and token.word in signs) else None

    def needs(self, *signs: str) -> Token:
        token = self.takes(*signs)
        if token is None:
            raise self.unexpected(self.peek())
        return token

    def name(self) -> str:
        token = self.take()
        if token.kind != "name":
            raise self.unexpected(token)
        return token.text.replace("`", "")

    def regex(self) -> Expression | None:
        """A regular expression between slashes, where the next is one."""
        start = self.peek_start()
        found = _REGEX.match(self.source, start)
        if found is None:
            return None
        self._at = self._end = found.end()
        try:
            return compile_expression(found[1].replace(r"\/", "/"))
        except InvalidExpression as error:
            raise InvalidQuery(f"invalid regular expression: {error}", start, found.end()) from None

    def peek_start(self) -> int:
        found = _SPACE.match(self.source, self._at)
        return found.end() if found else self._at

    def unexpected(self, token: Token) -> InvalidQuery:
        before = self.source[: token.start]
        line, column = before.count("\n") + 1, token.start - (before.rfind("\n") + 1) + 1
        what = "end of query" if token.kind == "end" else f"symbol found {token.text}"
        return InvalidQuery(f"unexpected {what} at line {line} and position {column}", token.start, token.end)


def unquoted(token: Token) -> str:
    return _ESCAPE.sub(r"\1", token.text[1:-1])
