"""Timestamps on the wire: ``epoch`` seconds, ``iso8601``, ``rfc822``; in Python always milliseconds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WHOLE_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WHOLE_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]*)?")


def _instant(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def epoch(milliseconds: int) -> int | float:
    """Seconds, with a fraction only where there is one."""
    seconds, rest = divmod(milliseconds, 1000)
    return milliseconds / 1000 if rest else seconds


def iso8601(milliseconds: int) -> str:
    """``2026-01-02T03:04:05Z``, with ``.678`` only where there are milliseconds."""
    return iso8601_milliseconds(milliseconds) if milliseconds % 1000 else iso8601_seconds(milliseconds)


def iso8601_milliseconds(milliseconds: int) -> str:
    """``2026-01-02T03:04:05.000Z``."""
    return _instant(milliseconds).strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


def iso8601_seconds(milliseconds: int) -> str:
    """``2026-01-02T03:04:05Z``."""
    return _instant(milliseconds).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=1024)  # the same objects are read again and again
def rfc822(milliseconds: int) -> str:
    """``Fri, 02 Jan 2026 03:04:05 GMT``, whatever the locale."""
    at = _instant(milliseconds)
    return (
        f"{_DAYS[at.weekday()]}, {at.day:02d} {_MONTHS[at.month - 1]} {at.year:04d} "
        f"{at.hour:02d}:{at.minute:02d}:{at.second:02d} GMT"
    )


def spoken(milliseconds: int) -> str:
    """``Friday 04 August, 2023 12:54:46 UTC``."""
    at = _instant(milliseconds)
    return f"{_WHOLE_DAYS[at.weekday()]} {at.day:02d} {_WHOLE_MONTHS[at.month - 1]}, {at:%Y %H:%M:%S} UTC"


def short(milliseconds: int) -> str:
    """``28/11/26 07:33:00``."""
    return _instant(milliseconds).strftime("%d/%m/%y %H:%M:%S")


def parse(text: str) -> int:
    """Milliseconds from any of the three forms; ValueError where the text is none of them."""
    if _NUMBER.fullmatch(text):
        return round(float(text) * 1000)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = _parse_rfc822(text)
    return from_datetime(at)


def from_datetime(at: datetime) -> int:
    """Milliseconds since the epoch; a time without a zone is UTC."""
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND


def _parse_rfc822(text: str) -> datetime:
    from email.utils import parsedate_to_datetime  # fifteen modules that no start needs

    try:
        return parsedate_to_datetime(text)
    except (TypeError, IndexError) as error:  # what email.utils raises on some malformed dates
        raise ValueError(f"not a date: {text!r}") from error


FORMATS: dict[str, Callable[[int], int | float | str]] = {
    "unixTimestamp": epoch,
    "iso8601": iso8601,
    "rfc822": rfc822,
}
"""Writers by the model's ``timestampFormat``."""
