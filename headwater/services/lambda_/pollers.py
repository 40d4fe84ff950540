"""What runs beside: one poller for each enabled event source mapping."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.function import FunctionMemory
from headwater.services.lambda_.log_lines import LogLines
from headwater.services.lambda_.mapping import CHANGED, FunctionConsumer, Mapping, read_mapping
from headwater.spine.operations import Call
from headwater.spine.polling import QueuePoller, StreamPoller, keep_running
from headwater.spine.work import Work


async def start(work: Work) -> None:
    """Prepare the runtimes that functions have, carry their logs away, run the pollers."""
    memory: FunctionMemory = work.memory
    if memory.log_lines is None:
        memory.log_lines = LogLines()
        work.runtime.listen(memory.log_lines.add)
    memory.running.clear()
    memory.running_in_account.clear()
    work.spawn(memory.log_lines.carry_away(work))
    for runtime in await work.transact(_runtimes):
        work.runtime.prepare(runtime)

    async def poll(mapping: Mapping) -> None:
        poller = QueuePoller if mapping.source.arn.split(":")[2] == "sqs" else StreamPoller
        await poller(work, mapping.source, FunctionConsumer(work, mapping)).run()

    await keep_running(work, CHANGED, _enabled, poll)


def _runtimes(call: Call) -> set[str]:
    return {orjson.loads(text)["Runtime"] for (text,) in call.store.all(tables.RUNTIMES)}


def _enabled(call: Call) -> dict[str, tuple[int, Mapping]]:
    wanted: dict[str, tuple[int, Mapping]] = {}
    for identity, account, region, text, revision in call.store.all(tables.ALL_MAPPINGS):
        configuration: dict[str, Any] = orjson.loads(text)
        if configuration["State"] == "Enabled":
            wanted[identity] = (revision, read_mapping(identity, account, region, configuration))
    return wanted
