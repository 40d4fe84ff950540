"""When a schedule fires next, and firing it by hand: for those who look at it, beside what AWS has."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.schedules import parse_schedule
from headwater.services.scheduler import tables
from headwater.services.scheduler.errors import schedule_not_found
from headwater.services.scheduler.invoking import leave_invocation
from headwater.spine.operations import Call, Request, Result, operation

_USUAL = 10
_MOST = 50


@operation("scheduler", "ListOccurrences", internal=True, reads=True)
def list_occurrences(call: Call, request: Request) -> Result:
    """When the schedule of an ARN fires next (ms), its window left aside; ``MaxResults`` times at most."""
    call.span.kept = False
    row = _find(call, request)
    definition, timer = orjson.loads(row[3]), row[4]
    pending = call.pending(timer) if timer is not None else None
    schedule = parse_schedule(definition["ScheduleExpression"], loose=True)
    zone, end = definition["ScheduleExpressionTimezone"], definition.get("EndDate")
    most = min(request.get("MaxResults") or _USUAL, _MOST)
    times: list[int] = []
    time: int | None = pending[1]["time"] if pending else None
    while time is not None and (end is None or time < end) and len(times) < most:
        times.append(time)
        time = schedule.next_after(time, zone) if schedule.recurring else None
    return {"Occurrences": times}


@operation("scheduler", "FireNow", internal=True)
def fire_now(call: Call, request: Request) -> Result:
    """Invoke the target of the schedule of an ARN once, now; its timetable stays as it is."""
    row = _find(call, request)
    leave_invocation(call, row[0], orjson.loads(row[3])["Target"], call.now)
    return {}


def _find(call: Call, request: Request) -> tuple[Any, ...]:
    row = call.store.one(tables.FIND_SCHEDULE, (request["Arn"],))
    if row is None:
        raise schedule_not_found(request["Arn"].rpartition("/")[2])
    call.span.subject = row[0]
    return row
