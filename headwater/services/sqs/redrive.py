"""Dead-letter queues: where messages go that were received too often.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

import orjson

from headwater.services.sqs import tables
from headwater.services.sqs.paging import page_of_names
from headwater.services.sqs.queue import Queue, find_queue, queue_by_arn, queue_url
from headwater.services.sqs.taken import Taken
from headwater.spine.operations import Call, Request, Result, operation


def move_to_dead_letter_queue(call: Call, queue: Queue, messages: list[Taken]) -> bool:
    """Move messages; False where the dead-letter queue is gone, and they stay.

    In a FIFO queue their age begins anew, and their identifier takes the place of the one for deduplication.
    """
    target = queue_by_arn(call, queue.dead_letter_arn) if queue.dead_letter_arn else None
    if target is None:
        return False
    for message in messages:
        system = orjson.loads(message.system) if message.system else {}
        system["DeadLetterQueueSourceArn"] = queue.arn
        if queue.fifo:
            system["MessageDeduplicationId"] = message.message_id
        sent = call.now if queue.fifo else message.sent
        moved = (target.id, call.now, sent, orjson.dumps(system).decode(), message.id)
        call.store.run(tables.MOVE_MESSAGE, moved)
    target.fair = None
    call.span.note("dead-lettered", [message.message_id for message in messages])
    call.signal(("sqs", target.arn))
    return True


def is_dead_letter_queue(call: Call, arn: str) -> bool:
    """Whether any queue sends its messages there."""
    return any(
        dead_letter_target(attributes) == arn
        for _, attributes in call.store.all(tables.QUEUES_WITH_ATTRIBUTES, (call.account, call.region))
    )


@operation("sqs", "ListDeadLetterSourceQueues", reads=True)
def list_dead_letter_source_queues(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListDeadLetterSourceQueues.html"""
    queue = find_queue(call, request)
    sources = [
        name
        for name, attributes in call.store.all(tables.QUEUES_WITH_ATTRIBUTES, (call.account, call.region))
        if dead_letter_target(attributes) == queue.arn
    ]

    def fetch(after: str, count: int) -> list[str]:
        return [name for name in sources if name > after][:count]

    names, more = page_of_names(request, f"{queue.name}/", fetch)
    return {"queueUrls": [queue_url(call, call.account, name) for name in names], **more}


def dead_letter_target(attributes: str) -> str | None:
    policy = orjson.loads(attributes).get("RedrivePolicy")
    target: str | None = orjson.loads(policy).get("deadLetterTargetArn") if policy else None
    return target
