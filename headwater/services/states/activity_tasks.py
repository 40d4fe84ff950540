"""Tasks of activities: offered to workers, in the order in which they came."""

from __future__ import annotations

import orjson

from headwater.languages.asl.commands import Input, RunTask, TaskFailed
from headwater.services.states import tables
from headwater.spine.operations import Call


def offer_activity_task(call: Call, command: RunTask) -> list[Input]:
    """Put the task in its activity's queue; workers learn of it at once. A missing activity fails it."""
    if call.store.one(tables.FIND_ACTIVITY, (command.resource,)) is None:
        cause = f"The activity ARN '{command.resource}' does not exist."
        return [TaskFailed(command.frame, command.ticket, "States.Runtime", cause, calling=True)]
    text = orjson.dumps(command.arguments).decode()
    call.store.run(tables.INSERT_ACTIVITY_TASK, (call.new_id(), command.resource, command.token, text))
    call.signal(("activity", command.resource))
    return []
