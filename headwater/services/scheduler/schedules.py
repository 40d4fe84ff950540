"""Creating, changing, showing and deleting schedules.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.languages.schedules import Schedule
from headwater.services.scheduler import tables
from headwater.services.scheduler.errors import (
    invalid_token,
    quota_exceeded,
    role_refusal,
    schedule_exists,
    schedule_not_found,
)
from headwater.services.scheduler.firing import keeps_time, set_timer
from headwater.services.scheduler.groups import DEFAULT, active_group, find_group, group_arn
from headwater.services.scheduler.quotas import SCHEDULES
from headwater.services.scheduler.tokens import is_repeated, remember
from headwater.services.scheduler.validation import check_schedule
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page
from headwater.spine.trust import for_source, hand_over

_PAGE = 100
_DEFAULTS: dict[str, Any] = {"ScheduleExpressionTimezone": "UTC", "ActionAfterCompletion": "NONE"}
_RETRIES = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
_ELSEWHERE = frozenset({"Name", "GroupName", "State", "ClientToken"})


class Row(NamedTuple):
    """A row; times are in ms."""

    arn: str
    name: str
    state: str
    definition: str
    timer: int | None
    fired: int | None
    created: int
    modified: int

    @property
    def group(self) -> str:
        return self.arn.split("/")[1]


def arn_of(call: Call, request: Request) -> str:
    group = request.get("GroupName") or DEFAULT
    return make_arn("scheduler", call.region, call.account, f"schedule/{group}/{request['Name']}")


def _find(call: Call, request: Request) -> Row:
    row = call.store.one(tables.FIND_SCHEDULE, (arn_of(call, request),))
    if row is None:
        raise schedule_not_found(request["Name"])
    call.span.subject = row[0]
    return Row(*row)


def _definition(request: Request) -> dict[str, Any]:
    """What of a request is kept, with the defaults that AWS shows."""
    given = {name: value for name, value in request.items() if name not in _ELSEWHERE and value is not None}
    target = {name: value for name, value in given["Target"].items() if value is not None}
    target["RetryPolicy"] = _RETRIES | (target.get("RetryPolicy") or {})
    return _DEFAULTS | given | {"Target": target}


@operation("scheduler", "CreateSchedule")
def create_schedule(call: Call, request: Request) -> Result:
    schedule = check_schedule(call, request)
    group = active_group(call, request.get("GroupName") or DEFAULT)
    arn = call.span.subject = arn_of(call, request)
    if call.store.one(tables.FIND_SCHEDULE, (arn,)) is not None:
        if is_repeated(call, "CreateSchedule", request):
            return {"ScheduleArn": arn}
        raise schedule_exists(request["Name"])
    if call.is_full(SCHEDULES, tables.COUNT_SCHEDULES, (call.account, call.region)):
        raise quota_exceeded("The maximum number of schedules for this account has been reached.")
    definition, state = _definition(request), request.get("State") or "ENABLED"
    _check_role(call, request["Target"], group.arn)
    text = orjson.dumps(definition).decode()
    row = (arn, call.account, call.region, group.arn, request["Name"], state, text, call.now, call.now)
    call.store.run(tables.INSERT_SCHEDULE, row)
    remember(call, "CreateSchedule", request)
    if state == "ENABLED":
        set_timer(call, arn, definition, schedule, None)
    return {"ScheduleArn": arn}


@operation("scheduler", "UpdateSchedule")
def update_schedule(call: Call, request: Request) -> Result:
    """Everything that the request does not say takes its default."""
    schedule = check_schedule(call, request)
    group = find_group(call, request.get("GroupName") or DEFAULT)
    row = _find(call, request)
    _check_role(call, request["Target"], group.arn)
    definition, state = _definition(request), request.get("State") or "ENABLED"
    call.store.run(tables.SET_SCHEDULE, (state, orjson.dumps(definition).decode(), call.now, row.arn))
    if state != row.state or not keeps_time(orjson.loads(row.definition), definition):
        _set_timer_anew(call, row, state, definition, schedule)
    return {"ScheduleArn": row.arn}


def _check_role(call: Call, target: dict[str, Any], group: str) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html: the source
    is the group, not the schedule."""
    hand_over(call, target["RoleArn"], for_source(call, "scheduler", group), role_refusal)


def _set_timer_anew(call: Call, row: Row, state: str, definition: dict[str, Any], schedule: Schedule) -> None:
    if row.timer is not None:
        call.cancel(row.timer)
        call.store.run(tables.SET_TIMER, (None, row.arn))
    if state == "ENABLED":
        set_timer(call, row.arn, definition, schedule, row.fired)


@operation("scheduler", "GetSchedule", reads=True)
def get_schedule(call: Call, request: Request) -> Result:
    row = _find(call, request)
    return {**orjson.loads(row.definition), **_names(row)}


def _names(row: Row) -> dict[str, Any]:
    return {
        "Arn": row.arn,
        "Name": row.name,
        "GroupName": row.group,
        "State": row.state,
        "CreationDate": row.created,
        "LastModificationDate": row.modified,
    }


@operation("scheduler", "ListSchedules")
def list_schedules(call: Call, request: Request) -> Result:
    group = request.get("GroupName")
    if group:
        find_group(call, group)
    state, prefix = request.get("State") or "", request.get("NamePrefix") or ""
    where = (group_arn(call, group),) if group else (call.account, call.region)
    statement = tables.LIST_SCHEDULES_OF_GROUP if group else tables.LIST_SCHEDULES

    def fetch(after: str, count: int) -> list[Row]:
        asked = (*where, state, state, len(prefix), prefix, after, count)
        return [Row(*row) for row in call.store.all(statement, asked)]

    limit = request.get("MaxResults") or _PAGE
    rows, token = page(request.get("NextToken"), limit, fetch, lambda row: row.arn, invalid_token)
    schedules = [{**_names(row), "Target": {"Arn": orjson.loads(row.definition)["Target"]["Arn"]}} for row in rows]
    return {"Schedules": schedules, "NextToken": token}


@operation("scheduler", "DeleteSchedule")
def delete_schedule(call: Call, request: Request) -> Result:
    arn = arn_of(call, request)
    if call.store.one(tables.FIND_SCHEDULE, (arn,)) is None and is_repeated(call, "DeleteSchedule", request):
        return {}
    find_group(call, request.get("GroupName") or DEFAULT)
    row = _find(call, request)
    if row.timer is not None:
        call.cancel(row.timer)
    call.store.run(tables.DELETE_SCHEDULE, (row.arn,))
    remember(call, "DeleteSchedule", request)
    return {}
