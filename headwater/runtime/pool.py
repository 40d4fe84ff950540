"""The warm environments of one function version.

An invocation that finds none idle waits for whichever comes first: an environment becoming free, or a new one, which
is started once it has waited for as long as the last start took, or for a twentieth of a second while a processor has
nothing to do. Only a few start at a time. So a burst of short events is served by few processes and a burst of long
ones by many. While all processors are busy, one more process would make all of them slower: then a few have to do, as
long as they become free for those who wait, and where they do not, one more is started at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import NamedTuple

from headwater.runtime.environment import Environment, Host, InitFailed
from headwater.runtime.launchers import Launcher
from headwater.spine.functions import FunctionVersion, Invocation, InvocationResult

MOST_STARTING = 4
LEAST_PATIENCE, PATIENCE_AT_LEISURE = 0.01, 0.05  # seconds
PAUSE = 0.05  # seconds until it is looked again at those who have waited for long enough already
ENOUGH = 1  # environments for each processor
MOVING = 0.25  # seconds within which, or within a start, an environment became free, where those who wait get on


class Waiter(NamedTuple):
    """An invocation without an environment; ``since`` in the loop's time."""

    invocation: Invocation
    answer: asyncio.Future[InvocationResult]
    since: float


class Pool:
    """Environments of one version, those of older revisions on their way out."""

    def __init__(self, host: Host, launcher_for: Callable[[str], Awaitable[Launcher]]) -> None:
        self.environments: set[Environment] = set()
        self._host = host
        self._launcher_for = launcher_for
        self._function: FunctionVersion | None = None
        self._retired = False
        self._idle: list[Environment] = []
        self._waiting: deque[Waiter] = deque()
        self._starting: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._patience = LEAST_PATIENCE
        self._moved = 0.0  # when an environment last went to one who waited

    def invoke(self, function: FunctionVersion, invocation: Invocation) -> asyncio.Future[InvocationResult]:
        self._retired = False  # made anew under the same name
        present = self._function
        if present is not function:
            self._function = function
            if present is not None and present != function:
                self.reap(before=float("inf"))
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[InvocationResult] = loop.create_future()
        if self._idle:
            self._idle.pop().invoke(invocation, answer)
        else:
            self._waiting.append(Waiter(invocation, answer, loop.time()))
            self._start_more()
        return answer

    def _start_more(self) -> None:
        """Start environments for those who have waited for long enough; look again for the others."""
        assert self._function is not None
        loop = asyncio.get_running_loop()
        for _ in range(self._late(loop.time()) - len(self._starting)):
            environment = Environment(self._function, self._host, self._is_idle, self._is_gone)
            self.environments.add(environment)
            task = loop.create_task(self._start(environment))
            self._starting.add(task)
            task.add_done_callback(self._started)
        if self._waiting and self._timer is None:
            now = loop.time()
            left = self._waiting[0].since + self._patience_at(now) - now
            self._timer = loop.call_later(max(LEAST_PATIENCE, left) if left > 0 else PAUSE, self._look_again)

    def _late(self, now: float) -> int:
        """How many have waited for long enough, of those for whom an environment may be started."""
        assert self._function is not None
        function = self._function
        present = sum([each.asked is function or each.asked == function for each in self.environments])
        before = now - self._patience_at(now) if present else now
        late = sum(waiter.since <= before for waiter in islice(self._waiting, MOST_STARTING))
        pressure = self._host.pressure
        if late and present >= ENOUGH * pressure.processors and pressure.is_high(now):
            return 0 if self._moved > now - max(MOVING, self._patience) else 1
        return late

    def _patience_at(self, now: float) -> float:
        """For how long one waits for a warm environment: where a processor is free, starting another costs nobody."""
        if self._patience <= PATIENCE_AT_LEISURE or self._host.pressure.is_high(now):
            return self._patience
        return PATIENCE_AT_LEISURE

    def _look_again(self) -> None:
        self._timer = None
        self._start_more()

    def _started(self, task: asyncio.Task[None]) -> None:
        self._starting.discard(task)
        if not task.cancelled():
            task.result()
            self._start_more()

    async def _start(self, environment: Environment) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await environment.start(await self._launcher_for(environment.function.runtime))
            self._patience = max(LEAST_PATIENCE, loop.time() - began)
        except InitFailed as error:
            # one that was killed meanwhile fails for nobody: those who wait now came later
            if not environment.gone and (waiter := self._next_waiter()) is not None:
                waiter.answer.set_result(environment.reject(waiter.invocation, error))
            environment.kill()

    def _next_waiter(self) -> Waiter | None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.answer.done():  # its caller may have gone
                return waiter
        return None

    def _is_idle(self, environment: Environment) -> None:
        assert self._function is not None
        if environment.asked is not self._function and environment.asked != self._function:
            environment.kill()
        elif (waiter := self._next_waiter()) is not None:
            self._moved = asyncio.get_running_loop().time()
            environment.invoke(waiter.invocation, waiter.answer)
        elif self._retired:
            environment.kill()
        else:
            self._idle.append(environment)

    def _is_gone(self, environment: Environment) -> None:
        self.environments.discard(environment)
        if environment in self._idle:
            self._idle.remove(environment)

    def reap(self, before: float) -> None:
        """End the environments that have been idle since before that time of the loop."""
        for environment in [e for e in self._idle if e.idle_since < before]:
            environment.kill()

    def retire(self) -> None:
        """No further invocation: whatever is idle, or becomes so, ends."""
        self._retired = True
        self.reap(before=float("inf"))

    async def abandon(self, fresh: bool) -> None:
        """End what is not idle, or may still be doing something; with ``fresh`` everything. Returns once it is gone."""
        for waiter in self._waiting:
            waiter.answer.cancel()
        self._waiting.clear()
        ended = [each for each in self.environments if fresh or each not in self._idle or not each.is_quiet()]
        await asyncio.gather(*(environment.end() for environment in ended))

    def close(self) -> None:
        for waiter in self._waiting:
            waiter.answer.cancel()
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
        for task in self._starting:
            task.cancel()
        for environment in list(self.environments):
            environment.close()
