"""CloudFormation's types of SQS.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.sqs.attributes import DEFAULTS, FIFO_DEFAULTS
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import Tagging, resource_tags
from headwater.spine.resources import Change, Replace, Resource, all_listed, found, resource

_TAGGING = Tagging("sqs", pair=None, operations=("ListQueueTags", "TagQueue", "UntagQueue"))
_DEFAULTS = {**DEFAULTS, **FIFO_DEFAULTS}
_READ = (
    *("ContentBasedDeduplication", "DeduplicationScope", "DelaySeconds", "FifoQueue", "FifoThroughputLimit"),
    *("KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "MaximumMessageSize", "MessageRetentionPeriod"),
    *("ReceiveMessageWaitTimeSeconds", "RedriveAllowPolicy", "RedrivePolicy", "SqsManagedSseEnabled"),
    "VisibilityTimeout",
)


@resource("AWS::SQS::Queue")
class QueueResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        _, fifo = _identity(properties)
        name = properties.get("QueueName") or change.physical_name(75 if fifo else 80) + (".fifo" if fifo else "")
        request = {"QueueName": name, "Attributes": _attributes(properties), "tags": resource_tags(change)}
        url = call.operation("sqs", "CreateQueue", request)["QueueUrl"]
        _describe(call, change, url)

    def update(self, call: Call, change: Change) -> None:
        if _identity(change.properties) != _identity(change.previous):
            raise Replace
        wanted = _attributes(change.properties)
        # what is no longer in the template is as it would be without it
        gone = {name: _DEFAULTS.get(name, "") for name in _attributes(change.previous) if name not in wanted}
        attributes = {name: value for name, value in (gone | wanted).items() if name != "FifoQueue"}
        request = {"QueueUrl": change.physical_id, "Attributes": attributes}
        if attributes:
            call.operation("sqs", "SetQueueAttributes", request)
        _TAGGING.update(call, {"QueueUrl": change.physical_id}, change)
        _describe(call, change, change.physical_id)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("sqs", "DeleteQueue", {"QueueUrl": change.physical_id})
        except AwsError as error:
            if error.code != "QueueDoesNotExist":
                raise

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        url = change.physical_id
        request = {"QueueUrl": url, "AttributeNames": ["All"]}
        told = call.operation("sqs", "GetQueueAttributes", request)["Attributes"]
        _describe(call, change, url)
        present = {name: _read(told[name]) if name in told else None for name in _READ}
        name, tags = change.attributes["QueueName"], _TAGGING.present(call, {"QueueUrl": url})
        return {**present, "QueueName": name, "Tags": tags}

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        name = properties.get("QueueName")
        there = found(call, "sqs", "GetQueueUrl", {"QueueName": name}) if name else None
        return str(there["QueueUrl"]) if there else None

    def known(self, call: Call) -> list[str]:
        return all_listed(call, "sqs", "ListQueues", "QueueUrls", request={"MaxResults": 1000})


def _read(text: str) -> Any:
    """An attribute as a template gives it."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else orjson.loads(text) if text.startswith("{") else text


def _identity(properties: dict[str, Any]) -> tuple[str | None, bool]:
    """Its name, where it was given one, and whether it is FIFO."""
    return properties.get("QueueName"), str(properties.get("FifoQueue", "")).lower() == "true"


def _attributes(properties: dict[str, Any]) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, value in properties.items():
        # a standard queue has no such attribute, not even to say that it is none
        if name in ("QueueName", "Tags") or (name == "FifoQueue" and str(value).lower() == "false"):
            continue
        if isinstance(value, bool):
            attributes[name] = str(value).lower()
        else:
            attributes[name] = orjson.dumps(value).decode() if isinstance(value, dict) else str(value)
    return attributes


def _describe(call: Call, change: Change, url: str) -> None:
    request = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    arn = call.operation("sqs", "GetQueueAttributes", request)["Attributes"]["QueueArn"]
    change.physical_id = url
    change.attributes = {"Arn": arn, "QueueName": arn.rpartition(":")[2], "QueueUrl": url}


@resource("AWS::SQS::QueuePolicy")
class QueuePolicyResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        self._set(call, change.properties, orjson.dumps(change.properties["PolicyDocument"]).decode())
        change.physical_id = change.physical_id or change.physical_name(128)
        change.attributes = {"Id": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        gone = [url for url in change.previous.get("Queues", ()) if url not in change.properties.get("Queues", ())]
        self._set(call, {"Queues": gone}, "")
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        self._set(call, change.properties, "")

    def _set(self, call: Call, properties: dict[str, Any], policy: str) -> None:
        for url in properties.get("Queues", ()):
            _set_policy(call, url, policy)


@resource("AWS::SQS::QueueInlinePolicy")
class QueueInlinePolicyResource(Resource):
    """The policy of one queue, with the queue for its identity."""

    def create(self, call: Call, change: Change) -> None:
        _set_policy(call, change.properties["Queue"], orjson.dumps(change.properties["PolicyDocument"]).decode())
        change.physical_id = change.properties["Queue"]

    def update(self, call: Call, change: Change) -> None:
        if change.properties["Queue"] != change.previous.get("Queue"):
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        _set_policy(call, change.physical_id, "")


def _set_policy(call: Call, url: str, policy: str) -> None:
    """An empty policy takes away that of a queue, if there is still one."""
    try:
        call.operation("sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": {"Policy": policy}})
    except AwsError as error:
        if policy or error.code != "QueueDoesNotExist":
            raise
