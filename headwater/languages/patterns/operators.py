"""Match expressions: ``{"prefix": "a"}`` and its kin, checked in AWS's order with AWS's reasons."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from headwater.languages.patterns import predicates
from headwater.languages.patterns.dialects import Dialect
from headwater.languages.patterns.predicates import Predicate
from headwater.languages.patterns.values import (
    number_problem,
    parse_cidr,
    wildcard_pieces,
    wildcard_states,
)

_TOO_COMPLEX = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
    "after a wildcard character"
)


class Fault(Exception):
    """The first fault in a pattern, as its reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Members(tuple[tuple[str, Any], ...]):
    """A JSON object with its members in order, repeated names included."""

    __slots__ = ()


def match_expression(members: Members, dialect: Dialect) -> Predicate:
    """The predicate of an object in a list of values. Numbers are int or Decimal. Raises Fault."""
    if not members:
        raise Fault("Match expression name not found")
    operator, value = members[0]
    make = _MAKERS.get(operator)
    if make is None or (operator not in dialect.operators and operator != "exactly"):
        raise Fault(f"Unrecognized match type {operator}")
    predicate = make(value, dialect)
    if len(members) > 1:
        many = operator in ("numeric", "anything-but")
        raise Fault("Too many elements in numeric expression" if many else _ONE_KEY)
    return predicate


_ONE_KEY = "Only one key allowed in match expression"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _checked_number(value: int | Decimal) -> int | Decimal:
    if problem := number_problem(value):
        raise Fault(problem)
    return value


def _text(value: Any, operator: str) -> str:
    if not isinstance(value, str):
        raise Fault(f"{operator} match pattern must be a string")
    return value


def _exactly(value: Any, _: Dialect) -> Predicate:
    return predicates.equals(_text(value, "exact"))


def _affix(operator: str) -> Callable[[Any, Dialect], Predicate]:
    make = predicates.prefix if operator == "prefix" else predicates.suffix

    def parse(value: Any, _: Dialect) -> Predicate:
        if not isinstance(value, Members):
            return make(_text(value, operator))
        if not value:
            raise Fault(f"{operator.capitalize()} expression name not found")
        nested, text = value[0]
        if nested != "equals-ignore-case":
            raise Fault(f"Unsupported {operator} pattern: {nested}")
        predicate = predicates.affix_ignore_case(operator, _text(text, "equals-ignore-case"))
        if len(value) > 1:
            raise Fault(_ONE_KEY)
        return predicate

    return parse


def _equals_ignore_case(value: Any, _: Dialect) -> Predicate:
    return predicates.equals_ignore_case(_text(value, "equals-ignore-case"))


def _wildcard(value: Any, dialect: Dialect) -> Predicate:
    return predicates.wildcard(_checked_wildcard(_text(value, "wildcard"), dialect))


def _checked_wildcard(text: str, dialect: Dialect) -> str:
    try:
        pieces = wildcard_pieces(text)
    except ValueError as fault:
        raise Fault(str(fault)) from None
    limit = dialect.most_wildcard_states
    if limit is not None and len(pieces) > 1 and wildcard_states(pieces) > limit:
        raise Fault(_TOO_COMPLEX)
    return text


def _exists(value: Any, _: Dialect) -> Predicate:
    if not isinstance(value, bool):
        raise Fault("exists match pattern must be either true or false.")
    return predicates.exists(value)


def _cidr(value: Any, _: Dialect) -> Predicate:
    text = _text(value, "prefix")  # AWS does say prefix
    try:
        return predicates.cidr(text, parse_cidr(text))
    except ValueError as fault:
        raise Fault(str(fault)) from None


def _anything_but(value: Any, dialect: Dialect) -> Predicate:
    if isinstance(value, Members):
        return _anything_but_nested(value, dialect)
    if isinstance(value, list):
        return predicates.anything_but(value, _checked_list(value))
    if not isinstance(value, str) and not _is_number(value):
        raise Fault(_NEITHER_ARRAY_NOR_VALUE)
    return predicates.anything_but(value, _checked_list([value]))


_NEITHER_ARRAY_NOR_VALUE = "Value of anything-but must be an array or single string/number value."


