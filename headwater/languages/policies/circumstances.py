"""What is known of a request beside its action and resource: the values of condition keys, and policies' variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from headwater.languages.wildcards import expression_of, parts_of

_VARIABLE = re.compile(r"\$\{(?:([*?$])|([^},]+)(?:,\s*'([^']*)')?)\}")


class Circumstances(NamedTuple):
    """``values`` of condition keys, whose names are in lower case; one that is known to have none has ``()``, and so
    have all keys of a family that is named (``aws:principaltag/``). ``complete``: every key that is not among them has
    none either; otherwise nothing is known of it."""

    values: Mapping[str, tuple[str, ...]]
    complete: bool = True

    def find(self, key: str) -> tuple[str, ...] | None:
        """The values of a key in lower case; None where they are not known."""
        found = self.values.get(key)
        if found is None and "/" in key:
            found = self.values.get(key[: key.index("/") + 1])
        return () if found is None and self.complete else found


class Pattern(NamedTuple):
    """A regular expression to match whole texts, '' where no text can match; None where that is not known."""

    expression: str | None

    def matches(self, text: str, flags: re.RegexFlag = re.NOFLAG) -> bool | None:
        if self.expression is None:
            return None
        return self.expression != "" and re.fullmatch(self.expression, text, flags) is not None


NO_TEXT = Pattern("")


def has_variables(text: str) -> bool:
    return "${" in text


def pattern_of(text: str, circumstances: Circumstances, wild: bool) -> Pattern:
    """Of a policy's text: variables have their values, taken literally; `*` and `?` are wildcards if ``wild``."""
    written = parts_of if wild else re.escape
    parts: list[str] = []
    position = 0
    for match in _VARIABLE.finditer(text):
        literal, key, default = match.groups()
        parts += written(text[position : match.start()])
        position = match.end()
        if literal is None:
            values = circumstances.find(key.strip().lower())
            if values is None:
                return Pattern(None)
            if not values and default is None:
                return NO_TEXT  # a statement with a variable that has no value concerns nothing
            literal = values[0] if values else default
        parts.append(re.escape(literal))
    parts += written(text[position:])
    return Pattern(expression_of(parts) or "(?:)")
