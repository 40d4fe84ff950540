"""Dead-letter queues: where messages go that were received too often.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

import orjson

from headwater.services.sqs import tables
from headwater.services.sqs.queue import Queue, find_queue, queue_by_arn, queue_url
from headwater.services.sqs.taken import Taken
from headwater.spine.operations import Call, Request, Result, operation


def move_to_dead_letter_queue(call: Call, queue: Queue, messages: list[Taken]) -> bool:
    """Move messages; False where the dead-letter queue is gone, and they stay."""
    target = queue_by_arn(call, queue.dead_letter_arn) if queue.dead_letter_arn else None
    if target is None:
        return False
    for message in messages:
        system = orjson.loads(message.system) if message.system else {}
        system["DeadLetterQueueSourceArn"] = queue.arn
        moved = (target.id, call.now, orjson.dumps(system).decode(), message.id)
        call.store.run(tables.MOVE_MESSAGE, moved)
    call.span.note("dead-lettered", [message.message_id for message in messages])
    call.signal(("sqs", target.arn))
    return True


@operation("sqs", "ListDeadLetterSourceQueues", reads=True)
def list_dead_letter_source_queues(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    sources = [
        queue_url(call, call.account, name)
        for name, attributes in call.store.all(tables.QUEUES_WITH_ATTRIBUTES, (call.account, call.region))
        if dead_letter_target(attributes) == queue.arn
    ]
    return {"queueUrls": sources}


def dead_letter_target(attributes: str) -> str | None:
    policy = orjson.loads(attributes).get("RedrivePolicy")
    target: str | None = orjson.loads(policy).get("deadLetterTargetArn") if policy else None
    return target
