"""A receipt asked for again under the same ReceiveRequestAttemptId.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-receiverequestattemptid-request-parameter.html
"""

from __future__ import annotations

import re

import orjson

from headwater.services.sqs import tables
from headwater.services.sqs.errors import bad_token, invalid_parameter
from headwater.services.sqs.queue import Queue
from headwater.services.sqs.taken import Taken
from headwater.spine.operations import Call

_TOKEN = re.compile(r"[!-~]{1,128}\Z")
_REMEMBERED = 300_000


def check_attempt(queue: Queue, attempt: str) -> None:
    if not queue.fifo:
        raise invalid_parameter(
            "ReceiveRequestAttemptId",
            attempt,
            "The request include parameter that is not valid for this queue type.",
        )
    if not _TOKEN.match(attempt):
        raise bad_token("ReceiveRequestAttemptId", attempt)


def remember_attempt(call: Call, queue: Queue, attempt: str, rows: list[Taken], at: int, until: int) -> None:
    """``at``: when they were received; ``until``: when they become visible again, which tells whether
    somebody changed that."""
    call.store.run(tables.FORGET_ATTEMPTS, (queue.id, call.now - _REMEMBERED))
    receipts = orjson.dumps([at, until, [[row.id, row.received] for row in rows]]).decode()
    call.store.run(tables.REMEMBER_ATTEMPT, (queue.id, attempt, call.now, receipts))


def repeat_attempt(call: Call, queue: Queue, attempt: str, hidden: int) -> tuple[list[Taken], int]:
    """The messages of the earlier receipt, hidden anew, where none of them has been touched since, and when it was;
    else nothing."""
    found = call.store.one(tables.FIND_ATTEMPT, (queue.id, attempt, call.now - _REMEMBERED))
    if found is None:
        return [], call.now
    at, until, receipts = orjson.loads(found[0])
    rows: list[Taken] = []
    for identity, received in receipts:
        untouched = call.store.one(tables.TAKEN, (identity, queue.id, received, until, call.now))
        if untouched is None:
            return [], call.now
        rows.append(Taken(*untouched))
    for row in rows:
        call.store.run(tables.SET_VISIBLE_AT, (call.now + hidden, row.id))
    remember_attempt(call, queue, attempt, rows, at, call.now + hidden)
    return rows, at
