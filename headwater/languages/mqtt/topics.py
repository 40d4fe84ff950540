"""Topic names and topic filters: what is valid, and which filter takes which topic.

Differs from the OASIS text where AWS IoT does: `#` does not take the level above it, so `sensor/#` takes
`sensor/` and `sensor/1` but not `sensor` (developer guide, "Differences from MQTT specifications").
"""

from __future__ import annotations

import re
from typing import NamedTuple

from headwater.languages.mqtt.limits import AWS_LIMITS, Limits

SHARE_PREFIX = "$share/"
BASIC_INGEST_PREFIX = "$aws/rules/"
_SHADOW_REQUEST = re.compile(
    r"(\$aws/things/([a-zA-Z0-9:_-]{1,128})/shadow(?:/name/([$a-zA-Z0-9:_-]{1,64}))?)/(get|update|delete)"
)


_PROVISIONING_REQUEST = re.compile(
    r"(\$aws/(?:certificates/(create|create-from-csr)|provisioning-templates/([0-9A-Za-z_-]{1,36})/(provision)))"
    r"/(json|cbor)"
)


class SharedFilter(NamedTuple):
    """A topic filter and the share group that it belongs to; None: an ordinary subscription."""

    group: str | None
    filter: str


def topic_problem(topic: str, limits: Limits = AWS_LIMITS) -> str | None:
    """Why `topic` is not a topic that can be published to; None if it is one."""
    if not topic:
        return "a topic name cannot be empty"
    if "+" in topic or "#" in topic or "\0" in topic:
        return "a topic name cannot contain '+', '#' or U+0000"
    return _size_problem(_without_basic_ingest(topic), limits)


def filter_problem(topic_filter: str, limits: Limits = AWS_LIMITS) -> str | None:
    """Why `topic_filter` cannot be subscribed to; None if it can."""
    if topic_filter.startswith(SHARE_PREFIX):
        group, separator, topic_filter = topic_filter[len(SHARE_PREFIX) :].partition("/")
        if not group or not separator or "+" in group or "#" in group:
            return "a shared subscription is $share/{ShareName}/{filter}"
    if not topic_filter:
        return "a topic filter cannot be empty"
    if "\0" in topic_filter:
        return "a topic filter cannot contain U+0000"
    levels = topic_filter.split("/")
    for index, level in enumerate(levels):
        if "#" in level and (level != "#" or index != len(levels) - 1):
            return "'#' must be the last level of a topic filter, alone"
        if "+" in level and level != "+":
            return "'+' must be alone in its level of a topic filter"
    return _size_problem(topic_filter, limits)


def _size_problem(text: str, limits: Limits) -> str | None:
    if text.count("/") > limits.topic_slashes:
        return f"more than {limits.topic_slashes} forward slashes"
    if len(text) * 4 > limits.topic_bytes and len(text.encode()) > limits.topic_bytes:
        return f"more than {limits.topic_bytes} bytes"
    return None


def _without_basic_ingest(topic: str) -> str:
    """The part that counts against the limits: `$aws/rules/{rule}/` does not."""
    if not topic.startswith(BASIC_INGEST_PREFIX):
        return topic
    return topic[len(BASIC_INGEST_PREFIX) :].partition("/")[2]


def basic_ingest_rule(topic: str) -> tuple[str, str] | None:
    """For `$aws/rules/{rule}/{topic}`: the rule and the topic that it sees; else None."""
    if not topic.startswith(BASIC_INGEST_PREFIX):
        return None
    rule, _, rest = topic[len(BASIC_INGEST_PREFIX) :].partition("/")
    return rule, rest


class ShadowRequest(NamedTuple):
    """What a topic asks of a shadow; ``name`` is empty for the classic one, answers stand below ``prefix``."""

    prefix: str
    thing: str
    name: str
    action: str


def shadow_request(topic: str) -> ShadowRequest | None:
    """For ``$aws/things/{thing}/shadow[/name/{name}]/get``, ``update`` or ``delete``; else None.

    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html
    """
    found = _SHADOW_REQUEST.fullmatch(topic)
    return None if found is None else ShadowRequest(found[1], found[2], found[3] or "", found[4])


class ProvisioningRequest(NamedTuple):
    """What a topic asks of fleet provisioning: ``kind`` is `create`, `create-from-csr` or `provision`, the last by a
    ``template``; answers stand below ``prefix`` and ``format``."""

    prefix: str
    kind: str
    template: str
    format: str


def provisioning_request(topic: str) -> ProvisioningRequest | None:
    """For ``$aws/certificates/create/json`` and its kin; else None.

    https://docs.aws.amazon.com/iot/latest/developerguide/fleet-provision-api.html
    """
    found = _PROVISIONING_REQUEST.fullmatch(topic)
    return None if found is None else ProvisioningRequest(found[1], found[2] or found[4], found[3] or "", found[5])


def is_reserved(topic: str) -> bool:
    """Topics that only AWS itself publishes to.

    https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html
    """
    if not topic.startswith("$") or topic.startswith(BASIC_INGEST_PREFIX):
        return False
    return shadow_request(topic) is None and provisioning_request(topic) is None


def split_shared(topic_filter: str) -> SharedFilter:
    """A valid filter, taken apart."""
    if not topic_filter.startswith(SHARE_PREFIX):
        return SharedFilter(None, topic_filter)
    group, _, rest = topic_filter[len(SHARE_PREFIX) :].partition("/")
    return SharedFilter(group, rest)


def has_wildcard(topic_filter: str) -> bool:
    return "+" in topic_filter or "#" in topic_filter


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a valid filter (not a shared one) takes a topic; `SubscriptionTree` asks many at once."""
    if topic[:1] == "$" and topic_filter[:1] in ("+", "#"):
        return False
    wanted, levels = topic_filter.split("/"), topic.split("/")
    for index, level in enumerate(wanted):
        if level == "#":
            return len(levels) > index
        if index >= len(levels) or level not in ("+", levels[index]):
            return False
    return len(wanted) == len(levels)
