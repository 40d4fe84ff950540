"""The attributes of subscriptions, checked.

https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from headwater.languages.patterns import SNS_ATTRIBUTES, SNS_BODY, InvalidPattern, compile_pattern
from headwater.services.sns.archive import check_replay_policy
from headwater.services.sns.delivery_policy import check_subscription_policy
from headwater.services.sns.errors import invalid
from headwater.services.sns.topic import TopicRow
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call
from headwater.spine.permissions import check_passing

_SCOPES = ("MessageAttributes", "MessageBody")
_RAW = ("sqs", "http", "https", "firehose")
_WHILE_SUBSCRIBING = "Attributes Reason: "


class Subscribing(NamedTuple):
    """To what, and how."""

    topic: TopicRow
    protocol: str
    endpoint: str


def check_attributes(call: Call, given: Mapping[str, str], to: Subscribing) -> dict[str, str]:
    """Those of a Subscribe request, as they are kept; AwsError where SNS refuses one."""
    scope = given.get("FilterPolicyScope")
    return {name: check_attribute(call, name, value, to, scope, _WHILE_SUBSCRIBING) for name, value in given.items()}


def check_attribute(call: Call, name: str, value: str, to: Subscribing, scope: str | None, prefix: str = "") -> str:
    match name:
        case "RawMessageDelivery":
            return _raw(value, to.protocol, prefix)
        case "FilterPolicy":
            if value and value != "{}":
                _check_filter(value, scope, prefix)
        case "FilterPolicyScope":
            if value not in _SCOPES:
                raise invalid(
                    f"{prefix}FilterPolicyScope: Invalid value [{value}]. "
                    "Please use either MessageBody or MessageAttributes"
                )
        case "RedrivePolicy":
            if value:
                _check_redrive(value, to, prefix)
        case "DeliveryPolicy":
            if value and not to.protocol.startswith("http"):
                raise invalid(f"{prefix}DeliveryPolicy: protocol {to.protocol} does not support delivery policies")
            return check_subscription_policy(value, prefix) if value else ""
        case "ReplayPolicy":
            return check_replay_policy(call, value, to.topic, prefix) if value else ""
        case "SubscriptionRoleArn":
            check_passing(call, value, "sns")
        case _:
            raise invalid("AttributeName" if not prefix else f"{prefix}Unknown attribute: {name}")
    return value


def _raw(value: str, protocol: str, prefix: str) -> str:
    if value.lower() not in ("true", "false"):
        raise invalid(f"{prefix}RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
    if value.lower() == "true" and protocol not in _RAW:
        raise invalid(f"{prefix}Delivery protocol [{protocol}] does not support raw message delivery.")
    return value.lower()


def _check_filter(text: str, scope: str | None, prefix: str) -> None:
    _parse("FilterPolicy", text, prefix)
    try:
        compile_pattern(text, SNS_BODY if scope == "MessageBody" else SNS_ATTRIBUTES)
    except InvalidPattern as refusal:
        raise invalid(f"{prefix}{refusal.message}") from None


def _check_redrive(text: str, to: Subscribing, prefix: str) -> None:
    target = str(_parse("RedrivePolicy", text, prefix).get("deadLetterTargetArn"))
    arn = parse_arn(target)
    if arn is None or arn.service != "sqs":
        raise invalid(f"{prefix}RedrivePolicy: deadLetterTargetArn is an invalid arn")
    if to.endpoint.endswith(".fifo") and to.protocol == "sqs" and not target.endswith(".fifo"):
        raise invalid(f"{prefix}RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.")


def _parse(name: str, text: str, prefix: str) -> dict[str, Any]:
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        raise invalid(f"{prefix}{name}: failed to parse JSON.")
    return parsed