def _checked_list(values: list[Any]) -> list[Any]:
    for value in values:
        if _is_number(value):
            _checked_number(value)
        elif not isinstance(value, str):
            raise Fault("Inside anything but list, start|null|boolean is not supported.")
    if len({isinstance(value, str) for value in values}) != 1:
        raise Fault("Inside anything but list, either all values are number or string, mixed type is not supported")
    return values


def _anything_but_nested(members: Members, dialect: Dialect) -> Predicate:
    if not members:
        raise Fault("Anything-But expression name not found")
    operator, value = members[0]
    if operator not in dialect.anything_but:
        raise Fault(f"Unsupported anything-but pattern: {operator}")
    if not isinstance(value, (list, str)) and not _is_number(value):
        raise Fault(_NEITHER_ARRAY_NOR_VALUE)
    texts = value if isinstance(value, list) else [value]
    for text in texts:
        _check_nested_text(operator, text, dialect)
    if len(members) > 1:
        raise Fault("Too many elements in numeric expression")
    return predicates.anything_but_nested(operator, texts, value)


def _check_nested_text(operator: str, text: Any, dialect: Dialect) -> None:
    if not isinstance(text, str):
        if operator == "equals-ignore-case":
            raise Fault("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.")
        raise Fault(f"{'wildcard' if operator == 'wildcard' else 'prefix/suffix'} match pattern must be a string")
    if operator in ("prefix", "suffix") and not text:
        raise Fault("Null prefix/suffix not allowed")
    if operator == "wildcard":
        _checked_wildcard(text, dialect)


def _numeric(value: Any, _: Dialect) -> Predicate:
    if not isinstance(value, list):
        raise Fault("Value of numeric must be an array.")
    if not value or not isinstance(value[0], str):
        raise Fault(f"Invalid member in numeric match: {_token(value[0]) if value else ']'}")
    operator, rest = value[0], value[1:]
    if operator not in ("=", "<", "<=", ">", ">="):
        raise Fault(f"Unrecognized numeric range operator: {operator}")
    bound = _bound("equals" if operator == "=" else operator, rest)
    shown = [predicates.plain(member) for member in value]
    if len(rest) == 1:
        return predicates.numeric(shown, _COMPARISONS[operator](bound))
    if operator not in (">", ">="):
        raise Fault("Too many elements in numeric expression")
    return predicates.numeric(shown, _range(operator, bound, rest[1:]))


def _range(operator: str, bottom: float, rest: list[Any]) -> Callable[[float], bool]:
    if not isinstance(rest[0], str):
        raise Fault(f"Bad value in numeric range: {_token(rest[0])}")
    upper = rest[0]
    if upper not in ("<", "<="):
        raise Fault(f"Bad numeric range operator: {upper}")
    top = _bound(upper, rest[1:])
    if len(rest) > 2:
        raise Fault("Too many terms in numeric range expression")
    if bottom >= top:
        raise Fault("Bottom must be less than top")
    above, below = _COMPARISONS[operator](bottom), _COMPARISONS[upper](top)
    return lambda number: above(number) and below(number)


def _bound(operator: str, rest: list[Any]) -> int | float:
    if not rest or not _is_number(rest[0]):
        raise Fault(f"Value of {operator} must be numeric")
    bound: int | float = predicates.plain(_checked_number(rest[0]))
    return bound


def _token(value: Any) -> str:
    """A JSON value as the parser names its first token."""
    if isinstance(value, list):
        return "["
    if isinstance(value, Members):
        return "{"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


_COMPARISONS: dict[str, Callable[[float], Callable[[float], bool]]] = {
    "=": lambda bound: lambda number: number == bound,
    "<": lambda bound: lambda number: number < bound,
    "<=": lambda bound: lambda number: number <= bound,
    ">": lambda bound: lambda number: number > bound,
    ">=": lambda bound: lambda number: number >= bound,
}

_MAKERS: dict[str, Callable[[Any, Dialect], Predicate]] = {
    "exactly": _exactly,
    "prefix": _affix("prefix"),
    "suffix": _affix("suffix"),
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "exists": _exists,
    "cidr": _cidr,
    "anything-but": _anything_but,
    "numeric": _numeric,
}
