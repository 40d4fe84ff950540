"""Publishing: a message is checked, filtered for each subscription, and left as deliveries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from headwater.services.sns import tables
from headwater.services.sns.errors import invalid
from headwater.services.sns.explaining import recorded, visible
from headwater.services.sns.message_attributes import check_message_attributes, filterable, packed
from headwater.services.sns.notification import Notification, timestamp
from headwater.services.sns.topic import Subscription, Topic, find_topic
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_MOST_IN_BATCH = 10
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")
_TOKEN = re.compile(r"[!-~]{1,128}\Z")
_SUBJECT = re.compile(r"[ -~]{1,100}\Z")
_DEDUPLICATION_MILLISECONDS = 300_000
_SEQUENCE_BASE = 10_000_000_000_000_000_000
# With so few subscriptions, each whose filter said no is told of with the field that did.
_MOST_EXPLAINED = 10


class Order(NamedTuple):
    """Where a message stands in a FIFO topic, or the group that a standard one passes on."""

    group: str | None = None
    deduplication: str | None = None
    sequence: str | None = None


@operation("sns", "Publish")
def publish(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
    if request.get("PhoneNumber"):
        raise not_implemented("Publishing to a phone number")
    arn = request.get("TopicArn") or request.get("TargetArn")
    if arn and ":endpoint/" in arn:
        raise invalid("TargetArn Reason: No endpoint found for the target arn specified")
    topic = find_topic(call, arn)
    texts = _check(topic, request)
    return _publish(call, topic, request, texts)


@operation("sns", "PublishBatch")
def publish_batch(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html: one bad message refuses them all."""
    topic = find_topic(call, request.get("TopicArn"))
    entries = request.get("PublishBatchRequestEntries") or []
    _check_batch(entries)
    checked = [_check(topic, entry) for entry in entries]
    if sum(len((entry.get("Message") or "").encode()) for entry in entries) > topic.largest:
        raise AwsError("BatchRequestTooLong", "The length of all the messages put together is more than the limit.")
    done = [
        {"Id": entry["Id"], **_publish(call, topic, entry, texts)}
        for entry, texts in zip(entries, checked, strict=True)
    ]
    return {"Successful": done, "Failed": []}


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
    return _by_protocol(text, message.get("MessageStructure"))


def _by_protocol(text: str, structure: str | None) -> Mapping[str, str]:
    if not structure:
        return {"default": text}
    if structure != "json":
        raise invalid("MessageStructure")
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        raise invalid("Message Structure - JSON message body failed to parse")
    texts = {name: value for name, value in parsed.items() if isinstance(value, str)}
    if "default" not in texts:
        raise invalid("Message Structure - No default entry in JSON message body")
    return texts


def _publish(call: Call, topic: Topic, message: Mapping[str, Any], texts: Mapping[str, str]) -> Result:
    message_id = call.ids.uuid()
    order = Order(message.get("MessageGroupId"))
    result: Result = {"MessageId": message_id}
    if topic.fifo:
        order, earlier = _deduplicate(call, topic, message, message_id)
        result["SequenceNumber"] = order.sequence
        if earlier is not None:
            return {"MessageId": earlier[0], "SequenceNumber": earlier[1]}
    fan_out = _FanOut(call, topic, message, texts, message_id, order)
    for subscription in topic.subscriptions:
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


class _FanOut:
    """One message on its way to the subscriptions of its topic."""

    __slots__ = (
        "_attributes",
        "_call",
        "_id",
        "_notifications",
        "_order",
        "_seen",
        "_texts",
        "_topic",
        "routes",
        "subject",
    )

    def __init__(
        self,
        call: Call,
        topic: Topic,
        message: Mapping[str, Any],
        texts: Mapping[str, str],
        message_id: str,
        order: Order,
    ) -> None:
        self._call = call
        self._topic = topic
        self._texts = texts
        self._id = message_id
        self._order = order
        self._attributes: Mapping[str, Mapping[str, Any]] = message.get("MessageAttributes") or {}
        self.subject: str | None = message.get("Subject")
        self._seen: dict[bool, Any] = {}
        self._notifications: dict[str, Notification] = {}
        # subscription, endpoint and delivery, as records have them
        self.routes: list[tuple[str, str, int]] = []

    def deliver(self, subscription: Subscription) -> None:
        """Leave the delivery to one subscription, unless its filter says no."""
        if subscription.filter is not None and not self._wanted(subscription):
            return
        call, order, protocol = self._call, self._order, subscription.protocol
        payload: dict[str, Any] = {"subscription": subscription.arn, "protocol": protocol}
        if subscription.raw:
            payload["body"] = self._texts.get(protocol) or self._texts["default"]
            if self._attributes:
                payload["attributes"] = packed(self._attributes)
        else:
            payload["body"] = self._notification(protocol).to_queue(self._unsubscribe_url(subscription))
        if protocol == "lambda":
            payload["event"] = self._notification(protocol).to_function(
                subscription.arn, self._unsubscribe_url(subscription)
            )
        elif protocol != "sqs":
            payload |= self._for_http(subscription, protocol)
        if order.group is not None:
            payload["group"] = order.group
        if order.deduplication is not None:
            payload["deduplication"] = order.deduplication
        if subscription.dead_letter is not None:
            payload["dead letter"] = subscription.dead_letter
        ordering = f"{subscription.arn}/{order.group}" if self._topic.fifo else None
        delivery = call.deliver(
            "sns.http" if protocol.startswith("http") else "sns.subscription",
            payload,
            target=subscription.endpoint,
            policy=subscription.policy,
            ordering=ordering,
        )
        self.routes.append((subscription.arn, subscription.endpoint, delivery))

    def _wanted(self, subscription: Subscription) -> bool:
        pattern, seen = subscription.filter, self._visible(subscription.body_scope)
        assert pattern is not None
        if seen is not None and pattern.matches(seen):
            return True
        if len(self._topic.subscriptions) <= _MOST_EXPLAINED:
            reason = "the message is no JSON object" if seen is None else pattern.explain(seen).reason()
            self._call.span.note(f"filtered {subscription.arn.rpartition(':')[2]}", reason)
        return False

    def _visible(self, body: bool) -> dict[str, Any] | None:
        """What filters see: attributes, or the message where it is a JSON object; worked out once."""
        if body not in self._seen:
            self._seen[body] = visible(self._texts["default"]) if body else filterable(self._attributes)
        seen: dict[str, Any] | None = self._seen[body]
        return seen

    def _notification(self, protocol: str) -> Notification:
        text = self._texts.get(protocol) or self._texts["default"]
        found = self._notifications.get(text)
        if found is None:
            members = {"Type": "Notification", "MessageId": self._id}
            if self._order.sequence is not None:
                members["SequenceNumber"] = self._order.sequence
            members["TopicArn"] = self._topic.arn
            if self.subject is not None:
                members["Subject"] = self.subject
            members |= {"Message": text, "Timestamp": timestamp(self._call.now)}
            found = Notification(members, self._attributes, self._call.endpoint, self._topic.version, self._topic.fifo)
            self._notifications[text] = found
        return found

    def _for_http(self, subscription: Subscription, protocol: str) -> dict[str, Any]:
        """What is signed only when it is sent."""
        members = {**self._notification(protocol).members}
        return {
            "members": members,
            "version": self._topic.version,
            "unsubscribe": self._unsubscribe_url(subscription),
            "enveloped": self._notification(protocol).attributes,
            "raw": subscription.raw,
        }

    def _unsubscribe_url(self, subscription: Subscription) -> str:
        return f"{self._call.endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}"
