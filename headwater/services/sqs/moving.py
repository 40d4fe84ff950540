"""Carrying out a task that moves messages: a delivery that comes again until nothing is left to move.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
"""

from __future__ import annotations

import orjson

from headwater.services.sqs import tables
from headwater.services.sqs.move_tasks import RUNNING, MoveTask, find_task, save_task
from headwater.services.sqs.queue import Queue, queue_by_arn
from headwater.services.sqs.receiving import visible
from headwater.services.sqs.sending import sequence_number
from headwater.services.sqs.taken import Taken
from headwater.spine.deliveries import Again, Delivery, delivery
from headwater.spine.operations import Call

_AT_ONCE = 500
_SECOND = 1000
_QUEUE_IS_GONE = "AWS.SimpleQueueService.NonExistentQueue"
_NO_SOURCE = "CouldNotDetermineMessageSource"


@delivery("sqs.move")
def move_messages(call: Call, item: Delivery) -> Again | None:
    """Move as many as the rate allows in a second, the oldest first; nothing comes of a task that was cancelled."""
    task = find_task(call, item.payload["task"])
    if task is None or task.status != RUNNING:
        return None
    source = queue_by_arn(call, task.source)
    number = min(task.rate or _AT_ONCE, task.to_move - task.moved)
    rows = visible(call, source, number) if source is not None and number else []
    moved, failure = _move(call, task, rows) if source is not None else (0, _QUEUE_IS_GONE)
    total = task.moved + moved
    call.span.note("moved", total)
    if failure is not None:
        save_task(call, task, total, "FAILED", failure)
        call.span.note("failed", failure)
    elif total >= task.to_move or not rows:
        save_task(call, task, total, "COMPLETED")
    else:
        save_task(call, task, total, RUNNING)
        return Again(call.now + _SECOND if task.rate else call.now)
    return None


def _move(call: Call, task: MoveTask, rows: list[Taken]) -> tuple[int, str | None]:
    """How many were moved, and why not the rest."""
    targets: set[str] = set()
    moved, failure = 0, None
    for row in rows:
        system = orjson.loads(row.system) if row.system else {}
        origin = system.pop("DeadLetterQueueSourceArn", None)
        arn = task.destination or origin
        target = queue_by_arn(call, arn) if arn else None
        if target is None:
            failure = _QUEUE_IS_GONE if arn else _NO_SOURCE
            break
        _move_one(call, target, row, system)
        targets.add(target.arn)
        moved += 1
    for each in (task.source, *targets) if moved else ():
        call.signal(("sqs", each))
    return moved, failure


def _move_one(call: Call, target: Queue, row: Taken, system: dict[str, str]) -> None:
    """As a new message of the target, with an identifier, a time and a place in the order of its own."""
    identity = call.new_id()
    target.fair = None
    if target.fifo:
        system["SequenceNumber"] = sequence_number(identity)
    text = orjson.dumps(system).decode() if system else None
    values = (identity, target.id, call.now + target.delay, call.now, call.ids.uuid(), text)
    call.store.run(tables.MOVE_AS_NEW, (*values, row.id))
