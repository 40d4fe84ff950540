"""Where a text stops being JSON, whichever Python reads it."""

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
