"""Arithmetic: 34 digits where the operation is exact, double precision where it is not."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from headwater.languages.iot_sql.functions.signature import Function
from headwater.languages.iot_sql.values import PRECISION, UNDEFINED, Value, to_decimal, to_int

_LARGEST_INT = 10**34


def arithmetic(operator: str, left: Value, right: Value) -> Value:
    """`left operator right` for - * / % and the + of numbers. Int with Int stays Int."""
    first, second = to_decimal(left), to_decimal(right)
    if first is UNDEFINED or second is UNDEFINED:
        return UNDEFINED
    try:
        if isinstance(first, int) and isinstance(second, int):
            result = _INTEGERS[operator](first, second)
            return result if -_LARGEST_INT < result < _LARGEST_INT else UNDEFINED
        return _DECIMALS[operator](Decimal(first), Decimal(second))  # type: ignore[arg-type]
    except ArithmeticError:
        return UNDEFINED


def _quotient(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) is (right < 0) else -quotient


_INTEGERS: dict[str, Callable[[int, int], int]] = {
    "+": int.__add__,
    "-": int.__sub__,
    "*": int.__mul__,
    "/": _quotient,
    "%": lambda left, right: left - right * _quotient(left, right),
}
_DECIMALS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": PRECISION.add,
    "-": PRECISION.subtract,
    "*": PRECISION.multiply,
    "/": PRECISION.divide,
    "%": PRECISION.remainder,
}


def _double(function: Callable[..., float]) -> Callable[..., Value]:
    """A function of doubles; what is imaginary or beyond a double is UNDEFINED."""

    def call(*arguments: Value) -> Value:
        numbers = [to_decimal(argument) for argument in arguments]
        try:
            result = function(*map(float, numbers))  # type: ignore[arg-type]
        except (ValueError, ArithmeticError, TypeError):
            return UNDEFINED
        return result if isinstance(result, float) and math.isfinite(result) else UNDEFINED

    return call


def _rounded(mode: str) -> Callable[[Value], Value]:
    def call(value: Value) -> Value:
        number = to_decimal(value)
        return int(number.to_integral_value(mode)) if isinstance(number, Decimal) else number

    return call


def _bits(function: Callable[..., int]) -> Callable[..., Value]:
    def call(*arguments: Value) -> Value:
        numbers = [to_int(argument) for argument in arguments]
        return UNDEFINED if UNDEFINED in numbers else function(*numbers)

    return call


def _absolute(value: Value) -> Value:
    number = to_decimal(value)
    return number if number is UNDEFINED else abs(number)  # type: ignore[arg-type]


def _sign(value: Value) -> Value:
    number = to_decimal(value)
    if number is UNDEFINED:
        return UNDEFINED
    return (number > 0) - (number < 0)  # type: ignore[operator]


def _remainder(left: Value, right: Value) -> Value:
    return arithmetic("%", left, right)


def _truncated(value: Value, places: Value) -> Value:
    number, wanted = to_decimal(value), to_int(places)
    if number is UNDEFINED or not isinstance(wanted, int):
        return UNDEFINED
    if isinstance(number, int):
        return number
    unit = Decimal(1).scaleb(-min(max(wanted, 0), 34))
    try:
        result = number.quantize(unit, ROUND_DOWN, context=PRECISION)  # type: ignore[union-attr]
    except ArithmeticError:
        return number  # it has no digits as small as that
    return int(result) if result == result.to_integral_value() else result.normalize(PRECISION)


def _not_a_number(value: Value, default: Value) -> Value:
    if value is UNDEFINED or value is None or (isinstance(value, float) and math.isnan(value)):
        return default
    return value


FUNCTIONS = {
    "abs": Function(_absolute, 1, 1),
    "acos": Function(_double(math.acos), 1, 1),
    "asin": Function(_double(math.asin), 1, 1),
    "atan": Function(_double(math.atan), 1, 1),
    "atan2": Function(_double(math.atan2), 2, 2),
    "bitand": Function(_bits(int.__and__), 2, 2),
    "bitor": Function(_bits(int.__or__), 2, 2),
    "bitxor": Function(_bits(int.__xor__), 2, 2),
    "bitnot": Function(_bits(int.__invert__), 1, 1),
    "ceil": Function(_rounded(ROUND_CEILING), 1, 1),
    "cos": Function(_double(math.cos), 1, 1),
    "cosh": Function(_double(math.cosh), 1, 1),
    "exp": Function(_double(math.exp), 1, 1),
    "floor": Function(_rounded(ROUND_FLOOR), 1, 1),
    "ln": Function(_double(math.log), 1, 1),
    "log": Function(_double(math.log10), 1, 1),
    "mod": Function(_remainder, 2, 2),
    "nanvl": Function(_not_a_number, 2, 2),
    "power": Function(_double(math.pow), 2, 2),
    "remainder": Function(_remainder, 2, 2),
    "round": Function(_rounded(ROUND_HALF_UP), 1, 1),
    "sign": Function(_sign, 1, 1),
    "sin": Function(_double(math.sin), 1, 1),
    "sinh": Function(_double(math.sinh), 1, 1),
    "sqrt": Function(_double(math.sqrt), 1, 1),
    "tan": Function(_double(math.tan), 1, 1),
    "tanh": Function(_double(math.tanh), 1, 1),
    "trunc": Function(_truncated, 2, 2),
}
