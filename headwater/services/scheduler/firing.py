"""When schedules fire: one delivery each, that is due at the next time.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.languages.schedules import Schedule, following, parse_schedule
from headwater.services.scheduler import tables
from headwater.services.scheduler.invoking import leave_invocation
from headwater.spine.deliveries import FOREVER, Again, Delivery, delivery
from headwater.spine.operations import Call

Definition = Mapping[str, Any]
# Where one of these is changed, a schedule begins anew.
_TIMING = ("ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "EndDate", "FlexibleTimeWindow")


def keeps_time(former: Definition, definition: Definition) -> bool:
    """Whether a change leaves the times of a schedule as they are."""
    return all(former.get(name) == definition.get(name) for name in _TIMING)


def set_timer(call: Call, arn: str, definition: Definition, schedule: Schedule, fired: int | None) -> None:
    """Have a schedule fire for the first time. ``fired``: when one that is due only once was."""
    start = definition.get("StartDate") if schedule.recurring else None
    time = schedule.first(call.now, start, definition["ScheduleExpressionTimezone"])
    if time is None or _is_over(definition, schedule, time) or (not schedule.recurring and time == fired):
        return
    due = _within_window(call, definition, time)
    timer = call.deliver("scheduler.fire", {"time": time}, target=arn, due=due, policy=FOREVER)
    call.store.run(tables.SET_TIMER, (timer, arn))


def _is_over(definition: Definition, schedule: Schedule, time: int) -> bool:
    end = definition.get("EndDate")
    return schedule.recurring and end is not None and time >= end


def _window(definition: Definition) -> int:
    """Milliseconds during which it may fire."""
    return (definition["FlexibleTimeWindow"].get("MaximumWindowInMinutes") or 0) * 60_000


def _within_window(call: Call, definition: Definition, time: int) -> int:
    window = _window(definition)
    return time + int(call.ids.random() * window) if window else time


@delivery("scheduler.fire", atomic=True)
def fire(call: Call, item: Delivery) -> Again | None:
    """Leave the invocation; all times missed while nothing ran make one late invocation."""
    row = call.store.one(tables.FIND_SCHEDULE, (item.target,))
    if row is None:
        return None
    definition: dict[str, Any] = orjson.loads(row[3])
    time = item.payload["time"]
    leave_invocation(call, item.target, definition["Target"], time)
    schedule = parse_schedule(definition["ScheduleExpression"], loose=True)
    upcoming = _following(call, definition, schedule, time) if schedule.recurring else None
    if upcoming is not None:
        return Again(_within_window(call, definition, upcoming), {"time": upcoming})
    if definition["ActionAfterCompletion"] == "DELETE":
        call.store.run(tables.DELETE_SCHEDULE, (item.target,))
        call.span.note("schedule", "deleted after completion")
    else:
        call.store.run(tables.SET_FIRED, (time, item.target))
    return None


def _following(call: Call, definition: Definition, schedule: Schedule, time: int) -> int | None:
    """The next time whose window is not over yet, None where there is none."""
    found = following(schedule, time, call.now - _window(definition), definition["ScheduleExpressionTimezone"])
    return None if found is None or _is_over(definition, schedule, found) else found
