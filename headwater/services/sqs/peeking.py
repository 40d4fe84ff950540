"""What is in a queue, without receiving it: for those who only look."""

from __future__ import annotations

from typing import Any

from headwater.services.sqs import tables
from headwater.services.sqs.message_attributes import unpack_attributes
from headwater.services.sqs.queue import find_queue
from headwater.services.sqs.receiving import message_of
from headwater.services.sqs.taken import Taken
from headwater.spine.operations import Call, Request, Result, operation

_MOST = 100
_NO_RECEIPT = "SQS/BACKDOOR/ACCESS"
"""Where a receipt handle belongs: nothing was received. LocalStack's helpers know this text."""


@operation("sqs", "PeekMessages", internal=True, reads=True)
def peek_messages(call: Call, request: Request) -> Result:
    """The oldest messages (``MaxResults``, 100 at most), hidden ones too. Nothing counts it as a receipt."""
    call.span.kept = False
    queue = find_queue(call, request)
    limit = min(request.get("MaxResults") or _MOST, _MOST)
    rows = call.store.all(tables.PEEK, (queue.id, call.now - queue.retention, limit))
    return {"Messages": [_shown(call.now, row) for row in rows]}


@operation("sqs", "ListMessages", internal=True, reads=True)
def list_messages(call: Call, request: Request) -> Result:
    """All messages that could be received, as ReceiveMessage gives them with all attributes, oldest first; with
    ``ShowInvisible`` those in flight too, with ``ShowDelayed`` those that are yet to come. Nothing changes by it."""
    call.span.kept = False
    queue = find_queue(call, request)
    shown = []
    for *columns, visible_at in call.store.all(tables.ALL_MESSAGES, (queue.id, call.now - queue.retention)):
        row = Taken(*columns)
        hidden_by = None if visible_at <= call.now else "ShowInvisible" if row.received else "ShowDelayed"
        if hidden_by is None or request.get(hidden_by):
            row.first_received = row.first_received or 0
            shown.append({**message_of(queue, row, {"All"}, ("All",), call.now), "ReceiptHandle": _NO_RECEIPT})
    return {"Messages": shown} if shown else {}


def _shown(now: int, row: tuple[Any, ...]) -> dict[str, Any]:
    identity, body, attributes, sent, group, received, visible_at, cause = row
    trace, _, span = cause.partition(":")
    return {
        "MessageId": identity,
        "Body": body,
        "MessageAttributes": unpack_attributes(attributes) if attributes else None,
        "SentTimestamp": sent,
        "MessageGroupId": group,
        "ApproximateReceiveCount": received,
        "VisibleAt": visible_at if visible_at > now else None,
        "Trace": trace,
        "Span": span,
    }
