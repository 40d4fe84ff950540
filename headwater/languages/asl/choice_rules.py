"""Choice rules in JSONPath: data-test expressions and their combinations, compiled to functions of a scope.

A comparison with a value of another type is false, not an error.
https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

import operator
import re
from collections.abc import Callable
from typing import Any

from headwater.languages.asl.errors import runtime
from headwater.languages.asl.queries import PathQuery, Scope
from headwater.languages.asl.timestamps import parse_timestamp
from headwater.languages.jsonpath import PathMissing
from headwater.languages.wildcards import ANY, expression_of

Test = Callable[[Scope], bool]
Compare = Callable[[Any, Any], bool]


def _is_number(value: Any) -> bool:
    return type(value) is int or type(value) is float


_ORDER: dict[str, Compare] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


def _strings(compare: Compare) -> Compare:
    return lambda one, other: type(one) is str and type(other) is str and compare(one, other)


def _numbers(compare: Compare) -> Compare:
    return lambda one, other: _is_number(one) and _is_number(other) and compare(one, other)


def _booleans(one: Any, other: Any) -> bool:
    return type(one) is bool and type(other) is bool and one is other


def _timestamps(compare: Compare) -> Compare:
    def test(one: Any, other: Any) -> bool:
        first, second = parse_timestamp(one), parse_timestamp(other)
        return first is not None and second is not None and compare(first, second)

    return test


# Comparison operators by name; each but StringMatches also exists as …Path.
COMPARISONS: dict[str, Compare] = {
    **{f"String{name}": _strings(compare) for name, compare in _ORDER.items()},
    **{f"Numeric{name}": _numbers(compare) for name, compare in _ORDER.items()},
    **{f"Timestamp{name}": _timestamps(compare) for name, compare in _ORDER.items()},
    "BooleanEquals": _booleans,
}
# What the constant of each comparison must be, by the operator's first word.
CONSTANTS: dict[str, Callable[[Any], bool]] = {
    "String": lambda value: type(value) is str,
    "Numeric": _is_number,
    "Timestamp": lambda value: parse_timestamp(value) is not None,
    "Boolean": lambda value: type(value) is bool,
}
TYPE_TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": _is_number,
    "IsString": lambda value: type(value) is str,
    "IsBoolean": lambda value: type(value) is bool,
    "IsTimestamp": lambda value: parse_timestamp(value) is not None,
}
OPERATORS = frozenset(
    [*COMPARISONS, *(f"{name}Path" for name in COMPARISONS), *TYPE_TESTS, "StringMatches", "IsPresent"]
)


def compile_comparison(variable: PathQuery, name: str, operand: Any) -> Test:
    """The test `{"Variable": …, name: operand}`. PathError where a …Path operand is no path."""
    if name == "IsPresent":
        return lambda scope: variable.exists(scope) is operand
    if name in TYPE_TESTS:
        is_type = TYPE_TESTS[name]
        return lambda scope: is_type(_value(variable, scope)) is operand
    if name == "StringMatches":
        pattern = _wildcard(operand)
        return lambda scope: type(value := _value(variable, scope)) is str and pattern.fullmatch(value) is not None
    if name.endswith("Path"):
        other = PathQuery(operand)
        compare = COMPARISONS[name[:-4]]
        return lambda scope: compare(_value(variable, scope), _value(other, scope))
    compare = COMPARISONS[name]
    return lambda scope: compare(_value(variable, scope), operand)


def conjunction(tests: list[Test]) -> Test:
    return lambda scope: all(test(scope) for test in tests)


def disjunction(tests: list[Test]) -> Test:
    return lambda scope: any(test(scope) for test in tests)


def negation(test: Test) -> Test:
    return lambda scope: not test(scope)


def _value(path: PathQuery, scope: Scope) -> Any:
    try:
        return path.find(scope)
    except PathMissing:
        raise runtime(
            f"Invalid path '{path.text}': The choice state's condition path references an invalid value."
        ) from None


_WILDCARD_PART = re.compile(r"\\([\\*])|\*")


def _wildcard(text: str) -> re.Pattern[str]:
    """`*` stands for anything, `\\*` for itself."""
    parts: list[str] = []
    at = 0
    for match in _WILDCARD_PART.finditer(text):
        parts.append(re.escape(text[at : match.start()]))
        parts.append(re.escape(match.group(1)) if match.group(1) else ANY)
        at = match.end()
    return re.compile(expression_of([*parts, re.escape(text[at:])]))
