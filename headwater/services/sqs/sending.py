"""Sending messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import md5, sha256
from typing import Any

import orjson

from headwater.services.sqs import tables
from headwater.services.sqs.batches import check_entries, run_batch
from headwater.services.sqs.digests import digest_of_attributes
from headwater.services.sqs.encryption import check_key
from headwater.services.sqs.errors import (
    bad_token,
    invalid_character,
    invalid_parameter,
    invalid_value,
    message_too_long,
    missing_parameter,
)
from headwater.services.sqs.message_attributes import (
    REFUSED,
    attributes_size,
    check_message_attributes,
    pack_attributes,
)
from headwater.services.sqs.mishaps import after_sending
from headwater.services.sqs.queue import Queue, QueueMemory, find_queue
from headwater.spine.encryption_keys import BOTH
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_REFUSED_BYTES = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
_TOKEN = re.compile(r"[!-~]{1,128}\Z")
_LONGEST_DELAY = 900
_PLAIN = 2  # members of a message that is but a body: beside it the queue, or the id of an entry
_LONGEST_BATCH = 1_048_576
_DEDUPLICATION_MILLISECONDS = 300_000
# Sequence numbers rise within a group; AWS's have 20 digits and are far apart.
_SEQUENCE_BASE = 18_800_000_000_000_000_000


@operation("sqs", "SendMessage", atomic=True)
def send_message(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
    queue = find_queue(call, request)
    if queue.key is not None:
        check_key(call, queue, queue.key, BOTH)
    result = _send(call, queue, request)
    call.signal(("sqs", queue.arn))
    return result


@operation("sqs", "SendMessageBatch", atomic=True)
def send_message_batch(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""
    queue = find_queue(call, request)
    if queue.key is not None:
        check_key(call, queue, queue.key, BOTH)
    entries = check_entries(request, "SendMessageBatchRequestEntry")
    size = sum(map(_size, entries))
    if size > _LONGEST_BATCH:
        raise AwsError(
            "BatchRequestTooLong",
            f"Batch requests cannot be longer than {_LONGEST_BATCH} bytes. You have sent {size} bytes.",
        )
    call.signal(("sqs", queue.arn))
    return run_batch(call, entries, lambda entry: _send(call, queue, entry))


def _size(entry: Mapping[str, Any]) -> int:
    text = entry.get("MessageBody") or ""
    size = len(text) if text.isascii() else len(text.encode())
    return size + attributes_size(entry) if "MessageAttributes" in entry else size


def _measured(call: Call, body: str) -> tuple[int, str]:
    """Bytes and MD5 of a body, AwsError where SQS takes no such characters. Of what goes to many queues one after the
    other, such as an event, once for all."""
    memory: QueueMemory = call.memory
    if body is not memory.last_body:
        encoded = body.encode("utf-8", "surrogatepass")
        if len(encoded) == len(body):
            # several times quicker than a search
            doubtful = len(encoded.translate(None, _REFUSED_BYTES)) < len(encoded)
        else:
            doubtful = not body.isprintable()
        if doubtful and (refused := REFUSED.search(body)):
            raise invalid_character(refused[0], "message body")
        memory.last_body, memory.last_measured = body, (len(encoded), md5(encoded, usedforsecurity=False).hexdigest())
    return memory.last_measured


def _send(call: Call, queue: Queue, message: Mapping[str, Any]) -> Result:
    body = message.get("MessageBody")
    if not body:
        raise missing_parameter("MessageBody")
    size, digest = _measured(call, body)
    attributes = message.get("MessageAttributes")
    if attributes:
        size += check_message_attributes(attributes)
    if size > queue.longest_message:
        raise message_too_long(queue.longest_message)
    result: Result = {"MD5OfMessageBody": digest}
    identity = call.new_id()
    message_id = call.ids.uuid_at(call.now)
    delay, group, system = queue.delay, None, None
    if queue.fifo or len(message) > _PLAIN:
        if attributes:
            result["MD5OfMessageAttributes"] = digest_of_attributes(attributes)
        delay, group, system = _particulars(queue, message, result)
        if queue.fifo:
            earlier = _deduplicate(call, queue, message, system, identity, message_id)
            result["SequenceNumber"] = system["SequenceNumber"]
            if earlier is not None:
                result["SequenceNumber"], result["MessageId"] = earlier
                return result
    row = (
        identity,
        queue.id,
        call.now + delay,
        message_id,
        body,
        pack_attributes(attributes) if attributes else None,
        orjson.dumps(system).decode() if system else None,
        call.account,
        call.now,
        group,
        call.span.cause,
    )
    call.store.later(tables.INSERT_MESSAGE, row)
    if call.is_faulty:
        after_sending(call, queue, row)
    result["MessageId"] = message_id
    return result


def _particulars(queue: Queue, message: Mapping[str, Any], result: Result) -> tuple[int, str | None, dict[str, str]]:
    """The delay (ms), the group and the system attributes of a message that has more than a body."""
    seconds = message.get("DelaySeconds")
    delay = queue.delay if seconds is None else _delay(queue, seconds)
    system: dict[str, str] = {}
    group = message.get("MessageGroupId")
    if group is not None:
        if not _TOKEN.match(group):
            raise bad_token("MessageGroupId", group)
        system["MessageGroupId"] = group
        queue.fair = not queue.fifo
    if given := message.get("MessageSystemAttributes"):
        system["AWSTraceHeader"] = _given_trace(given)
        result["MD5OfMessageSystemAttributes"] = digest_of_attributes(given)
    if not queue.fifo and message.get("MessageDeduplicationId") is not None:
        raise invalid_parameter(
            "MessageDeduplicationId",
            message["MessageDeduplicationId"],
            "The request include parameter that is not valid for this queue type.",
        )
    return delay, group, system


def sequence_number(identity: int) -> str:
    """Twenty digits, rising with the identifiers of messages."""
    return str(_SEQUENCE_BASE + identity)


def _delay(queue: Queue, seconds: int) -> int:
    if queue.fifo and seconds:
        raise invalid_parameter(
            "DelaySeconds", seconds, "The request include parameter that is not valid for this queue type."
        )
    if not 0 <= seconds <= _LONGEST_DELAY:
        raise invalid_parameter("DelaySeconds", seconds, f"DelaySeconds must be >= 0 and <= {_LONGEST_DELAY}.")
    return int(seconds) * 1000 if not queue.fifo else queue.delay


def _given_trace(given: Mapping[str, Mapping[str, Any]]) -> str:
    for name in given:
        if name != "AWSTraceHeader":
            raise invalid_value(f"Message system attribute name '{name}' is invalid.")
    if given["AWSTraceHeader"].get("DataType") != "String":
        raise invalid_value(
            "The type of message system attribute 'AWSTraceHeader' is invalid. "
            "You must use only the following supported type prefixes: String."
        )
    header: str = given["AWSTraceHeader"].get("StringValue") or ""
    return header


def _deduplicate(
    call: Call, queue: Queue, message: Mapping[str, Any], system: dict[str, str], identity: int, message_id: str
) -> tuple[str, str] | None:
    """Sequence number and id of the same message sent within five minutes, or None.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
    """
    group = message.get("MessageGroupId")
    if group is None:
        raise missing_parameter("MessageGroupId")
    token = message.get("MessageDeduplicationId")
    if token is None:
        if not queue.content_deduplication:
            raise invalid_value(
                "The queue should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly"
            )
        token = sha256(message["MessageBody"].encode()).hexdigest()
    elif not _TOKEN.match(token):
        raise bad_token("MessageDeduplicationId", token)
    system["MessageDeduplicationId"] = token
    sequence = system["SequenceNumber"] = sequence_number(identity)
    key = f"{group}\n{token}" if queue.group_deduplication else token
    since = call.now - _DEDUPLICATION_MILLISECONDS
    earlier = call.store.one(tables.FIND_DUPLICATE, (queue.id, key, since))
    if earlier is not None:
        call.span.note("duplicate of", earlier[0])
        return earlier[1], earlier[0]
    call.store.run(tables.FORGET_DUPLICATES, (queue.id, since))
    call.store.run(tables.REMEMBER_DUPLICATE, (queue.id, key, message_id, sequence, call.now))
    return None
