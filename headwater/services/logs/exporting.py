"""Exports of a group's events to S3.

A bucket that is written to has an object ``aws-logs-write-test`` besides one for each stream, as on AWS.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import orjson

from headwater.services.logs import query_tables
from headwater.services.logs.chunks import Event
from headwater.services.logs.errors import invalid_parameter, no_token, not_found
from headwater.services.logs.log_group import find_group, named_group
from headwater.services.logs.scanning import Span, scan, streams_of
from headwater.spine.deliveries import Delivery, Exhausted, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import make_token, read_place
from headwater.spine.timestamps import iso8601_milliseconds
from headwater.spine.work import Work

_PENDING, _RUNNING, _COMPLETED, _CANCELLED, _FAILED = "PENDING", "RUNNING", "COMPLETED", "CANCELLED", "FAILED"
_PREFIX = "exportedlogs"
_PAGE = 50
_SHOWN = ("taskName", "logGroupName", "from", "to", "destination", "destinationPrefix")


@operation("logs", "CreateExportTask")
def create_export_task(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateExportTask.html"""
    group = named_group(call, request)
    if request["to"] <= request["from"]:
        raise invalid_parameter("The time range must not be empty: 'from' must be before 'to'.")
    if request["to"] < group.created:
        raise invalid_parameter("'to' must not be earlier than when the log group was created.")
    tasks = call.store.all(query_tables.LIST_EXPORTS, (call.account, call.region))
    if any(task[2] in (_PENDING, _RUNNING) for task in tasks):
        raise AwsError("LimitExceededException", "Resource limit exceeded.")
    asked = {name: request[name] for name in (*_SHOWN, "logStreamNamePrefix") if request.get(name) is not None}
    asked["destinationPrefix"] = request.get("destinationPrefix") or _PREFIX
    try:
        test = {"Bucket": asked["destination"], "Key": f"{asked['destinationPrefix']}/aws-logs-write-test"}
        call.operation("s3", "PutObject", test | {"Body": b"Permission Check Successful"})
    except AwsError as error:
        if error.code == "NoSuchBucket":
            raise invalid_parameter("The specified bucket does not exist.") from None
        raise invalid_parameter(f"PutObject call on the given bucket failed: {error.message}") from None
    identity = call.ids.uuid()
    row = (identity, call.account, call.region, orjson.dumps(asked).decode(), _PENDING, "Pending", call.now)
    call.store.run(query_tables.INSERT_EXPORT, row)
    call.deliver("logs.export", {"id": identity}, target=f"arn:aws:s3:::{asked['destination']}")
    return {"taskId": identity}


def _given_up(call: Call, item: Delivery, why: Exhausted) -> None:
    call.store.run(query_tables.SET_EXPORT, (_FAILED, why.message or why.code, call.now, item.payload["id"]))


@delivery("logs.export", exhausted=_given_up)
def carry_out(call: Call, item: Delivery) -> Coroutine[Any, Any, Callable[[Call], None]] | None:
    task = call.store.one(query_tables.FIND_EXPORT, (call.account, call.region, item.payload["id"]))
    if task is None or task[2] not in (_PENDING, _RUNNING):
        return None
    return _export(call.work, task[0], orjson.loads(task[1]))


async def _export(work: Work, identity: str, asked: dict[str, Any]) -> Callable[[Call], None]:
    streams = await work.transact(_begin, identity, asked)
    events: dict[int, list[Event]] = {}
    async for part in scan(work, asked["logGroupName"], Span(asked["from"], asked["to"] + 1)):
        for event in part.events:
            if event.stream in streams:
                events.setdefault(event.stream, []).append(event)
    for stream, found in sorted(events.items()):
        name = streams[stream].replace("/", "-")
        key = f"{asked['destinationPrefix']}/{identity}/{name}/000000.gz"
        body = await asyncio.to_thread(_packed, found)  # of many events it takes its time
        request = {"Bucket": asked["destination"], "Key": key, "Body": body}
        await work.operation("s3", "PutObject", request)
    return lambda call: _end(call, identity)


def _begin(call: Call, identity: str, asked: dict[str, Any]) -> dict[int, str]:
    call.store.run(query_tables.SET_EXPORT, (_RUNNING, "Started successfully", None, identity))
    group = find_group(call, asked["logGroupName"])
    streams = streams_of(call, group.id) if group else {}
    prefix = asked.get("logStreamNamePrefix", "")
    return {stream: name for stream, name in streams.items() if name.startswith(prefix)}


def _packed(events: Iterable[Event]) -> bytes:
    ordered = sorted(events, key=lambda event: event.place)
    lines = (f"{iso8601_milliseconds(event.place.at)} {event.message}\n" for event in ordered)
    return gzip.compress("".join(lines).encode(), mtime=0)


def _end(call: Call, identity: str) -> None:
    task = call.store.one(query_tables.FIND_EXPORT, (call.account, call.region, identity))
    if task is not None and task[2] == _RUNNING:
        call.store.run(query_tables.SET_EXPORT, (_COMPLETED, "Completed successfully", call.now, identity))


@operation("logs", "DescribeExportTasks", reads=True)
def describe_export_tasks(call: Call, request: Request) -> Result:
    identity, status = request.get("taskId"), request.get("statusCode")
    start, limit = read_place(request.get("nextToken"), no_token), request.get("limit") or _PAGE
    tasks = [
        task
        for task in call.store.all(query_tables.LIST_EXPORTS, (call.account, call.region))
        if identity in (None, task[0]) and status in (None, task[2])
    ]
    end = start + limit
    return {
        "exportTasks": [_shown(*task) for task in tasks[start:end]],
        "nextToken": make_token(end) if end < len(tasks) else None,
    }


def _shown(identity: str, asked: str, status: str, message: str, created: int, ended: int | None) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(asked)
    return {
        "taskId": identity,
        **{name: told.get(name) for name in _SHOWN},
        "status": {"code": status, "message": message},
        "executionInfo": {"creationTime": created, "completionTime": ended},
    }


@operation("logs", "CancelExportTask")
def cancel_export_task(call: Call, request: Request) -> Result:
    task = call.store.one(query_tables.FIND_EXPORT, (call.account, call.region, request["taskId"]))
    if task is None:
        raise not_found("The specified export task does not exist.")
    if task[2] not in (_PENDING, _RUNNING):
        raise AwsError("InvalidOperationException", "The specified export task has already finished.")
    call.store.run(query_tables.SET_EXPORT, (_CANCELLED, "Cancelled", call.now, task[0]))
    return {}
