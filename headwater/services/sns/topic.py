"""A topic and its subscriptions as publishing sees them, compiled and kept in memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.languages.patterns import SNS_ATTRIBUTES, SNS_BODY, compile_pattern
from headwater.services.sns import tables
from headwater.services.sns.errors import malformed_arn, subscription_not_found, topic_not_found
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Policy
from headwater.spine.operations import Call

LARGEST_MESSAGE = 262_144
# https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html: AWS's own endpoints
_TO_AWS = Policy(attempts=100_015, age=23 * 86_400_000, backoff=1000, most=20_000)
HTTP_RETRIES = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}


class SubscriptionRow(NamedTuple):
    """A row."""

    arn: str
    id: int
    topic: str
    account: str
    protocol: str
    endpoint: str
    attributes: str
    principal: str
    token: str | None
    confirmed: int
    authenticated: int


class Subscription:
    """A confirmed subscription, compiled."""

    __slots__ = ("arn", "body_scope", "dead_letter", "endpoint", "filter", "policy", "protocol", "raw")

    def __init__(self, row: SubscriptionRow, topic_delivery_policy: str | None) -> None:
        attributes: dict[str, str] = orjson.loads(row.attributes)
        self.arn = row.arn
        self.protocol = row.protocol
        self.endpoint = row.endpoint
        self.raw = attributes.get("RawMessageDelivery") == "true"
        self.body_scope = attributes.get("FilterPolicyScope") == "MessageBody"
        policy = attributes.get("FilterPolicy")
        dialect = SNS_BODY if self.body_scope else SNS_ATTRIBUTES
        self.filter = compile_pattern(policy, dialect) if policy and policy != "{}" else None
        redrive = orjson.loads(attributes.get("RedrivePolicy") or "{}")
        self.dead_letter: str | None = redrive.get("deadLetterTargetArn")
        chosen = attributes.get("DeliveryPolicy") or topic_delivery_policy
        self.policy = _http_policy(chosen) if row.protocol.startswith("http") else _TO_AWS


def _http_policy(text: str | None) -> Policy:
    """What a delivery policy says of retries; the delays grow evenly from the least to the most."""
    policy = orjson.loads(text) if text else {}
    retries = HTTP_RETRIES | (
        policy.get("healthyRetryPolicy") or (policy.get("http") or {}).get("defaultHealthyRetryPolicy") or {}
    )
    least, most = int(retries["minDelayTarget"]) * 1000, int(retries["maxDelayTarget"]) * 1000
    count = int(retries["numRetries"])
    rate = (most / least) ** (1 / (count - 1)) if least and count > 1 else 1.0
    return Policy(attempts=1 + count, backoff=least, rate=rate, most=most)


class Topic:
    """The settings of a topic that publishing needs."""

    __slots__ = ("arn", "content_deduplication", "fifo", "group_deduplication", "largest", "subscriptions", "version")

    def __init__(self, arn: str, attributes: dict[str, str], rows: list[SubscriptionRow]) -> None:
        self.arn = arn
        self.fifo = attributes.get("FifoTopic") == "true"
        self.content_deduplication = attributes.get("ContentBasedDeduplication") == "true"
        self.group_deduplication = attributes.get("FifoThroughputScope") == "MessageGroup"
        self.version = attributes.get("SignatureVersion", "1")
        self.largest = int(attributes.get("MaximumMessageSize", LARGEST_MESSAGE))
        delivery_policy = attributes.get("DeliveryPolicy")
        self.subscriptions = [Subscription(row, delivery_policy) for row in rows if row.confirmed]


class Topics:
    """Topics by ARN. Filled from rows; whoever changes a row of a topic or its subscriptions drops it."""

    def __init__(self) -> None:
        self.by_arn: dict[str, Topic] = {}
        self.signer: Any = None

    def drop(self, arn: str) -> None:
        self.by_arn.pop(arn, None)

    def clear(self) -> None:
        self.by_arn.clear()
        self.signer = None


class TopicRow(NamedTuple):
    """A row; ``attributes`` and ``tags`` parsed."""

    arn: str
    account: str
    attributes: dict[str, str]
    tags: dict[str, str]
    unsubscribed: int


def check_arn(arn: str | None, parameter: str = "TopicArn") -> str:
    if not arn or parse_arn(arn) is None:
        raise malformed_arn(parameter, arn or "")
    return arn


def topic_row(call: Call, arn: str | None) -> TopicRow:
    """The topic of a request; AwsError where there is none."""
    row = call.store.one(tables.FIND_TOPIC, (check_arn(arn),))
    if row is None:
        raise topic_not_found()
    call.span.subject = arn
    return TopicRow(row[0], row[1], orjson.loads(row[2]), orjson.loads(row[3]), row[4])


def find_topic(call: Call, arn: str | None) -> Topic:
    """The same for publishing, from memory."""
    memory: Topics = call.memory
    found = memory.by_arn.get(arn or "")
    if found is None:
        row = topic_row(call, arn)
        subscriptions = call.store.all(tables.SUBSCRIPTIONS_OF_TOPIC, (row.arn,))
        found = Topic(row.arn, row.attributes, [SubscriptionRow(*each) for each in subscriptions])
        memory.by_arn[row.arn] = found
    call.span.subject = arn
    return found


def subscription_row(call: Call, arn: str | None) -> SubscriptionRow:
    row = call.store.one(tables.FIND_SUBSCRIPTION, (check_arn(arn, "SubscriptionArn"),))
    if row is None:
        raise subscription_not_found()
    call.span.subject = arn
    return SubscriptionRow(*row)
