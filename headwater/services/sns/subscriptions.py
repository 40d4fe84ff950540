"""Subscribing, confirming, listing and unsubscribing."""

from __future__ import annotations

import orjson

from headwater.services.sns import tables
from headwater.services.sns.archive import PENDING as REPLAY_PENDING
from headwater.services.sns.archive import start_replay, stop_replay
from headwater.services.sns.confirmation import ask_for_confirmation, expire_later, tell_of_cancellation
from headwater.services.sns.delivery_policy import effective_policy
from headwater.services.sns.endpoints import CONFIRMED_BY_THEIR_OWNER, check_endpoint
from headwater.services.sns.errors import (
    filter_policy_limit_exceeded,
    invalid,
    not_authorized,
    subscription_limit_exceeded,
    subscription_not_found,
)
from headwater.services.sns.explaining import keep_version
from headwater.services.sns.quotas import FIFO_SUBSCRIPTIONS, FILTER_POLICIES, SUBSCRIPTIONS
from headwater.services.sns.subscription_attributes import Subscribing, check_attribute, check_attributes
from headwater.services.sns.topic import SubscriptionRow, check_arn, subscription_row, topic_row
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.numbers import whole
from headwater.spine.operations import ANYBODY, Call, Request, Result, operation

_PAGE = 100
PENDING = "PendingConfirmation"


