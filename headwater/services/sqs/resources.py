"""CloudFormation's types of SQS.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, resource

_IDENTITY = ("QueueName", "FifoQueue")


@resource("AWS::SQS::Queue")
class QueueResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        fifo = str(properties.get("FifoQueue", "")).lower() == "true"
        name = properties.get("QueueName") or change.physical_name(75 if fifo else 80) + (".fifo" if fifo else "")
        request = {"QueueName": name, "Attributes": _attributes(properties), "tags": _tags(change)}
        url = call.operation("sqs", "CreateQueue", request)["QueueUrl"]
        _describe(call, change, url)

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(name) != change.previous.get(name) for name in _IDENTITY):
            raise Replace
        attributes = dict.fromkeys(_attributes(change.previous), "") | _attributes(change.properties)
        attributes = {name: value for name, value in attributes.items() if value or name.endswith("Policy")}
        request = {"QueueUrl": change.physical_id, "Attributes": attributes}
        call.operation("sqs", "SetQueueAttributes", request)
        _describe(call, change, change.physical_id)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("sqs", "DeleteQueue", {"QueueUrl": change.physical_id})
        except AwsError as error:
            if error.code != "QueueDoesNotExist":
                raise


def _attributes(properties: dict[str, Any]) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, value in properties.items():
        if name in ("QueueName", "Tags"):
            continue
        if isinstance(value, bool):
            attributes[name] = str(value).lower()
        else:
            attributes[name] = orjson.dumps(value).decode() if isinstance(value, dict) else str(value)
    return attributes


def _tags(change: Change) -> dict[str, str]:
    return change.tags | {tag["Key"]: tag["Value"] for tag in change.properties.get("Tags", ())}


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
            try:
                request = {"QueueUrl": url, "Attributes": {"Policy": policy}}
                call.operation("sqs", "SetQueueAttributes", request)
            except AwsError as error:
                if policy or error.code != "QueueDoesNotExist":
                    raise
