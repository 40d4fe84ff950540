"""``python -m bench ledger``: what a delivery costs while many others wait in the ledger."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import orjson
import psutil
import uvloop
from rich.table import Table

from bench.cloud import InProcess, in_process
from headwater.spine import deliveries as ledger

_ROWS = (10_000, 100_000, 1_000_000)
_ROUNDS, _EACH = 300, 10
_DAY = 86_400_000
_KEYS = 100
_POLICY = orjson.dumps([*ledger.FOREVER]).decode()
_PAYLOAD = orjson.dumps({"task": "none", "body": "x" * 256})


def _row(cloud: InProcess, due: int, ordering: str | None = None, waits: int = 0) -> tuple[Any, ...]:
    """A delivery to a handler that does next to nothing."""
    identity, now = cloud.engine.new_id(), cloud.engine.now
    return (
        *(identity, due, "sqs.move", "none", _PAYLOAD, 0, _POLICY, ordering, "", "0" * 12, "us-east-1"),
        *(now, 0, None, waits),
    )


def _waiting(cloud: InProcess, number: int, ordered: bool) -> tuple[Any, ...]:
    """A row that waits for its time; or, of an ordering key, behind one that does."""
    later = cloud.engine.now + _DAY + number
    if not ordered:
        return _row(cloud, later)
    first = number < _KEYS
    return _row(cloud, later if first else cloud.engine.now, f"key-{number % _KEYS}", int(not first))


async def _cost(cloud: InProcess) -> float:
    """Microseconds of CPU a delivery, written as a row, claimed, carried out and removed; the best of five."""
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(_ROUNDS):
            cloud.engine.begin()
            now = cloud.engine.now
            cloud.engine.store.many(ledger.INSERT, [_row(cloud, now) for _ in range(_EACH)])
            cloud.engine.pump.due_at(now)
            await cloud.rest()
        best = min(best, (time.process_time() - began) / (_ROUNDS * _EACH) * 1e6)
    return best


async def _measure(ordered: bool) -> list[tuple[int, float, float]]:
    """Rows in the ledger, cost of a delivery, memory in MB."""
    process, found, rows = psutil.Process(), [], 0
    async with in_process() as cloud:
        await cloud.queue("load-the-service")
        for wanted in _ROWS:
            while rows < wanted:
                cloud.engine.begin()
                batch = [_waiting(cloud, number, ordered) for number in range(rows, rows + 10_000)]
                cloud.engine.store.many(ledger.INSERT, batch)
                rows += len(batch)
                await cloud.rest()
            found.append((rows, await _cost(cloud), process.memory_info().rss / 1e6))
    return found


def ledger_table() -> Table:
    table = Table(title="A delivery by way of the ledger", title_justify="left")
    table.add_column("what else waits there")
    for column in ("rows", "µs of CPU", "of the least", "MB"):
        table.add_column(column, justify="right")
    for ordered in (False, True):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            rows = runner.run(_measure(ordered))
        for number, microseconds, memory in rows:
            what = "behind one of their ordering key" if ordered else "for their time"
            ratio = microseconds / rows[0][1]
            table.add_row(what, f"{number:,}", f"{microseconds:.1f}", f"{ratio:.2f}", f"{memory:.0f}")
    return table
