"""What runs beside: one poller for each enabled event source mapping."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.function import FunctionMemory, find_configuration
from headwater.services.lambda_.log_lines import LogLines
from headwater.services.lambda_.mapping import CHANGED, FunctionConsumer, Mapping, read_mapping
from headwater.services.lambda_.names import parse_reference
from headwater.spine.errors import AwsError
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
    work.spawn(memory.log_lines.carry_first_away(work))
    work.spawn(memory.log_lines.carry_away(work))
    for runtime in await work.transact(_runtimes):
        work.runtime.prepare(runtime)

    async def poll(mapping: Mapping) -> None:
        source, consumer = mapping.source, FunctionConsumer(work, mapping)
        if source.arn.split(":")[2] == "sqs":
            await QueuePoller(work, source, consumer).run()
        else:
            await StreamPoller(work, source, consumer, consumer if source.tumbling else None).run()

    await keep_running(work, CHANGED, _enabled, poll)


def _runtimes(call: Call) -> set[str]:
    return {orjson.loads(text)["Runtime"] for (text,) in call.store.all(tables.RUNTIMES)}


def _enabled(call: Call) -> dict[str, tuple[int, Mapping]]:
    wanted: dict[str, tuple[int, Mapping]] = {}
    for identity, account, region, text, revision in call.store.all(tables.ALL_MAPPINGS):
        configuration: dict[str, Any] = orjson.loads(text)
        if configuration["State"] == "Enabled":
            role = _role(call, configuration)
            wanted[identity] = (revision, read_mapping(identity, account, region, configuration, role))
    return wanted


def _role(call: Call, configuration: dict[str, Any]) -> str:
    """The role of the function, which records of Kinesis name."""
    if configuration["EventSourceArn"].split(":")[2] != "kinesis":
        return ""
    try:
        function, _ = find_configuration(call, parse_reference(call, configuration["FunctionArn"]))
    except AwsError:  # it is gone; its mapping tells of that
        return f"arn:aws:iam::{configuration['FunctionArn'].split(':')[4]}:root"
    return str(function["Role"])
