"""Delivery policies of HTTP subscriptions: checked, completed, and turned into waits.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from headwater.services.sns.errors import invalid
from headwater.spine.deliveries import Policy

Json = dict[str, Any]
RETRIES: Mapping[str, Any] = MappingProxyType(
    {
        "minDelayTarget": 20,
        "maxDelayTarget": 20,
        "numRetries": 3,
        "numMaxDelayRetries": 0,
        "numNoDelayRetries": 0,
        "numMinDelayRetries": 0,
        "backoffFunction": "linear",
    }
)
CONTENT_TYPE = "text/plain; charset=UTF-8"
_FUNCTIONS = ("linear", "arithmetic", "geometric", "exponential")
_LONGEST_DELAY, _MOST_RETRIES = 3600, 100
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;\s*[\w-]+=[\w.+\"-]+)*\Z")
_OF_TOPIC = (
    "defaultHealthyRetryPolicy",
    "disableSubscriptionOverrides",
    "defaultThrottlePolicy",
    "defaultRequestPolicy",
)
_OF_SUBSCRIPTION = ("healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed")


def _fault(prefix: str, reason: str) -> Exception:
    return invalid(f"{prefix}DeliveryPolicy: {reason}")


def _parse(text: str, prefix: str) -> Json:
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        raise _fault(prefix, "failed to parse JSON.")
    return parsed


def _members(policy: Any, name: str, allowed: tuple[str, ...], prefix: str) -> Json:
    """Those that were given; null is as good as absent."""
    if policy is None:
        return {}
    if not isinstance(policy, dict):
        raise _fault(prefix, f"{name} must be a JSON object")
    if unknown := next((member for member in policy if member not in allowed), None):
        raise _fault(prefix, f"Unexpected JSON member: {unknown}")
    return {member: value for member, value in policy.items() if value is not None}


def check_topic_policy(text: str, prefix: str) -> str:
    """As it is told again; '' where nothing is left of it."""
    policy = _members(_parse(text, prefix), "policy", ("http",), prefix)
    if "http" not in policy:
        return ""
    given = _members(policy["http"], "http", _OF_TOPIC, prefix)
    kept: Json = {}
    if retries := _retries(given.get("defaultHealthyRetryPolicy"), "defaultHealthyRetryPolicy", prefix):
        kept["defaultHealthyRetryPolicy"] = retries
    kept["disableSubscriptionOverrides"] = given.get("disableSubscriptionOverrides", False) is True
    if throttle := _throttle(given.get("defaultThrottlePolicy"), "defaultThrottlePolicy", prefix):
        kept["defaultThrottlePolicy"] = throttle
    if request := _request(given.get("defaultRequestPolicy"), "defaultRequestPolicy", prefix):
        kept["defaultRequestPolicy"] = request
    return orjson.dumps({"http": kept}).decode()


def check_subscription_policy(text: str, prefix: str) -> str:
    given = _members(_parse(text, prefix), "policy", _OF_SUBSCRIPTION, prefix)
    retries = _retries(given.get("healthyRetryPolicy"), "healthyRetryPolicy", prefix)
    return _shown(
        {**RETRIES, **retries} if retries else None,
        _throttle(given.get("throttlePolicy"), "throttlePolicy", prefix),
        _request(given.get("requestPolicy"), "requestPolicy", prefix),
    )


def _shown(retries: Json | None, throttle: Json | None, request: Json | None) -> str:
    policy = {
        "healthyRetryPolicy": retries,
        "sicklyRetryPolicy": None,
        "throttlePolicy": throttle,
        "requestPolicy": request,
        "guaranteed": False,
    }
    return orjson.dumps(policy).decode()


def _retries(policy: Any, name: str, prefix: str) -> Json:
    given = _members(policy, name, tuple(RETRIES), prefix)
    if not given:
        return {}
    whole = {**RETRIES, **given}
    for member, value in whole.items():
        if member == "backoffFunction":
            if value not in _FUNCTIONS:
                raise _fault(prefix, f"{name}.backoffFunction must be one of {', '.join(_FUNCTIONS)}")
        elif not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise _fault(prefix, f"{name}.{member} must be greater than or equal to 0")
    if not 1 <= whole["minDelayTarget"] <= whole["maxDelayTarget"]:
        raise _fault(prefix, f"{name}.minDelayTarget must be between 1 and {name}.maxDelayTarget")
    if whole["maxDelayTarget"] > _LONGEST_DELAY:
        raise _fault(prefix, f"{name}.maxDelayTarget must be less than or equal to {_LONGEST_DELAY}")
    if whole["numRetries"] > _MOST_RETRIES:
        raise _fault(prefix, f"{name}.numRetries must be less than or equal to {_MOST_RETRIES}")
    parts = sum(whole[part] for part in ("numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries"))
    if parts > whole["numRetries"]:
        raise _fault(prefix, f"{name}.numRetries must be at least the sum of the retries of its phases")
    if sum(delays_of(whole)) > _LONGEST_DELAY * 1000:
        raise _fault(prefix, f"the total retry time of {name} must be less than or equal to {_LONGEST_DELAY} seconds")
    return given


def _throttle(policy: Any, name: str, prefix: str) -> Json | None:
    given = _members(policy, name, ("maxReceivesPerSecond",), prefix)
    rate = given.get("maxReceivesPerSecond")
    if rate is None:
        return None
    if not isinstance(rate, int) or rate < 1:
        raise _fault(prefix, f"{name}.maxReceivesPerSecond must be greater than or equal to 1")
    return given


def _request(policy: Any, name: str, prefix: str) -> Json | None:
    given = _members(policy, name, ("headerContentType",), prefix)
    kind = given.get("headerContentType")
    if kind is None:
        return None
    if not isinstance(kind, str) or not _MEDIA_TYPE.match(kind):
        raise _fault(prefix, f"{name}.headerContentType is not a supported content type")
    return given


def effective_topic_policy(text: str | None) -> str:
    given = (orjson.loads(text) if text else {}).get("http") or {}
    effective = {
        "defaultHealthyRetryPolicy": {**RETRIES, **given.get("defaultHealthyRetryPolicy", {})},
        "disableSubscriptionOverrides": given.get("disableSubscriptionOverrides", False),
    }
    if "defaultThrottlePolicy" in given:
        effective["defaultThrottlePolicy"] = given["defaultThrottlePolicy"]
    effective["defaultRequestPolicy"] = given.get("defaultRequestPolicy") or {"headerContentType": CONTENT_TYPE}
    return orjson.dumps({"http": effective}).decode()


def effective_policy(subscription: str | None, topic: str | None) -> str:
    """What holds for a subscription: its own policy, else the topic's, else the system's."""
    defaults = orjson.loads(effective_topic_policy(topic))["http"]
    own = orjson.loads(subscription) if subscription and not defaults["disableSubscriptionOverrides"] else {}
    return _shown(
        own.get("healthyRetryPolicy") or defaults["defaultHealthyRetryPolicy"],
        own.get("throttlePolicy") or defaults.get("defaultThrottlePolicy"),
        own.get("requestPolicy") or defaults["defaultRequestPolicy"],
    )


def delays_of(retries: Mapping[str, Any]) -> list[int]:
    """The waits in ms: without delay, at the least, growing from the least to the most, at the most."""
    least, most = retries["minDelayTarget"] * 1000, retries["maxDelayTarget"] * 1000
    none, low, high = (retries[name] for name in ("numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries"))
    growing = retries["numRetries"] - none - low - high
    return [
        *[0] * none,
        *[least] * low,
        *(_growing(least, most, step, growing, retries["backoffFunction"]) for step in range(growing)),
        *[most] * high,
    ]


def _growing(least: int, most: int, step: int, steps: int, function: str) -> int:
    """One wait of the backoff phase. AWS draws these curves without giving their formulas: a straight line;
    differences that grow evenly; a constant ratio; differences that double."""
    if steps < 2:
        return least
    part = step / (steps - 1)
    if function == "geometric":
        return round(least * math.pow(most / least, part))
    if function == "arithmetic":
        part = step * (step + 1) / ((steps - 1) * steps)
    elif function == "exponential":
        part = (2**step - 1) / (2 ** (steps - 1) - 1)
    return round(least + (most - least) * part)


class HttpPolicy:
    """An effective policy, compiled: retries, the least ms between two deliveries, the content type."""

    __slots__ = ("content_type", "interval", "retries")

    def __init__(self, subscription: str | None, topic: str | None) -> None:
        policy = orjson.loads(effective_policy(subscription, topic))
        delays = delays_of(policy["healthyRetryPolicy"])
        self.retries = Policy(attempts=1 + len(delays), delays=tuple(delays))
        throttle = policy["throttlePolicy"]
        self.interval = 1000 / throttle["maxReceivesPerSecond"] if throttle else 0.0
        self.content_type: str = policy["requestPolicy"]["headerContentType"]
