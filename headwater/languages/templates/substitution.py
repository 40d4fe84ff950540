"""The text language of Fn::Sub: `${Name}`, `${Name.Attribute}`, and `${!Literal}` for a plain `${Literal}`.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.load import Value

PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")
NAME = re.compile(r"[A-Za-z0-9_.:]+")
WRONG_ARGUMENT = (
    "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a "
    "string as first argument, and an optional second argument to specify a mapping of values to replace "
    "in the string"
)
WRONG_NAME = (
    "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, "
    "underscores, periods, and colons"
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A name to be replaced."""

    name: str


def parse_substitution(text: str) -> Iterator[str | Variable]:
    """The pieces of the text, in order."""
    end = 0
    for found in PLACEHOLDER.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        end = found.end()
        if found[1]:
            yield f"${{{found[2]}}}"
        elif NAME.fullmatch(found[2].strip()):
            yield Variable(found[2].strip())
        else:
            raise TemplateError(WRONG_NAME)
    if end < len(text):
        yield text[end:]


def substitution_argument(argument: Value) -> tuple[str, Mapping[str, Value]]:
    """The text and the variables of its own, from either form of the argument."""
    if isinstance(argument, str):
        return argument, {}
    if isinstance(argument, list) and len(argument) == 2:
        text, variables = argument
        if isinstance(text, str) and isinstance(variables, dict):
            return text, variables
    raise TemplateError(WRONG_ARGUMENT)
