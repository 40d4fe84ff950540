"""AWS's six-field cron: minutes, hours, day of month, month, day of week, year.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_NONE: dict[str, int] = {}
FIRST_YEAR, LAST_YEAR = 1970, 2199

# Which days of a month (year, month) a day field means.
Days = Callable[[int, int], set[int]]


class InvalidCron(ValueError):
    """The field that is wrong."""


@dataclass(frozen=True)
class Cron:
    """Compiled fields, sorted; ``days`` gives the days that match in a given year and month."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    days: Days

    def next_after(self, wall: datetime) -> datetime | None:
        """The first matching minute after a wall-clock time, or None before the year 2200."""
        for year in self.years:
            if year < wall.year:
                continue
            for month in self.months:
                if (year, month) < (wall.year, wall.month):
                    continue
                for day in sorted(self.days(year, month)):
                    if (found := self._in_day(date(year, month, day), wall)) is not None:
                        return found
        return None

    def _in_day(self, day: date, wall: datetime) -> datetime | None:
        if day < wall.date():
            return None
        for hour in self.hours:
            for minute in self.minutes:
                found = datetime(day.year, day.month, day.day, hour, minute)
                if found > wall:
                    return found
        return None


def parse_cron(text: str) -> Cron:
    """Compile what stands between the brackets of ``cron(…)``. Raises InvalidCron."""
    fields = text.split()
    if len(fields) != 6:
        raise InvalidCron(text)
    minutes, hours, month_days, months, week_days, years = fields
    if (month_days == "?") == (week_days == "?"):
        raise InvalidCron("one of day-of-month and day-of-week, and not both, must be ?")
    days = _month_days(month_days) if week_days == "?" else _week_days(week_days)
    return Cron(
        _numbers(minutes, 0, 59),
        _numbers(hours, 0, 23),
        _numbers(months, 1, 12, _MONTHS),
        _numbers(years, FIRST_YEAR, LAST_YEAR),
        days,
    )


def _numbers(field: str, lowest: int, highest: int, names: dict[str, int] = _NONE) -> tuple[int, ...]:
    """``*``, numbers, names, ranges and steps, separated by commas."""
    found: set[int] = set()
    for part in field.split(","):
        found |= set(_range(part, lowest, highest, names))
    return tuple(sorted(found))


def _range(part: str, lowest: int, highest: int, names: dict[str, int]) -> list[int]:
    span, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and int(step) > 0):
        raise InvalidCron(part)
    stride = int(step) if slash else 1
    if span == "*":
        return list(range(lowest, highest + 1, stride))
    start, dash, end = span.partition("-")
    first = _number(start, lowest, highest, names)
    if not dash:
        return list(range(first, highest + 1, stride)) if slash else [first]
    last = _number(end, lowest, highest, names)
    if first <= last:
        return list(range(first, last + 1, stride))
    if names is not _WEEKDAYS and names is not _MONTHS:
        raise InvalidCron(part)
    # FRI-MON goes round
    size = highest - lowest + 1
    return [lowest + (value - lowest) % size for value in range(first, last + size + 1, stride)]


def _number(text: str, lowest: int, highest: int, names: dict[str, int]) -> int:
    value = names.get(text.upper(), int(text) if text.isascii() and text.isdecimal() else -1)
    if not lowest <= value <= highest:
        raise InvalidCron(text)
    return value


def _month_days(field: str) -> Days:
    """Days of the month, ``L`` (the last), ``15W`` (the weekday nearest to the 15th), ``LW``."""
    if field == "L":
        return lambda year, month: {_last_day(year, month)}
    if field == "LW":
        return lambda year, month: {_nearest_weekday(year, month, _last_day(year, month))}
    if nearest := re.fullmatch(r"(\d{1,2})W", field):
        wanted = _number(nearest[1], 1, 31, _NONE)
        return lambda year, month: (
            {_nearest_weekday(year, month, wanted)} if wanted <= _last_day(year, month) else set()
        )
    numbers = _numbers(field, 1, 31)
    return lambda year, month: {day for day in numbers if day <= _last_day(year, month)}


def _week_days(field: str) -> Days:
    """Days of the week (1 or SUN is Sunday), ``6L`` (the last Friday), ``6#3`` (the third Friday)."""
    if field == "L":
        return _every((_WEEKDAYS["SAT"],))
    if last := re.fullmatch(r"(\w+)L", field):
        wanted = _number(last[1], 1, 7, _WEEKDAYS)
        return lambda year, month: {max(_every((wanted,))(year, month))}
    if nth := re.fullmatch(r"(\w+)#([1-5])", field):
        day, place = _number(nth[1], 1, 7, _WEEKDAYS), int(nth[2])
        return lambda year, month: set(sorted(_every((day,))(year, month))[place - 1 : place])
    return _every(_numbers(field, 1, 7, _WEEKDAYS))


def _every(weekdays: tuple[int, ...]) -> Days:
    return lambda year, month: {
        day for day in range(1, _last_day(year, month) + 1) if _weekday(year, month, day) in weekdays
    }


def _last_day(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _weekday(year: int, month: int, day: int) -> int:
    """1 is Sunday."""
    return date(year, month, day).isoweekday() % 7 + 1


def _nearest_weekday(year: int, month: int, day: int) -> int:
    """Monday to Friday nearest to a day, within its month."""
    weekday = _weekday(year, month, day)
    if weekday == _WEEKDAYS["SAT"]:
        return day - 1 if day > 1 else day + 2
    if weekday == _WEEKDAYS["SUN"]:
        return day + 1 if day < _last_day(year, month) else day - 2
    return day
