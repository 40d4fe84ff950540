"""Functions and state machines that a pipe waits for, as enrichment or as target: the batch is a list."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.pipes.compiled import Input, Stage
from headwater.spine.errors import AwsError
from headwater.spine.work import Work


def as_list(inputs: list[Input]) -> bytes:
    return orjson.dumps([item.value for item in inputs])


async def invoke_function(work: Work, stage: Stage, inputs: list[Input]) -> Any:
    """The function's answer; AwsError where it failed."""
    arn = stage.arn
    request = {"FunctionName": str(arn), "Payload": as_list(inputs)}
    answer = await work.operation("lambda", "Invoke", request, arn.account, arn.region, stage.principal)
    try:
        value = orjson.loads(answer["Payload"] or b"null")
    except orjson.JSONDecodeError:
        value = bytes(answer["Payload"]).decode(errors="replace")
    if answer.get("FunctionError"):
        message = value.get("errorMessage") if isinstance(value, dict) else value
        raise AwsError("FunctionFailed", f"{arn.name}: {message}")
    return value


async def run_state_machine(work: Work, stage: Stage, inputs: list[Input]) -> Any:
    """The output of an express state machine's execution; AwsError where it failed."""
    arn = stage.arn
    request = {"stateMachineArn": str(arn), "input": as_list(inputs).decode()}
    answer = await work.operation("states", "StartSyncExecution", request, arn.account, arn.region, stage.principal)
    if answer["status"] != "SUCCEEDED":
        told = ": ".join(str(answer[name]) for name in ("error", "cause") if answer.get(name))
        raise AwsError("ExecutionFailed", f"{arn.name} {answer['status']} {told}".strip())
    return orjson.loads(answer.get("output") or "null")
