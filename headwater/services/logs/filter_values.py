"""What a filter pattern asks of one value: equality, a wildcard, a regular expression, an order of numbers.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from fnmatch import translate
from typing import Any

from headwater.languages.regular_expressions import Expression, InvalidExpression, compile_expression

Test = Callable[[Any], bool]

ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class InvalidFilterPattern(ValueError):
    """A pattern that is not of this language."""


def compile_regex(source: str) -> Expression:
    try:
        return compile_expression(source)
    except InvalidExpression as error:
        raise InvalidFilterPattern(str(error)) from None


def equals(kind: str, text: str) -> Test:
    if kind == "regex":
        compiled = compile_regex(text[1:-1])
        return lambda value: isinstance(value, str) and compiled.finds(value)
    quoted = kind == "quoted"
    wanted = re.sub(r"\\(.)", r"\1", text[1:-1]) if quoted else text
    pattern = re.compile(translate(wanted)) if "*" in wanted else None
    number = None if quoted else as_number(wanted)

    def test(value: Any) -> bool:
        if isinstance(value, str):
            return value == wanted if pattern is None else pattern.match(value) is not None
        if isinstance(value, bool):
            return False
        return number is not None and isinstance(value, int | float) and value == number

    return test


def compares(ordering: Callable[[Any, Any], bool], text: str) -> Test:
    number = as_number(text)
    if number is None:
        raise InvalidFilterPattern(text)
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and ordering(value, number)


def as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
