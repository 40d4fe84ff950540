"""What is in flight: whatever could still cause something now.

Between commits that is the tasks of the engine, but for those that wait for a signal, for the clock, or
for something that is counted itself: they *rest*. A task that rests is busy again from the moment that
wakes it, not from when it gets its turn, so that there is no gap in which nothing seems to run. A task
that waits for a function's process, a thread or a socket is busy. Deliveries that are due belong to the
open group, or open one. So all is at rest when no group is open, no read waits for its answer, and no task is busy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from inspect import CORO_CREATED, getcoroutinestate
from typing import Any, NamedTuple, TypeVar

from headwater.spine.spans import Span

T = TypeVar("T")
Task = asyncio.Task[Any]
SERVICE = "service"
"""The kind of span under which a service's own loops run: they may be about any trace."""


class Waiter(NamedTuple):
    """Someone who waits for rest: of everything, or of some traces."""

    traces: frozenset[str] | None
    rested: asyncio.Future[None]


class Flight:
    """The engine's tasks, which of them are busy, and who waits for the end of that.

    ``is_open`` tells whether a group is, or has answers to give; ``at_rest`` is called, once set,
    whenever everything is at rest.
    """

    def __init__(self, is_open: Callable[[], bool]) -> None:
        self._is_open = is_open
        self.tasks: dict[Task, Span] = {}
        self._busy: set[Task] = set()
        self._waiters: list[Waiter] = []
        self._lingering: set[asyncio.Future[None]] = set()
        self.at_rest: Callable[[], None] | None = None

    # ---- tasks

    def track(self, coroutine: Coroutine[Any, Any, T], span: Span) -> asyncio.Task[T]:
        """Run a coroutine as a task that is counted."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks[task] = span
        self._busy.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: Task) -> None:
        del self.tasks[task]
        self._busy.discard(task)
        self.look()

    def rest(self, task: Task | None) -> None:
        """A task begins to wait for something that will call :meth:`wake`. Nothing where it is none of ours."""
        if task in self._busy:
            self._busy.remove(task)
            self.look()

    def wake(self, task: Task | None) -> None:
        """What a task waits for has happened; it is busy from now on."""
        if task in self.tasks:
            self._busy.add(task)

    async def together(self, span: Span, coroutines: list[Coroutine[Any, Any, T]]) -> list[T]:
        """Run coroutines side by side; the results in their order. The first failure is raised."""
        parent, left = asyncio.current_task(), len(coroutines)

        async def one(coroutine: Coroutine[Any, Any, T]) -> T:
            nonlocal left
            try:
                return await coroutine
            except BaseException:
                self.wake(parent)
                raise
            finally:
                left -= 1
                if not left:
                    self.wake(parent)

        gathered = asyncio.gather(*(self.track(one(coroutine), span) for coroutine in coroutines))
        if coroutines:
            self.rest(parent)
        try:
            return await gathered
        finally:
            self.wake(parent)
            for coroutine in coroutines:
                if getcoroutinestate(coroutine) == CORO_CREATED:  # ended before its turn came
                    coroutine.close()

    # ---- rest

    @property
    def is_awaited(self) -> bool:
        """Whether someone waits for rest, so that nobody should dawdle."""
        return bool(self._waiters) or self.at_rest is not None

    def busy(self, traces: frozenset[str] | None = None) -> list[Span]:
        """What the busy tasks are about, of all or of some traces."""
        spans = [self.tasks[task] for task in self._busy]
        if traces is None:
            return spans
        return [span for span in spans if span.trace in traces or span.kind == SERVICE]

    def is_at_rest(self, traces: frozenset[str] | None = None) -> bool:
        if self._is_open():
            return False
        return not self._busy or (traces is not None and not self.busy(traces))

    def look(self) -> None:
        """Tell those who wait, if there is rest; called after each commit and whenever a task is busy no more."""
        if not self._waiters and self.at_rest is None:
            return
        if self.at_rest is not None and self.is_at_rest():
            self.at_rest()
        for waiter in self._waiters:
            if not waiter.rested.done() and self.is_at_rest(waiter.traces):
                waiter.rested.set_result(None)

    async def until_rest(self, traces: frozenset[str] | None = None) -> None:
        """Wait for rest. Must not be called by a task of the engine's own."""
        while not self.is_at_rest(traces):
            waiter = Waiter(traces, asyncio.get_running_loop().create_future())
            self._waiters.append(waiter)
            self._hurry()
            try:
                await waiter.rested
            finally:
                self._waiters.remove(waiter)

    # ---- pauses of the machine's time

    async def linger(self, seconds: float) -> None:
        """Pause so that more gathers, for seconds of the machine; cut short while someone waits for rest."""
        if self.is_awaited:
            return
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        self._lingering.add(ended)
        timer = loop.call_later(seconds, _end, ended)
        try:
            await ended
        finally:
            timer.cancel()
            self._lingering.discard(ended)

    def _hurry(self) -> None:
        for ended in self._lingering:
            _end(ended)


def _end(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
