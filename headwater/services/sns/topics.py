"""Making, listing, describing and deleting topics."""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson

from headwater.services.sns import tables
from headwater.services.sns.errors import invalid
from headwater.services.sns.explaining import keep_version
from headwater.services.sns.topic import HTTP_RETRIES, TopicRow, check_arn, topic_row
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call, Request, Result, operation

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo\Z")
_PAGE = 100
_BOOLEAN = frozenset({"FifoTopic", "ContentBasedDeduplication"})
_JSON = frozenset({"Policy", "DeliveryPolicy", "ArchivePolicy"})
_TEXT = frozenset({"DisplayName", "KmsMasterKeyId", "TracingConfig", "SignatureVersion", "FifoThroughputScope"})
_NUMERIC = frozenset({"MaximumMessageSize"})
_FEEDBACK = re.compile(
    r"(Application|HTTP|Lambda|SQS|Firehose)(SuccessFeedbackRoleArn|FailureFeedbackRoleArn|SuccessFeedbackSampleRate)\Z"
)
_ACTIONS = (
    *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic"),
    *("Subscribe", "ListSubscriptionsByTopic", "Publish"),
)


@operation("sns", "CreateTopic")
def create_topic(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html: the same name again is the same topic."""
    name = request.get("Name") or ""
    given = dict(request.get("Attributes") or {})
    attributes = {key: check_attribute(key, value, creating=True) for key, value in given.items()}
    fifo = attributes.get("FifoTopic") == "true"
    _check_name(name, fifo)
    tags = tags_of(request.get("Tags") or ())
    arn = make_arn("sns", call.region, call.account, name)
    row = call.store.one(tables.FIND_TOPIC, (arn,))
    call.span.subject = arn
    if row is not None:
        _check_same(orjson.loads(row[2]), attributes, orjson.loads(row[3]), tags)
        return {"TopicArn": arn}
    if not fifo:
        attributes.pop("FifoTopic", None)
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


def check_attribute(name: str, value: str | None, creating: bool = False) -> str:
    """The value of a topic's attribute; AwsError where SNS refuses it."""
    text = value or ""
    prefix = "Attributes Reason: " if creating else ""
    if name == "FifoTopic" and not creating:
        raise invalid("AttributeName")
    if name in _BOOLEAN:
        if text.lower() not in ("true", "false"):
            raise invalid(f"{prefix}{name}: Invalid value [{text}]. Must be true or false.")
        return text.lower()
    if name in _JSON:
        if text and not _is_object(text):
            raise invalid(f"{prefix}{name}: failed to parse JSON.")
        return text
    if name in _NUMERIC:
        if not text.isdecimal() or not 1024 <= int(text) <= 1_048_576:
            raise invalid(f"{prefix}{name}")
        return text
    if name == "SignatureVersion" and text not in ("1", "2"):
        raise invalid(f"{prefix}SignatureVersion")
    if name in _TEXT or _FEEDBACK.match(name):
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
    attributes = topic.attributes | {name: check_attribute(name, request.get("AttributeValue"))}
    save_attributes(call, topic, attributes)
    return {}


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
        "EffectiveDeliveryPolicy": _effective_delivery_policy(topic.attributes.get("DeliveryPolicy")),
    }
    if topic.attributes.get("FifoTopic") == "true":
        attributes["ContentBasedDeduplication"] = "false"
    given = {name: value for name, value in topic.attributes.items() if value or name == "DisplayName"}
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


def _effective_delivery_policy(text: str | None) -> str:
    given = (orjson.loads(text) if text else {}).get("http") or {}
    effective = {
        "defaultHealthyRetryPolicy": HTTP_RETRIES | (given.get("defaultHealthyRetryPolicy") or {}),
        "disableSubscriptionOverrides": given.get("disableSubscriptionOverrides", False),
        "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"}
        | (given.get("defaultRequestPolicy") or {}),
    }
    return orjson.dumps({"http": effective}).decode()


@operation("sns", "ListTopics", reads=True)
def list_topics(call: Call, request: Request) -> Result:
    after = request.get("NextToken") or ""
    arns = [arn for (arn,) in call.store.all(tables.LIST_TOPICS, (call.account, call.region, after, _PAGE + 1))]
    result: Result = {"Topics": [{"TopicArn": arn} for arn in arns[:_PAGE]]}
    if len(arns) > _PAGE:
        result["NextToken"] = arns[_PAGE - 1]
    return result


@operation("sns", "DeleteTopic")
def delete_topic(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html: what is not there is as good as deleted."""
    arn = check_arn(request.get("TopicArn"))
    subscriptions = [row[0] for row in call.store.all(tables.SUBSCRIPTIONS_OF_TOPIC, (arn,))]
    for statement in (tables.DELETE_TOPIC_SUBSCRIPTIONS, tables.DELETE_TOPIC_DEDUPLICATION, tables.DELETE_TOPIC):
        call.store.run(statement, (arn,))
    for subscription in subscriptions:
        keep_version(call, arn, subscription)
    call.memory.drop(arn)
    return {}


def tags_of(entries: list[Mapping[str, str]] | tuple[()]) -> dict[str, str]:
    tags = {entry["Key"]: entry["Value"] for entry in entries}
    if len(tags) < len(entries):
        raise invalid("Duplicated keys are not allowed.")
    return tags
