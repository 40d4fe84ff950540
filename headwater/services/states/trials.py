"""TestState: one state tried alone, its resource called or mocked.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
"""

from __future__ import annotations

from collections.abc import Coroutine
from functools import partial
from typing import Any

import orjson

from headwater.languages.asl import Execution, InvalidDefinition, parse, parse_state
from headwater.languages.asl.commands import RunTask, StartTimer, TaskFailed, TaskSucceeded, TaskTimedOut
from headwater.languages.asl.distributed_map_state import DistributedMapState
from headwater.languages.asl.errors import StateFailed
from headwater.languages.asl.machine import State
from headwater.languages.asl.map_state import MapState
from headwater.languages.asl.parallel_state import ParallelState
from headwater.languages.asl.task_state import TaskState
from headwater.languages.asl.trial import Trial, find_state, inner_names
from headwater.languages.item_sources import SourceError
from headwater.services.states.errors import invalid_definition, invalid_execution_input, validation
from headwater.services.states.integrations import prepare
from headwater.services.states.integrations.http_task import shown_exchange
from headwater.services.states.integrations.recognized import check_resource
from headwater.services.states.item_objects import values_of
from headwater.services.states.machines import check_role
from headwater.services.states.mocks import STRICT, check_mocked_result
from headwater.services.states.tasks import carry_out
from headwater.services.states.trial_context import check_context
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.work import Work

LONGEST_MILLISECONDS = 5 * 60 * 1000
_UNMOCKED = ("Map", "Parallel")
_MOCKED = ("Task", "Map", "Parallel")
_NAME = "StateName"


@operation("states", "TestState")
def test_state(call: Call, request: Request) -> Result | Coroutine[Any, Any, Result]:
    mock = request.get("mock")
    _check_mock(mock, request)
    given = _json(request, "input")
    state = _find(call, request)
    _check_kind(state, mock)
    context = check_context(request.get("context"), state, mocked=mock is not None)
    variables = _variables(request)
    trial = _trial(call, request, state, given, variables, context)
    if mock is not None:
        _mocked(trial, state, mock, request)
        return _shown(trial, request)
    task = trial.enter()
    if task is not None:
        return _run(call.work, trial, task, request)
    _let_time_pass(trial, call.now)
    return _shown(trial, request)


def _check_mock(mock: Any, request: Request) -> None:
    if mock is None:
        return
    kinds = [name for name in ("result", "errorOutput") if mock.get(name) is not None]
    if len(kinds) > 1:
        raise validation("A test mock should have only one of the following fields: [result, errorOutput].")
    if not kinds:
        raise validation("A test mock must have one of the following fields: [result, errorOutput].")
    if "errorOutput" in kinds and not mock["errorOutput"].get("error"):
        raise validation("A test mock with errorOutput must have the following field: [error].")
    if request.get("revealSecrets"):
        raise validation("TestState does not support RevealSecrets when a mock is specified.")


def _json(request: Request, member: str) -> str:
    text = str(request.get(member) or "{}")
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid_execution_input(str(error)) from None
    return text


def _variables(request: Request) -> dict[str, Any]:
    try:
        variables = orjson.loads(request.get("variables") or "{}")
    except orjson.JSONDecodeError:
        variables = None
    if type(variables) is not dict:
        raise validation("Invalid variables provided: Variables must be a JSON object")
    return variables


def _find(call: Call, request: Request) -> State:
    """The state under test: the definition itself, or one of a whole machine's."""
    if request.get("roleArn"):
        check_role(call, request["roleArn"])
    name, check = request.get("stateName"), partial(check_resource, call)
    try:
        if name is None:
            return parse_state(request["definition"], _NAME, check)
        state = find_state(parse(request["definition"], check_resource=check).workflow, name)
    except InvalidDefinition as refused:
        raise invalid_definition(str(refused)) from None
    if state is None:
        raise validation("State not found in definition")
    return state


def _check_kind(state: State, mock: Any) -> None:
    if mock is not None and state.kind not in _MOCKED:
        raise validation(f"State type '{state.kind}' is not supported when a mock is specified")
    if mock is None and state.kind in _UNMOCKED:
        raise invalid_definition(
            "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, "
            "Succeed, Fail, Choice]"
        )
    if mock is None and isinstance(state, TaskState) and (state.target.has_token or ".sync" in state.target.action):
        raise invalid_definition(
            "TestState API supports Activity tasks and the .sync and .waitForTaskToken service integration patterns "
            "only when a mock is specified"
        )


