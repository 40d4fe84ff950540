"""Making, listing, describing and deleting topics."""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson

from headwater.services.sns import tables
from headwater.services.sns.archive import beginning, check_archive_policy
from headwater.services.sns.delivery_policy import check_topic_policy, effective_topic_policy
from headwater.services.sns.errors import invalid, required, topic_limit_exceeded
from headwater.services.sns.explaining import keep_version
from headwater.services.sns.paging import after_arn
from headwater.services.sns.quotas import FIFO_TOPICS, TOPICS
from headwater.services.sns.topic import LARGEST_MESSAGE, TopicRow, check_arn, topic_row
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.permissions import check_passing
from headwater.spine.timestamps import iso8601_milliseconds

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo\Z")
_PAGE = 100
_BOOLEAN = frozenset({"FifoTopic", "ContentBasedDeduplication"})
_CHOICES = {
    "SignatureVersion": ("1", "2"),
    "TracingConfig": ("PassThrough", "Active"),
    "FifoThroughputScope": ("Topic", "MessageGroup"),
}
_LONGEST_DISPLAY_NAME = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]")
_MOST_WITH_LARGE = 100
_FEEDBACK = re.compile(
    r"(Application|HTTP|Lambda|SQS|Firehose)(SuccessFeedbackRoleArn|FailureFeedbackRoleArn|SuccessFeedbackSampleRate)\Z"
)
_ACTIONS = (
    *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe"),
    *("ListSubscriptionsByTopic", "Publish"),
)
_OWN = "ArchivedSince"  # ours, not AWS's: when (ms) the archive began


