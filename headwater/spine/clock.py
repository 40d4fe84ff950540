"""The one source of time. Milliseconds since the epoch, everywhere."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """Something set on a clock that can be called off."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """What the time is, and a way to be called at one."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        """Call back once ``now() >= when``, on the event loop."""
        ...


class RealClock:
    """The machine's own time."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        # a timer of the loop may ring a fraction of a millisecond early: one millisecond more, never less
        delay = max(0, when - self.now() + 1) / 1000
        return asyncio.get_running_loop().call_later(delay, callback)


class _VirtualTimer:
    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class VirtualClock:
    """Time that stands still until it is moved."""

    def __init__(self, start: int) -> None:
        self._now = start
        self._timers: list[tuple[int, int, _VirtualTimer]] = []
        self._order = itertools.count()

    def now(self) -> int:
        return self._now

    def call_at(self, when: int, callback: Callable[[], None]) -> Timer:
        timer = _VirtualTimer(callback)
        heapq.heappush(self._timers, (when, next(self._order), timer))
        return timer

    def next_due(self) -> int | None:
        """When the earliest timer rings, or None."""
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def advance_to(self, when: int) -> None:
        """Move to an instant, ringing on the way, in order, each timer that is due."""
        while (due := self.next_due()) is not None and due <= when:
            self._now = max(self._now, due)
            _, _, timer = heapq.heappop(self._timers)
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback()
        self._now = max(self._now, when)
