"""Deleting messages.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.sqs import tables
from headwater.services.sqs.batches import check_entries, run_batch
from headwater.services.sqs.errors import invalid_parameter
from headwater.services.sqs.queue import Queue, find_queue
from headwater.services.sqs.receipts import read_handle
from headwater.spine.operations import Call, Request, Result, operation


@operation("sqs", "DeleteMessage", atomic=True)
def delete_message(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    return _delete(call, queue, request.get("ReceiptHandle"))


@operation("sqs", "DeleteMessageBatch", atomic=True)
def delete_message_batch(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    entries = check_entries(request, "DeleteMessageBatchRequestEntry")
    return run_batch(call, entries, lambda entry: _delete(call, queue, entry.get("ReceiptHandle")))


def _delete(call: Call, queue: Queue, handle: str | None) -> dict[str, Any]:
    receipt = read_handle(handle, queue.id)
    if queue.fifo:
        _check_not_expired(call, queue, handle, receipt.message, receipt.received)
    # a handle of an earlier receipt deletes nothing: the message is in somebody else's hands
    call.store.later(tables.DELETE_MESSAGE, (receipt.message, queue.id, receipt.received))
    if queue.fifo:
        # the next message of the group has become free
        call.signal(("sqs", queue.arn))
    return {}


def _check_not_expired(call: Call, queue: Queue, handle: str | None, message: int, received: int) -> None:
    row = call.store.one(tables.IN_FLIGHT, (message, queue.id, call.now - queue.retention))
    if row is not None and (row[0] != received or row[1] <= call.now):
        raise invalid_parameter("ReceiptHandle", handle, "The receipt handle has expired.")
