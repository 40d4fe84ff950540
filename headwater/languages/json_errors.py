"""Where a text stops being JSON, whichever Python reads it, and what AWS's parser (Jackson) says of it."""

from __future__ import annotations

import json
import re

_SPACE = re.compile(r"[ \t\r\n]*")


def unexpected_at(error: json.JSONDecodeError) -> int:
    """The place of the first character that cannot stand there. From 3.13 on Python names a comma before a closing
    bracket; what it found until then, and other parsers find, is the bracket."""
    if not error.msg.startswith("Illegal trailing comma"):
        return error.pos
    space = _SPACE.match(error.doc, error.pos + 1)
    assert space is not None  # it may be empty
    return space.end()


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """Both from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


_TOKEN = re.compile(r"[^\W\d]\w*")
_NOT_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[^][{}]', re.DOTALL)
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_AFTER_CHARACTER = {
    "Expecting property name enclosed in double quotes": "was expecting double-quote to start field name",
    "Illegal trailing comma before end of object": "was expecting double-quote to start field name",
    "Expecting ':' delimiter": "was expecting a colon to separate field name and value",
}


def token_at(text: str, at: int) -> str:
    """The bare word that stands there, or an empty text."""
    found = _TOKEN.match(text, at)
    return found.group() if found is not None else ""


def in_jackson_words(error: json.JSONDecodeError) -> str:
    """The fault without its place."""
    text, at, kind = error.doc, unexpected_at(error), error.msg
    if kind.startswith("Unterminated string"):
        return "Unexpected end-of-input: was expecting closing quote for a string value"
    if kind.startswith("Invalid \\escape") and at + 1 < len(text):
        return f"Unrecognized character escape '{text[at + 1]}' (code {ord(text[at + 1])})"
    if not text[at:].strip():
        return "Unexpected end-of-input"
    if kind.startswith("Invalid control character"):
        code = ord(text[at])
        explained = "has to be escaped using backslash to be included in string value"
        return f"Illegal unquoted character ((CTRL-CHAR, code {code})): {explained}"
    character = f"Unexpected character ('{text[at]}' (code {ord(text[at])}))"
    if kind == "Expecting ',' delimiter":
        if text[at].isdigit() and text[at - 1] == "0":
            return "Invalid numeric value: Leading zeroes not allowed"
        return f"{character}: was expecting comma to separate {_container(text, at)} entries"
    if kind in _AFTER_CHARACTER:
        return f"{character}: {_AFTER_CHARACTER[kind]}"
    if token := token_at(text, at):
        return f"Unrecognized token '{token}': was expecting {_VALUES}"
    if text[at] == "}":
        return f"{character}: expected a value"
    return f"{character}: expected a valid value {_VALUES}"


def _container(text: str, at: int) -> str:
    """What the place is directly inside of."""
    open_: list[str] = []
    for bracket in _NOT_STRUCTURE.sub("", text[:at]):
        if bracket in "[{":
            open_.append(bracket)
        elif open_:
            open_.pop()
    return "Array" if open_ and open_[-1] == "[" else "Object"
