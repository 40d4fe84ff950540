"""Invoke: running a function and waiting for its answer, or leaving it an event.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from headwater.services.lambda_.asynchronous import leave_event
from headwater.services.lambda_.concurrency import one_more
from headwater.services.lambda_.errors import invalid_content, invalid_parameter, too_large
from headwater.services.lambda_.function import Target, requested_target
from headwater.services.lambda_.noting import note_run
from headwater.spine.functions import FunctionVersion, Invocation
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.spans import trace_header
from headwater.spine.work import Work

_LARGEST_PAYLOAD = 6 * 1024 * 1024
_LARGEST_EVENT = 1024 * 1024


@operation("lambda", "Invoke")
def invoke(call: Call, request: Request) -> Answer:
    target = requested_target(call, request)
    kind = request.get("InvocationType") or "RequestResponse"
    payload = bytes(request.get("Payload") or b"{}")
    check_payload(payload, kind)
    if kind == "DryRun":
        return {"StatusCode": 204}
    context = read_client_context(request.get("ClientContext"))
    if kind == "Event":
        leave_event(call, target, payload, context)
        return {"StatusCode": 202, "Payload": b""}
    invocation = Invocation(
        request_id=call.ids.uuid(),
        payload=payload,
        arn=target.qualified if target.qualifier else target.arn,
        trace=trace_header(call.cause),
        client_context=context,
    )
    function = target.choose(call.ids.random())
    return answer(call.work, target, function, invocation, request.get("LogType"))


@operation("lambda", "InvokeAsync")
def invoke_async(call: Call, request: Request) -> Result:
    """The older way to leave an event."""
    target = requested_target(call, request)
    payload = bytes(request.get("InvokeArgs") or b"{}")
    check_payload(payload, "Event")
    leave_event(call, target, payload, None)
    return {"Status": 202}


def check_payload(payload: bytes, kind: str) -> None:
    if len(payload) > _LARGEST_PAYLOAD:
        raise too_large(_LARGEST_PAYLOAD, "InvokeFunction")
    if kind == "Event" and len(payload) > _LARGEST_EVENT:
        raise too_large(_LARGEST_EVENT, "InvokeFunction")
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise invalid_content(f"Could not parse payload into json: {error}") from None


def read_client_context(encoded: str | None) -> str | None:
    """The caller's context, on one line."""
    if not encoded:
        return None
    try:
        return orjson.dumps(orjson.loads(base64.b64decode(encoded, validate=True))).decode()
    except (binascii.Error, ValueError):
        raise invalid_parameter("Client context must be a valid Base64-encoded JSON object.") from None


async def answer(
    work: Work, target: Target, function: FunctionVersion, invocation: Invocation, log_type: str | None
) -> dict[str, Any]:
    with one_more(work, target):
        result = await work.runtime.invoke(function, invocation)
    note_run(work.span, invocation, result)
    told: dict[str, Any] = {
        "StatusCode": 200,
        "Payload": result.payload,
        "ExecutedVersion": function.version,
    }
    if result.error_type is not None:
        told["FunctionError"] = "Unhandled"
    if log_type == "Tail":
        told["LogResult"] = base64.b64encode(result.log_tail).decode()
    return told
