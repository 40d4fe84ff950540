"""Where a parser stands in a template, and what a template's parts compile to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any


class TemplateError(Exception):
    """A template that cannot be read or cannot go on; the argument says why."""


class Scope:
    """A rendering under way: variables, macros, and the text so far."""

    __slots__ = ("macros", "out", "turns", "variables")

    def __init__(self, variables: dict[str, Any]) -> None:
        self.variables = variables
        # of all loops so far; shared with what macros render
        self.turns = [0]
        self.macros: dict[str, tuple[tuple[str, ...], Node]] = {}
        self.out: list[str] = []

    def captured(self, node: Node) -> str:
        """What a node writes, apart from the text so far."""
        before, self.out = self.out, []
        try:
            node(self)
            return "".join(self.out)
        finally:
            self.out = before


Node = Callable[[Scope], None]
"""Writes to the scope's text."""
Evaluate = Callable[[Scope], Any]
"""Gives an expression's value; None for Java's null."""


class Cursor:
    """A place in a text; ``interpolate`` compiles what stands in double quotes."""

    def __init__(self, text: str, interpolate: Callable[[str], Node]) -> None:
        self.text = text
        self.at = 0
        self.interpolate = interpolate

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Go past the pattern where it stands here."""
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def need(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        match = self.take(pattern)
        if match is None:
            raise self.error(what)
        return match

    def error(self, expected: str) -> TemplateError:
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - self.text.rfind("\n", 0, self.at)
        return TemplateError(f"line {line}, column {column}: {expected} is expected")
