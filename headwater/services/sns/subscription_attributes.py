"""The attributes of subscriptions, checked.

https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from headwater.languages.patterns import SNS_ATTRIBUTES, SNS_BODY, InvalidPattern, compile_pattern
from headwater.services.sns.errors import invalid
from headwater.spine.arns import parse_arn

_SCOPES = ("MessageAttributes", "MessageBody")
_WHILE_SUBSCRIBING = "Attributes Reason: "


def check_attributes(given: Mapping[str, str]) -> dict[str, str]:
    """Those of a Subscribe request; AwsError where SNS refuses one."""
    scope = given.get("FilterPolicyScope")
    for name, value in given.items():
        check_attribute(name, value, scope, _WHILE_SUBSCRIBING)
    return dict(given)


def check_attribute(name: str, value: str, scope: str | None, prefix: str) -> None:
    match name:
        case "RawMessageDelivery":
            if value.lower() not in ("true", "false"):
                raise invalid(f"{prefix}RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
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
                _check_redrive(value, prefix)
        case "DeliveryPolicy":
            if value:
                _parse(name, value, prefix)
        case "SubscriptionRoleArn" | "ReplayPolicy":
            pass
        case _:
            raise invalid("AttributeName" if not prefix else f"{prefix}Unknown attribute: {name}")


def _check_filter(text: str, scope: str | None, prefix: str) -> None:
    _parse("FilterPolicy", text, prefix)
    try:
        compile_pattern(text, SNS_BODY if scope == "MessageBody" else SNS_ATTRIBUTES)
    except InvalidPattern as refusal:
        raise invalid(f"{prefix}{refusal.message}") from None


def _check_redrive(text: str, prefix: str) -> None:
    target = _parse("RedrivePolicy", text, prefix).get("deadLetterTargetArn")
    arn = parse_arn(str(target))
    if arn is None or arn.service != "sqs":
        raise invalid(f"{prefix}RedrivePolicy: deadLetterTargetArn is an invalid arn")


def _parse(name: str, text: str, prefix: str) -> dict[str, object]:
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        raise invalid(f"{prefix}{name}: failed to parse JSON.")
    return parsed
