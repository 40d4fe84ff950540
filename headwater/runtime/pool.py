"""The warm environments of one function version.

An invocation that finds none idle waits for whichever comes first: a new environment, or an old one
becoming free. Only a few start at a time, so a burst of short events is served by few processes and
a burst of long ones by many.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from headwater.runtime.environment import Environment, Host, InitFailed
from headwater.runtime.launchers import Launcher
from headwater.spine.functions import FunctionVersion, Invocation, InvocationResult

MOST_STARTING = 4

Waiter = tuple[Invocation, "asyncio.Future[InvocationResult]"]


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

    def invoke(self, function: FunctionVersion, invocation: Invocation) -> asyncio.Future[InvocationResult]:
        present = self._function
        if present is not function:
            self._function = function
            if present is not None and present.revision != function.revision:
                self.reap(before=float("inf"))
        answer: asyncio.Future[InvocationResult] = asyncio.get_running_loop().create_future()
        if self._idle:
            self._idle.pop().invoke(invocation, answer)
        else:
            self._waiting.append((invocation, answer))
            self._start_more()
        return answer

    def _start_more(self) -> None:
        assert self._function is not None
        while len(self._starting) < min(MOST_STARTING, len(self._waiting)):
            environment = Environment(self._function, self._host, self._is_idle, self._is_gone)
            self.environments.add(environment)
            task = asyncio.get_running_loop().create_task(self._start(environment))
            self._starting.add(task)
            task.add_done_callback(self._started)

    def _started(self, task: asyncio.Task[None]) -> None:
        self._starting.discard(task)
        if not task.cancelled():
            task.result()
            self._start_more()

    async def _start(self, environment: Environment) -> None:
        try:
            await environment.start(await self._launcher_for(environment.function.runtime))
        except InitFailed as error:
            if (waiter := self._next_waiter()) is not None:
                invocation, answer = waiter
                answer.set_result(environment.reject(invocation, error))
            environment.kill()

    def _next_waiter(self) -> Waiter | None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter[1].done():  # its caller may have gone
                return waiter
        return None

    def _is_idle(self, environment: Environment) -> None:
        assert self._function is not None
        if environment.function.revision != self._function.revision:
            environment.kill()
        elif (waiter := self._next_waiter()) is not None:
            environment.invoke(*waiter)
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

    def close(self) -> None:
        for _, answer in self._waiting:
            answer.cancel()
        self._waiting.clear()
        for task in self._starting:
            task.cancel()
        for environment in list(self.environments):
            environment.close()
