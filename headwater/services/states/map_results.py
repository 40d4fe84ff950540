"""What a map run leaves behind: the array of its children's outputs, or files in Amazon S3.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from headwater.languages.asl.commands import MapRunEnded
from headwater.languages.asl.errors import DATA_LIMIT
from headwater.languages.asl.execution import iso
from headwater.languages.asl.result_writer import COMPACT, JSONL, transformed
from headwater.languages.asl.run import MAXIMUM_PAYLOAD
from headwater.services.states import tables
from headwater.services.states.advancing import advance_by_id
from headwater.services.states.map_run import MapRun, map_run_by_id
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

RESULT_WRITER_FAILED = "States.ResultWriterFailed"
_FILES = ("FAILED", "PENDING", "SUCCEEDED")


class _TooLarge(Exception):
    """The outputs do not fit into a state's output."""


@delivery("states.map_result")
def tell_parent(call: Call, item: Delivery) -> None:
    """The map run is over, well or with an error: write its results, go on with the state that waits for it."""
    run_id, error, cause = item.payload
    run = map_run_by_id(call, run_id)
    if run is None:
        return
    call.span.subject = run.arn
    ended = _ended(call, run, error, cause)
    if ended.output is None and run.status == "SUCCEEDED":
        run.status = "FAILED"
        run.save(call)
    advance_by_id(call, run.execution, ended)


def _ended(call: Call, run: MapRun, error: str | None, cause: str | None) -> MapRunEnded:
    writer = run.settings["writer"]
    exported = writer is not None and writer["parameters"] is not None
    try:
        output = _export(call, run, writer) if exported else ""
        if error is not None:
            return MapRunEnded(run.frame, run.ticket, error=error, cause=cause)
        text = output or _gathered(call, run, writer)
    except AwsError as failed:
        return MapRunEnded(run.frame, run.ticket, error=RESULT_WRITER_FAILED, cause=failed.message)
    except _TooLarge:
        cause = (
            f"The state/task '{run.state}' returned a result with a size exceeding the maximum number of bytes "
            "service limit."
        )
        return MapRunEnded(run.frame, run.ticket, error=DATA_LIMIT, cause=cause)
    return MapRunEnded(run.frame, run.ticket, text, orjson.loads(text))


def entries(call: Call, run: MapRun) -> Iterator[list[Any]]:
    """What is kept of each child, row by row."""
    place = -1
    while rows := call.store.all(tables.MAP_RESULTS_FROM, (run.id, place, 20)):
        for place, body in rows:  # noqa: B007  the next page begins behind the last
            yield from orjson.loads(body)


def _gathered(call: Call, run: MapRun, writer: dict[str, Any] | None) -> str:
    """The results as JSON text, in the order of the items."""
    transformation, kind = (COMPACT, "JSON") if writer is None else (writer["transformation"], writer["output_type"])
    found: list[tuple[int, str]] = []
    size = 0
    for entry in entries(call, run):
        for text in transformed(_record(run, entry), entry[4], transformation):
            size += len(text) + 1
            if size > MAXIMUM_PAYLOAD + 1:
                raise _TooLarge
            found.append((entry[0], text))
    found.sort(key=lambda pair: pair[0])
    texts = [text for _, text in found]
    return orjson.dumps("\n".join(texts)).decode() if kind == JSONL else "[" + ",".join(texts) + "]"


def _record(run: MapRun, entry: list[Any]) -> dict[str, Any]:
    """The child as an export tells of it; members in alphabetical order."""
    _, _, arn, status, output, error, cause, given, started, stopped, redrives = entry
    redrivable = status != "SUCCEEDED"
    record = {
        "Cause": cause,
        "Error": error,
        "ExecutionArn": arn,
        "Input": given,
        "InputDetails": {"Included": True},
        "Name": arn.split(":")[7],
        "Output": output,
        "OutputDetails": None if output is None else {"Included": True},
        "RedriveCount": redrives,
        "RedriveStatus": "REDRIVABLE_BY_MAP_RUN" if redrivable else "NOT_REDRIVABLE",
        "RedriveStatusReason": None if redrivable else f"Execution is {status} and cannot be redriven",
        "StartDate": iso(started),
        "StateMachineArn": run.machine_arn,
        "Status": status,
        "StopDate": iso(stopped),
    }
    return {name: value for name, value in record.items() if value is not None}


def _pending(call: Call, run: MapRun) -> list[str]:
    """The children that were never started."""
    texts: list[str] = []
    first = run.next
    while (row := call.store.one(tables.MAP_INPUTS_AT, (run.id, first))) is not None:
        inputs = orjson.loads(row[1])[first - row[0] :]
        if not inputs:
            break
        for _, given in inputs:
            record = {"Input": orjson.dumps(given).decode(), "InputDetails": {"Included": True}}
            texts.append(orjson.dumps(record | {"StateMachineArn": run.machine_arn, "Status": "PENDING"}).decode())
        first += len(inputs)
    return texts


def _export(call: Call, run: MapRun, writer: dict[str, Any]) -> str:
    """Write a file for each outcome and the manifest that lists them; the state's output names that."""
    parameters = writer["parameters"]
    bucket, prefix = parameters.get("Bucket"), parameters.get("Prefix") or ""
    folder = f"{prefix}/" if prefix and not prefix.endswith("/") else prefix
    folder += run.arn.rpartition(":")[2]
    texts: dict[str, list[str]] = {"FAILED": [], "PENDING": _pending(call, run), "SUCCEEDED": []}
    for entry in entries(call, run):
        status = "SUCCEEDED" if entry[3] == "SUCCEEDED" else "FAILED"
        texts[status] += transformed(_record(run, entry), entry[4], writer["transformation"])
    lines = writer["output_type"] == JSONL
    files: dict[str, list[dict[str, Any]]] = {}
    for status in _FILES:
        files[status] = []
        if texts[status]:
            body = "\n".join(texts[status]) if lines else "[" + ",".join(texts[status]) + "]"
            key = f"{folder}/{status}_0.{'jsonl' if lines else 'json'}"
            files[status].append({"Key": key, "Size": _put(call, bucket, key, body)})
    manifest = {"DestinationBucket": bucket, "MapRunArn": run.arn, "ResultFiles": files}
    key = f"{folder}/manifest.json"
    _put(call, bucket, key, orjson.dumps(manifest).decode())
    details = {"MapRunArn": run.arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}
    return orjson.dumps(details).decode()


def _put(call: Call, bucket: Any, key: str, body: str) -> int:
    """The size of the object written."""
    data = body.encode()
    call.operation("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": data})
    return len(data)
