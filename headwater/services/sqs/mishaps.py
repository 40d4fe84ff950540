"""What faults do to messages of standard queues, which may come twice, late, and in another order.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.sqs import tables
from headwater.services.sqs.queue import Queue
from headwater.services.sqs.taken import Taken
from headwater.spine.faults import DELAY, DUPLICATE, REORDER
from headwater.spine.operations import Call

_OF_MESSAGES = frozenset({DELAY, DUPLICATE})
_OF_RECEIPTS = frozenset({REORDER})
MOST_REORDERED = 100


def after_sending(call: Call, queue: Queue, row: tuple[Any, ...]) -> None:
    """A message that was sent (its row, which begins with id, queue and when it shows) comes later, or once more."""
    if queue.fifo:
        return
    fault = call.fault("sqs", "message", queue.arn, _OF_MESSAGES)
    if fault is None:
        return
    if fault.kind == DELAY:
        call.store.run(tables.SET_VISIBLE_AT, (row[2] + fault.milliseconds, row[0]))
    else:
        call.store.run(tables.INSERT_MESSAGE, (call.new_id(), *row[1:]))


def reordered(call: Call, queue: Queue, messages: list[Taken], number: int) -> list[Taken]:
    """The first ``number`` of the messages that could be received, or the last, the newest first."""
    if len(messages) > 1 and call.fault("sqs", "receipt", queue.arn, _OF_RECEIPTS) is not None:
        messages = messages[::-1]
    return messages[:number]
