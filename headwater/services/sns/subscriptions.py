"""Subscribing, confirming, listing and unsubscribing."""

from __future__ import annotations

import orjson

from headwater.services.sns import tables
from headwater.services.sns.confirmation import ask_for_confirmation
from headwater.services.sns.errors import invalid, subscription_not_found
from headwater.services.sns.explaining import keep_version
from headwater.services.sns.subscription_attributes import check_attribute, check_attributes
from headwater.services.sns.topic import SubscriptionRow, TopicRow, check_arn, subscription_row, topic_row
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 100
_PROTOCOLS = frozenset({"sqs", "lambda", "http", "https"})
_LACKED = frozenset({"email", "email-json", "sms", "application", "firehose"})
PENDING = "PendingConfirmation"


@operation("sns", "Subscribe")
def subscribe(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"""
    topic = topic_row(call, request.get("TopicArn"))
    protocol, endpoint = request.get("Protocol") or "", request.get("Endpoint") or ""
    _check_endpoint(topic, protocol, endpoint)
    attributes = check_attributes(request.get("Attributes") or {})
    row = call.store.one(tables.FIND_BY_ENDPOINT, (topic.arn, protocol, endpoint))
    if row is not None:
        return _again(call, SubscriptionRow(*row), attributes, request)
    confirmed = not protocol.startswith("http")
    token = None if confirmed else call.ids.hex(320)
    arn = f"{topic.arn}:{call.ids.uuid()}"
    texts = (orjson.dumps(attributes).decode(), call.principal, token)
    values = (arn, call.new_id(), topic.arn, call.account, call.region, protocol, endpoint, *texts, int(confirmed), 1)
    call.store.run(tables.INSERT_SUBSCRIPTION, values)
    _changed(call, topic.arn, arn)
    if token is not None:
        ask_for_confirmation(call, topic.arn, arn, endpoint, token)
    shown = confirmed or request.get("ReturnSubscriptionArn")
    return {"SubscriptionArn": arn if shown else "pending confirmation"}


def _changed(call: Call, topic: str, arn: str) -> None:
    """After a row was written."""
    keep_version(call, topic, arn)
    call.memory.drop(topic)


def _check_endpoint(topic: TopicRow, protocol: str, endpoint: str) -> None:
    if protocol in _LACKED:
        raise not_implemented(f"A subscription with the protocol {protocol}")
    if protocol not in _PROTOCOLS:
        raise invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    if protocol.startswith("http"):
        if not endpoint.startswith(f"{protocol}://"):
            raise invalid("Endpoint must match the specified protocol")
        return
    arn = parse_arn(endpoint)
    if arn is None or arn.service != protocol:
        raise invalid("SQS endpoint ARN" if protocol == "sqs" else "Lambda endpoint ARN")
    fifo_topic = topic.attributes.get("FifoTopic") == "true"
    if protocol == "sqs" and arn.resource.endswith(".fifo") and not fifo_topic:
        raise invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        )
    if fifo_topic and protocol != "sqs":
        raise invalid(f"Invalid parameter: Endpoint Reason: Please use FIFO SQS queue: {endpoint}")


def _again(call: Call, row: SubscriptionRow, attributes: dict[str, str], request: Request) -> Result:
    """The same endpoint once more is the same subscription, if its attributes are the same."""
    existing = orjson.loads(row.attributes)
    if any(existing.get(name) != value for name, value in attributes.items()):
        raise invalid("Attributes Reason: Subscription already exists with different attributes")
    if not row.confirmed and row.token is not None:
        ask_for_confirmation(call, row.topic, row.arn, row.endpoint, row.token)
    shown = row.confirmed or request.get("ReturnSubscriptionArn")
    return {"SubscriptionArn": row.arn if shown else "pending confirmation"}


@operation("sns", "ConfirmSubscription")
def confirm_subscription(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html"""
    token = request.get("Token") or ""
    arn = check_arn(request.get("TopicArn"))
    if len(token) < 64:
        raise AwsError("InvalidParameter", "Invalid token")
    row = call.store.one(tables.FIND_BY_TOKEN, (arn, token))
    if row is None:
        raise invalid("Token")
    subscription = SubscriptionRow(*row)
    authenticated = str(request.get("AuthenticateOnUnsubscribe") or "").lower() == "true"
    call.store.run(tables.CONFIRM_SUBSCRIPTION, (int(authenticated), subscription.arn))
    _changed(call, arn, subscription.arn)
    call.span.subject = subscription.arn
    return {"SubscriptionArn": subscription.arn}


@operation("sns", "Unsubscribe")
def unsubscribe(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html: what is not there is as good as gone."""
    try:
        row = subscription_row(call, request.get("SubscriptionArn"))
    except AwsError as error:
        if error.code == subscription_not_found().code:
            return {}
        raise
    call.store.run(tables.DELETE_SUBSCRIPTION, (row.arn,))
    call.store.run(tables.COUNT_UNSUBSCRIBED, (row.topic,))
    _changed(call, row.topic, row.arn)
    return {}


@operation("sns", "GetSubscriptionAttributes", reads=True)
def get_subscription_attributes(call: Call, request: Request) -> Result:
    row = subscription_row(call, request.get("SubscriptionArn"))
    attributes: dict[str, str] = orjson.loads(row.attributes)
    if attributes.get("FilterPolicy"):
        attributes.setdefault("FilterPolicyScope", "MessageAttributes")
    described = {
        "SubscriptionArn": row.arn,
        "TopicArn": row.topic,
        "Owner": row.account,
        "Endpoint": row.endpoint,
        "Protocol": row.protocol,
        "RawMessageDelivery": "false",
        "PendingConfirmation": str(not row.confirmed).lower(),
        "ConfirmationWasAuthenticated": str(bool(row.authenticated)).lower(),
        "SubscriptionPrincipal": row.principal,
    }
    return {"Attributes": described | {name: value for name, value in attributes.items() if value}}


@operation("sns", "SetSubscriptionAttributes")
def set_subscription_attributes(call: Call, request: Request) -> Result:
    row = subscription_row(call, request.get("SubscriptionArn"))
    attributes: dict[str, str] = orjson.loads(row.attributes)
    name, value = request.get("AttributeName") or "", request.get("AttributeValue") or ""
    check_attribute(name, value, attributes.get("FilterPolicyScope"), "")
    if name == "FilterPolicyScope" and attributes.get("FilterPolicy"):
        check_attribute("FilterPolicy", attributes["FilterPolicy"], value, "")
    attributes[name] = value
    call.store.run(tables.SET_SUBSCRIPTION_ATTRIBUTES, (orjson.dumps(attributes).decode(), row.arn))
    _changed(call, row.topic, row.arn)
    return {}


@operation("sns", "ListSubscriptions", reads=True)
def list_subscriptions(call: Call, request: Request) -> Result:
    after = _after(request)
    return _page(call.store.all(tables.LIST_SUBSCRIPTIONS, (call.account, call.region, after, _PAGE + 1)))


@operation("sns", "ListSubscriptionsByTopic", reads=True)
def list_subscriptions_by_topic(call: Call, request: Request) -> Result:
    topic = topic_row(call, request.get("TopicArn"))
    return _page(call.store.all(tables.LIST_BY_TOPIC, (topic.arn, _after(request), _PAGE + 1)))


def _after(request: Request) -> int:
    token = request.get("NextToken") or "0"
    if not token.isdecimal():
        raise invalid("NextToken")
    return int(token)


def _page(found: list[tuple[object, ...]]) -> Result:
    rows = [SubscriptionRow(*row) for row in found]  # type: ignore[arg-type]
    result: Result = {
        "Subscriptions": [
            {
                "SubscriptionArn": row.arn if row.confirmed else PENDING,
                "Owner": row.account,
                "Protocol": row.protocol,
                "Endpoint": row.endpoint,
                "TopicArn": row.topic,
            }
            for row in rows[:_PAGE]
        ]
    }
    if len(rows) > _PAGE:
        result["NextToken"] = str(rows[_PAGE - 1].id)
    return result
