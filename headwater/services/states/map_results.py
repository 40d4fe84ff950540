"""What a map run leaves behind: the array of its children's outputs, or files in Amazon S3.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson

from headwater.languages.asl.commands import MapRunEnded
from headwater.languages.asl.errors import DATA_LIMIT
from headwater.languages.asl.payload import MAXIMUM_PAYLOAD
from headwater.languages.asl.result_writer import COMPACT, JSONL, transformed
from headwater.services.states import tables
from headwater.services.states.advancing import advance_by_id
from headwater.services.states.machine import compiled
from headwater.services.states.map_export import child_record, entries, export
from headwater.services.states.map_run import MapRun, map_run_by_id
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.work import Work

RESULT_WRITER_FAILED = "States.ResultWriterFailed"
Finisher = Callable[[Call], None]


class _TooLarge(Exception):
    """The outputs do not fit into a state's output."""


@delivery("states.map_result")
def tell_parent(call: Call, item: Delivery) -> Coroutine[Any, Any, Finisher] | None:
    """The map run is over, well or with an error: write its results, go on with the state that waits for it."""
    run_id, error, cause = item.payload
    run = map_run_by_id(call, run_id)
    if run is None:
        return None
    call.span.subject = run.arn
    writer = run.settings["writer"]
    if writer is not None and writer["parameters"] is not None:
        return _exported(call.work, run, writer, error, cause)
    _end(call, run, _gathered_end(call, run, error, cause))
    return None


def _end(call: Call, run: MapRun, ended: MapRunEnded) -> None:
    if ended.output is None and run.status == "SUCCEEDED":
        run.status = "FAILED"
        run.save(call)
    if run.status == "SUCCEEDED":
        # only a redrive would need them
        call.store.run(tables.DELETE_MAP_INPUTS, (run.id,))
        call.store.run(tables.DELETE_MAP_RESULTS, (run.id,))
        flow = compiled(call, run.definition).maps[run.state].flow
        if not flow.shows_result:
            call.store.run(tables.KEEP_RESULT, (ended.output, run.id))
    advance_by_id(call, run.execution, ended)


async def _exported(work: Work, run: MapRun, writer: dict[str, Any], error: str | None, cause: str | None) -> Finisher:
    try:
        output = await export(work, run, writer)
    except AwsError as failed:
        ended = MapRunEnded(run.frame, run.ticket, error=RESULT_WRITER_FAILED, cause=failed.message)
    else:
        ended = MapRunEnded(run.frame, run.ticket, output, orjson.loads(output))
    if error is not None:
        ended = MapRunEnded(run.frame, run.ticket, error=error, cause=cause)
    return lambda call: _end(call, run, ended)


def _gathered_end(call: Call, run: MapRun, error: str | None, cause: str | None) -> MapRunEnded:
    if error is not None:
        return MapRunEnded(run.frame, run.ticket, error=error, cause=cause)
    try:
        text = _gathered(call, run, run.settings["writer"])
    except _TooLarge:
        cause = (
            f"The state/task '{run.state}' returned a result with a size exceeding the maximum number of bytes "
            "service limit."
        )
        return MapRunEnded(run.frame, run.ticket, error=DATA_LIMIT, cause=cause)
    return MapRunEnded(run.frame, run.ticket, text, orjson.loads(text))


def _gathered(call: Call, run: MapRun, writer: dict[str, Any] | None) -> str:
    """The results as JSON text, in the order of the items."""
    transformation, kind = (COMPACT, "JSON") if writer is None else (writer["transformation"], writer["output_type"])
    found: list[tuple[int, str]] = []
    size = 0
    for entry in entries(call, run):
        for text in transformed(child_record(run, entry), entry[4], transformation):
            size += len(text) + 1
            if size > MAXIMUM_PAYLOAD + 1:
                raise _TooLarge
            found.append((entry[0], text))
    found.sort(key=lambda pair: pair[0])
    texts = [text for _, text in found]
    return orjson.dumps("\n".join(texts)).decode() if kind == JSONL else "[" + ",".join(texts) + "]"
