"""``python -m bench fanout``: what one event to 100 queues costs, against one SendMessage."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import uvloop
from rich.table import Table

from bench.cloud import InProcess, in_process

_TARGETS, _TURNS, _TARGETS_OF_RULE = 100, 20, 5
_BODY = "x" * 256


async def _timed(cloud: InProcess, turns: int, turn: Callable[[], Awaitable[object]]) -> float:
    """Microseconds of CPU a turn, with all that comes of it; the best of five."""
    best = float("inf")
    for _ in range(5):
        await cloud.rest()
        began = time.process_time()
        for _ in range(turns):
            await turn()
        await cloud.rest()
        best = min(best, (time.process_time() - began) / turns * 1e6)
    return best


async def _measure() -> list[tuple[str, float]]:
    async with in_process() as cloud:
        url, _ = await cloud.queue("alone")
        topic = (await cloud.call("sns", "CreateTopic", Name="topic"))["TopicArn"]
        targets = [(await cloud.queue(f"target-{number}"))[1] for number in range(_TARGETS)]
        for number, arn in enumerate(targets):
            await cloud.call("sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn)
            rule = f"rule-{number // _TARGETS_OF_RULE}"
            if number % _TARGETS_OF_RULE == 0:
                await cloud.call("events", "PutRule", Name=rule, EventPattern='{"source":["bench"]}')
            await cloud.call("events", "PutTargets", Rule=rule, Targets=[{"Id": str(number), "Arn": arn}])
        entry = {"Source": "bench", "DetailType": "d", "Detail": '{"text":"' + _BODY + '"}'}

        async def together() -> None:
            requests = (cloud.call("sqs", "SendMessage", QueueUrl=url, MessageBody=_BODY) for _ in range(32))
            await asyncio.gather(*requests)

        alone = await _timed(cloud, 500, lambda: cloud.call("sqs", "SendMessage", QueueUrl=url, MessageBody=_BODY))
        shared = await _timed(cloud, 50, together) / 32
        bus = await _timed(cloud, _TURNS, lambda: cloud.call("events", "PutEvents", Entries=[entry]))
        published = await _timed(cloud, _TURNS, lambda: cloud.call("sns", "Publish", TopicArn=topic, Message=_BODY))
        return [
            ("one SendMessage, a commit of its own", alone),
            ("one SendMessage of 32 that share a commit", shared),
            (f"PutEvents to {_TARGETS} queues by {_TARGETS // _TARGETS_OF_RULE} rules", bus),
            (f"Publish to {_TARGETS} queues", published),
        ]


def fanout() -> Table:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(_measure())
    table = Table(title="Fan-out, durable", title_justify="left")
    table.add_column("what")
    for column in ("µs of CPU", "SendMessages", "SendMessages that share"):
        table.add_column(column, justify="right")
    for name, microseconds in rows:
        ratios = [f"{microseconds / rows[against][1]:.1f}" for against in (0, 1)]
        table.add_row(name, f"{microseconds:,.0f}", *ratios)
    return table
