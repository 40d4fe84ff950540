"""``python -m bench rules``: what PutEvents costs with 1 to 100,000 rules on a bus of which one matches, and what a
compiled pattern costs beside the parsing of the same event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import uvloop
from rich.table import Table

from bench.cloud import InProcess, in_process
from headwater.languages.patterns import compile_pattern
from headwater.services.events import tables
from headwater.spine.operations import Call

_COUNTS = (1, 10, 100, 1_000, 10_000, 100_000)
_TURNS = 300
_DETAIL = {
    "order": "o-1",
    "kind": "k-0",
    "amount": 25.5,
    "items": ["a", "b"],
    "customer": {"tier": "gold", "id": "c-0"},
}
_EVENT = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "OrderPlaced",
    "source": "shop-0",
    "account": "123456789012",
    "time": "2026-11-27T12:00:00Z",
    "region": "us-east-1",
    "resources": ["arn:aws:x:us-east-1:123456789012:y/z"],
    "detail": _DETAIL,
}
_TYPICAL = {
    "source": ["shop-0"],
    "detail-type": ["OrderPlaced"],
    "detail": {"kind": ["k-0", "k-1"], "amount": [{"numeric": [">", 20]}]},
}
# In what the rules differ: the one of number 0 alone matches.
_SHAPES: dict[str, Callable[[int], Any]] = {
    "each another source": lambda n: {"source": [f"shop-{n}"], "detail-type": ["OrderPlaced"]},
    "one source, each another value in detail": lambda n: {"source": ["shop-0"], "detail": {"kind": [f"k-{n}"]}},
    "one source, each another prefix": lambda n: {"source": ["shop-0"], "detail": {"kind": [{"prefix": f"k-{n}"}]}},
}


def _insert(call: Call, bus: str, pattern: Callable[[int], Any], first: int, last: int) -> None:
    """Rows of rules, past the quota of 300."""
    for number in range(first, last):
        arn = bus.replace("event-bus", "rule") + f"/r{number}"
        text = orjson.dumps(pattern(number)).decode()
        row = (arn, bus, f"r{number}", text, None, "ENABLED", None, None, "000000000000", "{}", None)
        call.store.run(tables.PUT_RULE, row)


async def _put(cloud: InProcess, bus: str) -> float:
    """Microseconds of CPU of a PutEvents with the delivery that comes of it; the best of five."""
    detail = orjson.dumps(_DETAIL).decode()
    entry = {"Source": "shop-0", "DetailType": "OrderPlaced", "Detail": detail, "EventBusName": bus}
    await cloud.call("events", "PutEvents", Entries=[entry])  # the rules are compiled
    best = float("inf")
    for _ in range(5):
        await cloud.rest()
        began = time.process_time()
        for _ in range(_TURNS):
            await cloud.call("events", "PutEvents", Entries=[entry])
        await cloud.rest()
        best = min(best, (time.process_time() - began) / _TURNS * 1e6)
    return best


async def _grow(cloud: InProcess, name: str, pattern: Callable[[int], Any]) -> list[tuple[int, float]]:
    """The cost by the number of rules on a bus of its own."""
    bus = (await cloud.call("events", "CreateEventBus", Name=name))["EventBusArn"]
    _, queue = await cloud.queue(name)
    text = orjson.dumps(pattern(0)).decode()
    await cloud.call("events", "PutRule", Name="r0", EventBusName=name, EventPattern=text)
    await cloud.call("events", "PutTargets", Rule="r0", EventBusName=name, Targets=[{"Id": "t", "Arn": queue}])
    costs: list[tuple[int, float]] = []
    before = 1
    for count in _COUNTS:
        await cloud.engine.transact_system(partial(_insert, bus=bus, pattern=pattern, first=before, last=count))
        cloud.engine.catalogue.forget()
        costs.append((count, await _put(cloud, name)))
        before = count
    return costs


async def _measure() -> dict[str, list[tuple[int, float]]]:
    async with in_process() as cloud:
        return {
            title: await _grow(cloud, f"bench-{number}", pattern)
            for number, (title, pattern) in enumerate(_SHAPES.items())
        }


def _pattern() -> tuple[float, float]:
    """Microseconds of the parsing of an event, and of matching it, whole."""
    text, match = orjson.dumps(_EVENT), compile_pattern(orjson.dumps(_TYPICAL).decode()).matches
    event = orjson.loads(text)
    assert match(event)

    def timed(turn: Callable[[], object]) -> float:
        best = float("inf")
        for _ in range(7):
            began = time.process_time()
            for _ in range(20_000):
                turn()
            best = min(best, (time.process_time() - began) / 20_000 * 1e6)
        return best

    return timed(lambda: orjson.loads(text)), timed(lambda: match(event))


def rules() -> Table:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(_measure())
    table = Table(title="Rules: PutEvents until delivered, µs of CPU (times that with one rule)", title_justify="left")
    table.add_column("of which one matches")
    for count in _COUNTS:
        table.add_column(f"{count:,}", justify="right")
    for title, row in figures.items():
        one = row[0][1]
        table.add_row(title, *(f"{cost:.0f} ({cost / one:.2f})" for _, cost in row))
    parse, match = _pattern()
    table.caption = (
        f"A typical pattern: {match:.2f} µs, orjson.loads of the event {parse:.2f} µs: {match / parse:.2f} times"
    )
    return table
