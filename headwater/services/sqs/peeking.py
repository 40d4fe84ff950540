"""What is in a queue, without receiving it: for those who only look."""

from __future__ import annotations

from typing import Any

from headwater.services.sqs import tables
from headwater.services.sqs.message_attributes import unpack_attributes
from headwater.services.sqs.queue import find_queue
from headwater.spine.operations import Call, Request, Result, operation

_MOST = 100


@operation("sqs", "PeekMessages", internal=True, reads=True)
def peek_messages(call: Call, request: Request) -> Result:
    """The oldest messages (``MaxResults``, 100 at most), hidden ones too. Nothing counts it as a receipt."""
    call.span.kept = False
    queue = find_queue(call, request)
    limit = min(request.get("MaxResults") or _MOST, _MOST)
    rows = call.store.all(tables.PEEK, (queue.id, call.now - queue.retention, limit))
    return {"Messages": [_shown(call.now, row) for row in rows]}


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