@operation("sns", "CreateTopic")
def create_topic(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html: the same name again is the same topic."""
    name = request.get("Name") or ""
    if request.get("DataProtectionPolicy"):
        raise not_implemented("The DataProtectionPolicy of a topic")
    given = dict(request.get("Attributes") or {})
    fifo = given.get("FifoTopic", "").lower() == "true"
    attributes = {key: check_attribute(key, value, fifo, creating=True) for key, value in given.items()}
    _hand_over_roles(call, attributes)
    _check_name(name, fifo)
    tags = tags_of(request.get("Tags") or ())
    arn = make_arn("sns", call.region, call.account, name)
    row = call.store.one(tables.FIND_TOPIC, (arn,))
    call.span.subject = arn
    if row is not None:
        _check_same(orjson.loads(row[2]), attributes, orjson.loads(row[3]), tags)
        return {"TopicArn": arn}
    if call.is_full(FIFO_TOPICS if fifo else TOPICS, tables.COUNT_TOPICS, (call.account, call.region, int(fifo))):
        raise topic_limit_exceeded()
    if not fifo:
        attributes.pop("FifoTopic", None)
    if attributes.get("ArchivePolicy"):
        attributes[_OWN] = str(call.now)
    texts = (orjson.dumps(attributes).decode(), orjson.dumps(tags).decode())
    call.store.run(tables.INSERT_TOPIC, (arn, call.account, call.region, *texts))
    return {"TopicArn": arn}


def _check_name(name: str, fifo: bool) -> None:
    if fifo and not _FIFO_NAME.match(name):
        raise invalid(
            "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, "
            "numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
        )
    if not fifo and not _NAME.match(name):
        raise invalid("Topic Name")


def _check_same(
    existing: dict[str, str], attributes: dict[str, str], existing_tags: dict[str, str], tags: dict[str, str]
) -> None:
    if any(existing.get(key) != value for key, value in attributes.items() if (key, value) != ("FifoTopic", "false")):
        raise invalid("Attributes Reason: Topic already exists with different attributes")
    if tags and any(existing_tags.get(key) != value for key, value in tags.items()):
        raise invalid("Tags Reason: Topic already exists with different tags")


def _hand_over_roles(call: Call, attributes: Mapping[str, str]) -> None:
    """Those in which SNS tells how deliveries went."""
    for name, role in attributes.items():
        if role and name.endswith("FeedbackRoleArn"):
            check_passing(call, role, "sns")


def check_attribute(name: str, value: str | None, fifo: bool, creating: bool = False) -> str:
    """The value of a topic's attribute as it is kept; AwsError where SNS refuses it."""
    text = value or ""
    prefix = "Attributes Reason: " if creating else ""
    if name == "FifoTopic" and not creating:
        raise invalid("AttributeName")
    if name in _BOOLEAN:
        if text.lower() not in ("true", "false"):
            raise invalid(f"{prefix}{name}: Invalid value [{text}]. Must be true or false.")
        return text.lower()
    if name in _CHOICES and text not in _CHOICES[name]:
        raise invalid(f"{prefix}{name}")
    match name:
        case "DeliveryPolicy":
            return check_topic_policy(text, prefix) if text else ""
        case "ArchivePolicy":
            return check_archive_policy(text, fifo, prefix) if text else ""
        case "Policy" if text and not _is_object(text):
            raise invalid(f"{prefix}{name}: failed to parse JSON.")
        case "MaximumMessageSize" if not text.isdecimal() or not 1024 <= int(text) <= 1_048_576:
            raise invalid(f"{prefix}{name}")
        case "DisplayName" if len(text) > _LONGEST_DISPLAY_NAME or _CONTROL.search(text):
            raise invalid(f"{prefix}{name}")
        case "Policy" | "MaximumMessageSize" | "DisplayName" | "KmsMasterKeyId":
            return text
    if name in _CHOICES or _FEEDBACK.match(name):
        return text
    raise invalid("AttributeName" if not creating else f"Attributes Reason: Unknown attribute {name}")


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


@operation("sns", "SetTopicAttributes")
def set_topic_attributes(call: Call, request: Request) -> Result:
    topic = topic_row(call, request.get("TopicArn"))
    name = request.get("AttributeName") or ""
    checked = check_attribute(name, request.get("AttributeValue"), topic.attributes.get("FifoTopic") == "true")
    _hand_over_roles(call, {name: checked})
    attributes = topic.attributes | {name: checked}
    if name == "ArchivePolicy":
        _change_archive(call, topic, attributes)
    if name == "MaximumMessageSize" and int(checked) > LARGEST_MESSAGE:
        _check_takes_large(call, topic)
    save_attributes(call, topic, attributes)
    return {}


def _change_archive(call: Call, topic: TopicRow, attributes: dict[str, str]) -> None:
    """Switched off, its messages go; a change of its length leaves them."""
    if not attributes["ArchivePolicy"]:
        call.store.run(tables.DELETE_TOPIC_ARCHIVE, (topic.arn,))
    elif not topic.attributes.get("ArchivePolicy"):
        attributes[_OWN] = str(call.now)


def _check_takes_large(call: Call, topic: TopicRow) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html: MaximumMessageSize above 256 KiB"""
    confirmed, pending = call.store.one(tables.COUNT_SUBSCRIPTIONS, (topic.arn,)) or (0, 0)
    others = call.store.one(tables.COUNT_OTHERS, (topic.arn,)) or (0,)
    if confirmed + pending > _MOST_WITH_LARGE or others[0]:
        raise invalid(
            "MaximumMessageSize Reason: above 256 KiB a topic can have at most 100 subscriptions, "
            "each of them to Amazon SQS, Amazon Data Firehose or Lambda"
        )


def save_attributes(call: Call, topic: TopicRow, attributes: dict[str, str]) -> None:
    call.store.run(tables.SET_TOPIC_ATTRIBUTES, (orjson.dumps(attributes).decode(), topic.arn))
    call.memory.drop(topic.arn)


@operation("sns", "GetTopicAttributes", reads=True)
def get_topic_attributes(call: Call, request: Request) -> Result:
    topic = topic_row(call, request.get("TopicArn"))
    confirmed, pending = call.store.one(tables.COUNT_SUBSCRIPTIONS, (topic.arn,)) or (0, 0)
    attributes = {
        "TopicArn": topic.arn,
        "Owner": topic.account,
        "Policy": default_policy(topic),
        "DisplayName": "",
        "SubscriptionsConfirmed": str(confirmed),
        "SubscriptionsPending": str(pending),
        "SubscriptionsDeleted": str(topic.unsubscribed),
        "EffectiveDeliveryPolicy": effective_topic_policy(topic.attributes.get("DeliveryPolicy")),
    }
    if topic.attributes.get("FifoTopic") == "true":
        attributes["ContentBasedDeduplication"] = "false"
    if since := beginning(topic.attributes, call.now):
        attributes["BeginningArchiveTime"] = iso8601_milliseconds(since)
    shown = {name: value for name, value in topic.attributes.items() if name != _OWN}
    given = {name: value for name, value in shown.items() if value or name == "DisplayName"}
    return {"Attributes": attributes | given}


def default_policy(topic: TopicRow) -> str:
    """What a topic without a policy of its own allows: everything to its owner."""
    return orjson.dumps(
        {
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [
                {
                    "Sid": "__default_statement_ID",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [f"SNS:{action}" for action in _ACTIONS],
                    "Resource": topic.arn,
                    "Condition": {"StringEquals": {"AWS:SourceOwner": topic.account}},
                }
            ],
        }
    ).decode()


@operation("sns", "ListTopics", reads=True)
def list_topics(call: Call, request: Request) -> Result:
    after = after_arn(request)
    arns = [arn for (arn,) in call.store.all(tables.LIST_TOPICS, (call.account, call.region, after, _PAGE + 1))]
    result: Result = {"Topics": [{"TopicArn": arn} for arn in arns[:_PAGE]]}
    if len(arns) > _PAGE:
        result["NextToken"] = arns[_PAGE - 1]
    return result


@operation("sns", "DeleteTopic")
def delete_topic(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html: what is not there is as good as deleted."""
    arn = check_arn(request.get("TopicArn"))
    there = call.store.one(tables.FIND_TOPIC, (arn,)) is not None
    if there and topic_row(call, arn).attributes.get("ArchivePolicy"):
        raise AwsError("InvalidState", "Invalid state: Cannot delete a topic with an ArchivePolicy")
    subscriptions = [row[0] for row in call.store.all(tables.SUBSCRIPTIONS_OF_TOPIC, (arn,))]
    for (expiry,) in call.store.all(tables.PENDING_OF_TOPIC, (arn,)):
        call.cancel(expiry)
    for statement in tables.DELETE_ALL_OF_TOPIC:
        call.store.run(statement, (arn,))
    for subscription in subscriptions:
        keep_version(call, arn, subscription)
    call.memory.drop(arn)
    return {}


def tags_of(entries: list[Mapping[str, str]] | tuple[()]) -> dict[str, str]:
    tags = {required(entry, "Key"): required(entry, "Value") for entry in entries}
    if len(tags) < len(entries):
        raise invalid("Duplicated keys are not allowed.")
    if any(map(_CONTROL.search, (*tags, *tags.values()))):
        raise invalid("Tags")
    return tags
