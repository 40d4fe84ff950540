"""A compiled pattern."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.languages.patterns.branches import Branch
from headwater.languages.patterns.dialects import EVENTBRIDGE, Dialect
from headwater.languages.patterns.explanation import Explanation, explain_branches
from headwater.languages.patterns.grammar import parse_branches


class Pattern:
    """What :func:`compile_pattern` gives. Events are parsed JSON: dicts, lists and leaves."""

    __slots__ = ("branches",)

    def __init__(self, branches: tuple[Branch, ...]) -> None:
        self.branches = branches

    def matches(self, event: Mapping[str, Any]) -> bool:
        for branch in self.branches:  # noqa: SIM110 - nearly all patterns have one: any() would cost a third more
            if branch.matches(event):
                return True
        return False

    def explain(self, event: Mapping[str, Any]) -> Explanation:
        """Every predicate's verdict, from the very tree that ``matches`` walks."""
        return explain_branches(self.branches, event)


def compile_pattern(source: str | bytes | Mapping[str, Any], dialect: Dialect = EVENTBRIDGE) -> Pattern:
    """Compile a pattern from its JSON text or value. Raises InvalidPattern with the service's message."""
    return Pattern(tuple(Branch(fields) for fields in parse_branches(source, dialect)))
