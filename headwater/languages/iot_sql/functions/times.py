"""`parse_time` (milliseconds to text, Joda's patterns) and `time_to_epoch` (text to milliseconds, Java's)."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from headwater.languages.iot_sql.functions.signature import VERSION_2, Function
from headwater.languages.iot_sql.values import UNDEFINED, Value, to_int, to_string

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = tuple(calendar.month_name)[1:]
_DAYS = tuple(calendar.day_name)
_PIECE = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d):?(\d\d)?")

Formatter = Callable[[datetime, int], str]
_FORMATTERS: dict[str, Formatter] = {
    "G": lambda time, width: "AD",
    "C": lambda time, width: str(time.year // 100).zfill(width),
    **dict.fromkeys("yYu", lambda time, width: f"{time.year % 100:02}" if width == 2 else str(time.year).zfill(width)),
    "x": lambda time, width: str(time.isocalendar().year).zfill(width),
    "w": lambda time, width: str(time.isocalendar().week).zfill(width),
    "e": lambda time, width: str(time.isoweekday()).zfill(width),
    "E": lambda time, width: _name(_DAYS[time.weekday()], width >= 4),
    "D": lambda time, width: str(time.timetuple().tm_yday).zfill(width),
    **dict.fromkeys(
        "ML",
        lambda time, width: str(time.month).zfill(width) if width < 3 else _name(_MONTHS[time.month - 1], width >= 4),
    ),
    "d": lambda time, width: str(time.day).zfill(width),
    "a": lambda time, width: "AM" if time.hour < 12 else "PM",
    "K": lambda time, width: str(time.hour % 12).zfill(width),
    "h": lambda time, width: str((time.hour - 1) % 12 + 1).zfill(width),
    "H": lambda time, width: str(time.hour).zfill(width),
    "k": lambda time, width: str((time.hour - 1) % 24 + 1).zfill(width),
    "m": lambda time, width: str(time.minute).zfill(width),
    "s": lambda time, width: str(time.second).zfill(width),
    "S": lambda time, width: f"{time.microsecond:06}".ljust(width, "0")[:width],
    "z": lambda time, width: time.tzname() or "UTC",
    "Z": lambda time, width: _zone(time, width),
}


def _name(name: str, whole: bool) -> str:
    return name if whole else name[:3]


def _zone(time: datetime, width: int) -> str:
    if width >= 3:
        return str(time.tzinfo)
    offset = time.strftime("%z")[:5]
    return offset if width == 1 else f"{offset[:3]}:{offset[3:]}"


@lru_cache(256)
def _pieces(pattern: str) -> tuple[tuple[str, str], ...] | None:
    """(letter, run of it) or ("", literal text) for each part of a pattern; None where it is not one."""
    pieces, position = [], 0
    while position < len(pattern):
        match = _PIECE.match(pattern, position)
        if match is None:
            return None
        position = match.end()
        if match[1] is not None:
            pieces.append(("", match[1].replace("''", "'") or "'"))
        else:
            pieces.append((match[2] or "", match[0]))
    return tuple(pieces)


def _time_zone(name: str) -> tzinfo | None:
    if offset := _OFFSET.fullmatch(name):
        delta = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(delta if offset[1] == "+" else -delta) if delta < timedelta(hours=24) else None
    if name in ("Z", "UTC", "GMT"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _format(pattern: Value, timestamp: Value, zone: Value = "UTC") -> Value:
    text, milliseconds, name = to_string(pattern), to_int(timestamp), to_string(zone)
    if not (isinstance(text, str) and isinstance(milliseconds, int) and isinstance(name, str)):
        return UNDEFINED
    pieces, place = _pieces(text), _time_zone(name)
    if pieces is None or place is None:
        return UNDEFINED
    try:
        time = (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(place)
    except OverflowError:
        return UNDEFINED
    parts = []
    for letter, run in pieces:
        formatter = _FORMATTERS.get(letter)
        if letter and formatter is None:
            return UNDEFINED
        parts.append(formatter(time, len(run)) if formatter else run)
    return "".join(parts)


# Letters of java.time to what they read; the group's name is the field.
_READERS = {
    **dict.fromkeys("yu", r"(?P<year>\d{4}|\d{2})"),
    "d": r"(?P<day>\d{1,2})",
    "H": r"(?P<hour>\d{1,2})",
    "k": r"(?P<hour>\d{1,2})",
    "h": r"(?P<hour>\d{1,2})",
    "K": r"(?P<hour>\d{1,2})",
    "m": r"(?P<minute>\d{1,2})",
    "s": r"(?P<second>\d{1,2})",
    "S": r"(?P<fraction>\d{1,9})",
    "n": r"(?P<fraction>\d{1,9})",
    "a": r"(?P<half>AM|PM)",
    "G": r"(?:AD|A)",
    "E": r"[A-Za-z]+",
    **dict.fromkeys("zVXxZO", r"(?P<zone>[A-Za-z_]+/[A-Za-z_/]+|(?:[A-Z]{1,5})?(?:[+-]\d\d:?(?:\d\d)?)?)"),
}


@lru_cache(256)
def _reader(pattern: str) -> re.Pattern[str] | None:
    pieces = _pieces(pattern)
    if pieces is None:
        return None
    parts = []
    for letter, run in pieces:
        if letter in ("M", "L"):
            parts.append(r"(?P<month>\d{1,2})" if len(run) < 3 else r"(?P<month>[A-Za-z]+)")
        elif letter and letter not in _READERS:
            return None
        else:
            parts.append(_READERS[letter] if letter else re.escape(run))
    try:
        return re.compile("".join(parts), re.IGNORECASE)
    except re.error:  # a field twice
        return None


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    return next(
        (number for number, name in enumerate(_MONTHS, 1) if text.lower() in (name.lower(), name[:3].lower())), 0
    )


def _epoch(timestamp: Value, pattern: Value) -> Value:
    text, form = to_string(timestamp), to_string(pattern)
    reader = _reader(form) if isinstance(form, str) else None
    match = reader.fullmatch(text) if reader is not None and isinstance(text, str) else None
    if match is None:
        return UNDEFINED
    fields = match.groupdict()
    zone = _time_zone(fields.get("zone") or "UTC")
    year = int(fields.get("year") or 1970)
    hour = int(fields.get("hour") or 0)
    if half := fields.get("half"):
        hour = hour % 12 + (12 if half.upper() == "PM" else 0)
    try:
        time = datetime(
            year + 2000 if year < 100 else year,
            _month(fields.get("month") or "1"),
            int(fields.get("day") or 1),
            hour % 24,
            int(fields.get("minute") or 0),
            int(fields.get("second") or 0),
            int((fields.get("fraction") or "0")[:6].ljust(6, "0")),
            zone,
        )
    except ValueError:
        return UNDEFINED
    return UNDEFINED if zone is None else (time - _EPOCH) // timedelta(milliseconds=1)


FUNCTIONS = {
    "parse_time": Function(_format, 2, 3, VERSION_2),
    "time_to_epoch": Function(_epoch, 2, 2, VERSION_2),
}
