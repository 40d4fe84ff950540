"""The three forms of a schedule, and when each is due next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from headwater.languages.schedules.cron import Cron, InvalidCron, parse_cron

_UTC = UTC
_UNITS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
_MOST = 2**31 - 1
_RATE = re.compile(r"rate\(\s*([0-9]+)\s+(minute|hour|day)(s?)\s*\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON = re.compile(r"cron\((.*)\)")


class InvalidSchedule(ValueError):
    """With the text that EventBridge's PutRule answers."""

    def __init__(self) -> None:
        super().__init__("Parameter ScheduleExpression is not valid.")


class Schedule(Protocol):
    """When something is due."""

    @property
    def recurring(self) -> bool: ...

    def first(self, now: int, start: int | None, zone: str = "UTC") -> int | None:
        """The first due time of a schedule that is made now and may begin at ``start`` (None: at once).

        One that is due only once is due at its time, be it past.
        """

    def next_after(self, instant: int, zone: str = "UTC") -> int | None:
        """The first due time after ``instant`` (both ms since the epoch), or None where there is none.

        ``zone`` is an IANA name; an unknown one raises ValueError.
        """

    def resume(self, last: int, now: int, zone: str = "UTC") -> int | None:
        """The first due time after ``now`` of one that was due at ``last``, whatever was missed between."""


def following(schedule: Schedule, last: int, now: int, zone: str = "UTC") -> int | None:
    """When a schedule that was due at ``last`` is due next, at ``now``: what was missed between is left out, and the
    beat is kept."""
    return schedule.resume(last, max(last, now), zone)


@lru_cache(maxsize=4096)
def parse_schedule(text: str, *, loose: bool = False) -> Schedule:
    """Compile an expression. Raises InvalidSchedule. ``loose``: of rates, any number goes with any unit, as
    EventBridge Scheduler has it."""
    if rate := _RATE.fullmatch(text):
        return _rate(int(rate[1]), rate[2], plural=int(rate[1]) != 1 if loose else bool(rate[3]))
    if at := _AT.fullmatch(text):
        return _at(at[1])
    if cron := _CRON.fullmatch(text):
        try:
            return CronSchedule(parse_cron(cron[1]))
        except InvalidCron:
            raise InvalidSchedule from None
    raise InvalidSchedule


def _rate(count: int, unit: str, plural: bool) -> Schedule:
    """``rate(1 minute)`` but ``rate(2 minutes)``: EventBridge insists on the grammar."""
    if not 1 <= count <= _MOST or plural != (count != 1):
        raise InvalidSchedule
    return RateSchedule(count * _UNITS[unit])


def _at(text: str) -> Schedule:
    try:
        return AtSchedule(datetime.fromisoformat(text))
    except ValueError:
        raise InvalidSchedule from None


@dataclass(frozen=True)
class RateSchedule:
    """Every so many milliseconds, counted from the instant that is asked about."""

    period: int
    recurring = True

    def first(self, now: int, start: int | None, zone: str = "UTC") -> int:
        if start is None:
            return now
        return start if start >= now else self.resume(start, now)

    def next_after(self, instant: int, zone: str = "UTC") -> int:
        return instant + self.period

    def resume(self, last: int, now: int, zone: str = "UTC") -> int:
        return last + self.period * max(1, (now - last) // self.period + 1)


@dataclass(frozen=True)
class AtSchedule:
    """Once, at a wall-clock time."""

    time: datetime
    recurring = False

    def first(self, now: int, start: int | None, zone: str = "UTC") -> int:
        return _instant(_shifted(self.time, _zone(zone)))

    def next_after(self, instant: int, zone: str = "UTC") -> int | None:
        due = self.first(instant, None, zone)
        return due if due > instant else None

    def resume(self, last: int, now: int, zone: str = "UTC") -> int | None:
        return self.next_after(max(last, now), zone)


@dataclass(frozen=True)
class CronSchedule:
    """At the wall-clock minutes that match, as Scheduler treats daylight saving: a minute that the
    clocks skip is not run that day, one that they repeat is run the first time only.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
    """

    cron: Cron
    recurring = True

    def first(self, now: int, start: int | None, zone: str = "UTC") -> int | None:
        return self.next_after(now if start is None else max(now, start - 1), zone)

    def next_after(self, instant: int, zone: str = "UTC") -> int | None:
        local_zone = _zone(zone)
        wall = datetime.fromtimestamp(instant // 1000, local_zone).replace(tzinfo=None)
        if local_zone is not _UTC:
            # The hours before may hold minutes that come only after the instant.
            wall -= timedelta(hours=3)
        while (found := self.cron.next_after(wall)) is not None:
            shifted = _shifted(found, local_zone)
            if (due := _instant(shifted)) > instant and _exists(found, shifted, local_zone):
                return due
            wall = found
        return None

    def resume(self, last: int, now: int, zone: str = "UTC") -> int | None:
        return self.next_after(max(last, now), zone)


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return _UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name} is not a time zone") from None


def _shifted(wall: datetime, zone: tzinfo) -> datetime:
    """A wall-clock time in a zone; one that the clocks skip moves on by as much as they do."""
    local = wall.replace(tzinfo=zone)  # fold=0: the first of two
    return local.astimezone(_UTC)


def _exists(wall: datetime, shifted: datetime, zone: tzinfo) -> bool:
    """Whether the clocks of a zone ever show a wall-clock time."""
    return zone is _UTC or shifted.astimezone(zone).replace(tzinfo=None) == wall


def _instant(time: datetime) -> int:
    return int(time.timestamp() * 1000)
