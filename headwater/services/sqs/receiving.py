"""Receiving messages, with long polling that is woken by commits.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from headwater.services.sqs import tables
from headwater.services.sqs.attempts import check_attempt, remember_attempt, repeat_attempt
from headwater.services.sqs.digests import digest_of_attributes, digest_of_text
from headwater.services.sqs.encryption import check_key
from headwater.services.sqs.errors import (
    invalid_attribute_name,
    invalid_parameter,
    queue_does_not_exist,
    too_many_in_flight,
)
from headwater.services.sqs.fairness import is_fair, visible_fairly
from headwater.services.sqs.message_attributes import unpack_attributes
from headwater.services.sqs.mishaps import MOST_REORDERED, reordered
from headwater.services.sqs.queue import Queue, find_queue, holder, queue_by_arn
from headwater.services.sqs.quotas import IN_FLIGHT
from headwater.services.sqs.receipts import write_handle
from headwater.services.sqs.redrive import move_to_dead_letter_queue
from headwater.services.sqs.taken import Taken
from headwater.spine.encryption_keys import DECRYPT
from headwater.spine.ids import first_at, instant_in
from headwater.spine.numbers import LARGEST
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.spans import is_root, trace_header
from headwater.spine.work import Watch, Work

_MOST_MESSAGES = 10
_SOON = 10_000  # ms
_BETWEEN_SWEEPS = 60_000  # ms
_LONGEST_WAIT = 20
_LONGEST_VISIBILITY = 43_200
_SYSTEM_ATTRIBUTES = frozenset(
    {
        "All",
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "SequenceNumber",
        "MessageDeduplicationId",
        "MessageGroupId",
        "AWSTraceHeader",
        "DeadLetterQueueSourceArn",
    }
)


@operation("sqs", "ReceiveMessage", abandonable=True, atomic=True)
def receive_message(call: Call, request: Request) -> Answer:
    queue = find_queue(call, request)
    if queue.key is not None:
        check_key(call, queue, queue.key, DECRYPT)
    wait = _check(queue, request)
    result = _receive(call, queue, request, not wait)
    if result or not wait:
        return result
    # watched from within this transaction, so that no message of this very commit is overlooked
    return _long_poll(call.work, call.watch(("sqs", queue.arn)), queue.arn, request, call.now + wait * 1000)


@operation("sqs", "Poll", internal=True)
def poll(call: Call, request: Request) -> Result:
    """For event source mappings and pipes: ``QueueArn``, ``MaxNumberOfMessages`` (any number),
    ``VisibilityTimeout`` (seconds). Messages with all attributes, and the ``Cause`` of each."""
    queue = queue_by_arn(call, request["QueueArn"])
    if queue is None:
        raise queue_does_not_exist()
    call.span.subject = queue.arn
    visibility = request.get("VisibilityTimeout")
    hidden = queue.visibility if visibility is None else visibility * 1000
    rows = _take(call, queue, request["MaxNumberOfMessages"], hidden, holder(call))
    call.span.kept = bool(rows)
    return {
        "Messages": [{**message_of(queue, row, {"All"}, ("All",), call.now), "Cause": row.cause} for row in rows],
        "NextVisible": None if rows else _next_visible(call, queue),
    }


@operation("sqs", "FindMessage", internal=True, reads=True)
def find_message(call: Call, request: Request) -> Result:
    """The message of a ``MessageId`` in whatever queue: as Poll gives it, with its ``QueueArn``, when it was
    ``Sent`` and is ``VisibleAt`` (ms); nothing where there is none."""
    call.span.kept = False
    name = request["MessageId"]
    sent = max(0, min(instant_in(name), LARGEST >> 21))  # as its id tells, which is looked for there first
    row = call.store.one(tables.FIND_MESSAGE, (name, first_at(sent), first_at(sent + _SOON)))
    row = row or call.store.one(tables.FIND_MESSAGE, (name, 0, LARGEST))
    if row is None:
        return {}
    taken, (arn, visible_at) = Taken(*row[:10]), row[10:]
    queue = queue_by_arn(call, arn)
    if queue is None:
        return {}
    message = {**message_of(queue, taken, {"All"}, ("All",), call.now), "Cause": taken.cause}
    return {"QueueArn": arn, "Message": message, "Id": taken.id, "Sent": taken.sent, "VisibleAt": visible_at}


async def start(work: Work) -> None:
    """What a former process had polled is to be had again at once: its functions have ended with it."""
    await work.transact(_give_back)


def _give_back(call: Call) -> None:
    given = (holder(call), call.now)
    queues = call.store.all(tables.TO_GIVE_BACK, given)
    call.store.run(tables.GIVE_BACK, (call.now, *given))
    for (arn,) in queues:
        call.signal(("sqs", arn))  # whoever has looked already looks again


def _check(queue: Queue, request: Request) -> int:
    """The seconds to wait; AwsError where a parameter is out of bounds."""
    number = request.get("MaxNumberOfMessages")
    if number is not None and not 1 <= number <= _MOST_MESSAGES:
        reason = f"Must be between 1 and {_MOST_MESSAGES}, if provided."
        raise invalid_parameter("MaxNumberOfMessages", number, reason)
    visibility = request.get("VisibilityTimeout")
    if visibility is not None and not 0 <= visibility <= _LONGEST_VISIBILITY:
        reason = f"Must be between 0 and {_LONGEST_VISIBILITY}, if provided."
        raise invalid_parameter("VisibilityTimeout", visibility, reason)
    for name in _asked(request):
        if name not in _SYSTEM_ATTRIBUTES:
            raise invalid_attribute_name(name)
    if attempt := request.get("ReceiveRequestAttemptId"):
        check_attempt(queue, attempt)
    wait = request.get("WaitTimeSeconds")
    if wait is None:
        return queue.wait
    if not 0 <= wait <= _LONGEST_WAIT:
        reason = f"Must be >= 0 and <= {_LONGEST_WAIT}, if provided."
        raise invalid_parameter("WaitTimeSeconds", wait, reason)
    return int(wait)


def _asked(request: Request) -> Iterable[str]:
    return (*(request.get("AttributeNames") or ()), *(request.get("MessageSystemAttributeNames") or ()))


def _receive(call: Call, queue: Queue, request: Request, short: bool = False) -> Result:
    visibility = request.get("VisibilityTimeout")
    hidden = queue.visibility if visibility is None else visibility * 1000
    attempt = request.get("ReceiveRequestAttemptId")
    rows, at = repeat_attempt(call, queue, attempt, hidden) if attempt else ([], call.now)
    if not rows:
        number = request.get("MaxNumberOfMessages") or 1
        if queue.room < number:
            number = _find_room(call, queue, number, short)
        rows = _take(call, queue, number, hidden)
        if attempt and rows:
            remember_attempt(call, queue, attempt, rows, at, at + hidden)
    if not rows:
        return {}
    system = set(_asked(request))
    named = request.get("MessageAttributeNames") or ()
    if len(rows) > 1:
        call.span.note("messages", len(rows))
    return {"Messages": [message_of(queue, row, system, named, at) for row in rows]}


def _find_room(call: Call, queue: Queue, number: int, short: bool) -> int:
    """How many of ``number`` the limit on messages in flight still allows. Only short polls of standard
    queues are told: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html"""
    in_flight = call.store.one(tables.COUNT_IN_FLIGHT, (queue.id, call.now, call.now - queue.retention)) or (0,)
    queue.room = call.quota(IN_FLIGHT) - in_flight[0]
    if queue.room <= 0 and short and not queue.fifo:
        raise too_many_in_flight()
    return max(0, min(number, queue.room))


def visible(call: Call, queue: Queue, number: int) -> list[Taken]:
    """Up to ``number`` messages that may be received, in order."""
    kept_since = call.now - queue.retention
    if queue.fifo:
        rows = call.store.all(tables.VISIBLE_IN_ORDER, (queue.id, call.now, kept_since, call.now, kept_since, number))
    elif queue.fair or (queue.fair is None and is_fair(call, queue)):
        rows = visible_fairly(call, queue, kept_since, number)
    else:
        rows = call.store.all(tables.VISIBLE, (queue.id, call.now, kept_since, number))
    return [Taken(*row) for row in rows]


def _take(call: Call, queue: Queue, number: int, hidden: int, taker: int | None = None) -> list[Taken]:
    """Hide up to ``number`` messages from others; those received too often go to the dead-letter queue."""
    while True:
        if call.is_faulty and not queue.fifo:
            taken = reordered(call, queue, visible(call, queue, max(number, MOST_REORDERED)), number)
        else:
            taken = visible(call, queue, number)
        spent = [row for row in taken if 0 < queue.maximum_receives <= row.received]
        if not spent or not move_to_dead_letter_queue(call, queue, spent):
            break
    for row in taken:
        row.received += 1
        row.first_received = row.first_received or call.now
    if taken:
        until = call.now + hidden
        call.store.many(tables.TAKE, [(until, row.received, row.first_received, taker, row.id) for row in taken])
    elif call.now >= queue.swept + _BETWEEN_SWEEPS:
        # nobody sees what is too old; looking for it goes through all that is hidden
        call.store.run(tables.EXPIRE, (queue.id, call.now - queue.retention))
        queue.swept = call.now
    queue.room -= len(taken)
    return taken


def message_of(queue: Queue, row: Taken, system: set[str], named: Iterable[str], at: int) -> dict[str, Any]:
    """A message as a receiver is given it, with what he asks for; its receipt is of the instant ``at``."""
    message: dict[str, Any] = {
        "MessageId": row.message_id,
        "ReceiptHandle": write_handle(queue.id, row.id, row.received, at),
        "MD5OfBody": digest_of_text(row.body),
        "Body": row.body,
    }
    if system:
        known = {
            # of a message that was sent as part of something; a sender's own header takes its place
            **({} if is_root(row.cause) else {"AWSTraceHeader": trace_header(row.cause)}),
            "SenderId": row.sender,
            "SentTimestamp": str(row.sent),
            "ApproximateReceiveCount": str(row.received),
            "ApproximateFirstReceiveTimestamp": str(row.first_received),
            **(orjson.loads(row.system) if row.system else {}),
        }
        message["Attributes"] = {name: known[name] for name in known if "All" in system or name in system}
    if row.attributes and named:
        chosen = {name: value for name, value in unpack_attributes(row.attributes).items() if _is_named(name, named)}
        if chosen:
            message["MD5OfMessageAttributes"] = digest_of_attributes(chosen)
            message["MessageAttributes"] = chosen
    return message


def _is_named(name: str, patterns: Iterable[str]) -> bool:
    """``All``, ``.*``, a name, or a prefix followed by ``.*``."""
    return any(
        pattern in ("All", ".*", name) or (pattern.endswith(".*") and name.startswith(pattern[:-2]))
        for pattern in patterns
    )


async def _long_poll(work: Work, watch: Watch, arn: str, request: Request, deadline: int) -> Result:
    with watch:
        until = deadline
        while True:
            await watch.wait(until)
            result, next_visible = await work.transact(_look_again, arn, request)
            if result or work.now >= deadline:
                return result
            until = deadline if next_visible is None else min(deadline, next_visible)


def _look_again(call: Call, arn: str, request: Request) -> tuple[Result, int | None]:
    queue = queue_by_arn(call, arn)
    if queue is None:
        raise queue_does_not_exist()
    result = _receive(call, queue, request)
    return result, None if result else _next_visible(call, queue)


def _next_visible(call: Call, queue: Queue) -> int | None:
    row = call.store.one(tables.NEXT_VISIBLE, (queue.id, call.now))
    return row[0] if row else None
