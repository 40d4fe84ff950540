"""Whole numbers that somebody wrote: as digits in a token, a qualifier or a query, or as a member of a request."""

from __future__ import annotations

LARGEST = 2**63 - 1
"""What a column, and a ``long`` of AWS's, holds at most."""
LARGEST_INTEGER = 2**31 - 1
"""What an ``integer`` of AWS's holds at most."""
_MOST_DIGITS = 19


def whole(text: str, least: int = 0, most: int = LARGEST) -> int | None:
    """The number that ASCII digits make; None where the text is none, or one beyond the bounds."""
    if not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS:
        return None
    number = int(text)
    return number if least <= number <= most else None


def long(text: str) -> int:
    """The number, with a sign or without, that a ``long`` of AWS's can hold; ValueError where the text is none."""
    number = int(text) if len(text) <= _MOST_DIGITS + 1 else LARGEST + 1
    if not -LARGEST <= number <= LARGEST:
        raise ValueError(text)
    return number


def integer(text: str) -> int:
    """The number that an ``integer`` of AWS's can hold; ValueError where the text is none."""
    number = long(text)
    if not -LARGEST_INTEGER - 1 <= number <= LARGEST_INTEGER:
        raise ValueError(text)
    return number
