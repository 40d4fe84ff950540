"""What goes on outside a transaction: coroutines that wait, and the watches that wake them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from headwater.spine.functions import FunctionRuntime
from headwater.spine.operations import ANYBODY, Call, Caller, Request, Result
from headwater.spine.quota import Quota
from headwater.spine.spans import Span, split_cause, trace_header
from headwater.spine.wire import WireAnswer, WireRequest

if TYPE_CHECKING:
    from headwater.spine.engine import Engine

T = TypeVar("T")


class Watch:
    """Notices that a key was signalled from the moment it was made. Close it, or use ``with``."""

    __slots__ = ("_engine", "_future", "_seen", "_task", "key", "until")

    def __init__(self, engine: Engine, key: object) -> None:
        self._engine = engine
        self.key = key
        self.until: int | None = None  # until when it is waited, while it is
        self._seen = False
        self._future: asyncio.Future[None] | None = None
        self._task: asyncio.Task[object] | None = None
        engine.watches.setdefault(key, []).append(self)

    def notify(self) -> None:
        self._seen = True
        self._wake()

    async def wait(self, until: int | None = None) -> bool:
        """Sleep until the key is signalled or the clock reaches ``until`` (ms). True if it was
        signalled since the last wait; that is then used up."""
        if not self._seen:
            flight, clock = self._engine.flight, self._engine.clock
            self._future = asyncio.get_running_loop().create_future()
            self._task = asyncio.current_task()
            self.until = until
            timer = None if until is None else clock.call_at(until, self._wake)
            if until is None or until > clock.now():
                flight.rest(self._task)
            try:
                await self._future
            finally:
                flight.wake(self._task)
                self._future = self.until = None
                if timer is not None:
                    timer.cancel()
        seen, self._seen = self._seen, False
        return seen

    def _wake(self) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(None)
            self._engine.flight.wake(self._task)

    def close(self) -> None:
        watchers = self._engine.watches.get(self.key)
        if watchers is not None and self in watchers:
            watchers.remove(self)
            if not watchers:
                del self._engine.watches[self.key]

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Work:
    """For coroutines: short transactions, waiting, other operations; all with a cause."""

    __slots__ = ("caller", "engine", "memory", "span")

    def __init__(self, engine: Engine, caller: Caller, span: Span, memory: Any) -> None:
        self.engine = engine
        self.caller = caller
        self.span = span
        self.memory = memory

    @property
    def now(self) -> int:
        return self.engine.clock.now()

    @property
    def cause(self) -> str:
        return self.span.cause

    @property
    def runtime(self) -> FunctionRuntime:
        """What runs functions."""
        return self.engine.runtime

    async def transact(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run ``function(call, *arguments)`` in a transaction; returns once it is committed."""
        return await self.engine.transact(self.caller, self.span, self.memory, function, arguments)

    async def operation(
        self,
        service: str,
        name: str,
        request: Request,
        account: str | None = None,
        region: str | None = None,
        principal: str | None = None,
    ) -> Result:
        """Call an operation and wait for its committed answer; raises its AwsError. ``principal``: the session of the
        role in which the service does it for its customer."""
        caller = self.caller
        if account is not None or region is not None or principal is not None:
            caller = Caller(account or caller.account, region or caller.region, principal or caller.principal)
        return await self.engine.call(service, name, request, caller, self.span.cause, principal is not None)

    async def send(self, request: WireRequest, account: str, region: str, principal: str | None = None) -> WireAnswer:
        """Send a request to a service as a client would; errors are answers. ``principal`` as of an operation."""
        future: asyncio.Future[WireAnswer] = asyncio.get_running_loop().create_future()
        flight, task = self.engine.flight, asyncio.current_task()

        def reply(answer: WireAnswer) -> None:
            if not future.done():  # nobody waits any more where it was given up
                future.set_result(answer)
            flight.wake(task)

        self.engine.wire(request, Caller(account, region, principal or ANYBODY), trace_header(self.cause), reply)
        if not future.done():
            flight.rest(task)
        try:
            return await future
        finally:
            flight.wake(task)

    def quota(self, quota: Quota) -> int:
        """How many there may be of what a quota counts."""
        return self.engine.quotas.of(quota)

    def loses(self, taker: str, cause: str) -> bool:
        """Whether a fault keeps it secret that a function or a pipe (its ARN) has handled a batch."""
        return self.engine.armed is not None and self.engine.faults.of_batch(self, taker, cause)

    def watch(self, key: object) -> Watch:
        return self.engine.watch(key)

    async def wait(self, key: object, until: int | None = None) -> bool:
        """Sleep until the key is signalled (True) or the clock reaches ``until`` (ms). What was
        signalled before the call is not seen: use ``call.watch`` where that matters."""
        with self.watch(key) as watch:
            return await watch.wait(until)

    async def sleep_until(self, when: int) -> None:
        """Sleep until the clock reaches an instant (ms). Not durable: for pauses of pollers."""
        await self.wait(object(), when)

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine beside; it ends with the cloud."""
        return self.engine.spawn(coroutine, self.span)

    async def together(self, *coroutines: Coroutine[Any, Any, T]) -> list[T]:
        """Run coroutines side by side and wait for all; their results in order. (``asyncio.gather`` would
        hide from ``settle`` that they wait.)"""
        return await self.engine.flight.together(self.span, list(coroutines))

    async def within(self, milliseconds: int, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine, but no longer than the clock takes to go on by so much: TimeoutError."""
        task, flight = asyncio.current_task(), self.engine.flight
        async with asyncio.timeout(None) as limit:

            def end() -> None:
                limit.reschedule(asyncio.get_running_loop().time())
                flight.wake(task)

            timer = self.engine.clock.call_at(self.now + milliseconds, end)
            try:
                return await coroutine
            finally:
                timer.cancel()

    async def linger(self, seconds: float) -> None:
        """Pause so that more gathers, for seconds of the machine; cut short while someone waits for rest."""
        await self.engine.flight.linger(seconds)

    def caused_by(self, cause: str, caller: Caller | None = None) -> Work:
        """The same, with what follows hung under another span."""
        trace, parent = split_cause(cause)
        stand_in = Span(parent or 0, trace, None, "cause", "", "", "", 0)
        return Work(self.engine, caller or self.caller, stand_in, self.memory)

    def call(self) -> Call:
        """A call outside a transaction, for its ids and endpoint; not for its store."""
        return Call(self.engine, self.caller, self.now, self.span, self.memory)
