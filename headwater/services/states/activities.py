"""Activities: tasks that workers fetch, wherever they run.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-activities.html
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import orjson

from headwater.languages.asl.commands import TaskStarted
from headwater.services.states import tables
from headwater.services.states.advancing import advance
from headwater.services.states.callbacks import find_task
from headwater.services.states.configuration import check_encryption
from headwater.services.states.errors import (
    activity_already_exists,
    activity_does_not_exist,
    activity_limit_exceeded,
    invalid_arn,
    worker_limit_exceeded,
)
from headwater.services.states.machines import check_name
from headwater.services.states.paging import next_token, page_size, read_token
from headwater.services.states.quotas import ACTIVITIES, POLLERS
from headwater.services.states.tags import check_tags
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.work import Watch, Work

POLL_MILLISECONDS = 60_000


def _check_arn(arn: str) -> None:
    parsed = parse_arn(arn)
    if parsed is None or parsed.service != "states" or not parsed.resource.startswith("activity:"):
        raise invalid_arn(arn)


def _find(call: Call, arn: str) -> tuple[Any, ...]:
    row = call.store.one(tables.FIND_ACTIVITY, (arn,))
    if row is None:
        _check_arn(arn)
        raise activity_does_not_exist(arn)
    return row


@operation("states", "CreateActivity")
def create_activity(call: Call, request: Request) -> Result:
    name = request["name"]
    check_name(name)
    arn = make_arn("states", call.region, call.account, f"activity:{name}")
    tags = orjson.dumps(check_tags(request.get("tags") or ())).decode()
    call.span.subject = arn
    encryption = check_encryption(call, request.get("encryptionConfiguration"))
    found = call.store.one(tables.FIND_ACTIVITY, (arn,))
    if found is not None and orjson.loads(found[3]) != encryption:
        raise activity_already_exists(arn)
    if found is None and call.is_full(ACTIVITIES, tables.COUNT_ACTIVITIES, (call.account, call.region)):
        raise activity_limit_exceeded()
    kept = orjson.dumps(encryption).decode()
    call.store.run(tables.INSERT_ACTIVITY, (arn, call.account, call.region, name, tags, call.now, kept))
    return {"activityArn": arn, "creationDate": _find(call, arn)[1]}


@operation("states", "DescribeActivity", reads=True)
def describe_activity(call: Call, request: Request) -> Result:
    arn = request["activityArn"]
    name, created, _, encryption = _find(call, arn)
    return {
        "activityArn": arn,
        "name": name,
        "creationDate": created,
        "encryptionConfiguration": orjson.loads(encryption),
    }


@operation("states", "ListActivities", reads=True)
def list_activities(call: Call, request: Request) -> Result:
    limit = page_size(request)
    rows = call.store.all(tables.LIST_ACTIVITIES, (call.account, call.region, read_token(request), limit + 1))
    page = [{"activityArn": arn, "name": name, "creationDate": created} for arn, name, created in rows[:limit]]
    return {"activities": page, **next_token(rows, limit, lambda row: row[1])}


@operation("states", "DeleteActivity")
def delete_activity(call: Call, request: Request) -> Result:
    arn = request["activityArn"]
    _check_arn(arn)
    call.store.run(tables.DELETE_ACTIVITY, (arn,))
    return {}


@operation("states", "GetActivityTask", abandonable=True)
def get_activity_task(call: Call, request: Request) -> Result | Coroutine[Any, Any, Result]:
    """Long polling: an answer without a token after 60 seconds without a task."""
    arn = request["activityArn"]
    _find(call, arn)
    task = _take(call, arn, request.get("workerName"))
    if task is not None:
        return task
    if len(call.engine.watches.get(("activity", arn), ())) >= call.quota(POLLERS):
        raise worker_limit_exceeded()
    until = call.now + POLL_MILLISECONDS
    return _poll(call.work, call.watch(("activity", arn)), arn, request.get("workerName"), until)


async def _poll(work: Work, watch: Watch, arn: str, worker: str | None, until: int) -> Result:
    with watch:
        while work.now < until:
            task = await work.transact(_take, arn, worker)
            if task is not None:
                return task
            await watch.wait(until)
    return {}


def _take(call: Call, arn: str, worker: str | None) -> Result | None:
    """The oldest task that is still wanted; its execution notes that it has started."""
    while (row := call.store.one(tables.OLDEST_ACTIVITY_TASK, (arn,))) is not None:
        id_, token, text = row
        call.store.run(tables.DELETE_ACTIVITY_TASK, (id_,))
        try:
            record, frame = find_task(call, token)
        except AwsError:
            continue
        advance(call, record, TaskStarted(frame.id, frame.ticket, worker))
        return {"taskToken": token, "input": text}
    return None
