"""A topic and its subscriptions as publishing sees them, compiled and kept in memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.languages.patterns import SNS_ATTRIBUTES, SNS_BODY, compile_pattern
from headwater.services.sns import tables
from headwater.services.sns.access import check_access
from headwater.services.sns.delivery_policy import CONTENT_TYPE, HttpPolicy
from headwater.services.sns.errors import invalid, malformed_arn, subscription_not_found, topic_not_found
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Policy
from headwater.spine.operations import Call

LARGEST_MESSAGE = 262_144
# https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
_TO_AWS = Policy(
    attempts=100_015,
    age=23 * 86_400_000,
    backoff=20_000,
    rate=1.0,
    delays=(0, 0, 0, 1000, 1000, *(min(20_000, round(1000 * 20 ** (step / 9))) for step in range(10))),
)
_TO_PEOPLE = Policy(
    attempts=50,
    backoff=600_000,
    rate=1.0,
    most=600_000,
    delays=(10_000, 10_000, *(min(600_000, round(10_000 * 60 ** (step / 9))) for step in range(10))),
)
TO_PEOPLE = frozenset({"email", "email-json", "sms", "application"})


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
    expiry: int | None


class Subscription:
    """A confirmed subscription, compiled. ``live``: it gets what is published now, not a replay in its place."""

    __slots__ = (
        *("arn", "body_scope", "content_type", "dead_letter", "endpoint", "filter", "interval", "live", "policy"),
        *("protocol", "raw"),
    )

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
        replay = orjson.loads(attributes.get("ReplayPolicy") or "{}")
        caught_up = attributes.get("ReplayStatus") == "Completed" and "EndingPoint" not in replay
        self.live = not replay or caught_up
        self.policy = _TO_PEOPLE if row.protocol in TO_PEOPLE else _TO_AWS
        self.interval, self.content_type = 0.0, CONTENT_TYPE
        if row.protocol in ("http", "https"):
            http = HttpPolicy(attributes.get("DeliveryPolicy"), topic_delivery_policy)
            self.policy, self.interval, self.content_type = http.retries, http.interval, http.content_type


class Topic:
    """The settings of a topic that publishing needs."""

    __slots__ = (
        *(
            "account",
            "archived",
            "arn",
            "content_deduplication",
            "display_name",
            "fifo",
            "group_deduplication",
            "key",
            "largest",
        ),
        *("access_policy", "subscriptions", "version"),
    )

    def __init__(self, arn: str, attributes: dict[str, str], rows: list[SubscriptionRow]) -> None:
        self.arn = arn
        self.account = arn.split(":")[4]
        self.access_policy = attributes.get("Policy")
        self.fifo = attributes.get("FifoTopic") == "true"
        self.content_deduplication = attributes.get("ContentBasedDeduplication") == "true"
        self.group_deduplication = attributes.get("FifoThroughputScope") == "MessageGroup"
        # the key of KMS with which messages are said to be encrypted
        self.key = attributes.get("KmsMasterKeyId") or None
        self.version = attributes.get("SignatureVersion", "1")
        self.largest = int(attributes.get("MaximumMessageSize", LARGEST_MESSAGE))
        self.display_name = attributes.get("DisplayName") or None
        # for how many days messages are archived: 0 where they are not
        self.archived = int(orjson.loads(attributes.get("ArchivePolicy") or "{}").get("MessageRetentionPeriod", 0))
        delivery_policy = attributes.get("DeliveryPolicy")
        self.subscriptions = [Subscription(row, delivery_policy) for row in rows if row.confirmed]


class Topics:
    """Topics by ARN. Filled from rows; whoever changes a row of a topic or its subscriptions drops it."""

    def __init__(self) -> None:
        self.by_arn: dict[str, Topic] = {}
        self.signer: Any = None
        # by subscription, when (ms) its delivery policy lets the next one go: kept by rows once it is reserved
        self.next_turn: dict[str, float] = {}

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
    found = TopicRow(row[0], row[1], orjson.loads(row[2]), orjson.loads(row[3]), row[4])
    if found.account != call.account:
        check_access(call, found.arn, found.attributes.get("Policy"))
    return found


def find_topic(call: Call, arn: str | None) -> Topic:
    """The same for publishing, from memory."""
    memory: Topics = call.memory
    found = memory.by_arn.get(arn or "")
    if found is None:
        check_region(call, check_arn(arn))
        row = topic_row(call, arn)
        subscriptions = call.store.all(tables.SUBSCRIPTIONS_OF_TOPIC, (row.arn,))
        found = Topic(row.arn, row.attributes, [SubscriptionRow(*each) for each in subscriptions])
        memory.by_arn[row.arn] = found
    call.span.subject = arn
    if found.account != call.account:
        check_access(call, found.arn, found.access_policy)
    return found


def check_region(call: Call, arn: str) -> None:
    """A topic is published to where it is."""
    parsed = parse_arn(arn)
    if parsed is not None and parsed.region != call.region:
        raise invalid("TopicArn")


def subscription_row(call: Call, arn: str | None) -> SubscriptionRow:
    row = call.store.one(tables.FIND_SUBSCRIPTION, (check_arn(arn, "SubscriptionArn"),))
    if row is None:
        raise subscription_not_found()
    call.span.subject = arn
    return SubscriptionRow(*row)
