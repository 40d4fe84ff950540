"""Regular expressions that users bring, in bounded time: a hostile one must hold up nobody else.

On AWS they are Java's, which the library `regex` reads nearly as they stand: possessive quantifiers, classes within
classes, Unicode's properties. https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/regex/Pattern.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import regex

T = TypeVar("T")
Match = regex.Match[str]

_SECONDS = 0.1  # of the processor, for one search
_NAMED_REFERENCE = re.compile(r"\\(?:k<(\w+)>|.)", re.DOTALL)


class InvalidExpression(ValueError):
    """A text that is no regular expression."""


class TooSlow(ValueError):
    """A search that would take too long."""


class Expression:
    """A compiled expression. Once a search was too slow, none is made any more."""

    __slots__ = ("_compiled", "_is_slow", "source")

    def __init__(self, source: str, compiled: regex.Pattern[str]) -> None:
        self.source = source
        self._compiled = compiled
        self._is_slow = False

    @property
    def groups(self) -> int:
        return self._compiled.groups

    @property
    def names(self) -> list[str]:
        """Those of groups that have one, in their order."""
        places = self._compiled.groupindex
        return sorted(places, key=lambda name: places[name])

    def place(self, name: str) -> int:
        """The number of the group of a name."""
        return self._compiled.groupindex[name]

    def finds(self, text: str) -> bool:
        """Whether it matches somewhere in a text; no where that takes too long."""
        try:
            return self.search(text) is not None
        except TooSlow:
            return False

    def matches(self, text: str) -> bool:
        """Whether it matches the whole of a text; no where that takes too long."""
        try:
            return self._bounded(lambda: self._compiled.fullmatch(text, timeout=_SECONDS)) is not None
        except TooSlow:
            return False

    def search(self, text: str) -> Match | None:
        """Raises TooSlow, as what follows."""
        return self._bounded(lambda: self._compiled.search(text, timeout=_SECONDS))

    def replace(self, text: str, filled: Callable[[Match], str], most: int = 0) -> str:
        """``most``: how many times; 0: as often as it matches."""
        return self._bounded(lambda: self._compiled.sub(filled, text, count=most, timeout=_SECONDS))

    def split(self, text: str) -> list[str]:
        """The pieces between matches, and what groups have matched."""
        return self._bounded(lambda: [piece or "" for piece in self._compiled.split(text, timeout=_SECONDS)])

    def _bounded(self, run: Callable[[], T]) -> T:
        if not self._is_slow:
            try:
                return run()
            except TimeoutError:
                self._is_slow = True
        raise TooSlow(f"The regular expression {self.source} takes too long.")


def compile_expression(source: str) -> Expression:
    """Raises InvalidExpression."""
    written = _NAMED_REFERENCE.sub(lambda found: f"(?P={found[1]})" if found[1] else found[0], source)
    try:
        return Expression(source, regex.compile(written, regex.VERSION1))
    except (regex.error, OverflowError, RecursionError) as error:
        raise InvalidExpression(str(error) or "nested too deeply") from None
