"""A closed loop of keep-alive connections that replay requests: throughput and latency."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from math import inf
from typing import NamedTuple, cast

import httptools
import uvloop


class Figures(NamedTuple):
    """Requests a second, and milliseconds at the median and the 99th percentile."""

    rate: float
    p50: float
    p99: float
    errors: int


class _Connection(asyncio.Protocol):
    def __init__(self, run: _Run) -> None:
        self._run = run
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        run = self._run
        now = time.perf_counter()
        run.latencies.append(now - self._sent)
        run.errors += self._parser.get_status_code() >= 400
        if now < run.deadline and run.left:
            self._send()
        else:
            run.ended = now
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.open -= 1
        if not self._run.open:
            self._run.done.set()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._run.next_request())


class _Run:
    def __init__(self, requests: list[bytes], connections: int, seconds: float, most: float = inf) -> None:
        self._requests = requests
        self._position = 0
        self.left = most
        self.latencies: list[float] = []
        self.errors = 0
        self.open = connections
        self.done = asyncio.Event()
        self.deadline = time.perf_counter() + seconds
        self.ended = self.deadline

    def next_request(self) -> bytes:
        self._position += 1
        self.left -= 1
        return self._requests[self._position % len(self._requests)]


async def _until_done(run: _Run, port: int) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(run.open):
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port)
    await run.done.wait()


async def _measure(port: int, requests: list[bytes], connections: int, seconds: float) -> Figures:
    run = _Run(requests, connections, seconds)
    began = time.perf_counter()
    await _until_done(run, port)
    latencies = sorted(run.latencies)
    at: Callable[[float], float] = lambda share: 1000 * latencies[int(share * (len(latencies) - 1))]  # noqa: E731
    return Figures(len(latencies) / (run.ended - began), at(0.5), at(0.99), run.errors)


def measure(port: int, requests: list[bytes], connections: int, seconds: float) -> Figures:
    """Replay requests for a while; each connection sends its next one when it has its answer."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(port, requests, connections, seconds))


def send_all(port: int, requests: list[bytes], connections: int) -> None:
    """Send each request once, at least as many as there are connections. Raises ValueError where one is refused."""
    run = _Run(requests, connections, inf, len(requests))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_done(run, port))
    if run.errors:
        raise ValueError(f"{run.errors} of {len(requests)} requests were refused")
