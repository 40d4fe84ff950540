"""Emptying a queue, at most once in a minute.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
"""

from headwater.services.sqs import tables
from headwater.services.sqs.errors import purge_in_progress
from headwater.services.sqs.queue import find_queue
from headwater.spine.operations import Call, Request, Result, operation

_INTERVAL_MILLISECONDS = 60_000


@operation("sqs", "PurgeQueue")
def purge_queue(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    row = call.store.one(tables.PURGED, (queue.id,))
    if row is not None and row[0] is not None and call.now - row[0] < _INTERVAL_MILLISECONDS:
        raise purge_in_progress(queue.name)
    call.store.run(tables.SET_PURGED, (call.now, queue.id))
    call.store.run(tables.DELETE_QUEUE_MESSAGES, (queue.id,))
    return {}
