"""Changing how long a received message stays hidden.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.sqs import tables
from headwater.services.sqs.batches import check_entries, run_batch
from headwater.services.sqs.errors import invalid_parameter, missing_parameter
from headwater.services.sqs.queue import Queue, find_queue
from headwater.services.sqs.receipts import read_handle
from headwater.spine.operations import Call, Request, Result, operation

_LONGEST = 43_200


@operation("sqs", "ChangeMessageVisibility", atomic=True)
def change_message_visibility(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    return _change(call, queue, request)


@operation("sqs", "ChangeMessageVisibilityBatch", atomic=True)
def change_message_visibility_batch(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    entries = check_entries(request, "ChangeMessageVisibilityBatchRequestEntry")
    return run_batch(call, entries, lambda entry: _change(call, queue, entry))


def _change(call: Call, queue: Queue, request: Mapping[str, Any]) -> dict[str, Any]:
    seconds = request.get("VisibilityTimeout")
    if seconds is None:
        raise missing_parameter("VisibilityTimeout")
    if not 0 <= seconds <= _LONGEST:
        raise invalid_parameter("VisibilityTimeout", seconds, f"Must be between 0 and {_LONGEST}, if provided.")
    handle = request.get("ReceiptHandle")
    receipt = read_handle(handle, queue.id)
    row = call.store.one(tables.IN_FLIGHT, (receipt.message, queue.id, call.now - queue.retention))
    if row is None or row[0] != receipt.received or row[1] <= call.now:
        raise invalid_parameter(
            "ReceiptHandle", handle, "Message does not exist or is not available for visibility timeout change."
        )
    if call.now + seconds * 1000 > receipt.at + _LONGEST * 1000:
        raise invalid_parameter(
            "VisibilityTimeout",
            seconds,
            f"Total VisibilityTimeout for the message is beyond the limit [{_LONGEST} seconds]",
        )
    call.store.run(tables.SET_VISIBLE_AT, (call.now + seconds * 1000, receipt.message))
    call.signal(("sqs", queue.arn))
    return {}
