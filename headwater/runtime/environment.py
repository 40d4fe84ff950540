"""One execution environment: a process, its log, and its side of the Runtime API.

Its life is that of AWS's: init, invocations one after the other, shutdown.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

from headwater.runtime import failures, programs
from headwater.runtime.api import LARGEST_RESPONSE, RuntimeConnection
from headwater.runtime.failures import Failure
from headwater.runtime.guest.clock import HEADER, OPT_IN, START
from headwater.runtime.launchers import Launcher, LauncherFailed
from headwater.runtime.logs import LogPipe, PlatformLines, Report, iso
from headwater.runtime.node_sdk import NodeSdk
from headwater.runtime.packages import Packages
from headwater.runtime.pressure import Pressure
from headwater.runtime.processes import look
from headwater.runtime.python_layers import PythonLayers
from headwater.spine.clock import Clock, machine_now
from headwater.spine.functions import FunctionVersion, Invocation, InvocationResult, LogEvents

_INIT_LIMIT = 10.0  # seconds for a start, before the function's own timeout begins to count
_MEMORY_SLACK = 512 << 20  # data a process may reserve beyond its memory; what it *uses* is watched


class Host(NamedTuple):
    """What environments need of the runtime around them."""

    folder: Path
    preinstalled: Path
    clock: Clock
    token: Callable[[], str]
    emit: Callable[[FunctionVersion, str, LogEvents], None]
    packages: Packages
    node_sdk: NodeSdk
    python_layers: PythonLayers
    pressure: Pressure


class InitFailed(Exception):
    """The process did not come up; ``payload`` is what it said for itself."""

    def __init__(self, failure: Failure, payload: bytes | None = None) -> None:
        super().__init__(failure.reason)
        self.failure = failure
        self.payload = payload


class Turn(NamedTuple):
    """The invocation that is being run."""

    invocation: Invocation
    answer: asyncio.Future[InvocationResult]
    timeout: asyncio.TimerHandle
    began: float


class Environment:
    """A process that runs one function, one invocation at a time.

    ``on_idle(environment)`` is called whenever it can take an invocation, ``on_gone(environment)``
    once when it has ended.
    """

    def __init__(
        self,
        function: FunctionVersion,
        host: Host,
        on_idle: Callable[[Environment], None],
        on_gone: Callable[[Environment], None],
    ) -> None:
        self.asked = self.function = function  # the second with its code unpacked, once it is started
        self.identity = host.token()
        self.idle_since = 0.0
        self.gone = False
        self._host = host
        self._on_idle = on_idle
        self._on_gone = on_gone
        self._loop = asyncio.get_running_loop()
        self._launcher: Launcher | None = None
        self._ended = asyncio.Event()
        self._connection: RuntimeConnection | None = None  # where an event is awaited
        self._connections: list[RuntimeConnection] = []
        self._listener: asyncio.Server | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._turn: Turn | None = None
        self._init: float | None = None  # milliseconds, until it has been reported
        self._pid = 0
        self._memory = 0
        self._starved = False
        self._lacking: str | None = None  # why the AWS SDK, or a layer, is not there
        self._temporary = host.folder / "tmp" / self.identity
        self._lines = PlatformLines(function)
        today = datetime.fromtimestamp(host.clock.now() // 1000, UTC)
        self.log_stream = f"{today:%Y/%m/%d}/[{function.version}]{self.identity}"
        self._pipe, self._pipe_writer = os.pipe()
        self._log = LogPipe(self._pipe, host.clock.now, lambda e: host.emit(function, self.log_stream, e))
        self._log.add(self._lines.init(host.clock.now()))
        self._loop.add_reader(self._pipe, self._read_log)

    async def start(self, launcher: Launcher) -> None:
        """Bring the process up, to its first request for an event. Raises InitFailed."""
        try:
            self.function = await self._host.packages.unpack(self.function)
            command = programs.command_for(self.function)
            if self.function.runtime.startswith("nodejs"):
                await self._provide_sdk()
            if self.function.requirements:
                await self._provide_packages(launcher.python)
        except programs.CannotRun as error:
            raise InitFailed(error.failure) from None
        except (OSError, BadZipFile) as error:
            raise InitFailed(failures.invalid_entrypoint(f"The code cannot be unpacked: {error}")) from None
        if self.gone:
            raise InitFailed(failures.exited(-9))
        self._launcher = launcher
        self._temporary.mkdir(parents=True, exist_ok=True)
        preinstalled = self._host.preinstalled
        variables = programs.variables(self.function, self.log_stream, self._temporary, preinstalled)
        if variables.get(OPT_IN) == "1":
            variables[START] = self._shown()
        began = time.perf_counter()
        descriptors = self._with_log(await self._open_api(variables, forked=not command))
        request = {
            "command": command,
            "environment": variables,
            "folder": str(self.function.code),
            "memory": (self.function.memory << 20) + _MEMORY_SLACK,
            "path": programs.python_path(self.function, preinstalled),
        }
        try:
            self._pid = await launcher.launch(self.identity, request, descriptors, self._exited)
        except LauncherFailed:
            raise InitFailed(failures.exited(-9)) from None
        finally:
            _close_all(descriptors)
        try:
            async with asyncio.timeout(_INIT_LIMIT + self.function.timeout):
                await self._ready
        except TimeoutError:
            raise InitFailed(failures.timed_out(self.function.timeout)) from None
        self._init = 1000 * (time.perf_counter() - began)
        self.watch_memory()
        self._become_idle()

    async def _provide_sdk(self) -> None:
        self._lacking = await self._host.node_sdk.provide(self.function)
        self._warn_of_lacking()

    async def _provide_packages(self, python: str) -> None:
        self.function, self._lacking = await self._host.python_layers.provide(self.function, python)
        self._warn_of_lacking()

    def _warn_of_lacking(self) -> None:
        if self._lacking is not None:
            self._log.add(self._lines.warning(f"Headwater: {self._lacking}.", self._host.clock.now()))

    async def _open_api(self, variables: dict[str, str], forked: bool) -> list[int]:
        """A socket pair for our own bootstrap; a TCP address of its own for any other program."""
        if forked:
            ours, theirs = socket.socketpair()
            await self._loop.create_connection(self._connect, sock=ours)
            return [theirs.detach()]
        self._listener = await self._loop.create_server(self._connect, "127.0.0.1", 0)
        address, port = self._listener.sockets[0].getsockname()
        variables["AWS_LAMBDA_RUNTIME_API"] = f"{address}:{port}"
        return []

    def _with_log(self, descriptors: list[int]) -> list[int]:
        """What a process is given: its log, then these. Whoever starts it closes them, and nobody else, as the number
        of what is closed is soon that of something else."""
        if self.gone:
            _close_all(descriptors)
            raise InitFailed(failures.exited(-9))
        descriptors, self._pipe_writer = [self._pipe_writer, *descriptors], -1
        return descriptors

    def _connect(self) -> RuntimeConnection:
        connection = RuntimeConnection(self)
        self._connections.append(connection)
        return connection

    def invoke(self, invocation: Invocation, answer: asyncio.Future[InvocationResult]) -> None:
        """Hand over an event; only while idle. ``answer`` gets the result."""
        assert self._connection is not None
        connection, self._connection = self._connection, None
        timeout = self.function.timeout
        # a timer of the loop may ring a fraction of a millisecond early
        timer = self._loop.call_later(timeout + 0.001, self._time_out)
        self._log.begin(self._lines.start(invocation.request_id, self._host.clock.now()))
        self._turn = Turn(invocation, answer, timer, time.perf_counter())
        # its timeout is measured by the machine's clock, whatever ours shows
        connection.send(invocation, machine_now() + timeout * 1000, self._clock_header())

    def _clock_header(self) -> str:
        """What functions are told that opt in to see our clock."""
        if self.function.environment.get(OPT_IN) != "1":
            return ""
        return f"{HEADER}: {self._shown()}\r\n"

    def _shown(self) -> str:
        clock = self._host.clock
        return f"{clock.now()}{'+' if clock.mode == 'real' else ''}"

    def reject(self, invocation: Invocation, error: InitFailed) -> InvocationResult:
        """The result of an invocation for which the process did not come up."""
        self._log.begin(self._lines.start(invocation.request_id, self._host.clock.now()))
        if error.payload is None:
            self._log_failure(invocation, error.failure)
        payload = error.payload or error.failure.payload(invocation.request_id)
        return self._report(invocation, payload, error.failure.type, error.failure.status, 0.0)

    # What the process asks of us: api.Owner

    def next_asked(self, connection: RuntimeConnection) -> None:
        self._connection = connection
        if not self._ready.done():
            self._ready.set_result(None)
        elif self._turn is None:
            self._become_idle()
        else:
            self._fail(failures.exited(0))  # it asks for more without having answered
            self.kill()

    def streamed(self, request_id: str, chunk: bytes, content_type: str) -> None:
        turn = self._turn
        if turn is not None and turn.invocation.request_id == request_id and turn.invocation.sink is not None:
            turn.invocation.sink(chunk, content_type)

    def answered(self, request_id: str, payload: bytes, error_type: str | None, streamed: bool) -> bool:
        turn = self._turn
        if turn is None or turn.invocation.request_id != request_id:
            return False
        if len(payload) > LARGEST_RESPONSE and not streamed:
            failure = failures.too_large(len(payload), LARGEST_RESPONSE)
            self._finish(turn, failure.payload(request_id), failure.type, "")
        else:
            self._finish(turn, payload, error_type, "")
        return True

    def init_failed(self, payload: bytes, error_type: str) -> None:
        if not self._ready.done():
            if self._lacking is not None and error_type == "Runtime.ImportModuleError":
                payload = failures.explained(payload, self._lacking)
            self._ready.set_exception(InitFailed(Failure(error_type, ""), payload))

    # Ends

    def _become_idle(self) -> None:
        self.idle_since = self._loop.time()
        if not self.gone:
            self._on_idle(self)

    def _time_out(self) -> None:
        self._fail(failures.timed_out(self.function.timeout))
        self.kill()

    def _exited(self, status: int) -> None:
        self._pid = 0
        self._ended.set()
        failure = failures.out_of_memory() if self._starved else failures.exited(status)
        if self._ready.done():
            self._fail(failure)
            self.close()
        else:
            self._ready.set_exception(InitFailed(failure))  # whoever awaits the start kills what is left

    def _fail(self, failure: Failure) -> None:
        if self._turn is not None:
            self._log.read()
            self._log_failure(self._turn.invocation, failure)
            payload = failure.payload(self._turn.invocation.request_id)
            self._finish(self._turn, payload, failure.type, failure.status)

    def _log_failure(self, invocation: Invocation, failure: Failure) -> None:
        if failure.status == "timeout":
            self._log.add(f"{iso(self._host.clock.now())} {invocation.request_id} {failure.reason}\n")
        else:
            self._log.add(f"RequestId: {invocation.request_id} Error: {failure.reason}\n{failure.type}")

    def _finish(self, turn: Turn, payload: bytes, error_type: str | None, status: str) -> None:
        duration = 1000 * (time.perf_counter() - turn.began)
        self._turn = None
        turn.timeout.cancel()
        result = self._report(turn.invocation, payload, error_type, status, duration)
        if not turn.answer.done():
            turn.answer.set_result(result)

    def _report(
        self, invocation: Invocation, payload: bytes, error_type: str | None, status: str, duration: float
    ) -> InvocationResult:
        """What the function wrote, then END and REPORT; and the result."""
        log, now = self._log, self._host.clock.now()
        init, self._init = self._init, None
        report = Report(invocation.request_id, duration, ceil(duration + (init or 0)), self._memory, init)
        log.read()
        log.end_line()
        for line in self._lines.end(report, now, status, error_type if status == "error" else None):
            log.add(line)
        log.flush()
        return InvocationResult(payload, error_type, log.tail(), duration, report.billed, init, self._memory)

    def _read_log(self) -> None:
        if not self._log.read():
            self._loop.remove_reader(self._pipe)
        self._log.flush()

    @property
    def busy(self) -> bool:
        return self._turn is not None

    def watch_memory(self) -> None:
        """Note the most memory used so far, and kill a process that uses more than it may."""
        seen = look(self._pid)
        self._memory = max(self._memory, min(seen.peak, self.function.memory))
        if seen.memory > self.function.memory:
            self._starved = True
            self.kill()

    def kill(self) -> None:
        """End the process; ``on_gone`` is called once it has ended."""
        self._leave()
        if self._launcher is None or not self._launcher.kill(self.identity):
            self.close()

    async def end(self) -> None:
        """Kill it; returns once its process is gone, and what its log said is told."""
        self.kill()
        if self._launcher is not None and self._launcher.has(self.identity):
            await self._ended.wait()

    def is_quiet(self) -> bool:
        """Whether an idle process does nothing by itself, as far as that can be seen: no threads but the first.
        Other programs than our own bootstrap always have some, and are trusted."""
        return self._listener is not None or look(self._pid).threads <= 1

    def _leave(self) -> None:
        if not self.gone:
            self.gone = True
            self._on_gone(self)

    def close(self) -> None:
        """Let go of everything; the process has ended, or is about to with its launcher."""
        self._leave()
        if self._pipe < 0:
            return
        self._read_log()
        self._loop.remove_reader(self._pipe)
        self._log.close()
        if self._pipe_writer >= 0:
            os.close(self._pipe_writer)
        self._pipe = self._pipe_writer = -1
        if self._listener is not None:
            self._listener.close()
        for connection in self._connections:
            connection.close()
        shutil.rmtree(self._temporary, ignore_errors=True)


def _close_all(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
