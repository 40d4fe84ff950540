"""Wildcards as regular expressions that take no more time than the text times the pattern, however many there are.

What follows a wildcard is looked for once, at its first place, within an atomic group: since it has a fixed length, a
later place could not do better. With plain ``.*``, nine of them in a pattern took minutes for two hundred characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

ANY = "*"
"""Any text. All other parts are regular expressions of a fixed length."""
ONE = "(?s:.)"
"""Any character."""


def parts_of(text: str) -> list[str]:
    """Of a text in which `*` is any text and `?` one character."""
    return [ANY if char == "*" else ONE if char == "?" else re.escape(char) for char in text]


def expression_of(parts: Iterable[str]) -> str:
    """To be matched with a whole text."""
    runs = [""]
    for part in parts:
        if part == ANY:
            runs.append("")
        else:
            runs[-1] += part
    first, *middle = runs
    if not middle:
        return first
    last = middle.pop()
    return "".join([first, *(f"(?>(?s:.*?){run})" for run in middle if run), f"(?s:.*){last}"])
