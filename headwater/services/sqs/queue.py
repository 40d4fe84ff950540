"""A queue as its operations see it, found by URL or ARN and kept in memory."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.sqs import tables
from headwater.services.sqs.access import check_access
from headwater.services.sqs.errors import missing_parameter, queue_does_not_exist
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call, Request


class Queue:
    """The settings of a queue; durations in milliseconds, sizes in bytes."""

    __slots__ = (
        "account",
        "arn",
        "attributes",
        "content_deduplication",
        "created",
        "dead_letter_arn",
        "delay",
        "fair",
        "fifo",
        "group_deduplication",
        "id",
        "key",
        "longest_message",
        "maximum_receives",
        "modified",
        "name",
        "retention",
        "room",
        "swept",
        "visibility",
        "wait",
    )

    def __init__(
        self, identity: int, arn: str, name: str, attributes: dict[str, str], created: int, modified: int
    ) -> None:
        self.id = identity
        self.arn = arn
        self.account = arn.split(":")[4]
        self.name = name
        self.attributes = attributes
        self.created = created
        self.modified = modified
        self.fifo = attributes.get("FifoQueue") == "true"
        # whether messages have groups though it is no FIFO queue; None: nobody has looked
        self.fair: bool | None = None
        self.visibility = int(attributes["VisibilityTimeout"]) * 1000
        self.delay = int(attributes["DelaySeconds"]) * 1000
        self.retention = int(attributes["MessageRetentionPeriod"]) * 1000
        self.longest_message = int(attributes["MaximumMessageSize"])
        # how many messages may be received before those in flight are counted again: none, until they have been
        self.room = 0
        # when messages that are too old were last removed
        self.swept = 0
        # the key of KMS with which messages are said to be encrypted
        self.key = attributes.get("KmsMasterKeyId") or None
        self.wait = int(attributes["ReceiveMessageWaitTimeSeconds"])
        self.content_deduplication = attributes.get("ContentBasedDeduplication") == "true"
        self.group_deduplication = attributes.get("DeduplicationScope") == "messageGroup"
        redrive: dict[str, Any] = orjson.loads(attributes.get("RedrivePolicy") or "{}")
        self.dead_letter_arn: str | None = redrive.get("deadLetterTargetArn")
        self.maximum_receives = int(redrive.get("maxReceiveCount", 0))


class QueueMemory:
    """Queues by ARN. Filled from rows; whoever changes a row drops the entry."""

    def __init__(self) -> None:
        self.queues: dict[str, Queue] = {}
        # (region, queue URL) to queue: spares taking the URL apart for each message
        self.by_url: dict[tuple[str, str], Queue] = {}
        # the number under which this process polls
        self.holder: int | None = None
        # the body that was sent last, with its bytes and MD5
        self.last_body = ""
        self.last_measured = 0, ""

    def drop(self, arn: str) -> None:
        self.queues.pop(arn, None)
        self.by_url.clear()

    def clear(self) -> None:
        self.queues.clear()
        self.by_url.clear()


def holder(call: Call) -> int:
    """The number under which this process polls messages for functions and pipes."""
    memory: QueueMemory = call.memory
    if memory.holder is None:
        memory.holder = call.new_id()
    return memory.holder


_URLS_REMEMBERED = 10_000


def queue_arn(region: str, account: str, name: str) -> str:
    return make_arn("sqs", region, account, name)


def queue_url(call: Call, account: str, name: str) -> str:
    return f"{call.endpoint}/{account}/{name}"


def arn_of_url(call: Call, url: str) -> str:
    account, _, name = url.rpartition("/")
    account = account.rpartition("/")[2]
    # some clients name a queue where the URL belongs: AWS takes that for the caller's own
    if len(account) != 12 or not account.isdigit():
        account = call.account
    return queue_arn(call.region, account, name)


def queue_by_arn(call: Call, arn: str) -> Queue | None:
    """The queue of an ARN, or None."""
    memory: QueueMemory = call.memory
    found = memory.queues.get(arn)
    if found is None:
        row = call.store.one(tables.FIND_QUEUE, (arn,))
        if row is None:
            return None
        identity, arn, name, attributes, created, modified = row
        found = memory.queues[arn] = Queue(identity, arn, name, orjson.loads(attributes), created, modified)
    return found


def find_queue(call: Call, request: Request) -> Queue:
    """The queue that a request's ``QueueUrl`` names; the host does not matter, the account does."""
    url = request.get("QueueUrl")
    memory: QueueMemory = call.memory
    found = memory.by_url.get((call.region, url)) if url else None
    if found is None:
        if not url:
            raise missing_parameter("QueueUrl")
        found = queue_by_arn(call, arn_of_url(call, url))
        if found is None:
            raise queue_does_not_exist()
        if len(memory.by_url) < _URLS_REMEMBERED:
            memory.by_url[(call.region, url)] = found
    call.span.subject = found.arn
    if found.account != call.account:
        check_access(call, found.arn, found.attributes.get("Policy"))
    return found
