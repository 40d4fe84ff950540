"""Answers to task tokens: success, failure, heartbeat. From `.waitForTaskToken` tasks and activity workers alike.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
"""

from __future__ import annotations

import orjson

from headwater.languages.asl.commands import TaskFailed, TaskSucceeded, TaskTimedOut
from headwater.languages.asl.execution import Frame
from headwater.languages.asl.task_state import split_token
from headwater.services.states import tables
from headwater.services.states.advancing import advance, advance_by_id
from headwater.services.states.errors import invalid_output, invalid_token, task_timed_out
from headwater.services.states.record import RUNNING, Record, execution_by_id, load
from headwater.spine.deliveries import Again, Delivery, delivery
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result, operation


def find_task(call: Call, token: str) -> tuple[Record, Frame]:
    """The execution and the frame that wait for this token."""
    parts = split_token(token)
    identity = None if parts is None else whole(parts[0])
    if parts is None or identity is None:
        raise invalid_token()
    record = execution_by_id(call, identity)
    if record is None or record.status != RUNNING:
        raise task_timed_out()
    execution = load(call, record)
    call.memory.put(record.id, execution)
    frame = execution.frames.get(parts[1])
    if frame is None or frame.token != token:
        raise task_timed_out()
    call.span.subject = record.arn
    return record, frame


@operation("states", "SendTaskSuccess")
def send_task_success(call: Call, request: Request) -> Result:
    record, frame = find_task(call, request["taskToken"])  # what is wrong with the token is told first
    try:
        orjson.loads(request["output"])
    except orjson.JSONDecodeError:
        raise invalid_output(f"Invalid JSON output: {request['output'][:100]}") from None
    advance(call, record, TaskSucceeded(frame.id, frame.ticket, request["output"]))
    return {}


@operation("states", "SendTaskFailure")
def send_task_failure(call: Call, request: Request) -> Result:
    record, frame = find_task(call, request["taskToken"])
    advance(call, record, TaskFailed(frame.id, frame.ticket, request.get("error"), request.get("cause")))
    return {}


@operation("states", "SendTaskHeartbeat")
def send_task_heartbeat(call: Call, request: Request) -> Result:
    """Note the time; the heartbeat's timer looks at it when it rings."""
    record, frame = find_task(call, request["taskToken"])
    call.store.run(tables.PUT_HEARTBEAT, (record.id, frame.id, frame.ticket, call.now))
    return {}


@delivery("states.task_timeout")
def time_task_out(call: Call, item: Delivery) -> Again | None:
    """TimeoutSeconds or HeartbeatSeconds have passed; after a heartbeat the timer is set anew."""
    id_, frame, ticket, heartbeat = item.payload
    if heartbeat:
        beat = call.store.one(tables.LAST_HEARTBEAT, (id_, frame, ticket))
        if beat is not None and beat[0] + 1000 * heartbeat > call.now:
            return Again(beat[0] + 1000 * heartbeat)
    advance_by_id(call, id_, TaskTimedOut(frame, ticket, heartbeat=bool(heartbeat)))
    return None
