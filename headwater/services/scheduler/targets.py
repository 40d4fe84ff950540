"""Templated targets: each is invoked by one operation of its service, as a client would.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import md5
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from headwater.spine.arns import Arn
from headwater.spine.deliveries import Failed
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result
from headwater.spine.permissions import session_of


class Invocation(NamedTuple):
    """``target`` as the schedule has it, ``payload`` of the delivery, ``input`` with everything filled in."""

    arn: Arn
    target: Mapping[str, Any]
    payload: Mapping[str, Any]
    input: str


def session(target: Mapping[str, Any]) -> str:
    """The principal that Scheduler is to a target: a session of the schedule's role."""
    return session_of(target["RoleArn"], "scheduler")


def _call(call: Call, invocation: Invocation, name: str, request: Request) -> Result:
    arn = invocation.arn
    return call.operation(
        arn.service, name, request, arn.account or None, arn.region or None, session(invocation.target)
    )


def _to_queue(call: Call, invocation: Invocation) -> None:
    arn = invocation.arn
    request = {"QueueUrl": f"{call.endpoint}/{arn.account}/{arn.resource}", "MessageBody": invocation.input}
    if group := (invocation.target.get("SqsParameters") or {}).get("MessageGroupId"):
        request["MessageGroupId"] = group
    _call(call, invocation, "SendMessage", request)


def _to_topic(call: Call, invocation: Invocation) -> None:
    _call(call, invocation, "Publish", {"TopicArn": str(invocation.arn), "Message": invocation.input})


def _to_function(call: Call, invocation: Invocation) -> None:
    request = {
        "FunctionName": str(invocation.arn),
        "InvocationType": "Event",
        "Payload": invocation.input.encode(),
    }
    _call(call, invocation, "Invoke", request)


def _to_state_machine(call: Call, invocation: Invocation) -> None:
    # a name that a repeated delivery has again makes it the same execution
    seed = f"{invocation.payload['schedule']} {invocation.payload['execution']}".encode()
    name = str(UUID(bytes=md5(seed, usedforsecurity=False).digest()))
    request = {"stateMachineArn": str(invocation.arn), "name": name, "input": invocation.input}
    try:
        _call(call, invocation, "StartExecution", request)
    except AwsError as error:
        if error.code != "ExecutionAlreadyExists":
            raise


def _to_bus(call: Call, invocation: Invocation) -> None:
    parameters = invocation.target["EventBridgeParameters"]
    entry = {
        "Source": parameters["Source"],
        "DetailType": parameters["DetailType"],
        "Detail": invocation.input,
        "Resources": [invocation.payload["schedule"]],
        "EventBusName": str(invocation.arn),
    }
    answer = _call(call, invocation, "PutEvents", {"Entries": [entry]})
    if answer["FailedEntryCount"]:
        failed = answer["Entries"][0]
        raise Failed(failed["ErrorCode"], failed.get("ErrorMessage") or "")


def _to_stream(call: Call, invocation: Invocation) -> None:
    request = {
        "StreamARN": str(invocation.arn),
        "PartitionKey": invocation.target["KinesisParameters"]["PartitionKey"],
        "Data": invocation.input.encode(),
    }
    _call(call, invocation, "PutRecord", request)


def _to_delivery_stream(call: Call, invocation: Invocation) -> None:
    request = {"DeliveryStreamName": invocation.arn.name, "Record": {"Data": invocation.input.encode()}}
    _call(call, invocation, "PutRecord", request)


TARGETS: Mapping[str, Callable[[Call, Invocation], None]] = MappingProxyType(
    {
        "events": _to_bus,
        "firehose": _to_delivery_stream,
        "kinesis": _to_stream,
        "lambda": _to_function,
        "sns": _to_topic,
        "sqs": _to_queue,
        "states": _to_state_machine,
    }
)
