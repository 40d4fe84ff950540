"""Fair queues: a standard queue with message groups lets no group's backlog keep the others waiting.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html: a group is noisy
while its part of the messages in flight is out of proportion. AWS does not say what that is; here it is more than
ten messages and more than a tenth of all. The groups that are not noisy come first, and nothing is held back.
"""

from __future__ import annotations

from typing import Any

from headwater.services.sqs import tables
from headwater.services.sqs.queue import Queue
from headwater.spine.operations import Call

_FEW = 10
_PART = 10


def is_fair(call: Call, queue: Queue) -> bool:
    """Whether any of its messages has a group; asked once, and remembered with the queue."""
    queue.fair = call.store.one(tables.HAS_GROUPS, (queue.id,)) is not None
    return queue.fair


def visible_fairly(call: Call, queue: Queue, kept_since: int, number: int) -> list[tuple[Any, ...]]:
    """Rows as ``VISIBLE`` gives them, those of quiet groups first."""
    in_flight = call.store.all(tables.GROUPS_IN_FLIGHT, (queue.id, call.now, kept_since))
    limit = max(_FEW, sum(count for _, count in in_flight) // _PART)
    noisy = [group for group, count in in_flight if group is not None and count > limit]
    chosen = (queue.id, call.now, kept_since)
    if not noisy:
        return call.store.all(tables.VISIBLE, (*chosen, number))
    call.span.note("noisy groups", noisy[:_FEW])
    quiet = tables.visible_by_group(len(noisy), "m.message_group IS NULL OR m.message_group NOT IN")
    rows = call.store.all(quiet, (*chosen, *noisy, number))
    if len(rows) < number:
        loud = tables.visible_by_group(len(noisy), "m.message_group IN")
        rows += call.store.all(loud, (*chosen, *noisy, number - len(rows)))
    return rows
