"""The one source of time. Milliseconds since the epoch, everywhere.

A clock goes on with the machine's (*real*), stands still until it is moved (*frozen*), or stands still
and jumps to the next timer whenever nothing is running (*auto*; who looks whether anything runs is
``timekeeping``). It never goes back, what has been moved ahead goes on from there; only with a snapshot comes its time.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Literal, Protocol

Mode = Literal["real", "frozen", "auto"]
_MOST_TURNS = 1000
_FEW_TIMERS = 64
_SKEW = 15 * 60 * 1000  # what AWS allows a client's clock to be ahead


def machine_now() -> int:
    """The machine's own time, which clients and functions sign and measure by."""
    return time.time_ns() // 1_000_000


class Timer(Protocol):
    """Something set on a clock that can be called off."""

    def cancel(self) -> None: ...


class _Timer:
    __slots__ = ("_clock", "callback")

    def __init__(self, clock: Clock, callback: Callable[[], None]) -> None:
        self._clock = clock
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        if self.callback is not None:
            self.callback = None
            self._clock.cancelled()


class Clock:
    """What the time is, and a way to be called at one. ``standing_at``: frozen there from the start."""

    def __init__(self, standing_at: int | None = None) -> None:
        self._offset = 0
        self._standing_at = standing_at
        self._auto = False
        self._timers: list[tuple[int, int, _Timer]] = []
        self._order = itertools.count()
        self._cancelled = 0
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0
        # (machine's time, ours, whether ours went on) at each change, oldest first
        self._turns: list[tuple[int, int, bool]] = []
        if standing_at is not None:
            self._turned()

    # ---- the time

    @property
    def mode(self) -> Mode:
        if self._standing_at is None:
            return "real"
        return "auto" if self._auto else "frozen"

    def now(self) -> int:
        """Milliseconds since the epoch."""
        standing = self._standing_at
        return time.time_ns() // 1_000_000 + self._offset if standing is None else standing

    def at_machine_time(self, when: int) -> int:
        """What this clock showed when the machine's own showed ``when``, or will if nothing moves it."""
        turn = bisect_right(self._turns, (when, 1 << 62, True)) - 1
        if turn < 0:
            return when
        machine, ours, going = self._turns[turn]
        return ours + (when - machine if going else 0)

    def signed_at(self, date: int) -> int:
        """What this clock showed when a client dated a signature, to the second. Clients go by the machine's
        time; a date that it has yet to reach was read from this clock, by a function that sees it. Where the
        clock was moved within the second, the signature is taken for a later one."""
        if date > machine_now() + _SKEW:
            return date
        return max(self.at_machine_time(date), self.at_machine_time(date + 999) - 999)

    def showed(self, date: int, ago: int, ahead: int) -> bool:
        """Whether the machine's clock or this one showed about ``date`` in the last ``ago`` milliseconds, or will in
        the next ``ahead``: clients sign by the one, functions by the other."""
        machine = machine_now()
        if machine - ago <= date <= machine + ahead:
            return True
        return min(self.at_machine_time(machine - ago), self.now() - ago) <= date <= self.now() + ahead

    # ---- timers

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        """Call back once ``now() >= when``, on the event loop."""
        timer = _Timer(self, callback)
        heapq.heappush(self._timers, (when, next(self._order), timer))
        if self._standing_at is None and (self._alarm is None or when < self._alarm_at):
            self._set_alarm()
        elif self._standing_at is not None and when <= self._standing_at:
            asyncio.get_running_loop().call_soon(self._ring)
        return timer

    def next_due(self) -> int | None:
        """When the earliest timer rings, or None."""
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
            self._cancelled -= 1
        return self._timers[0][0] if self._timers else None

    def cancelled(self) -> None:
        """A timer was called off; once they are many they are swept away."""
        self._cancelled += 1
        if self._cancelled > _FEW_TIMERS and self._cancelled > len(self._timers) // 2:
            self._timers = [entry for entry in self._timers if entry[2].callback is not None]
            heapq.heapify(self._timers)
            self._cancelled = 0

    def _set_alarm(self) -> None:
        """Have the event loop wake us for the earliest timer, while time goes on."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        due = self.next_due()
        if due is not None and self._standing_at is None:
            self._alarm_at = due
            # a timer of the loop may ring a fraction of a millisecond early: one millisecond more, never less
            delay = max(0, due - self.now() + 1) / 1000
            self._alarm = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        try:
            self._call_due(self.now())
        finally:
            self._set_alarm()

    def _call_due(self, now: int) -> None:
        while (due := self.next_due()) is not None and due <= now:
            _, _, timer = heapq.heappop(self._timers)
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback()

    # ---- steering

    def stand(self, auto: bool = False) -> None:
        """Stand still: frozen, or auto."""
        self._standing_at = self.now()
        self._auto = auto
        self._turned()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def go_on(self) -> None:
        """Go with the machine's clock from where this one stands."""
        if self._standing_at is not None:
            self._offset = self._standing_at - machine_now()
            self._standing_at = None
            self._turned()
            self._set_alarm()

    def advance_to(self, when: int) -> None:
        """Move a standing clock to an instant, ringing on the way, in order, each timer that is due."""
        assert self._standing_at is not None, "a clock that goes on is not moved"
        while (due := self.next_due()) is not None and due <= when:
            self._standing_at = max(self._standing_at, due)
            self._call_due(self._standing_at)
        self._standing_at = max(self._standing_at, when)
        self._turned()

    def _turned(self) -> None:
        turn = (machine_now(), self.now(), self._standing_at is None)
        # what people date tells but the second: the last turn of each is all that counts
        if self._turns and self._turns[-1][0] // 1000 == turn[0] // 1000:
            self._turns[-1] = turn
        else:
            self._turns.append(turn)
            del self._turns[:-_MOST_TURNS]

    # ---- what is kept

    def state(self, mode: Mode) -> dict[str, Any]:
        """What :meth:`restore` needs to go on with in a mode, as JSON can hold it."""
        return {"mode": mode, "offset": self._offset, "standing_at": self._standing_at, "turns": self._turns}

    def take_up(self, state: dict[str, Any], now: int) -> None:
        """Be what a state was when this clock showed ``now``: time goes on, or stands, from that very instant."""
        machine = machine_now()
        going = state["mode"] == "real"
        self._offset = now - machine
        self._standing_at = None if going else now
        self._auto = state["mode"] == "auto"
        # what is dated to this second was signed after: whatever was before is no more
        past = machine % 1000
        turns = [(then, ours, went) for then, ours, went in state["turns"] if then < machine - past]
        self._turns = [*turns, (machine - past, now - past if going else now, going)]
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if going:
            self._set_alarm()

    def restore(self, state: dict[str, Any]) -> None:
        """Go on as a former process did, before any timer is set."""
        self._offset = state["offset"]
        self._standing_at = state["standing_at"]
        self._auto = state["mode"] == "auto"
        self._turns = [(machine, ours, going) for machine, ours, going in state["turns"]]
        if state["mode"] == "real":
            self.go_on()  # where it was being moved, it stood