@operation("sns", "Subscribe")
def subscribe(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"""
    topic = topic_row(call, request.get("TopicArn"))
    protocol, endpoint = request.get("Protocol") or "", request.get("Endpoint") or ""
    check_endpoint(call, topic, protocol, endpoint)
    attributes = check_attributes(call, request.get("Attributes") or {}, Subscribing(topic, protocol, endpoint))
    row = call.store.one(tables.FIND_BY_ENDPOINT, (topic.arn, protocol, endpoint))
    if row is not None:
        return _again(call, SubscriptionRow(*row), attributes, request)
    quota = FIFO_SUBSCRIPTIONS if topic.arn.endswith(".fifo") else SUBSCRIPTIONS
    if call.is_full(quota, tables.COUNT_ALL_SUBSCRIPTIONS, (topic.arn,)):
        raise subscription_limit_exceeded()
    check_filters(call, topic.arn, "", attributes.get("FilterPolicy"))
    confirmed = protocol not in CONFIRMED_BY_THEIR_OWNER
    arn = f"{topic.arn}:{call.ids.uuid()}"
    made = SubscriptionRow(
        *(arn, call.new_id(), topic.arn, call.account, protocol, endpoint, _kept(attributes), call.principal),
        token=None if confirmed else call.ids.hex(320),
        confirmed=int(confirmed),
        authenticated=int(confirmed),
        expiry=None if confirmed else expire_later(call, arn),
    )
    _insert(call, made)
    if attributes.get("ReplayPolicy"):
        start_replay(call, arn)
    if not confirmed:
        ask_for_confirmation(call, made)
    return _shown(made, request)


def check_filters(call: Call, topic: str, arn: str, policy: str | None) -> None:
    """AwsError where one more subscription with a filter policy would be too many; ``arn`` is the one that gets it."""
    if policy and policy != "{}" and call.is_full(FILTER_POLICIES, tables.COUNT_FILTERED, (topic, arn)):
        raise filter_policy_limit_exceeded()


def _kept(attributes: dict[str, str]) -> str:
    replay = {"ReplayStatus": REPLAY_PENDING} if attributes.get("ReplayPolicy") else {}
    return orjson.dumps(attributes | replay).decode()


def _insert(call: Call, row: SubscriptionRow) -> None:
    topic = parse_arn(row.topic)
    region = topic.region if topic else call.region
    values = (*row[:4], region, *row[4:])
    call.store.run(tables.INSERT_SUBSCRIPTION, values)
    _changed(call, row.topic, row.arn)


def _shown(row: SubscriptionRow, request: Request) -> Result:
    shown = row.confirmed or request.get("ReturnSubscriptionArn")
    return {"SubscriptionArn": row.arn if shown else "pending confirmation"}


def _changed(call: Call, topic: str, arn: str) -> None:
    """After a row was written."""
    keep_version(call, topic, arn)
    call.memory.drop(topic)


def _again(call: Call, row: SubscriptionRow, attributes: dict[str, str], request: Request) -> Result:
    """The same endpoint once more is the same subscription, if its attributes are the same."""
    existing = orjson.loads(row.attributes)
    if any(existing.get(name) != value for name, value in attributes.items()):
        raise invalid("Attributes Reason: Subscription already exists with different attributes")
    if not row.confirmed and row.token is not None:
        ask_for_confirmation(call, row)
    return _shown(row, request)


@operation("sns", "ConfirmSubscription")
def confirm_subscription(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html"""
    token = request.get("Token") or ""
    arn = request.get("TopicArn") or ""
    if parse_arn(arn) is None:
        raise invalid("Topic")
    if len(token) < 64:
        raise AwsError("InvalidParameter", "Invalid token")
    row = call.store.one(tables.FIND_BY_TOKEN, (arn, token)) or _restore(call, arn, token)
    if row is None:
        raise invalid("Token")
    subscription = SubscriptionRow(*row)
    if subscription.expiry is not None:
        call.cancel(subscription.expiry)
    authenticated = str(request.get("AuthenticateOnUnsubscribe") or "").lower() == "true"
    call.store.run(tables.CONFIRM_SUBSCRIPTION, (int(authenticated), subscription.arn))
    _changed(call, arn, subscription.arn)
    call.span.subject = subscription.arn
    return {"SubscriptionArn": subscription.arn}


def _restore(call: Call, topic: str, token: str) -> tuple[object, ...] | None:
    """The subscription whose end a token undoes."""
    found = call.store.one(tables.FIND_CANCELLED, (token, topic))
    if found is None:
        return None
    row = SubscriptionRow(*orjson.loads(found[0]))
    call.store.run(tables.DELETE_CANCELLED, (token,))
    if call.store.one(tables.FIND_BY_ENDPOINT, (topic, row.protocol, row.endpoint)) is not None:
        return None
    restored = row._replace(token=token, expiry=None)
    _insert(call, restored)
    return restored


@operation("sns", "Unsubscribe")
def unsubscribe(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html: what is not there is as good as gone."""
    parsed = parse_arn(check_arn(request.get("SubscriptionArn"), "SubscriptionArn"))
    if parsed is not None and ":" not in parsed.resource:
        raise invalid("SubscriptionId")
    try:
        row = subscription_row(call, request.get("SubscriptionArn"))
    except AwsError as error:
        if error.code == subscription_not_found().code:
            return {}
        raise
    theirs = row.protocol in CONFIRMED_BY_THEIR_OWNER
    if theirs and call.principal == ANYBODY:
        if row.authenticated:
            raise not_authorized("Unsubscribe")
        if row.confirmed:
            tell_of_cancellation(call, row)
    if row.expiry is not None:
        call.cancel(row.expiry)
    stop_replay(call, row.arn)
    call.store.run(tables.DELETE_SUBSCRIPTION, (row.arn,))
    call.store.run(tables.COUNT_UNSUBSCRIBED, (row.topic,))
    _changed(call, row.topic, row.arn)
    return {}


@operation("sns", "GetSubscriptionToken", internal=True, reads=True)
def get_subscription_token(call: Call, request: Request) -> Result:
    """The ``Token`` by which a subscription is confirmed; none where its owner needs to confirm nothing."""
    row = call.store.one(tables.FIND_SUBSCRIPTION, (request["SubscriptionArn"],))
    if row is None:
        raise subscription_not_found()
    return {"Token": SubscriptionRow(*row).token}


@operation("sns", "GetSubscriptionAttributes", reads=True)
def get_subscription_attributes(call: Call, request: Request) -> Result:
    row = subscription_row(call, request.get("SubscriptionArn"))
    attributes: dict[str, str] = orjson.loads(row.attributes)
    if row.protocol.startswith("http"):
        topic = topic_row(call, row.topic).attributes.get("DeliveryPolicy")
        attributes["EffectiveDeliveryPolicy"] = effective_policy(attributes.get("DeliveryPolicy"), topic)
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
    to = Subscribing(topic_row(call, row.topic), row.protocol, row.endpoint)
    checked = check_attribute(call, name, value, to, attributes.get("FilterPolicyScope"))
    if name == "FilterPolicyScope" and attributes.get("FilterPolicy"):
        check_attribute(call, "FilterPolicy", attributes["FilterPolicy"], to, value)
    if name == "FilterPolicy":
        check_filters(call, row.topic, row.arn, checked)
    attributes[name] = checked
    if name == "ReplayPolicy":
        attributes["ReplayStatus"] = REPLAY_PENDING if checked else ""
        start_replay(call, row.arn) if checked else stop_replay(call, row.arn)
    call.store.run(tables.SET_SUBSCRIPTION_ATTRIBUTES, (orjson.dumps(attributes).decode(), row.arn))
    _changed(call, row.topic, row.arn)
    call.span.subject = row.arn
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
    after = whole(token)
    if after is None:
        raise invalid("NextToken")
    return after


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
