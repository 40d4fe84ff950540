"""What each event hangs on where states fail in branches and iterations, as it was measured on AWS."""

from __future__ import annotations

import json
from typing import Any

from headwater.languages.asl import parse
from headwater.languages.asl.commands import Input, RunTask, TaskFailed
from tests.languages.asl_world import World

QUEUE = "arn:aws:states:::sqs:sendMessage"
PASS = {"Type": "Pass", "End": True}
BOOM = {"Type": "Fail", "Error": "Boom"}
SEND = {"Type": "Task", "Resource": QUEUE, "Parameters": {"QueueUrl": "u", "MessageBody": "m"}, "End": True}


def alone(state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "B", "States": {"B": state}}


def parallel(branch: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Type": "Parallel", "Branches": [alone(branch)], "End": True, **fields}


def refuse(task: RunTask) -> list[Input]:
    return [TaskFailed(task.frame, task.ticket, "Gone", "no queue")]


def chain(state: dict[str, Any], given: Any = None, **machine: Any) -> list[tuple[str, int]]:
    states = {"S": state, **({"C": PASS} if "Catch" in state else {})}
    definition = {"StartAt": "S", "States": states, **machine}
    world = World(parse(json.dumps(definition)), json.dumps(given or {}), refuse).run()
    return [(event["type"], event["previousEventId"]) for event in world.events()[2:]]


def test_a_task_that_its_branch_fails_with_is_aborted() -> None:
    assert chain(parallel(SEND, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "C"}])) == [
        ("ParallelStateStarted", 2), ("TaskStateEntered", 3), ("TaskScheduled", 4), ("TaskStarted", 5),
        ("TaskFailed", 6), ("TaskStateAborted", 7), ("ParallelStateFailed", 7), ("ParallelStateExited", 9),
        ("PassStateEntered", 10), ("PassStateExited", 11), ("ExecutionSucceeded", 12),
    ]  # fmt: skip


def test_so_is_one_of_an_iteration() -> None:
    state = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": alone(SEND), "End": True}
    assert chain(state, [1])[5:] == [
        ("TaskFailed", 7), ("TaskStateAborted", 8), ("MapIterationFailed", 8), ("MapStateFailed", 8),
        ("ExecutionFailed", 11),
    ]  # fmt: skip


def test_one_that_is_caught_or_was_never_tried_is_not() -> None:
    kinds = [kind for kind, _ in chain(SEND)]
    assert kinds == ["TaskScheduled", "TaskStarted", "TaskFailed", "ExecutionFailed"]
    unfit = SEND | {"Parameters": {"QueueUrl.$": "$.nowhere", "MessageBody": "m"}}
    assert chain(parallel(unfit)) == [("ParallelStateStarted", 2), ("TaskStateEntered", 3), ("ExecutionFailed", 4)]


def test_a_failure_behind_what_was_joined_hangs_on_its_success() -> None:
    assert chain(parallel(PASS, ResultSelector={"x.$": "$.nowhere"}))[3:] == [
        ("ParallelStateSucceeded", 5), ("ExecutionFailed", 6),
    ]  # fmt: skip
    assert chain(parallel(PASS))[3:] == [
        ("ParallelStateSucceeded", 5), ("ParallelStateExited", 5), ("ExecutionSucceeded", 7),
    ]  # fmt: skip


def test_a_catcher_that_fails_fails_its_state_for_good() -> None:
    catch = [
        {"ErrorEquals": ["Boom"], "Output": "{% $nowhere %}", "Next": "C"},
        {"ErrorEquals": ["States.ALL"], "Next": "C"},
    ]
    assert chain(parallel(BOOM, Catch=catch), QueryLanguage="JSONata") == [
        ("ParallelStateStarted", 2), ("FailStateEntered", 3), ("ParallelStateFailed", 4), ("EvaluationFailed", 4),
        ("ParallelStateFailed", 6), ("ExecutionFailed", 7),
    ]  # fmt: skip


WAIT = {"Type": "Wait", "Seconds": 9, "End": True}


def test_branches_that_are_stopped_hang_on_what_stopped_them() -> None:
    branches = [{"StartAt": name, "States": {name: state}} for name, state in (("W", WAIT), ("F", BOOM), ("V", WAIT))]
    state = {"Type": "Parallel", "Branches": branches, "End": True}
    assert chain(state)[1:] == [
        ("WaitStateEntered", 3), ("FailStateEntered", 3), ("WaitStateAborted", 5), ("ParallelStateFailed", 5),
        ("ExecutionFailed", 7),
    ]  # fmt: skip


def test_iterations_that_are_stopped_end_before_their_states() -> None:
    rules = [{"Variable": "$", "NumericEquals": 2, "Next": "F"}]
    choose = {"Type": "Choice", "Choices": rules, "Default": "W"}
    item = {"StartAt": "B", "States": {"B": choose, "W": WAIT, "F": BOOM}}
    events = chain({"Type": "Map", "ItemProcessor": item, "End": True}, [1, 2])
    failed = next(number for number, (kind, _) in enumerate(events, 3) if kind == "FailStateEntered")
    assert events[failed - 2 :] == [
        ("MapIterationAborted", failed), ("WaitStateAborted", failed), ("MapIterationFailed", failed),
        ("MapStateFailed", failed), ("ExecutionFailed", failed + 4),
    ]  # fmt: skip


def test_an_iteration_that_cannot_begin_stops_those_that_have() -> None:
    state = {"Type": "Map", "ItemSelector": "{% $states.context.Map.Item.Value.v %}", "ItemProcessor": alone(WAIT)}
    kinds = [kind for kind, _ in chain(state | {"End": True}, [{"v": 1}, {}], QueryLanguage="JSONata")]
    assert kinds == [
        "MapStateStarted",
        "MapIterationStarted",
        "MapIterationAborted",
        "EvaluationFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]


def test_an_assign_without_variables_is_not_told() -> None:
    definition = {"StartAt": "S", "States": {"S": PASS | {"Assign": {}}}}
    exited = World(parse(json.dumps(definition)), "{}").run().events()[2]
    assert exited["stateExitedEventDetails"].keys() == {"name", "output", "outputDetails"}
