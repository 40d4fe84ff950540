"""What runs beside: one poller for each enabled event source mapping.

The table says which there are to be; whoever changes it signals, and the pollers are brought in line.
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.function import FunctionMemory
from headwater.services.lambda_.log_lines import LogLines
from headwater.services.lambda_.mapping import CHANGED, Mapping, read_mapping
from headwater.services.lambda_.queue_poller import QueuePoller
from headwater.services.lambda_.stream_poller import StreamPoller
from headwater.spine.operations import Call
from headwater.spine.work import Work

Wanted = dict[str, tuple[int, Mapping]]


async def start(work: Work) -> None:
    """Prepare the runtimes that functions have, carry their logs away, run the pollers."""
    memory: FunctionMemory = work.memory
    if memory.log_lines is None:
        memory.log_lines = LogLines()
        work.runtime.listen(memory.log_lines.add)
    memory.log_lines.forget()
    memory.running.clear()
    memory.running_in_account.clear()
    work.spawn(memory.log_lines.carry_away(work))
    for runtime in await work.transact(_runtimes):
        work.runtime.prepare(runtime)
    await _run_pollers(work)


def _runtimes(call: Call) -> set[str]:
    return {orjson.loads(text)["Runtime"] for (text,) in call.store.all(tables.RUNTIMES)}


async def _run_pollers(work: Work) -> None:
    running: dict[str, tuple[int, asyncio.Task[None]]] = {}
    with work.watch(CHANGED) as watch:
        while True:
            wanted = await work.transact(_enabled)
            for identity, (revision, task) in list(running.items()):
                if identity not in wanted or wanted[identity][0] != revision:
                    task.cancel()
                    del running[identity]
            for identity, (revision, mapping) in wanted.items():
                if identity not in running:
                    running[identity] = (revision, work.spawn(_poll(work, mapping)))
            await watch.wait()


def _enabled(call: Call) -> Wanted:
    wanted: Wanted = {}
    for identity, account, region, text, revision in call.store.all(tables.ALL_MAPPINGS):
        configuration: dict[str, Any] = orjson.loads(text)
        if configuration["State"] == "Enabled":
            wanted[identity] = (revision, read_mapping(identity, account, region, configuration))
    return wanted


async def _poll(work: Work, mapping: Mapping) -> None:
    poller = (QueuePoller if mapping.source.split(":")[2] == "sqs" else StreamPoller)(work, mapping)
    await poller.run()
