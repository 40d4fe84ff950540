"""Values of fields: as numbers, as texts, in order; instants and periods."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_NAMES = {
    **dict.fromkeys(("ms", "msec", "millisecond"), "ms"),
    **dict.fromkeys(("s", "sec", "second"), "s"),
    **dict.fromkeys(("m", "min", "minute"), "m"),
    **dict.fromkeys(("h", "hr", "hour"), "h"),
    **dict.fromkeys(("d", "day"), "d"),
    **dict.fromkeys(("w", "week"), "w"),
    **dict.fromkeys(("mo", "mon", "month"), "mo"),
    **dict.fromkeys(("q", "qtr", "quarter"), "q"),
    **dict.fromkeys(("y", "yr", "year"), "y"),
}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
PERIOD = re.compile(r"(\d+)([a-z]+)", re.IGNORECASE)
# Weeks begin on Mondays; the epoch was a Thursday.
_FIRST_MONDAY = 4 * _UNITS["d"]


class Instant(int):
    """Milliseconds since the epoch that are shown as a date."""


def number(value: Any) -> float | None:
    """None where it is none."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        try:
            return float(value) if not value.strip().lstrip("-").isdecimal() else int(value)
        except ValueError:
            return None
    return None


def text(value: Any) -> str:
    """As a row shows it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Instant):
        shown = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)
        return shown.strftime("%Y-%m-%d %H:%M:%S.") + f"{value % 1000:03d}"
    if isinstance(value, float):
        rounded = round(value, 4)
        return str(int(rounded)) if rounded.is_integer() else repr(rounded)
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    return str(value)


def equal(left: Any, right: Any) -> bool:
    """What is missing equals nothing; a boolean is 1 or 0, and its word."""
    if left is None or right is None:
        return False
    if isinstance(left, bool) or isinstance(right, bool):
        return _truth(left) is not None and _truth(left) == _truth(right)
    first, second = number(left), number(right)
    if first is not None and second is not None:
        return first == second
    return text(left) == text(right)


def _truth(value: Any) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text(value).lower())


def ordered(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    first, second = number(left), number(right)
    if first is not None and second is not None:
        return compare(first, second)
    return compare(text(left), text(right))


def sort_key(value: Any) -> tuple[int, float, str]:
    """What is missing comes first, then texts, then numbers."""
    if value is None:
        return 0, 0, ""
    found = number(value)
    return (1, 0, text(value)) if found is None else (2, found, "")


def is_true(value: Any) -> bool:
    return bool(value) and not (isinstance(value, str) and _truth(value) is False)


def read_period(written: str) -> tuple[int, str] | None:
    """``5m`` as (5, "m"), None where it is none."""
    found = PERIOD.fullmatch(written)
    if found is None:
        return None
    name = found[2].lower()
    unit = _NAMES.get(name) or (_NAMES.get(name[:-1]) if len(name) > 2 and name.endswith("s") else None)
    return None if unit is None or int(found[1]) == 0 else (int(found[1]), unit)


def floor_to(instant: int, period: tuple[int, str]) -> Instant:
    """The beginning of the period that holds an instant."""
    count, unit = period
    if unit in _MONTHS:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)
        months = count * _MONTHS[unit]
        since = (when.year * 12 + when.month - 1) // months * months
        start = datetime(since // 12, since % 12 + 1, 1, tzinfo=UTC)
        return Instant(int(start.timestamp() * 1000))
    size, shift = count * _UNITS[unit], _FIRST_MONDAY if unit == "w" else 0
    return Instant((instant - shift) // size * size + shift)


def ceil_to(instant: int, period: tuple[int, str]) -> Instant:
    start = floor_to(instant, period)
    if start == instant:
        return start
    count, unit = period
    if unit not in _MONTHS:
        return Instant(start + count * _UNITS[unit])
    return floor_to(start + count * _MONTHS[unit] * 31 * _UNITS["d"], period)
