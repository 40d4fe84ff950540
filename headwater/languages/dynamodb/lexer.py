"""Expression text to tokens, and the cursor that parsers read them by.

A syntax error names the token that was not expected, near it the text from the token before to the token after.
"""

import re
from typing import NamedTuple

from headwater.languages.dynamodb.errors import ValidationException

MAX_SIZE = 4096

_TOKEN = re.compile(
    r"(?P<word>[A-Za-z][A-Za-z0-9_]*)|(?P<name>#[A-Za-z0-9_]+)|(?P<value>:[A-Za-z0-9_]+)|(?P<index>[0-9]+)"
    r"|(?P<symbol><>|<=|>=|[=<>()\[\],.+-])|(?P<space>[ \t\r\n]+)|(?P<wrong>.)",
    re.ASCII | re.DOTALL,
)


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """All tokens, closed by one of kind ``end``."""
    tokens = []
    position = 0
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup or ""
        position = match.end()
        if kind != "space":
            tokens.append(Token(kind, text[match.start() : position], match.start(), position))
    tokens.append(Token("end", "<EOF>", len(text), len(text)))
    return tokens


class Cursor:
    """A position in the tokens of one expression."""

    def __init__(self, text: str) -> None:
        if not text:
            raise ValidationException("The expression can not be empty;")
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > MAX_SIZE:
            raise ValidationException(f"Expression size has exceeded the maximum allowed size; expression size: {size}")
        self.text = text
        self.tokens = tokenize(text)
        self.position = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def advance(self) -> Token:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def at(self, text: str) -> bool:
        token = self.token
        return token.kind == "symbol" and token.text == text

    def at_word(self, *words: str) -> bool:
        token = self.token
        return token.kind == "word" and token.text.upper() in words

    def take(self, text: str) -> bool:
        """Steps over a symbol if it is next."""
        if self.at(text):
            self.position += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise self.error()

    def expect_kind(self, kind: str) -> Token:
        if self.token.kind != kind:
            raise self.error()
        return self.advance()

    def error(self) -> ValidationException:
        """The error that names the present token."""
        token = self.token
        first = self.tokens[self.position - 1] if self.position else token
        if token.kind == "end":
            near = self.text[first.start : first.end]
        else:
            last = self.tokens[self.position + 1]
            near = self.text[first.start : token.end if last.kind == "end" else last.end]
        return ValidationException(f'Syntax error; token: "{token.text}", near: "{near}"')
