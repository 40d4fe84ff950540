"""DynamoDB's number: 38 decimal digits, magnitude from 1E-130 to 9.99...E+125, kept as text in one normal form.

The normal form is plain decimal notation without exponent, leading plus, or superfluous zeros, so equal numbers are
equal texts. Source: Number data type limits (Developer Guide, Limits.html); messages as the service returns them.
"""

import re
from decimal import Context, Decimal

from headwater.languages.dynamodb.errors import DataException, ValidationException

MAX_DIGITS = 38
MAX_EXPONENT = 125
MIN_EXPONENT = -130

_NUMBER = re.compile(r"([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]{1,10}))?")
# What is short and already normal, which is nearly every number there is.
_NORMAL = re.compile(r"0|-?(?:[1-9][0-9]*(?:\.[0-9]*[1-9])?|0\.[0-9]*[1-9])")

# The sum of any two legal numbers spans less than 300 digits, so this context never rounds.
_EXACT = Context(prec=300)
# Nines' complement of packed decimal digits: turns the order of magnitudes around for negative numbers.
_COMPLEMENT = bytes(max(0, 0x99 - byte) for byte in range(256))
_NEGATIVE, _ZERO, _POSITIVE = b"\x00", b"\x01", b"\x02"

_OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
_UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
_TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number"
_NOT_NUMERIC = "The parameter cannot be converted to a numeric value"


def normal_form(text: str) -> str:
    """The normal form of a number's text; raises ValidationException with AWS's message."""
    if len(text) <= MAX_DIGITS and _NORMAL.fullmatch(text):
        return text
    if not text:
        raise ValidationException(_NOT_NUMERIC)
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise ValidationException(f"{_NOT_NUMERIC}: {text}")
    sign, whole, fraction, exponent = match.groups()
    leading = whole.lstrip("0")
    digits = (leading + fraction).lstrip("0")
    if not digits:
        return "0"
    shift = int(exponent) if exponent else 0
    # Position of the first digit relative to the decimal point, as in scientific notation.
    magnitude = shift + (len(leading) - 1 if leading else len(digits) - len(fraction) - 1)
    return _checked("-" if sign == "-" else "", digits.rstrip("0"), magnitude, _TOO_PRECISE)


def add(left: str, right: str) -> str:
    """The sum of two numbers in normal form; what would lose digits is refused as an overflow, as AWS does."""
    if len(left) < 19 and len(right) < 19 and "." not in left and "." not in right:
        return str(int(left) + int(right))
    return _of_decimal(_EXACT.add(Decimal(left), Decimal(right)))


def subtract(left: str, right: str) -> str:
    """The difference of two numbers in normal form."""
    if len(left) < 19 and len(right) < 19 and "." not in left and "." not in right:
        return str(int(left) - int(right))
    return _of_decimal(_EXACT.subtract(Decimal(left), Decimal(right)))


def size(text: str) -> int:
    """Bytes that a number in normal form counts in an item: one, one for the sign, and one for each pair of
    significant digits, those before and those after the point paired each for themselves."""
    if text.isdigit():
        return 1 + (len(text.rstrip("0")) + 1) // 2
    negative, digits, magnitude = _parts(text)
    if not digits:
        return 1
    before = magnitude + 1
    if 0 < before < len(digits):
        return 1 + (before + 1) // 2 + (len(digits) - before + 1) // 2 + negative
    return 1 + (len(digits) + 1) // 2 + negative


def sortable(text: str) -> bytes:
    """Bytes that compare as the numbers (in normal form) do: sign, exponent, packed decimal digits."""
    negative, digits, magnitude = _parts(text)
    if not digits:
        return _ZERO
    packed = bytes.fromhex(digits if len(digits) % 2 == 0 else digits + "0")
    exponent = magnitude - MIN_EXPONENT
    if not negative:
        return _POSITIVE + bytes((exponent,)) + packed
    # The end mark exceeds every packed digit: of two negative numbers the longer is the smaller.
    return _NEGATIVE + bytes((255 - exponent,)) + packed.translate(_COMPLEMENT) + b"\xff"


def _parts(text: str) -> tuple[bool, str, int]:
    """Sign, significant digits, and decimal exponent of the first of them; no digits for zero."""
    negative = text[0] == "-"
    whole, _, fraction = (text[1:] if negative else text).partition(".")
    if whole != "0":
        return negative, (whole + fraction).rstrip("0"), len(whole) - 1
    digits = fraction.lstrip("0")
    return negative, digits, len(digits) - len(fraction) - 1


def _of_decimal(value: Decimal) -> str:
    sign, digits, _ = value.as_tuple()
    significant = "".join(map(str, digits)).strip("0")
    if not significant:
        return "0"
    try:
        return _checked("-" if sign else "", significant, value.adjusted(), _OVERFLOW)
    except ValidationException as error:
        raise DataException(str(error)) from None


def _checked(sign: str, digits: str, magnitude: int, too_precise: str) -> str:
    if magnitude > MAX_EXPONENT:
        raise ValidationException(_OVERFLOW)
    if magnitude < MIN_EXPONENT:
        raise ValidationException(_UNDERFLOW)
    if len(digits) > MAX_DIGITS:
        raise ValidationException(too_precise)
    if magnitude < 0:
        return f"{sign}0.{'0' * (-magnitude - 1)}{digits}"
    if len(digits) <= magnitude + 1:
        return f"{sign}{digits}{'0' * (magnitude + 1 - len(digits))}"
    return f"{sign}{digits[: magnitude + 1]}.{digits[magnitude + 1 :]}"
