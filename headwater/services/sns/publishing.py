"""Publishing: a message is checked, filtered for each subscription, and left as deliveries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from headwater.services.sns import tables
from headwater.services.sns.archive import archive
from headwater.services.sns.content import Content, Order, by_protocol
from headwater.services.sns.errors import invalid
from headwater.services.sns.explaining import recorded
from headwater.services.sns.fan_out import FanOut
from headwater.services.sns.message_attributes import check_message_attributes
from headwater.services.sns.platforms import publish_to_device
from headwater.services.sns.sms import publish_to_phone
from headwater.services.sns.topic import Topic, find_topic
from headwater.spine.encryption_keys import BOTH, as_shape, usable_key
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_MOST_IN_BATCH = 10
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")
_TOKEN = re.compile(r"[!-~]{1,128}\Z")
_SUBJECT = re.compile(r"[ -~]{1,100}\Z")
_DEDUPLICATION_MILLISECONDS = 300_000
_SEQUENCE_BASE = 10_000_000_000_000_000_000


@operation("sns", "Publish", atomic=True)
def publish(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
    if request.get("PhoneNumber") is not None:
        return publish_to_phone(call, request)
    arn = request.get("TopicArn") or request.get("TargetArn")
    if arn and ":endpoint/" in arn:
        return publish_to_device(call, request, arn)
    topic = find_topic(call, arn)
    _check_key(call, topic)
    texts = _check(topic, request)
    return _publish(call, topic, request, texts)


@operation("sns", "PublishBatch", atomic=True)
def publish_batch(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html: one bad message refuses them all."""
    topic = find_topic(call, request.get("TopicArn"))
    entries = request.get("PublishBatchRequestEntries") or []
    _check_batch(entries)
    _check_key(call, topic)
    checked = [_check(topic, entry) for entry in entries]
    if sum(len((entry.get("Message") or "").encode()) for entry in entries) > topic.largest:
        raise AwsError("BatchRequestTooLong", "The length of all the messages put together is more than the limit.")
    done = [
        {"Id": entry["Id"], **_publish(call, topic, entry, texts)}
        for entry, texts in zip(entries, checked, strict=True)
    ]
    call.span.note("succeeded", len(done))
    return {"Successful": done, "Failed": []}


def _check_key(call: Call, topic: Topic) -> None:
    """A topic's key must be there and enabled.

    https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
    """
    if topic.key is not None:
        usable_key(call, topic.key, BOTH, as_shape, account=topic.account)


def _check_batch(entries: list[Mapping[str, Any]]) -> None:
    if not entries:
        raise AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > _MOST_IN_BATCH:
        raise AwsError("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
    names = [entry.get("Id") or "" for entry in entries]
    if not all(map(_ENTRY_ID.match, names)):
        raise AwsError(
            "InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification."
        )
    if len(set(names)) < len(names):
        raise AwsError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")


def _check(topic: Topic, message: Mapping[str, Any]) -> Mapping[str, str]:
    """What each protocol gets, by protocol and ``default``; AwsError where SNS refuses the message."""
    text = message.get("Message")
    if not text:
        raise invalid("Empty message")
    subject = message.get("Subject")
    if subject is not None and not _SUBJECT.match(subject):
        raise invalid("Subject")
    attributes = message.get("MessageAttributes")
    size = len(text.encode()) + (check_message_attributes(attributes) if attributes else 0)
    if size > topic.largest:
        raise invalid("Message too long")
    group, token = message.get("MessageGroupId"), message.get("MessageDeduplicationId")
    if topic.fifo and not group:
        raise invalid("The MessageGroupId parameter is required for FIFO topics")
    if topic.fifo and token is None and not topic.content_deduplication:
        raise invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly"
        )
    if not topic.fifo and token is not None:
        raise invalid(
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not "
            "valid for this topic type"
        )
    for name, value in (("MessageGroupId", group), ("MessageDeduplicationId", token)):
        if value is not None and not _TOKEN.match(value):
            raise invalid(f"{name} Reason: {name} can only include alphanumeric and punctuation characters.")
    return by_protocol(text, message.get("MessageStructure"))


def _publish(call: Call, topic: Topic, message: Mapping[str, Any], texts: Mapping[str, str]) -> Result:
    message_id = call.ids.uuid_at(call.now)
    order = Order(message.get("MessageGroupId"))
    result: Result = {"MessageId": message_id}
    if topic.fifo:
        order, earlier = _deduplicate(call, topic, message, message_id)
        result["SequenceNumber"] = order.sequence
        if earlier is not None:
            return {"MessageId": earlier[0], "SequenceNumber": earlier[1]}
    attributes: Mapping[str, Mapping[str, Any]] = message.get("MessageAttributes") or {}
    content = Content(texts, attributes, message.get("Subject"), message_id, order, call.now)
    if topic.archived:
        archive(call, topic, content)
    fan_out = FanOut(call, topic, content)
    for subscription in topic.subscriptions:
        if subscription.live:
            fan_out.deliver(subscription)
    call.record(topic.arn, message_id, recorded(message, texts["default"]), fan_out.routes)
    return result


def _deduplicate(
    call: Call, topic: Topic, message: Mapping[str, Any], message_id: str
) -> tuple[Order, tuple[str, str] | None]:
    """Its order, and id and sequence number of the same message published within five minutes.

    https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html
    """
    group = message["MessageGroupId"]
    token = message.get("MessageDeduplicationId") or sha256(message["Message"].encode()).hexdigest()
    order = Order(group, token, str(_SEQUENCE_BASE + call.new_id()))
    key = f"{group}\n{token}" if topic.group_deduplication else token
    since = call.now - _DEDUPLICATION_MILLISECONDS
    earlier = call.store.one(tables.FIND_DUPLICATE, (topic.arn, key, since))
    if earlier is not None:
        call.span.note("duplicate of", earlier[0])
        return order, (earlier[0], earlier[1])
    call.store.run(tables.FORGET_DUPLICATES, (topic.arn, since))
    call.store.run(tables.REMEMBER_DUPLICATE, (topic.arn, key, message_id, order.sequence, call.now))
    return order, None
