"""Moving messages back from a dead-letter queue, as tasks that are started, listed and cancelled.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Any, NamedTuple

import orjson

from headwater.services.sqs import tables
from headwater.services.sqs.errors import (
    invalid_parameter,
    invalid_value,
    missing_parameter,
    no_such_resource,
    resource_not_found,
    unsupported_operation,
)
from headwater.services.sqs.queue import Queue, queue_by_arn
from headwater.services.sqs.redrive import is_dead_letter_queue
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import FOREVER
from headwater.spine.operations import Call, Request, Result, operation

RUNNING = "RUNNING"
_FASTEST = 500
_MOST_LISTED = 10


class MoveTask(NamedTuple):
    """A row; ``rate`` in messages a second, ``started`` in ms."""

    id: int
    task: str
    source: str
    destination: str | None
    rate: int | None
    started: int
    to_move: int
    moved: int
    status: str
    failure: str | None


def find_task(call: Call, task: str) -> MoveTask | None:
    row = call.store.one(tables.FIND_MOVE_TASK, (task,))
    return None if row is None else MoveTask(*row)


def save_task(call: Call, task: MoveTask, moved: int, status: str, failure: str | None = None) -> None:
    call.store.run(tables.SET_MOVE_TASK, (moved, status, failure, task.id))


@operation("sqs", "StartMessageMoveTask")
def start_message_move_task(call: Call, request: Request) -> Result:
    source = _queue(call, request, "SourceArn")
    destination = _destination(call, request, source)
    rate = request.get("MaxNumberOfMessagesPerSecond")
    if rate is not None and not 1 <= rate <= _FASTEST:
        raise invalid_value(
            "Value for parameter MaxNumberOfMessagesPerSecond is invalid. "
            f"Reason: You must enter a number that's between 1 and {_FASTEST}."
        )
    if not is_dead_letter_queue(call, source.arn):
        raise invalid_value("Source queue must be configured as a Dead Letter Queue.")
    former = [MoveTask(*row) for row in call.store.all(tables.MOVE_TASKS_OF, (source.arn, _MOST_LISTED))]
    if any(task.status == RUNNING for task in former):
        raise invalid_value(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
    if len(former) == _MOST_LISTED:
        call.store.run(tables.FORGET_MOVE_TASKS, (source.arn, former[-2].id))
    waiting = call.store.one(tables.COUNT_VISIBLE, (source.id, call.now, call.now - source.retention)) or (0,)
    task = call.ids.uuid()
    row = (call.new_id(), task, source.arn, destination, rate, call.now, waiting[0], RUNNING)
    call.store.run(tables.INSERT_MOVE_TASK, row)
    call.deliver("sqs.move", {"task": task}, target=source.arn, policy=FOREVER)
    call.span.subject = source.arn
    return {"TaskHandle": _write_handle(task, source.arn)}


def _queue(call: Call, request: Request, parameter: str) -> Queue:
    text = request.get(parameter)
    if text is None:
        raise missing_parameter(parameter)
    arn = parse_arn(text)
    if arn is None:
        raise invalid_value(
            f"You must use this format to specify the {parameter}: "
            "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
        )
    found = queue_by_arn(call, text) if arn.region == call.region else None
    if found is None:
        raise no_such_resource(parameter)
    return found


def _destination(call: Call, request: Request, source: Queue) -> str | None:
    if request.get("DestinationArn") is None:
        return None
    if request["DestinationArn"] == source.arn:
        raise invalid_value("Source queue arn and destination queue arn cannot be the same.")
    destination = _queue(call, request, "DestinationArn")
    if destination.fifo != source.fifo:
        raise invalid_value("The source queue and destination queue must be of the same queue type.")
    return destination.arn


def _write_handle(task: str, source: str) -> str:
    return b64encode(orjson.dumps({"taskId": task, "sourceArn": source})).decode()


def _read_handle(handle: str | None) -> tuple[str, str]:
    """The task and the ARN of its source."""
    if not handle:
        raise missing_parameter("TaskHandle")
    try:
        parsed = orjson.loads(b64decode(handle, validate=True))
        return str(parsed["taskId"]), str(parsed["sourceArn"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise invalid_value("Value for parameter TaskHandle is invalid.") from None


@operation("sqs", "CancelMessageMoveTask")
def cancel_message_move_task(call: Call, request: Request) -> Result:
    """What has been moved stays where it is."""
    identity, source = _read_handle(request.get("TaskHandle"))
    if queue_by_arn(call, source) is None:
        raise no_such_resource("SourceArn")
    task = find_task(call, identity)
    if task is None or task.source != source:
        raise resource_not_found("Task does not exist.")
    if task.status != RUNNING:
        raise unsupported_operation("Only active tasks can be cancelled.")
    save_task(call, task, task.moved, "CANCELLED")
    call.span.subject = source
    return {"ApproximateNumberOfMessagesMoved": task.moved}


@operation("sqs", "ListMessageMoveTasks", reads=True)
def list_message_move_tasks(call: Call, request: Request) -> Result:
    source = _queue(call, request, "SourceArn")
    number = request.get("MaxResults")
    if number is not None and not 1 <= number <= _MOST_LISTED:
        raise invalid_parameter("MaxResults", number, f"Must be between 1 and {_MOST_LISTED}, if provided.")
    rows = call.store.all(tables.MOVE_TASKS_OF, (source.arn, number or 1))
    return {"Results": [_shown(MoveTask(*row)) for row in rows]}


def _shown(task: MoveTask) -> dict[str, Any]:
    return {
        "TaskHandle": _write_handle(task.task, task.source) if task.status == RUNNING else None,
        "Status": task.status,
        "SourceArn": task.source,
        "DestinationArn": task.destination,
        "MaxNumberOfMessagesPerSecond": task.rate,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "FailureReason": task.failure,
        "StartedTimestamp": task.started,
    }
