"""Tasks that wait for something outside of a transaction: functions, and executions started with `.sync`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson

from headwater.languages.asl.commands import TaskFailed, TaskInput, TaskSucceeded
from headwater.services.states.advancing import advance_by_id
from headwater.services.states.integrations.answers import answered
from headwater.services.states.integrations.api_gateway import invoke_api
from headwater.services.states.integrations.catalogue import Target, find_target, is_function
from headwater.services.states.integrations.failures import failure
from headwater.services.states.integrations.http_task import invoke_http
from headwater.services.states.integrations.perform import (
    make_output,
    model_of,
    prepare,
    role_account,
    session,
    with_metadata,
)
from headwater.services.states.integrations.recognized import LACKING, lacks
from headwater.services.states.record import Record, execution_by_id, qualifiers
from headwater.services.states.redrivable import redrive_status
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Result
from headwater.spine.work import Work

Finisher = Callable[[Call], None]
HTTP_RESOURCE = "arn:aws:states:::http:invoke"
_FUNCTION = Target("lambda", "Invoke", "Lambda", "", optimised=True)


@delivery("states.task")
def run_task(call: Call, item: Delivery) -> Coroutine[Any, Any, Finisher]:
    """Call the operation and wait for its answer, which then advances the execution. At least once, as AWS does."""
    return _run(call.work, item.payload)


async def _run(work: Work, payload: list[Any]) -> Finisher:
    id_, frame, ticket, resource, arguments, role_arn, *own = payload  # its own role, unless an older one left it
    acting = role_arn or (own[0] if own else None)
    event = await carry_out(work, frame, ticket, resource, arguments, role_arn, acting)
    return lambda call: advance_by_id(call, id_, event)


async def carry_out(
    work: Work,
    frame: int,
    ticket: int,
    resource: str,
    arguments: Any,
    role_arn: str | None,
    acting: str | None,
    told: dict[str, Any] | None = None,
) -> TaskInput:
    """Call what the resource names; what came of it. `role_arn`: of the task's credentials, whose account is called;
    `acting`: in which role that is done. `told`: takes what an HTTP task sent and was answered."""
    principal = session(acting) if acting else None
    if resource == HTTP_RESOURCE:
        return await invoke_http(work, frame, ticket, arguments, told)
    if is_function(resource):
        return await _invoke_function(work, frame, ticket, resource, arguments, principal)
    return await _call_operation(work, frame, ticket, resource, arguments, role_account(role_arn), principal)


async def _invoke_function(
    work: Work, frame: int, ticket: int, arn: str, arguments: Any, principal: str | None
) -> TaskInput:
    """A function's ARN as the resource: its payload is the result as it stands."""
    parsed = parse_arn(arn)
    assert parsed is not None
    request = {"FunctionName": arn, "Payload": orjson.dumps(arguments)}
    try:
        result = await work.operation("lambda", "Invoke", request, parsed.account, parsed.region, principal)
    except AwsError as error:
        return failure(work.call(), _FUNCTION, frame, ticket, error)
    payload = bytes(result.get("Payload") or b"") or b"null"
    if result.get("FunctionError"):
        return _function_failed(frame, ticket, payload)
    return TaskSucceeded(frame, ticket, payload.decode())


def _function_failed(frame: int, ticket: int, payload: bytes) -> TaskFailed:
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        document = None
    kind = document.get("errorType") if type(document) is dict else None
    return TaskFailed(frame, ticket, kind or "Lambda.Unknown", payload.decode(errors="replace"))


async def _call_operation(
    work: Work, frame: int, ticket: int, resource: str, arguments: Any, account: str | None, principal: str | None
) -> TaskInput:
    target = find_target(resource)
    if target is None:
        return TaskFailed(frame, ticket, LACKING, lacks(resource))
    if target.service == "execute-api":
        return await invoke_api(work, target, frame, ticket, arguments)
    try:
        model = model_of(target.service)
        request = prepare(resource, arguments) or {}
        region = _region(request)
        result = await work.operation(target.service, target.operation, request, account, region, principal)
    except AwsError as error:
        return failure(work.call(), target, frame, ticket, error)
    if target.service == "lambda" and target.optimised:
        if result.get("FunctionError"):
            return _function_failed(frame, ticket, bytes(result.get("Payload") or b"null"))
        output = orjson.dumps(_invocation(work, result)).decode()
    else:
        output = make_output(work.call(), model, target, result)
    return answered(target, frame, ticket, output)


def _region(request: dict[str, Any]) -> str | None:
    """The region of a function named by its ARN."""
    parsed = parse_arn(str(request.get("FunctionName", "")))
    return None if parsed is None else parsed.region


def _invocation(work: Work, result: Result) -> dict[str, Any]:
    """`lambda:invoke` shows the payload as JSON where it is JSON."""
    payload = bytes(result.get("Payload") or b"")
    try:
        shown: Any = orjson.loads(payload) if payload else ""
    except orjson.JSONDecodeError:
        shown = payload.decode(errors="replace")
    output = {
        "ExecutedVersion": result.get("ExecutedVersion", "$LATEST"),
        "Payload": shown,
        "StatusCode": result.get("StatusCode", 200),
    }
    return with_metadata(work.call().ids.uuid(), output)


@delivery("states.child_ended")
def child_ended(call: Call, item: Delivery) -> None:
    """An execution started with `.sync` is over: so is the task that started it."""
    (id_, frame, ticket, pattern), child = item.payload
    record = execution_by_id(call, child)
    assert record is not None
    succeeded = record.status == "SUCCEEDED"
    described = _described(call, record, parsed=succeeded and pattern == "sync:2")
    output = orjson.dumps(described).decode()
    if succeeded:
        advance_by_id(call, id_, TaskSucceeded(frame, ticket, output))
    else:
        advance_by_id(call, id_, TaskFailed(frame, ticket, "States.TaskFailed", output))


@delivery("states.child_abort")
def abort_child(call: Call, item: Delivery) -> None:
    """What waited for the execution (`.sync`) was stopped or has timed out, and so is that, with AWS's cause.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
    """
    waiting = f"execution [{item.payload}] which was managing this resource"
    stop = {"executionArn": item.target, "cause": f"The Task state in AWS Step Functions {waiting} was aborted"}
    call.operation("states", "StopExecution", stop)


def _described(call: Call, record: Record, *, parsed: bool) -> dict[str, Any]:
    """The child as DescribeExecution tells of it, in Step Functions' casing. `.sync:2` parses its JSON texts, where it
    has succeeded."""

    def shown(text: str) -> Any:
        return orjson.loads(text) if parsed else text

    redrive = redrive_status(record, call.now)
    through = qualifiers(call, record.machine, record.definition, record.qualifier)
    described: dict[str, Any] = {f"S{name[1:]}": arn for name, arn in through.items()} | {
        "ExecutionArn": record.arn,
        "Input": shown(record.input),
        "InputDetails": {"Included": True},
        "Name": record.name,
        "RedriveCount": record.redrives,
        "RedriveStatus": redrive[0],
        "StartDate": record.started,
        "StateMachineArn": record.machine,
        "Status": record.status,
        "StopDate": record.stopped,
    }
    if record.output is not None:
        described |= {"Output": shown(record.output), "OutputDetails": {"Included": True}}
    if redrive[1] is not None:
        described["RedriveStatusReason"] = redrive[1]
    if record.error is not None:
        described["Error"] = record.error
    if record.cause is not None:
        described["Cause"] = record.cause
    return {name: described[name] for name in sorted(described)}
