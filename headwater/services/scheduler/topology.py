"""Schedules on the map, when they fire next, and firing one by hand: what AWS shows in its console only."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.schedules import parse_schedule
from headwater.services.scheduler import tables
from headwater.services.scheduler.errors import schedule_not_found
from headwater.services.scheduler.invoking import leave_invocation
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology

_ALL = 1_000_000
_MOST_OCCURRENCES = 50


@operation("scheduler", "Topology", internal=True, reads=True)
def map_schedules(call: Call, request: Request) -> Result:
    schedules, links = [], []
    for row in call.store.all(tables.LIST_SCHEDULES, (call.account, call.region, "", "", 0, "", "", _ALL)):
        arn, name, state, definition = row[:4]
        settings = orjson.loads(definition)
        schedules.append(resource(arn, "AWS::Scheduler::Schedule", name, disabled=int(state == "DISABLED")))
        target = settings["Target"]
        links.append(link(arn, target["Arn"], "target", only=settings["ScheduleExpression"]))
        dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
        if dead_letters:
            links.append(link(arn, dead_letters, "dead letter"))
    return topology(call, schedules, links)


@operation("scheduler", "ListOccurrences", internal=True, reads=True)
def list_occurrences(call: Call, request: Request) -> Result:
    """When the schedule of an ARN fires next (ms), its window left aside; ``MaxResults`` times at most."""
    call.span.kept = False
    definition = _definition(call, request)
    schedule = parse_schedule(definition["ScheduleExpression"], loose=True)
    zone, end = definition["ScheduleExpressionTimezone"], definition.get("EndDate")
    times: list[int] = []
    time = schedule.first(call.now, definition.get("StartDate"), zone)
    while time is not None and len(times) < min(request.get("MaxResults") or 10, _MOST_OCCURRENCES):
        if end is not None and time >= end:
            break
        if time > call.now:
            times.append(time)
        time = schedule.next_after(time, zone)
    return {"Occurrences": times}


@operation("scheduler", "FireNow", internal=True)
def fire_now(call: Call, request: Request) -> Result:
    """Invoke a schedule's target once, now; its timetable stays as it is."""
    definition = _definition(call, request)
    leave_invocation(call, request["Arn"], definition["Target"], call.now)
    return {}


def _definition(call: Call, request: Request) -> dict[str, Any]:
    row = call.store.one(tables.FIND_SCHEDULE, (request["Arn"],))
    if row is None:
        raise schedule_not_found(request["Arn"].rpartition("/")[2])
    call.span.subject = row[0]
    definition: dict[str, Any] = orjson.loads(row[3])
    return definition
