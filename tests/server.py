"""A real server for tests: a cloud on an event loop of its own, in a thread of the test process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import uvloop

import headwater.languages.jsonata_engine  # noqa: F401 - see below
from headwater.cloud import Cloud, Settings
from headwater.languages import jsonata_engine  # noqa: F401 - see below
from headwater.spine.clock import Clock

T = TypeVar("T")
# The memory of jsonatapy belongs to the thread that loads it. That must be none that ends, as those of servers do: the
# next thread that compiles an expression would then bring the process down.


class ServerThread:
    """Starts on entering, stops on leaving."""

    def __init__(
        self,
        data: Path | None = None,
        clock: Clock | None = None,
        seed: int | None = None,
        quotas: Mapping[str, str] | None = None,
        enforce_policies: bool = False,
        verify_signatures: bool = False,
        tls: bool = False,
    ) -> None:
        self._settings = Settings(
            port=0,
            mqtt_port=0,
            https_port=0 if tls else None,
            mqtts_port=0 if tls else None,
            data=data,
            seed=seed,
            quotas=quotas or {},
            enforce_policies=enforce_policies,
            verify_signatures=verify_signatures,
        )
        self._clock = clock
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="headwater", daemon=True)
        self.cloud: Cloud

    @property
    def endpoint(self) -> str:
        return self.cloud.endpoint

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def call(self, function: Callable[[], T]) -> T:
        """Call a function on the server's loop, such as one that moves a clock."""

        async def called() -> T:
            return function()

        return self.run(called())

    def advance(self, milliseconds: int) -> None:
        """Move the clock, timer by timer, each with what comes of it."""
        self.run(self.cloud.engine.time.advance(milliseconds))

    @contextmanager
    def waiting(self, name: str) -> Iterator[None]:
        """What is begun within has an operation wait, such as a long poll: it is left once one of that name does."""
        flight, begun = self.cloud.engine.flight, threading.Event()
        rest = flight.rest

        def rested(task: asyncio.Task[Any] | None) -> None:
            rest(task)
            if task in flight.tasks and flight.tasks[task].name == name:
                begun.set()

        with mock.patch.object(flight, "rest", rested):
            yield
            assert begun.wait(60), f"no {name} waits"

    def __enter__(self) -> ServerThread:
        self._thread.start()
        self._ready.wait(60)
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(60)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        try:
            self.cloud = Cloud(self._settings, self._clock)
            await self.cloud.start()
        except BaseException as failure:
            self._failure = failure
            raise
        finally:
            self._ready.set()
        await self._ended.wait()
        await self.cloud.stop()
