"""How each kind of target is handed its input: by that service's own operation, as a client would."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from hashlib import md5
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson

from headwater.services.events.endpoints import to_api, to_api_destination
from headwater.spine.arns import Arn
from headwater.spine.deliveries import Again, Failed
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request
from headwater.spine.permissions import session_of

Payload = Mapping[str, Any]
# Done at once, to be done later, or going on outside of the transaction.
Outcome = None | Again | Coroutine[Any, Any, None]
Destination = Callable[[Call, Arn, Payload], Outcome]


def _call(call: Call, arn: Arn, payload: Payload, name: str, request: Request) -> None:
    """In the target's role, where it has one."""
    role = payload.get("role")
    principal = None if role is None else session_of(role, "events")
    call.operation(arn.service, name, request, arn.account or None, arn.region or None, principal)


def _to_queue(call: Call, arn: Arn, payload: Payload) -> None:
    request = {"QueueUrl": f"{call.endpoint}/{arn.account}/{arn.resource}", "MessageBody": payload["input"]}
    if group := payload.get("group"):
        request["MessageGroupId"] = group
    _call(call, arn, payload, "SendMessage", request)


def _to_topic(call: Call, arn: Arn, payload: Payload) -> None:
    _call(call, arn, payload, "Publish", {"TopicArn": str(arn), "Message": payload["input"]})


def _to_function(call: Call, arn: Arn, payload: Payload) -> None:
    request = {"FunctionName": str(arn), "InvocationType": "Event", "Payload": payload["input"].encode()}
    _call(call, arn, payload, "Invoke", request)


def _to_state_machine(call: Call, arn: Arn, payload: Payload) -> None:
    # a name that a repeated delivery has again makes it the same execution
    digest = md5(f"{payload['rule']} {payload['id']}".encode(), usedforsecurity=False).digest()
    name = f"{payload['event']}_{UUID(bytes=digest)}"
    request = {"stateMachineArn": str(arn), "name": name, "input": payload["input"]}
    try:
        _call(call, arn, payload, "StartExecution", request)
    except AwsError as error:
        if error.code != "ExecutionAlreadyExists":
            raise


def _to_bus(call: Call, arn: Arn, payload: Payload) -> Outcome:
    """An event goes from one bus to another once, which bounds every circle of buses."""
    if arn.resource.startswith("api-destination/"):
        return to_api_destination(call, arn, payload)
    if payload.get("relayed"):
        code = "THIRD_REGION_HOP_DETECTED" if arn.region != call.region else "THIRD_ACCOUNT_HOP_DETECTED"
        message = "EventBridge can't route events received from a sender event bus to a third event bus."
        raise Failed(code, message, retry=False)
    request = {"EventBusName": str(arn), "Event": orjson.loads(payload["input"]), "From": call.account}
    _call(call, arn, payload, "RelayEvent", request)
    return None


def _to_log_group(call: Call, arn: Arn, payload: Payload) -> None:
    """Each event is a stream of its own; the group must be there."""
    group = arn.resource.removeprefix("log-group:").removesuffix(":*")
    stream = payload["event"]
    try:
        _call(call, arn, payload, "CreateLogStream", {"logGroupName": group, "logStreamName": stream})
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise
    entries = [{"timestamp": call.now, "message": payload["input"]}]
    _call(call, arn, payload, "PutLogEvents", {"logGroupName": group, "logStreamName": stream, "logEvents": entries})


def _to_stream(call: Call, arn: Arn, payload: Payload) -> None:
    """The partition key is what its path leads to in the event, or else the event's id."""
    found = orjson.loads(payload["key"]) if payload.get("key") else ""
    key = found if isinstance(found, str) else payload["key"]
    data = payload["input"].encode()
    _call(
        call, arn, payload, "PutRecord", {"StreamARN": str(arn), "Data": data, "PartitionKey": key or payload["event"]}
    )


def _to_delivery_stream(call: Call, arn: Arn, payload: Payload) -> None:
    request = {"DeliveryStreamName": arn.name, "Record": {"Data": payload["input"].encode()}}
    _call(call, arn, payload, "PutRecord", request)


def _to_discoverer(call: Call, arn: Arn, payload: Payload) -> None:
    """Schema discovery, by a rule that it manages; PutTargets takes no such target."""
    _call(call, arn, payload, "Observe", {"Arn": str(arn), "Event": payload["input"]})


DESTINATIONS: Mapping[str, Destination] = MappingProxyType(
    {
        "sqs": _to_queue,
        "sns": _to_topic,
        "lambda": _to_function,
        "states": _to_state_machine,
        "events": _to_bus,
        "logs": _to_log_group,
        "execute-api": to_api,
        "firehose": _to_delivery_stream,
        "kinesis": _to_stream,
        "schemas": _to_discoverer,
    }
)
