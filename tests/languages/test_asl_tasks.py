"""Tasks in the stepper: their events, retries, catchers, limits; and what becomes of branches beside a failure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headwater.languages.asl import parse, resume, start
from headwater.languages.asl.commands import (
    Input,
    RunTask,
    StartTimer,
    Stopped,
    TaskFailed,
    TaskStarted,
    TaskSubmitted,
    TaskSucceeded,
    TaskTimedOut,
)
from headwater.languages.asl.retry import Retrier
from headwater.languages.asl.task_state import split_token
from tests.languages.asl_world import STARTED_AT, Ids, World, execution

FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:f"
QUEUE = "arn:aws:states:::sqs:sendMessage"
SDK = "arn:aws:states:::aws-sdk:sqs:sendMessage"


def machine(state: dict[str, Any], **more: Any) -> Any:
    states = {"S": {"End": True, **state} if "Next" not in state else state, "Caught": {"Type": "Pass", "End": True}}
    if "Catch" not in state:
        del states["Caught"]
    return parse(json.dumps({"StartAt": "S", "States": states, **more}))


def outcome(state: dict[str, Any], answers: list[Any], given: Any = None, **more: Any) -> World:
    """Run a machine of one task, answered in turn: a JSON value, or (error, cause)."""
    waiting = iter(answers)

    def answer(command: RunTask) -> list[Input]:
        value = next(waiting)
        if isinstance(value, tuple):
            return [TaskFailed(command.frame, command.ticket, *value)]
        return [TaskSucceeded(command.frame, command.ticket, json.dumps(value))]

    return World(machine(state, **more), {} if given is None else given, answer, crash=True).run()


def kinds(world: World) -> list[str]:
    return [event["type"] for event in world.events()]


def test_a_functions_events() -> None:
    world = outcome({"Type": "Task", "Resource": FUNCTION, "TimeoutSeconds": 9}, [{"ok": 1}], {"a": 1})
    scheduled, started, succeeded = world.events()[2:5]
    assert scheduled["lambdaFunctionScheduledEventDetails"] == {
        "resource": FUNCTION,
        "input": '{"a":1}',
        "inputDetails": {"truncated": False},
        "timeoutInSeconds": 9,
    }
    assert [started["type"], succeeded["type"]] == ["LambdaFunctionStarted", "LambdaFunctionSucceeded"]
    assert succeeded["lambdaFunctionSucceededEventDetails"]["output"] == '{"ok": 1}'
    assert [event["previousEventId"] for event in world.events()] == [0, 0, 2, 3, 4, 5, 6]


def test_a_task_in_every_field_of_jsonpath() -> None:
    state = {
        "Type": "Task",
        "Resource": QUEUE,
        "InputPath": "$.order",
        "Parameters": {"id.$": "$.id", "try.$": "$$.State.RetryCount"},
        "ResultSelector": {"sent.$": "$.MessageId"},
        "ResultPath": "$.result",
        "OutputPath": "$.result.sent",
        "Assign": {"raw.$": "$"},
        "Credentials": {"RoleArn": "arn:aws:iam::222222222222:role/r"},
        "HeartbeatSeconds": 5,
    }
    world = outcome(state, [{"MessageId": "m", "More": 1}], {"order": {"id": 7}})
    assert world.finish is not None and world.finish.output == '"m"'
    events = world.events()
    assert events[2]["taskScheduledEventDetails"] == {
        "resourceType": "sqs",
        "resource": "sendMessage",
        "region": "us-east-1",
        "parameters": '{"try":0,"id":7}',  # computed fields come in the order of a Java HashMap
        "heartbeatInSeconds": 5,
        "taskCredentials": {"roleArn": "arn:aws:iam::222222222222:role/r"},
    }
    assert events[5]["stateExitedEventDetails"]["assignedVariables"] == {"raw": '{"MessageId":"m","More":1}'}


def test_a_task_in_every_field_of_jsonata() -> None:
    state = {
        "Type": "Task",
        "QueryLanguage": "JSONata",
        "Resource": FUNCTION,
        "Arguments": {"id": "{% $states.input.id %}"},
        "TimeoutSeconds": "{% $states.input.seconds %}",
        "Assign": {"id": "{% $states.result.id %}"},
        "Output": {"sum": "{% $states.result.id + $states.input.id %}"},
    }
    world = outcome(state, [{"id": 3}], {"id": 4, "seconds": 60})
    assert world.finish is not None and world.finish.output == '{"sum":7}'
    assert world.events()[2]["lambdaFunctionScheduledEventDetails"]["timeoutInSeconds"] == 60


def test_retries_and_then_a_catcher() -> None:
    state = {
        "Type": "Task",
        "Resource": FUNCTION,
        "Retry": [
            {"ErrorEquals": ["A"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 2},
            {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1},
        ],
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.error", "Next": "Caught"}],
    }
    world = outcome(state, [("A", "1"), ("A", "2"), ("B", None), ("A", "4")], {"n": 1})
    assert world.finish is not None
    assert json.loads(world.finish.output or "") == {"n": 1, "error": {"Error": "A", "Cause": "4"}}
    scheduled = [event["timestamp"] for event in world.events() if event["type"] == "LambdaFunctionScheduled"]
    assert [at - STARTED_AT for at in scheduled] == [0, 2_000, 8_000, 9_000]


def test_delays_grow_to_their_limit_and_may_jitter() -> None:
    ids = Ids()
    retrier = Retrier(frozenset(), interval=10, rate=2.0, longest=60, attempts=9)
    assert [retrier.delay(attempt, ids) for attempt in range(5)] == [10_000, 20_000, 40_000, 60_000, 60_000]
    jittery = Retrier(frozenset(), interval=10, jitter=True)
    assert len({jittery.delay(0, ids) for _ in range(9)}) > 1
    assert all(0 <= jittery.delay(0, ids) <= 10_000 for _ in range(99))


@pytest.mark.parametrize("heartbeat", [False, True])
@pytest.mark.parametrize("caught", ["States.Timeout", "States.HeartbeatTimeout", "States.ALL", "States.TaskFailed"])
def test_timeouts_and_who_catches_them(heartbeat: bool, caught: str) -> None:
    """Of a heartbeat that is missed only who catches it can tell."""
    error = "States.Timeout"
    state = {"Type": "Task", "Resource": QUEUE, "Catch": [{"ErrorEquals": [caught], "Next": "Caught"}]}
    world = World(
        machine(state), {}, lambda command: [TaskTimedOut(command.frame, command.ticket, heartbeat=heartbeat)]
    ).run()
    (timed_out,) = (event for event in world.events() if event["type"] == "TaskTimedOut")
    assert timed_out["taskTimedOutEventDetails"]["error"] == error
    assert world.finish is not None
    if caught == "States.TaskFailed" or (caught == "States.HeartbeatTimeout" and not heartbeat):
        assert (world.finish.status, world.finish.error) == ("FAILED", error)
    else:
        assert json.loads(world.finish.output or "") == {"Error": error}


@pytest.mark.parametrize(("resource", "told"), [(FUNCTION, FUNCTION), (QUEUE, "sqs"), (SDK, "aws-sdk:sqs")])
def test_a_result_that_is_too_large(resource: str, told: str) -> None:
    state = {"Type": "Task", "Resource": resource, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]}
    world = outcome(state, ["x" * 262_144])
    assert world.finish is not None
    assert (world.finish.status, world.finish.error) == ("FAILED", "States.DataLimitExceeded")
    size = "a size exceeding the maximum number of bytes service limit"
    assert world.finish.cause == f"The state/task '{told}' returned a result with {size}."


def test_interpreter_errors_are_nobodys_to_catch() -> None:
    state = {
        "Type": "Task",
        "Resource": QUEUE,
        "Parameters": {"a.$": "$.none"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
    }
    world = outcome(state, [])
    assert kinds(world) == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    assert world.finish is not None and world.finish.error == "States.Runtime"


def test_jsonata_errors_can_be_caught_with_their_output() -> None:
    state = {
        "Type": "Task",
        "Resource": QUEUE,
        "Arguments": {"a": "{% $none %}"},
        "Catch": [
            {
                "ErrorEquals": ["States.QueryEvaluationError"],
                "Output": "{% $states.errorOutput.Error %}",
                "Assign": {"why": "{% $states.errorOutput.Cause %}"},
                "Next": "Caught",
            }
        ],
    }
    world = outcome(state, [], QueryLanguage="JSONata")
    assert kinds(world)[2:4] == ["EvaluationFailed", "TaskStateExited"]
    assert world.finish is not None and world.finish.output == '"States.QueryEvaluationError"'


def test_tokens_name_the_task_and_what_is_stale_changes_nothing() -> None:
    state = {"Type": "Task", "Resource": QUEUE + ".waitForTaskToken", "Parameters": {"token.$": "$$.Task.Token"}}
    running = execution({})
    run = start(machine(state), running, STARTED_AT, Ids())
    (command,) = run.commands
    assert isinstance(command, RunTask)
    token = command.token
    assert command.arguments == {"token": token}
    assert split_token(token) == ("", command.frame, command.ticket)
    assert split_token("nonsense") is None
    assert resume(running, TaskStarted(1, command.ticket), STARTED_AT, Ids()).events
    assert resume(running, TaskSubmitted(1, command.ticket, "{}"), STARTED_AT, Ids()).events
    for stale in (TaskSucceeded(1, command.ticket + 1, "1"), TaskSucceeded(9, command.ticket, "1")):
        assert not resume(running, stale, STARTED_AT, Ids()).events
    ended = resume(running, TaskSucceeded(1, command.ticket, '"done"'), STARTED_AT, Ids())
    assert [event[2] for event in ended.events] == ["TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"]


def test_a_failure_stops_the_branches_beside_it() -> None:
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": True}}}
    fails = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}
    running = execution({})
    run = start(machine({"Type": "Parallel", "Branches": [waits, fails]}), running, STARTED_AT, Ids())
    assert [event[2] for event in run.events] == [
        "ExecutionStarted", "ParallelStateEntered", "ParallelStateStarted", "WaitStateEntered", "FailStateEntered",
        "WaitStateAborted", "ParallelStateFailed", "ExecutionFailed",
    ]  # fmt: skip
    assert run.events[-2][1] == 5
    # the timer that was asked for belongs to a frame that is gone
    assert [type(command) for command in run.commands][:1] == [StartTimer]
    assert [frame.status for frame in running.frames.values()] == ["failed", "aborted", "failed"]
    assert not any(frame.ticket for frame in running.frames.values())


def test_stopping_tells_of_nothing_but_the_end() -> None:
    item = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": True}}}
    running = execution([1, 2])
    start(machine({"Type": "Map", "ItemProcessor": item}), running, STARTED_AT, Ids())
    run = resume(running, Stopped("E", "because"), STARTED_AT, Ids())
    ((_, previous, kind, details),) = run.events
    assert (previous, kind, details) == (0, "ExecutionAborted", {"error": "E", "cause": "because"})


def test_a_map_runs_no_more_items_at_once_than_it_may() -> None:
    item = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": FUNCTION, "End": True}}}
    running = execution([1, 2, 3, 4, 5])
    compiled = machine({"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": item})
    run = start(compiled, running, STARTED_AT, Ids())
    tasks = [command for command in run.commands if isinstance(command, RunTask)]
    assert [task.arguments for task in tasks] == [1, 2]
    run = resume(running, TaskSucceeded(tasks[1].frame, tasks[1].ticket, '"b"'), STARTED_AT, Ids())
    (third,) = [command for command in run.commands if isinstance(command, RunTask)]
    assert third.arguments == 3
    started = next(event for event in run.events if event[2] == "MapIterationStarted")
    exited = next(event for event in run.events if event[2] == "TaskStateExited")
    assert started[1] == exited[0]


def test_a_submission_is_kept_when_it_comes_by_itself() -> None:
    """A function that waits for its token: started, submitted and ended are three steps, with a crash between."""

    def answer(command: RunTask) -> list[Input]:
        place = (command.frame, command.ticket)
        return [TaskStarted(*place), TaskSubmitted(*place, "{}"), TaskSucceeded(*place, "1")]

    waits = {"Type": "Task", "Resource": f"{QUEUE}.waitForTaskToken", "Parameters": {"MessageBody.$": "$$.Task.Token"}}
    world = World(machine(waits), {}, answer, crash=True).run()
    assert [event["previousEventId"] for event in world.events()] == [0, 0, 2, 3, 4, 5, 6, 7]


def test_a_timestamp_counts_to_the_second() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html: "up to seconds"."""
    state = {"Type": "Wait", "Timestamp": "2030-01-01T00:00:00.999Z", "End": True}
    world = World(parse(json.dumps({"StartAt": "W", "States": {"W": state}})), {}).run()
    assert world.events()[-1]["timestamp"] == 1_893_456_000_000


def test_arguments_are_limited_as_inputs_are() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html: States.DataLimitExceeded
    "when, after Parameters processing, the input of a state is larger than the payload size quota"."""
    task = {"Type": "Task", "Resource": QUEUE, "Parameters": {"a.$": "$.a", "b.$": "$.a"}}
    world = outcome(task, [], {"a": "x" * 200_000})
    assert world.finish is not None
    assert world.finish.error == "States.DataLimitExceeded"
    assert [event["type"] for event in world.events()] == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]


@pytest.mark.parametrize(("each", "fits"), [(131_070, True), (131_072, False)])
def test_the_variables_of_one_state_are_limited_together(each: int, fits: bool) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html#limits"""
    state = {"Type": "Pass", "Assign": {"a": "x" * (each - 2), "b": "x" * each}, "End": True}
    world = World(parse(json.dumps({"StartAt": "S", "States": {"S": state}})), {}).run()
    assert world.finish is not None
    assert world.finish.error == (None if fits else "States.DataLimitExceeded")
