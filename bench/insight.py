"""``python -m bench insight``: what it costs that everything is told of: spans, and a ``settle`` that waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from unittest.mock import patch

import uvloop
from rich.table import Table

from bench.cloud import InProcess, in_process
from headwater.spine.engine import SYSTEM

_ROUNDS, _TURNS, _GROUP = 40, 20, 32
Submit = Callable[[], None]


async def _timed(cloud: InProcess, submit: Submit) -> float:
    """Microseconds of CPU an operation, of groups of 32 that share a commit, with all that comes of it."""
    began = time.process_time()
    for _ in range(_TURNS):
        for _ in range(_GROUP):
            submit()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await cloud.rest()
    return (time.process_time() - began) / (_TURNS * _GROUP) * 1e6


def _ignore(result: object, error: object) -> None:
    pass


def _without_spans() -> AbstractContextManager[object]:
    """Spans are made, for causes are made of them, but not written."""
    return patch("headwater.spine.spans.write", lambda store, spans: 0)


async def _with_settle(cloud: InProcess, submit: Submit) -> float:
    settling = asyncio.ensure_future(cloud.rest())
    try:
        return await _timed(cloud, submit)
    finally:
        await settling


async def _measure() -> list[tuple[str, float, float, float]]:
    async with in_process() as cloud:
        engine = cloud.engine
        url, arn = await cloud.queue("told")
        await cloud.call("events", "PutRule", Name="rule", EventPattern='{"source":["bench"]}')
        await cloud.call("events", "PutTargets", Rule="rule", Targets=[{"Id": "q", "Arn": arn}])
        entry = {"Source": "bench", "DetailType": "d", "Detail": '{"text":"' + "x" * 256 + '"}'}
        requests = {
            "sqs:SendMessage": ("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": "x" * 256}),
            "events:PutEvents to a queue": ("events", "PutEvents", {"Entries": [entry]}),
        }
        rows = []
        for title, (service, name, request) in requests.items():
            submit = partial(engine.submit, engine.find(service, name), request, SYSTEM, None, _ignore)
            best = [float("inf")] * 3
            for _ in range(_ROUNDS):
                for place, silent in enumerate((nullcontext(), _without_spans())):
                    with silent:
                        best[place] = min(best[place], await _timed(cloud, submit))
                best[2] = min(best[2], await _with_settle(cloud, submit))
            rows.append((title, *best))
        return rows


def insight() -> Table:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(_measure())
    table = Table(title="What telling costs, 32 sharing a commit", title_justify="left")
    table.add_column("operation")
    for column in ("µs of CPU", "without spans", "their share", "while a settle waits"):
        table.add_column(column, justify="right")
    for title, whole, silent, settling in rows:
        share = f"{100 * (whole - silent) / whole:.0f} %"
        table.add_row(title, f"{whole:.1f}", f"{silent:.1f}", share, f"{settling:.1f}")
    return table
