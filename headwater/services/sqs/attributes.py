"""The attributes of queues: defaults, limits, reading and setting them.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import orjson

from headwater.services.sqs import tables
from headwater.services.sqs.errors import invalid_attribute_name, invalid_attribute_value, two_encryptions
from headwater.services.sqs.policies import check_policy, check_redrive_allow_policy, check_redrive_policy
from headwater.services.sqs.queue import Queue, find_queue
from headwater.spine.operations import Call, Request, Result, operation


class Limits(NamedTuple):
    """The smallest and largest value of a numeric attribute."""

    least: int
    most: int


NUMERIC: Mapping[str, Limits] = MappingProxyType(
    {
        "DelaySeconds": Limits(0, 900),
        "MaximumMessageSize": Limits(1024, 1_048_576),
        "MessageRetentionPeriod": Limits(60, 1_209_600),
        "ReceiveMessageWaitTimeSeconds": Limits(0, 20),
        "VisibilityTimeout": Limits(0, 43_200),
        "KmsDataKeyReusePeriodSeconds": Limits(60, 86_400),
    }
)
BOOLEAN = frozenset({"FifoQueue", "ContentBasedDeduplication", "SqsManagedSseEnabled"})
FIFO_ONLY = frozenset({"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"})
CHOICES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "DeduplicationScope": frozenset({"messageGroup", "queue"}),
        "FifoThroughputLimit": frozenset({"perQueue", "perMessageGroupId"}),
    }
)
TEXT = frozenset({"KmsMasterKeyId"})
POLICIES = frozenset({"Policy", "RedrivePolicy", "RedriveAllowPolicy"})
COUNTED = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
READ_ONLY = frozenset({*COUNTED, "CreatedTimestamp", "LastModifiedTimestamp", "QueueArn"})
DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "DelaySeconds": "0",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "0",
        "VisibilityTimeout": "30",
        "SqsManagedSseEnabled": "true",
    }
)
FIFO_DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
    }
)
_INTEGER = re.compile(r"-?\d{1,18}\Z")


def check_attributes(call: Call, arn: str, given: Mapping[str, str], fifo: bool) -> dict[str, str]:
    """What was given for the queue of that ARN, each value checked; AwsError where SQS refuses one."""
    if given.get("KmsMasterKeyId") and given.get("SqsManagedSseEnabled", "").lower() == "true":
        raise two_encryptions()
    checked: dict[str, str] = {}
    for name, value in given.items():
        if name in NUMERIC:
            limits = NUMERIC[name]
            if not _INTEGER.match(value) or not limits.least <= int(value) <= limits.most:
                raise invalid_attribute_value(name)
        elif name in FIFO_ONLY and not fifo:
            raise invalid_attribute_name(name)
        elif name in BOOLEAN:
            if value.lower() not in ("true", "false"):
                raise invalid_attribute_value(name)
            value = value.lower()
        elif name in CHOICES:
            if value not in CHOICES[name]:
                raise invalid_attribute_value(name)
        elif name in POLICIES:
            value = _policy(call, arn, name, value, fifo) if value else value
        elif name not in TEXT:
            raise invalid_attribute_name(name)
        checked[name] = value
    return checked


def _policy(call: Call, arn: str, name: str, value: str, fifo: bool) -> str:
    if name == "Policy":
        return check_policy(value)
    return (
        check_redrive_policy(call, value, arn, fifo) if name == "RedrivePolicy" else check_redrive_allow_policy(value)
    )


def merge_attributes(former: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The former with what was given; AwsError where the two do not go together."""
    merged = {**former, **given}
    if given.get("KmsMasterKeyId"):
        merged["SqsManagedSseEnabled"] = "false"
    elif given.get("SqsManagedSseEnabled") == "true":
        merged["KmsMasterKeyId"] = ""
    if merged.get("FifoThroughputLimit") == "perMessageGroupId" and merged["DeduplicationScope"] != "messageGroup":
        reason = "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup."
        raise invalid_attribute_value("FifoThroughputLimit", reason)
    return merged


def all_attributes(call: Call, queue: Queue, counted: bool = True) -> dict[str, str]:
    """Everything that GetQueueAttributes can answer of a queue."""
    attributes = {name: value for name, value in queue.attributes.items() if value}
    if "KmsMasterKeyId" in attributes:
        attributes.setdefault("KmsDataKeyReusePeriodSeconds", "300")
        attributes["SqsManagedSseEnabled"] = "false"
    attributes["QueueArn"] = queue.arn
    attributes["CreatedTimestamp"] = str(queue.created // 1000)
    attributes["LastModifiedTimestamp"] = str(queue.modified // 1000)
    if counted:
        kept_since = call.now - queue.retention
        visible = call.store.one(tables.COUNT_VISIBLE, (queue.id, call.now, kept_since)) or (0,)
        hidden = call.store.one(tables.COUNT_HIDDEN, (queue.id, call.now, kept_since)) or (0, 0)
        for name, number in zip(COUNTED, (*visible, *hidden), strict=True):
            attributes[name] = str(number)
    return attributes


@operation("sqs", "GetQueueAttributes", reads=True)
def get_queue_attributes(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    wanted = request.get("AttributeNames") or ()
    known = all_attributes(call, queue, counted="All" in wanted or any(name in COUNTED for name in wanted))
    if "All" in wanted:
        return {"Attributes": known}
    recognised = {*NUMERIC, *BOOLEAN, *CHOICES, *TEXT, *POLICIES, *READ_ONLY}
    for name in wanted:
        if name not in recognised:
            raise invalid_attribute_name(name)
    chosen = {name: known[name] for name in wanted if name in known}
    return {"Attributes": chosen} if chosen else {}


@operation("sqs", "SetQueueAttributes")
def set_queue_attributes(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    given = request.get("Attributes") or {}
    if "FifoQueue" in given and given["FifoQueue"].lower() != str(queue.fifo).lower():
        raise invalid_attribute_value("FifoQueue", "Modifying queue type is not supported.")
    if queue.fifo:
        given = {name: value for name, value in given.items() if name != "FifoQueue"}
    attributes = merge_attributes(queue.attributes, check_attributes(call, queue.arn, given, queue.fifo))
    call.store.run(tables.SET_ATTRIBUTES, (orjson.dumps(attributes).decode(), call.now, queue.id))
    call.memory.drop(queue.arn)
    return {}
