"""Functions as processes of this machine, behind the contract of ``spine/functions.py``."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import sys
from pathlib import Path

from headwater.runtime import programs
from headwater.runtime.environment import Host, InitFailed
from headwater.runtime.failures import invalid_entrypoint
from headwater.runtime.launchers import Launcher, LauncherFailed
from headwater.runtime.node_sdk import NodeSdk
from headwater.runtime.packages import Packages
from headwater.runtime.pool import Pool
from headwater.runtime.pressure import Pressure
from headwater.runtime.python_layers import PythonLayers, of_this_user
from headwater.spine.clock import Clock
from headwater.spine.functions import FunctionVersion, Invocation, InvocationResult, LogEvents, LogSink

_TICK = 0.25  # seconds between looks at memory and idle times


class Runtime:
    """Runs functions in warm environments; see :class:`headwater.spine.functions.FunctionRuntime`.

    ``folder`` is for temporary and cached files, ``clock`` gives the time that log lines bear,
    ``idle`` how many seconds an unused environment is kept.
    """

    def __init__(self, folder: Path, clock: Clock, idle: float = 300.0) -> None:
        self._folder = folder.resolve()
        self._idle = idle
        self._sinks: list[LogSink] = []
        self._host = Host(
            folder=self._folder,
            preinstalled=self._folder / "python",
            clock=clock,
            token=lambda: secrets.token_hex(16),
            emit=self._emit,
            packages=Packages(self._folder / "code"),
            node_sdk=NodeSdk(self._folder),
            python_layers=PythonLayers(of_this_user()),
            pressure=Pressure(),
        )
        self._pools: dict[str, Pool] = {}
        self._launchers: dict[str, Launcher] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._ticking: asyncio.TimerHandle | None = None
        self._unusable: set[str] = set()  # interpreters that are named on the PATH but do not start

    async def invoke(self, function: FunctionVersion, invocation: Invocation) -> InvocationResult:
        """Run a function on an event. A function's failures are results, never exceptions."""
        pool = self._pools.get(function.arn)
        if pool is None:
            pool = self._pools[function.arn] = Pool(self._host, self._launcher_for)
        if self._ticking is None:
            self._ticking = asyncio.get_running_loop().call_later(_TICK, self._tick)
        return await pool.invoke(function, invocation)

    def prepare(self, runtime: str) -> None:
        """Get ready, in the background, for the first cold start of a runtime (``python3.12``)."""
        task: asyncio.Task[object] = asyncio.get_running_loop().create_task(self._launcher_for(runtime))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def retire(self, arn: str) -> None:
        """Let go of the environments of a version that is deleted, once they are done."""
        if arn in self._pools:
            self._pools[arn].retire()

    async def abandon(self, fresh: bool) -> None:
        """Kill what still runs for invocations that nobody waits for; see the contract."""
        await asyncio.gather(*(pool.abandon(fresh) for pool in list(self._pools.values())))

    def listen(self, sink: LogSink) -> None:
        self._sinks.append(sink)

    def _emit(self, function: FunctionVersion, stream: str, events: LogEvents) -> None:
        for sink in self._sinks:
            sink(function, stream, events)

    async def _launcher_for(self, runtime: str) -> Launcher:
        """The launcher process of an interpreter, started; our own where that one does not run."""
        python = programs.python_for(runtime)
        if (launcher := await self._start_launcher(python)) is not None:
            return launcher
        self._unusable.add(python)
        own = await self._start_launcher(sys.executable)
        if own is None:
            raise InitFailed(invalid_entrypoint(f"{sys.executable} could not be started"))
        return own

    async def _start_launcher(self, python: str) -> Launcher | None:
        if python in self._unusable:
            return None
        if not self._launchers:
            programs.gather_preinstalled(self._host.preinstalled)
        launcher = self._launchers.get(python)
        if launcher is None:
            launcher = self._launchers[python] = Launcher(python, self._host.preinstalled)
        try:
            await launcher.start()
        except LauncherFailed:
            return None
        return launcher

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        before = loop.time() - self._idle
        for arn, pool in list(self._pools.items()):
            pool.reap(before)
            for environment in [environment for environment in pool.environments if environment.busy]:
                environment.watch_memory()
            if not pool.environments:
                del self._pools[arn]
        self._ticking = loop.call_later(_TICK, self._tick) if self._pools else None

    async def close(self) -> None:
        """Kill every process; returns once they are gone."""
        if self._ticking is not None:
            self._ticking.cancel()
        for pool in self._pools.values():
            pool.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(launcher.close() for launcher in self._launchers.values()))
        shutil.rmtree(self._folder / "tmp", ignore_errors=True)
