"""Carrying a task out: at once where the operation answers in this transaction, as a delivery where it waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.languages.asl import Execution
from headwater.languages.asl.commands import (
    Input,
    RunTask,
    TaskFailed,
    TaskStarted,
)
from headwater.services import SERVICES
from headwater.services.states import tables
from headwater.services.states.integrations.answers import answered
from headwater.services.states.integrations.api_gateway import check_api_arguments
from headwater.services.states.integrations.catalogue import Target, find_target, is_function
from headwater.services.states.integrations.failures import failure
from headwater.services.states.integrations.http_task import check_http_arguments
from headwater.services.states.integrations.recognized import LACKING, lacks
from headwater.services.states.integrations.shapes import Outputs, to_request
from headwater.spine.deliveries import FOREVER
from headwater.spine.errors import AwsError
from headwater.spine.models import Model, load_model
from headwater.spine.operations import Call
from headwater.spine.permissions import session_of

# Services whose operations answer inside a transaction, so that a task is over in the step that starts it.
_PROMPT = frozenset(
    {"dynamodb", "dynamodbstreams", "events", "firehose", "iam", "iotdata", "kinesis", "logs", "monitoring", "s3"}
    | {"sns", "sqs", "ssm", "states", "sts"}
)
# Those among them that wait; and those that advance executions, this one perhaps, which is in the middle of a step.
_WAITING = frozenset(
    {
        ("sqs", "ReceiveMessage"),
        ("states", "GetActivityTask"),
        ("states", "SendTaskFailure"),
        ("states", "SendTaskHeartbeat"),
        ("states", "SendTaskSuccess"),
        ("states", "StartSyncExecution"),
        ("states", "StopExecution"),
    }
)


def prepare(resource: str, arguments: Any) -> dict[str, Any] | None:
    """The request of a service integration; ArgumentsRefused where the arguments do not fit it. None where there is no
    request to make, or nothing that could take it: `perform` tells of that."""
    if ":::" not in resource:
        return None
    target = find_target(resource)
    if target is not None and target.service == "execute-api":
        return check_api_arguments(arguments)
    if target is not None and target.service == "http":
        return check_http_arguments(arguments)
    listing = None if target is None else SERVICES.get(target.service)
    if target is None or listing is None or listing.model is None:
        return None
    model = load_model(listing.model)
    if target.operation not in model.operations:
        return None
    return to_request(model, target.operation, arguments, optimised=target.optimised)


def perform(call: Call, id_: int, execution: Execution, command: RunTask, handles: list[int]) -> list[Input]:
    """What happened to the task so far. `handles` takes the delivery's number where the rest comes later."""
    if is_function(command.resource):
        return _later(call, id_, execution, command, handles)
    target = find_target(command.resource)
    if target is None:
        return [TaskFailed(command.frame, command.ticket, LACKING, lacks(command.resource))]
    if target.service not in _PROMPT or (target.service, target.operation) in _WAITING:
        return _later(call, id_, execution, command, handles)
    return _at_once(call, id_, execution, target, command, handles)


def _later(call: Call, id_: int, execution: Execution, command: RunTask, handles: list[int]) -> list[Input]:
    role = command.role_arn
    payload = [id_, command.frame, command.ticket, command.resource, command.arguments, role, execution.role_arn]
    handles.append(call.deliver("states.task", payload, target=execution.arn, policy=FOREVER))
    return [TaskStarted(command.frame, command.ticket)]


def _at_once(
    call: Call, id_: int, execution: Execution, target: Target, command: RunTask, handles: list[int]
) -> list[Input]:
    try:
        model = model_of(target.service)
        request = command.prepared or {}
        check_operation(model, target)
        if (target.service, target.operation) == ("states", "StartExecution"):
            request["Nested"] = True
        if target.pattern.startswith("sync"):
            request["Waiter"] = orjson.dumps([id_, command.frame, command.ticket, target.pattern]).decode()
        account, principal = role_account(command.role_arn), session(command.role_arn or execution.role_arn)
        result = call.operation(target.service, target.operation, request, account, principal=principal)
    except AwsError as error:
        return [failure(call, target, command.frame, command.ticket, error)]
    if "Waiter" in request:
        (child, *_) = call.store.one(tables.FIND_EXECUTION, (result["executionArn"],)) or (0,)
        handles.append(-child)  # negative: to be stopped where it is no longer waited for
    output = make_output(call, model, target, result)
    if target.operation == "PutEvents" and result.get("FailedEntryCount"):
        return [TaskFailed(command.frame, command.ticket, "EventBridge.FailedEntry", output, calling=True)]
    return [answered(target, command.frame, command.ticket, output)]


def model_of(service: str) -> Model:
    listing = SERVICES.get(service)
    if listing is None or listing.model is None:
        raise AwsError(LACKING, f"The service {service} is not implemented by Headwater.", 501)
    return load_model(listing.model)


def check_operation(model: Model, target: Target) -> None:
    if target.operation not in model.operations:
        raise AwsError(LACKING, f"{target.service} has no operation {target.operation}.", 501)


def make_output(call: Call, model: Model, target: Target, result: Mapping[str, Any]) -> str:
    output = Outputs(model, optimised=target.optimised).output(target.operation, dict(result))
    if target.optimised:
        output = with_metadata(call.ids.uuid(), output)
    return orjson.dumps(output).decode()


def with_metadata(request_id: str, output: dict[str, Any]) -> dict[str, Any]:
    """The HTTP answer's metadata, as optimised integrations show it; members in alphabetical order."""
    headers = {"x-amzn-RequestId": request_id}
    metadata = {
        "AllHttpHeaders": {name: [value] for name, value in headers.items()},
        "HttpHeaders": headers,
        "HttpStatusCode": 200,
    }
    complete = {**output, "SdkHttpMetadata": metadata, "SdkResponseMetadata": {"RequestId": request_id}}
    return {name: complete[name] for name in sorted(complete)}


def session(role_arn: str) -> str:
    """The principal that an execution is in a role."""
    return session_of(role_arn, "states")


def role_account(role_arn: str | None) -> str | None:
    """The account of a task's credentials; None for the execution's own."""
    return None if role_arn is None else role_arn.split(":")[4] or None
