"""How each kind of target is handed its input: by that service's own operation, as a client would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import md5
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson

from headwater.spine.arns import Arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request

Payload = Mapping[str, Any]
Destination = Callable[[Call, Arn, Payload], None]


def _call(call: Call, arn: Arn, name: str, request: Request) -> None:
    call.operation(arn.service, name, request, arn.account or None, arn.region or None)


def _to_queue(call: Call, arn: Arn, payload: Payload) -> None:
    request = {"QueueUrl": f"{call.endpoint}/{arn.account}/{arn.resource}", "MessageBody": payload["input"]}
    if group := payload.get("group"):
        request["MessageGroupId"] = group
    _call(call, arn, "SendMessage", request)


def _to_topic(call: Call, arn: Arn, payload: Payload) -> None:
    _call(call, arn, "Publish", {"TopicArn": str(arn), "Message": payload["input"]})


def _to_function(call: Call, arn: Arn, payload: Payload) -> None:
    request = {"FunctionName": str(arn), "InvocationType": "Event", "Payload": payload["input"].encode()}
    _call(call, arn, "Invoke", request)


def _to_state_machine(call: Call, arn: Arn, payload: Payload) -> None:
    # a name that a repeated delivery has again makes it the same execution
    digest = md5(f"{payload['rule']} {payload['id']}".encode(), usedforsecurity=False).digest()
    name = f"{payload['event']}_{UUID(bytes=digest)}"
    request = {"stateMachineArn": str(arn), "name": name, "input": payload["input"]}
    try:
        _call(call, arn, "StartExecution", request)
    except AwsError as error:
        if error.code != "ExecutionAlreadyExists":
            raise


def _to_bus(call: Call, arn: Arn, payload: Payload) -> None:
    request = {"EventBusName": str(arn), "Event": orjson.loads(payload["input"])}
    _call(call, arn, "RelayEvent", request)


def _to_log_group(call: Call, arn: Arn, payload: Payload) -> None:
    """Each event is a stream of its own; the group must be there."""
    group = arn.resource.removeprefix("log-group:").removesuffix(":*")
    stream = payload["event"]
    try:
        _call(call, arn, "CreateLogStream", {"logGroupName": group, "logStreamName": stream})
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise
    entries = [{"timestamp": call.now, "message": payload["input"]}]
    _call(call, arn, "PutLogEvents", {"logGroupName": group, "logStreamName": stream, "logEvents": entries})


DESTINATIONS: Mapping[str, Destination] = MappingProxyType(
    {
        "sqs": _to_queue,
        "sns": _to_topic,
        "lambda": _to_function,
        "states": _to_state_machine,
        "events": _to_bus,
        "logs": _to_log_group,
    }
)
