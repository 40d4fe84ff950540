"""Policies of advanced parameters: when they expire, and what EventBridge is told before, or where nothing changes.

https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-policies.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from headwater.services.ssm import tables
from headwater.services.ssm.errors import (
    incompatible_policies,
    invalid_policy_attribute,
    policies_limit_exceeded,
    unsupported_policy,
    validation,
)
from headwater.services.ssm.parameter import Parameter, parameter_arn
from headwater.spine.operations import Call

EXPIRATION, EXPIRATION_NOTICE, NO_CHANGE_NOTICE = "Expiration", "ExpirationNotification", "NoChangeNotification"
PENDING, FINISHED = "Pending", "Finished"
_NUMBERS = {EXPIRATION_NOTICE: "Before", NO_CHANGE_NOTICE: "After"}
_UNITS = {"days": 86_400_000, "hours": 3_600_000}
_MOST = 10

Kept = dict[str, Any]
"""A policy as kept: PolicyText, PolicyType and PolicyStatus as they are shown, and when (ms) it was ``Created``."""


def read_policies(text: str, now: int) -> list[Kept]:
    """The policies of a request; an empty one stands for none. AwsError where they mean nothing."""
    try:
        listed = orjson.loads(text)
    except orjson.JSONDecodeError:
        listed = None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise validation("Invalid policies input")
    if len(listed) > _MOST:
        raise policies_limit_exceeded(f"Number of policies attached to a parameter cannot exceed {_MOST}")
    policies = [each for each in listed if each]
    for each in policies:
        _check(each)
    kinds = [each["Type"] for each in policies]
    if kinds.count(EXPIRATION) > 1:
        raise incompatible_policies("There can be only one expiration policy")
    if EXPIRATION_NOTICE in kinds and EXPIRATION not in kinds:
        raise incompatible_policies("Expiration notification policies are missing expiration policy")
    return [
        {
            "PolicyText": orjson.dumps(each).decode(),
            "PolicyType": each["Type"],
            "PolicyStatus": PENDING,
            "Created": now,
        }
        for each in policies
    ]


def _check(policy: Mapping[str, Any]) -> None:
    kind, attributes = policy.get("Type"), policy.get("Attributes")
    if kind != EXPIRATION and kind not in _NUMBERS:
        raise unsupported_policy(f"Policy type {kind} is not supported.")
    if policy.get("Version") != "1.0":
        raise invalid_policy_attribute("Unsupported policy version.")
    if not isinstance(attributes, dict):
        raise invalid_policy_attribute("Mandatory policy attribute Attributes is missing.")
    if kind == EXPIRATION:
        if "Timestamp" not in attributes:
            raise invalid_policy_attribute("A valid Expiration policy must have an attribute of Timestamp.")
        expiration(attributes)
        return
    number = _NUMBERS[kind]
    for name in (number, "Unit"):
        if name not in attributes:
            raise invalid_policy_attribute(f"Mandatory policy attribute {name} is missing.")
    told = str(attributes[number])
    if not (told.isascii() and told.isdecimal() and int(told) > 0):
        raise invalid_policy_attribute(f"Attribute {number} must be a positive integer.")
    if str(attributes["Unit"]).lower() not in _UNITS:
        raise invalid_policy_attribute("Supported time units: DAYS HOURS")


def expiration(attributes: Mapping[str, Any]) -> int:
    """The instant (ms) of an expiration policy."""
    try:
        instant = datetime.fromisoformat(attributes["Timestamp"])
    except (ValueError, TypeError):
        instant = None
    if instant is None or instant.tzinfo is None:
        raise invalid_policy_attribute("Invalid timestamp format")
    return int(instant.timestamp() * 1000)


def span_of(policy: Mapping[str, Any]) -> tuple[int, str]:
    """How long before or after, in ms and in words."""
    attributes = policy["Attributes"]
    number, unit = str(attributes[_NUMBERS[policy["Type"]]]), str(attributes["Unit"]).lower()
    return int(number) * _UNITS[unit], f"{number} {unit}"


def renewed(policies: list[Kept]) -> list[Kept]:
    """As they are for the next version: of all, only that nothing changes begins anew."""
    return [each | {"PolicyStatus": PENDING} if each["PolicyType"] == NO_CHANGE_NOTICE else each for each in policies]


def shown(parameter: Parameter) -> list[dict[str, str]]:
    return [{name: each[name] for name in each if name != "Created"} for each in parameter.policy_list]


def set_timers(call: Call, parameter: Parameter) -> None:
    """Have the policies of a parameter done when they are due, in place of those of its former version."""
    drop_timers(call, parameter.name)
    policies = parameter.policy_list
    expires = next((_content(each)["Attributes"] for each in policies if each["PolicyType"] == EXPIRATION), None)
    for place, each in enumerate(policies):
        if each["PolicyStatus"] == FINISHED:
            continue
        policy = _content(each)
        if policy["Type"] == EXPIRATION:
            due = expiration(policy["Attributes"])
        elif policy["Type"] == EXPIRATION_NOTICE and expires is not None:
            due = expiration(expires) - span_of(policy)[0]
        else:
            due = parameter.modified + span_of(policy)[0]
        payload = {"name": parameter.name, "version": parameter.version, "place": place}
        arn = parameter_arn(call, parameter.name)
        timer = call.deliver("ssm.policy", payload, target=arn, due=max(due, call.now))
        call.store.run(tables.INSERT_TIMER, (call.account, call.region, parameter.name, timer))


def _content(kept: Kept) -> dict[str, Any]:
    policy: dict[str, Any] = orjson.loads(kept["PolicyText"])
    return policy


def drop_timers(call: Call, name: str) -> None:
    here = (call.account, call.region, name)
    for (timer,) in call.store.all(tables.TIMERS, here):
        call.cancel(timer)
    call.store.run(tables.DELETE_TIMERS, here)
