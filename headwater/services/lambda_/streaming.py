"""Invoking functions for somebody who hears the answer as it comes.

https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
"""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from headwater.services.lambda_.concurrency import one_more
from headwater.services.lambda_.errors import invalid_parameter
from headwater.services.lambda_.function import Target, requested_target
from headwater.services.lambda_.invoke import answer, check_payload, read_client_context
from headwater.services.lambda_.noting import note_run
from headwater.spine.errors import AwsError
from headwater.spine.event_streams import Events, EventStream
from headwater.spine.functions import FunctionVersion, Invocation, InvocationResult
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.spans import trace_header
from headwater.spine.work import Work

# pieces as they come, and at the end what came of it
_Pieces = asyncio.Queue[bytes | InvocationResult | AwsError]


def _invocation(call: Call, target: Target, payload: bytes, context: str | None = None) -> Invocation:
    arn = target.qualified if target.qualifier else target.arn
    return Invocation(call.ids.uuid(), payload, arn, trace_header(call.cause), context)


@operation("lambda", "Stream", internal=True)
def stream(call: Call, request: Request) -> Answer:
    """``FunctionName``, ``Payload``, and the ``Sink`` that hears what the function streams. Answers as Invoke does."""
    target = requested_target(call, request)
    invocation = _invocation(call, target, bytes(request["Payload"]))._replace(sink=request["Sink"])
    return answer(call.work, target, target.choose(call.ids.random()), invocation, None)


@operation("lambda", "InvokeWithResponseStream")
def invoke_with_response_stream(call: Call, request: Request) -> Result:
    """Chunks as the function writes them, then what came of it; of one that streams nothing, its answer is a chunk."""
    target = requested_target(call, request)
    payload = bytes(request.get("Payload") or b"{}")
    check_payload(payload, "RequestResponse")
    if request.get("InvocationType") == "DryRun":
        raise invalid_parameter("DryRun is not supported by InvokeWithResponseStream")
    function = target.choose(call.ids.random())
    invocation = _invocation(call, target, payload, read_client_context(request.get("ClientContext")))
    tail = request.get("LogType") == "Tail"
    events = EventStream(call.work, lambda work: _events(work, target, function, invocation, tail))
    return {"StatusCode": 200, "ExecutedVersion": function.version, "EventStream": events}


async def _events(work: Work, target: Target, function: FunctionVersion, invocation: Invocation, tail: bool) -> Events:
    pieces: _Pieces = asyncio.Queue()
    heard = invocation._replace(sink=lambda piece, _: pieces.put_nowait(piece))
    work.spawn(_run(work, target, function, heard, pieces))
    streamed = False
    while isinstance(result := await pieces.get(), bytes):
        streamed = True
        yield "PayloadChunk", {"Payload": result}
    if isinstance(result, AwsError):
        yield "InvokeComplete", {"ErrorCode": result.code, "ErrorDetails": result.message}
        return
    complete: dict[str, Any] = {}
    if result.error_type is not None:
        complete |= {"ErrorCode": result.error_type, "ErrorDetails": result.payload.decode(errors="replace")}
    elif not streamed:
        yield "PayloadChunk", {"Payload": result.payload}
    if tail:
        complete["LogResult"] = base64.b64encode(result.log_tail).decode()
    yield "InvokeComplete", complete


async def _run(work: Work, target: Target, function: FunctionVersion, invocation: Invocation, pieces: _Pieces) -> None:
    """The function's run; what came of it is the last that the queue gets."""
    try:
        with one_more(work, target):
            result = await work.runtime.invoke(function, invocation)
    except AwsError as error:
        pieces.put_nowait(error)
    else:
        note_run(work.span, invocation, result)
        pieces.put_nowait(result)
