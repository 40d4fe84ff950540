"""Custom resources: a function or a topic of the user's makes them, and answers by HTTP.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Coroutine
from typing import Any

import orjson

from headwater.services.cloudformation import tables
from headwater.services.cloudformation.responses import RESPONSE_PATH, RESPONSE_SIGNAL
from headwater.services.cloudformation.roles import session_of_stack
from headwater.services.cloudformation.signals import keep_signal, signals_of
from headwater.services.cloudformation.stack import find_stack
from headwater.services.cloudformation.types import CUSTOM, ResourceFailed, StackChange
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.resources import Change, Resource, resource
from headwater.spine.work import Watch

DEFAULT_TIMEOUT = 3600
LARGEST_ANSWER = 4096


@resource(CUSTOM)
class CustomResource(Resource):
    """`Ref` is the physical id of the answer, attributes are its `Data`."""

    def create(self, call: Call, change: Change) -> Coroutine[Any, Any, None]:
        return exchange(change, "Create")

    def update(self, call: Call, change: Change) -> Coroutine[Any, Any, None]:
        return exchange(change, "Update")

    def delete(self, call: Call, change: Change) -> Coroutine[Any, Any, None]:
        return exchange(change, "Delete")


async def exchange(change: Change, kind: str) -> None:
    """Send a request and wait for its answer. Raises ResourceFailed."""
    assert isinstance(change, StackChange)
    assert change.work is not None
    work = change.work
    identity = request_id(change, kind)
    seconds = whole(str(change.properties.get("ServiceTimeout", DEFAULT_TIMEOUT)))
    if seconds is None or not 1 <= seconds <= DEFAULT_TIMEOUT:
        raise ResourceFailed(f"ServiceTimeout must be an integer between 1 and {DEFAULT_TIMEOUT}")
    watch, sent, body = await work.transact(ask, change, kind, identity)
    with watch:
        while body is None:
            signalled = await watch.wait(sent + seconds * 1000)
            _, body = await work.transact(read_answer, identity)
            if body is None and not signalled:
                raise ResourceFailed(
                    "CloudFormation did not receive a response from your Custom Resource. Please check your logs for "
                    f"requestId [{identity}]. If you are using the Python cfn-response module, you may need to update "
                    "your Lambda function code so that CloudFormation can attach the updated version."
                )
    take(change, kind, identity, body)


def request_id(change: StackChange, kind: str) -> str:
    """The same whenever the same task is carried out again, so that an answer is never asked for twice."""
    digest = hashlib.sha256(f"{change.token}/{kind}/{change.physical_id}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def ask(call: Call, change: StackChange, kind: str, identity: str) -> tuple[Watch, int, str | None]:
    """Send the request unless that is done; when it was sent (ms), and the answer if it is there already."""
    watch = call.watch((RESPONSE_SIGNAL, identity))
    if call.store.run(tables.INSERT_RESPONSE, (identity, change.stack_id, call.now)):
        send(call, change, request_of(call, change, kind, identity))
    sent, body = read_answer(call, identity)
    return watch, sent, body


def read_answer(call: Call, identity: str) -> tuple[int, str | None]:
    row = call.store.one(tables.SELECT_RESPONSE, (identity,))
    return (call.now, None) if row is None else (row[0], row[1])


def request_of(call: Call, change: StackChange, kind: str, identity: str) -> dict[str, Any]:
    request = {
        "RequestType": kind,
        "ServiceToken": change.properties["ServiceToken"],
        "ResponseURL": f"{call.endpoint}{RESPONSE_PATH}?token={identity}",
        "StackId": change.stack_id,
        "RequestId": identity,
        "LogicalResourceId": change.logical_id,
        "ResourceType": change.type,
        "ResourceProperties": as_text(change.properties),
    }
    if kind != "Create":
        request["PhysicalResourceId"] = change.physical_id
    if kind == "Update":
        request["OldResourceProperties"] = as_text(change.previous)
    return request


def as_text(value: Any) -> Any:
    """CloudFormation hands every scalar over as text."""
    if isinstance(value, dict):
        return {key: as_text(child) for key, child in value.items()}
    if isinstance(value, list):
        return [as_text(child) for child in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def send(call: Call, change: StackChange, request: dict[str, Any]) -> None:
    token = str(change.properties["ServiceToken"])
    arn = parse_arn(token)
    payload = orjson.dumps(request)
    if arn is None or arn.service not in ("lambda", "sns"):
        raise ResourceFailed(f"Invalid service token: {token}")
    principal = session_of_stack(find_stack(call, change.stack_id)) if change.stack_id else None
    try:
        if arn.service == "lambda":
            asynchronous = {"FunctionName": token, "InvocationType": "Event", "Payload": payload}
            call.operation("lambda", "Invoke", asynchronous, arn.account, arn.region, principal)
        else:
            message = {
                "TopicArn": token,
                "Message": payload.decode(),
                "Subject": "AWS CloudFormation custom resource request",
            }
            call.operation("sns", "Publish", message, arn.account, arn.region, principal)
    except AwsError as error:
        raise ResourceFailed(f"Unable to reach the service token {token}: {error.message or error.code}") from error


def take(change: StackChange, kind: str, identity: str, body: str) -> None:
    """Take over what the answer says. Raises ResourceFailed."""
    answer = orjson.loads(body)
    physical_id = answer.get("PhysicalResourceId") or change.physical_id
    if answer.get("Status") != "SUCCESS":
        change.physical_id = physical_id or identity
        reason = answer.get("Reason") or "See the details in CloudWatch Log Stream"
        raise ResourceFailed(
            f"Received response status [FAILED] from custom resource. Message returned: {reason} "
            f"(RequestId: {identity})"
        )
    if not physical_id:
        raise ResourceFailed("Invalid PhysicalResourceId")
    data = answer.get("Data") or {}
    if not isinstance(data, dict):
        raise ResourceFailed("Invalid response: Data must be an object")
    if kind != "Delete":
        change.physical_id, change.attributes = str(physical_id), data


@operation("cloudformation", "Respond", internal=True)
def respond(call: Call, request: Request) -> Result:
    """An answer has come to a ResponseURL, or a signal to a handle: ``Token``, ``Body``. The first one counts."""
    row = call.store.one(tables.SELECT_RESPONSE, (request["Token"],))
    if row is None:
        raise AwsError("NoSuchKey", "No custom resource waits for this answer.", 404)
    body, signals = request["Body"], signals_of(row[1])
    if signals is not None:
        keep_signal(call, request["Token"], signals, body)
        return {}
    if not isinstance(body, dict) or body.get("Status") not in ("SUCCESS", "FAILED"):
        body = {
            "Status": "FAILED",
            "Reason": "Invalid Response object: Value of property Status must be SUCCESS or FAILED",
        }
    text = orjson.dumps(body)
    if len(text) > LARGEST_ANSWER:
        text = orjson.dumps({"Status": "FAILED", "Reason": "Response object is too long."})
    if row[1] is None:
        call.store.run(tables.SET_RESPONSE, (text.decode(), request["Token"]))
        call.signal((RESPONSE_SIGNAL, request["Token"]))
    return {}
