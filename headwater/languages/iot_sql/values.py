"""Values of the rules engine and how one type becomes another ("Data types", "Conversions").

Int is `int`; Decimal is `Decimal` or, as payloads and double precision functions have it, `float`.
"""

from __future__ import annotations

import re
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any, Final, final

import orjson

Value = Any


@final
class Undefined:
    """What is not there: left out of JSON, and empty where it stands alone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = Undefined()

PRECISION: Final = Context(prec=34, Emin=-999, Emax=999)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE]-?\d+)?", re.ASCII)


def to_decimal(value: Value) -> int | Decimal | Undefined:
    """The value as an exact number; a string only where it is written as one."""
    kind = type(value)
    if kind is int or kind is Decimal:
        return value  # type: ignore[no-any-return]
    if kind is float:
        return Decimal(repr(value))
    if kind is str and _NUMBER.fullmatch(value):
        try:
            return int(value) if value.lstrip("-").isdigit() else PRECISION.create_decimal(value)
        except (ArithmeticError, ValueError):
            return UNDEFINED
    return UNDEFINED


def to_int(value: Value) -> int | Undefined:
    """The value as an Int, rounded down."""
    number = to_decimal(value)
    if not isinstance(number, Decimal):
        return number
    return int(number.to_integral_value(ROUND_FLOOR))


def to_boolean(value: Value) -> bool | Undefined:
    if value is True or value is False:
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), UNDEFINED)
    return UNDEFINED


def to_string(value: Value) -> str | Undefined:
    if isinstance(value, str):
        return value
    if value is None or value is UNDEFINED:
        return UNDEFINED
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return to_json(value).decode()


def equal(left: Value, right: Value) -> bool:
    """Equality as `=` has it between values that are not Undefined: types that differ are not equal."""
    if isinstance(left, (int, float, Decimal)) and isinstance(right, (int, float, Decimal)):
        if (type(left) is bool) is not (type(right) is bool):
            return False
        return to_decimal(left) == to_decimal(right) if type(left) is not bool else left is right
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def to_json(value: Value) -> bytes:
    """The value as JSON; Undefined is left out of objects and arrays, and alone is nothing."""
    if value is UNDEFINED:
        return b""
    if isinstance(value, bytes):
        return value
    return orjson.dumps(_plain(value), default=_extra, option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def _plain(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not UNDEFINED}
    if isinstance(value, list):
        return [_plain(item) for item in value if item is not UNDEFINED]
    if type(value) is int and not -(2**63) <= value < 2**64:
        return Decimal(value)
    return value


def _extra(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} is no value of the rules engine")
