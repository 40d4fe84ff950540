"""Running functions: what the Lambda service asks of the floor that runs processes.

``headwater/runtime`` implements :class:`FunctionRuntime`; the composition hands it to the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

LogEvents = list[tuple[int, str]]  # milliseconds since the epoch, and one line or record


@dataclass(frozen=True, slots=True)
class FunctionVersion:
    """What is run: one state of a function's code and configuration.

    ``arn`` is qualified with the version and names the pool of warm environments; ``revision``
    changes whenever code or configuration do, and older environments are then drained.
    ``memory`` is in MB, ``timeout`` in seconds; ``code`` and ``layers`` are zip files named by their
    content, or folders; ``requirements`` are packages that pip installs in the place of layers.
    ``secret`` and ``session_token`` go with the function's credentials, whose access key id is its account.
    """

    arn: str
    revision: str
    code: Path
    runtime: str
    handler: str
    endpoint: str
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Path, ...] = ()
    requirements: tuple[str, ...] = ()
    memory: int = 128
    timeout: int = 3
    architecture: str = "x86_64"
    log_group: str = ""
    log_format: str = "Text"
    log_level: str = ""
    secret: str = "headwater"
    session_token: str = "headwater"

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def name(self) -> str:
        return self.arn.split(":")[6]

    @property
    def version(self) -> str:
        return self.arn.split(":")[7]


Sink = Callable[[bytes, str], None]
"""Given each piece of an answer that a function streams, and the answer's content type, as it comes."""


class Invocation(NamedTuple):
    """One event for a function. ``arn`` is the one that the caller named; ``trace`` the value of
    ``X-Amzn-Trace-Id``; ``client_context`` and ``identity`` are JSON text; ``sink`` hears an answer that is streamed,
    which is then also the result's payload."""

    request_id: str
    payload: bytes
    arn: str
    trace: str = ""
    client_context: str | None = None
    identity: str | None = None
    sink: Sink | None = None


class InvocationResult(NamedTuple):
    """What came of an invocation. ``error_type`` is None for success; durations are in
    milliseconds, ``memory`` the most used, in MB; ``log_tail`` the last 4 KB of the log."""

    payload: bytes
    error_type: str | None
    log_tail: bytes
    duration: float
    billed: int
    init_duration: float | None
    memory: int


LogSink = Callable[[FunctionVersion, str, LogEvents], None]
"""Called with a function, the name of its log stream, and whole lines as they come."""


class FunctionRuntime(Protocol):
    """Runs functions. How many run at once is for the caller to limit."""

    async def invoke(self, function: FunctionVersion, invocation: Invocation) -> InvocationResult:
        """Run a function on an event. A function's failures are results, never exceptions."""
        ...

    def prepare(self, runtime: str) -> None:
        """Get ready, in the background, for the first cold start of a runtime (``python3.12``)."""
        ...

    def retire(self, arn: str) -> None:
        """Let go of the environments of a version that is deleted, once they are done."""
        ...

    async def abandon(self, fresh: bool) -> None:
        """Kill what still runs for invocations that nobody waits for, and with ``fresh`` idle environments
        too; returns once they are gone."""
        ...

    def listen(self, sink: LogSink) -> None:
        """Have all log lines from now on given to ``sink``."""
        ...

    async def close(self) -> None:
        """Kill every process."""
        ...
