"""The cloud's clock in a function's process, for functions that opt in by ``HEADWATER_CLOCK=1``.

``time.time``, ``datetime.now`` and their kin then agree with the clock that ``headwater time`` moves;
``time.monotonic``, sleeping and the function's own timeout stay the machine's.
"""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable
from datetime import date as machine_date
from datetime import datetime as machine_datetime
from typing import Any

OPT_IN = "HEADWATER_CLOCK"
START = "HEADWATER_CLOCK_START"
"""In the environment: what the clock shows when the process is started, as the header has it."""
HEADER = "headwater-clock"
"""With each event: milliseconds since the epoch, and ``+`` behind them where the clock goes on."""

machine_time = time.time
_machine_time_ns = time.time_ns


class GuestClock:
    """What the clock showed last, and since when."""

    def __init__(self) -> None:
        self._base = 0  # nanoseconds: the time itself, or its distance from the machine's
        self._going = True

    def show(self, text: str) -> None:
        """Take over what the header tells."""
        self._going = text.endswith("+")
        shown = int(text.rstrip("+")) * 1_000_000
        self._base = shown - _machine_time_ns() if self._going else shown

    def time_ns(self) -> int:
        return _machine_time_ns() + self._base if self._going else self._base

    def time(self) -> float:
        return self.time_ns() / 1e9


def install() -> Callable[[str], None] | None:
    """Put the clock in the place of the machine's, if asked to; what each event's header is to be given to."""
    if os.environ.get(OPT_IN) != "1":
        return None
    clock = GuestClock()
    clock.show(os.environ.pop(START, f"{_machine_time_ns() // 1_000_000}+"))
    _replace_time(clock)
    _replace_datetime(clock)
    return clock.show


def _replace_time(clock: GuestClock) -> None:
    gmtime, localtime, strftime, ctime = time.gmtime, time.localtime, time.strftime, time.ctime

    def seconds(given: Any) -> Any:
        return clock.time() if given is None else given

    time.time, time.time_ns = clock.time, clock.time_ns
    time.gmtime = lambda seconds_=None, /: gmtime(seconds(seconds_))
    time.localtime = lambda seconds_=None, /: localtime(seconds(seconds_))
    time.ctime = lambda seconds_=None, /: ctime(seconds(seconds_))
    time.strftime = lambda form, at=None, /: strftime(form, time.localtime() if at is None else at)


class _AnyDate(type):
    """Dates that were made by the machine's class are dates all the same."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, machine_date)


class _AnyDatetime(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, machine_datetime)


def _replace_datetime(clock: GuestClock) -> None:
    class Date(machine_date, metaclass=_AnyDate):
        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(clock.time())

    class Datetime(machine_datetime, metaclass=_AnyDatetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return cls.fromtimestamp(clock.time(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.fromtimestamp(clock.time(), datetime.timezone(datetime.timedelta(0))).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(clock.time())

    Date.__name__ = Date.__qualname__ = "date"
    Datetime.__name__ = Datetime.__qualname__ = "datetime"
    for made in (Date, Datetime):
        made.__module__ = "datetime"
    datetime.date, datetime.datetime = Date, Datetime  # type: ignore[misc]
