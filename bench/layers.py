"""What each layer of a SendMessage costs by itself, in microseconds of this process's CPU."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

from bench.echo import Echo
from headwater.cloud import Cloud, Settings
from headwater.gateway.connection import HttpConnection, Shared
from headwater.spine.engine import SYSTEM

_TURNS, _GROUP = 100, 32


class _Nowhere(asyncio.Transport):
    """A socket that swallows what is written."""

    def write(self, data: object) -> None:
        pass

    def is_closing(self) -> bool:
        return False


async def _timed(turn: Callable[[], None]) -> float:
    """Microseconds an item, of groups of 32 that share a commit; the best of three."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for _ in range(_TURNS):
            turn()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        best = min(best, (time.process_time() - began) / (_TURNS * _GROUP) * 1e6)
    return best


async def _layers(request: bytes) -> list[tuple[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Settings(port=0, data=Path(folder)))
        await cloud.start()
        engine = cloud.engine
        await engine.call("sqs", "CreateQueue", {"QueueName": "bench-send"}, SYSTEM, None)
        send = engine.find("sqs", "SendMessage")
        url = {"QueueUrl": f"{cloud.endpoint}/000000000000/bench-send", "MessageBody": "x" * 256}

        def connections(handler: object) -> list[HttpConnection]:
            shared = Shared()
            made = [HttpConnection(handler, shared) for _ in range(_GROUP)]  # type: ignore[arg-type]
            for connection in made:
                connection.connection_made(_Nowhere())
            return made

        bare, whole = connections(Echo()), connections(cloud.handler)

        def feed(all_of_them: list[HttpConnection]) -> None:
            for connection in all_of_them:
                connection.data_received(request)

        def operate() -> None:
            for _ in range(_GROUP):
                engine.submit(send, url, SYSTEM, None, lambda result, error: None)

        rows = [
            ("HTTP: parse and answer", await _timed(lambda: feed(bare))),
            ("operation, span, SQL, commit", await _timed(operate)),
            ("the whole, without the socket", await _timed(lambda: feed(whole))),
        ]
        await cloud.stop()
        return rows


def layers(request: bytes) -> list[tuple[str, float]]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_layers(request))
