"""``python -m bench executions``: what executions cost as histories and their number grow, and while they wait."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import uvloop
from rich.table import Table

from bench.cloud import InProcess, in_process
from bench.requests import PASS_THREE, ROLE

_TURNS = (2, 25, 250, 2_500)  # of the loop below: four events each, and five more of the execution
_STORED = (10, 1_000, 10_000, 100_000)
_WAITING = 100_000
_EACH = 500
_TOGETHER = 32
_IDLE_SECONDS = 5
_GIVEN = '{"id":0}'  # what the three Pass states need to succeed
_LOOP = {
    "StartAt": "Begin",
    "QueryLanguage": "JSONata",
    "States": {
        "Begin": {"Type": "Pass", "Assign": {"n": 0}, "Next": "Again"},
        "Again": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $n < $states.input.turns %}", "Next": "Count"}],
            "Default": "End",
        },
        "Count": {"Type": "Pass", "Assign": {"n": "{% $n + 1 %}"}, "Next": "Again"},
        "End": {"Type": "Succeed"},
    },
}
_WAIT = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 864_000, "End": True}}}


async def _machine(cloud: InProcess, name: str, definition: dict[str, Any], kind: str = "STANDARD") -> str:
    made = await cloud.call(
        "states", "CreateStateMachine", name=name, definition=json.dumps(definition), type=kind, roleArn=ROLE
    )
    arn: str = made["stateMachineArn"]
    return arn


async def _start(cloud: InProcess, machine: str, number: int, given: str = "{}") -> None:
    """Start so many, as many connections would, and wait until nothing is left to do."""
    for _ in range(0, number, _TOGETHER):
        many = min(_TOGETHER, number)
        await asyncio.gather(
            *(cloud.call("states", "StartExecution", stateMachineArn=machine, input=given) for _ in range(many))
        )
    await cloud.rest()


async def _cost(work: Callable[[], Awaitable[object]], rounds: int = 3) -> float:
    """Microseconds of CPU, the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        await work()
        best = min(best, time.process_time() - began)
    return best * 1e6


async def _by_history(cloud: InProcess, table: Table) -> None:
    machine = await _machine(cloud, "loop", _LOOP)
    first = None
    for turns in _TURNS:
        events = 4 * turns + 7
        executions = max(1, 20_000 // events // _TOGETHER) * _TOGETHER if turns < 1_000 else 2
        given = json.dumps({"turns": turns})
        microseconds = await _cost(lambda e=executions, g=given: _start(cloud, machine, e, g))  # type: ignore[misc]
        each = microseconds / executions / events
        first = first or each
        table.add_row("an event of a history", f"{events:,} events", f"{each:.1f} µs", f"{each / first:.2f}")


async def _by_number(cloud: InProcess, table: Table) -> None:
    machine = await _machine(cloud, "three", PASS_THREE)
    first, stored = None, 0
    for wanted in _STORED:
        await _start(cloud, machine, wanted - stored, _GIVEN)
        each = await _cost(lambda: _start(cloud, machine, _EACH, _GIVEN)) / _EACH
        first, stored = first or each, wanted + 3 * _EACH
        table.add_row("a standard execution", f"{wanted:,} stored", f"{each:.0f} µs", f"{each / first:.2f}")


async def _against_messages(cloud: InProcess, table: Table) -> None:
    url, _ = await cloud.queue("messages")
    machine = await _machine(cloud, "sync", PASS_THREE, "EXPRESS")

    async def sends() -> None:
        for _ in range(_EACH // _TOGETHER):
            await asyncio.gather(
                *(cloud.call("sqs", "SendMessage", QueueUrl=url, MessageBody="x" * 256) for _ in range(_TOGETHER))
            )

    async def starts() -> None:
        for _ in range(_EACH // _TOGETHER):
            await asyncio.gather(
                *(
                    cloud.call("states", "StartSyncExecution", stateMachineArn=machine, input=_GIVEN)
                    for _ in range(_TOGETHER)
                )
            )

    calls = _EACH // _TOGETHER * _TOGETHER
    send, start = await _cost(sends) / calls, await _cost(starts) / calls
    table.add_row("SendMessage, without its socket", "", f"{send:.0f} µs", "1")
    table.add_row("StartSyncExecution, without its socket", "", f"{start:.0f} µs", f"{start / send:.2f}")


async def _waiting(cloud: InProcess, table: Table) -> None:
    process = psutil.Process()
    machine = await _machine(cloud, "wait", _WAIT)
    await _start(cloud, machine, _TOGETHER)
    before = process.memory_info().rss
    await _start(cloud, machine, _WAITING)
    memory = process.memory_info().rss - before
    began = time.process_time()
    await asyncio.sleep(_IDLE_SECONDS)
    share = (time.process_time() - began) / _IDLE_SECONDS
    table.add_row("executions in a Wait", f"{_WAITING:,}", f"{memory / 1e6:.0f} MB more", "")
    table.add_row("processor while they wait", "", f"{share:.2%}", "")


async def _measure(table: Table) -> None:
    for part in (_against_messages, _by_history, _by_number, _waiting):
        async with in_process() as cloud:
            await part(cloud, table)


def executions() -> Table:
    table = Table(title="Executions", title_justify="left")
    table.add_column("what")
    for column in ("with", "cost", "times the first"):
        table.add_column(column, justify="right")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_measure(table))
    return table