def _trial(
    call: Call, request: Request, state: State, given: str, variables: dict[str, Any], context: dict[str, Any] | None
) -> Trial:
    name, machine = call.ids.uuid(), call.ids.uuid()
    prefix = f"arn:aws:states:{call.region}:{call.account}"
    execution = Execution(
        f"{prefix}:express:{machine}:{name}", name, request.get("roleArn") or "", f"{prefix}:stateMachine:{machine}",
        machine, call.now, given, express=True,
    )  # fmt: skip
    configuration = request.get("stateConfiguration") or {}
    retries = configuration.get("retrierRetryCount") or 0
    return Trial(
        execution, call.now, call.ids, prepare, state, variables=variables, context=context, retries=retries
    )  # fmt: skip


def _mocked(trial: Trial, state: State, mock: Any, request: Request) -> None:
    text, error = mock.get("result"), mock.get("errorOutput")
    failure = None if error is None else StateFailed(error.get("error"), error.get("cause"))
    result = None if text is None else _result(text)
    configuration = request.get("stateConfiguration") or {}
    origin = configuration.get("errorCausedByState")
    if origin is not None and origin not in inner_names(state):
        raise validation(f"State '{origin}' not found in the Map or Parallel state")
    if isinstance(state, TaskState):
        if text is not None:
            check_mocked_result(state.resource, result, mock.get("fieldValidationMode") or STRICT)
        _answer(trial, text, failure)
    elif isinstance(state, ParallelState):
        if text is not None and len(_array(result)) != len(state.branches):
            raise validation("Mocked result must contain the same number of items as number of Parallel branches.")
        trial.branches(text, failure)
    elif isinstance(state, MapState):
        if text is not None:
            _check_map_result(state, result)
        read = _read_items(state, configuration.get("mapItemReaderData"))
        trial.iterations(text, failure, configuration.get("mapIterationFailureCount") or 0, read)


def _result(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise validation("Mocked result must be a valid JSON.") from None


def _array(result: Any) -> list[Any]:
    if type(result) is not list:
        raise validation("Mocked result must be an array.")
    return result


def _check_map_result(state: MapState, result: Any) -> None:
    writer = state.distribution.writer if isinstance(state, DistributedMapState) else None
    if writer is None or writer.parameters is None:
        _array(result)
    elif type(result) is not dict:
        raise validation("Mocked result must be a JSON object.")


def _read_items(state: MapState, data: str | None) -> list[Any] | None:
    reader = state.distribution.reader if isinstance(state, DistributedMapState) else None
    if data is None or reader is None:
        return None
    try:
        return list(values_of(data.encode(), reader.config))
    except SourceError as refused:
        raise validation(f"mapItemReaderData could not be read: {refused}") from None


def _answer(trial: Trial, text: str | None, failure: StateFailed | None) -> None:
    task = trial.enter()
    if task is None:
        return
    if text is not None:
        trial.answer(TaskSucceeded(task.frame, task.ticket, text))
    elif failure is not None:
        trial.answer(TaskFailed(task.frame, task.ticket, failure.error, failure.cause))


def _let_time_pass(trial: Trial, now: int) -> None:
    """A Wait state does not keep the caller; what AWS would not wait for is a timeout here too."""
    timer = next((command for command in trial.commands if isinstance(command, StartTimer)), None)
    if timer is None or trial.status is not None:
        return
    if timer.at - now > LONGEST_MILLISECONDS:
        trial.status, trial.error = "FAILED", "States.Timeout"
    else:
        trial.ring()


async def _run(work: Work, trial: Trial, task: RunTask, request: Request) -> Result:
    limit = LONGEST_MILLISECONDS if task.timeout is None else min(LONGEST_MILLISECONDS, 1000 * task.timeout)
    told: dict[str, Any] = {}
    role = task.role_arn or request.get("roleArn")
    called = carry_out(work, task.frame, task.ticket, task.resource, task.arguments, task.role_arn, role, told)
    try:
        event = await work.within(limit, called)
    except TimeoutError:
        event = TaskTimedOut(task.frame, task.ticket)
    trial.answer(event)
    if request.get("inspectionLevel") == "TRACE":
        trial.inspected |= shown_exchange(told, reveal=bool(request.get("revealSecrets")))
    return _shown(trial, request)


def _shown(trial: Trial, request: Request) -> Result:
    ended = {
        "output": trial.output,
        "error": trial.error,
        "cause": trial.cause,
        "nextState": trial.next,
        "status": trial.status,
    }
    result: Result = {name: value for name, value in ended.items() if value is not None}
    if (request.get("inspectionLevel") or "INFO") != "INFO":
        inspected = trial.inspected
        result["inspectionData"] = inspected | ({"errorDetails": trial.error_details} if trial.error_details else {})
    return result
