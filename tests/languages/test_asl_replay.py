"""Replay: a recorded history never leaves the definition that made it; a changed one is found at the right state."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headwater.languages.asl import parse, resume, start
from headwater.languages.asl.commands import (
    RunTask,
    Stopped,
    TaskFailed,
    TaskSubmitted,
    TaskSucceeded,
    TaskTimedOut,
    TimedOut,
)
from headwater.languages.asl.history import render
from headwater.languages.asl.replay import Departure, replay
from headwater.languages.asl.visits import visits
from tests.languages.asl_world import STARTED_AT, Ids, World, execution
from tests.languages.test_oracle_executions import CASES, is_free, verbatim_input

PASS = {"Type": "Pass", "End": True}
ORDER: dict[str, Any] = {
    "StartAt": "Reserve",
    "States": {
        "Reserve": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": "reserve", "Payload": {"token.$": "$$.Task.Token", "sku.$": "$.sku"}},
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 3, "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Rejected"}],
            "Next": "Rest",
        },
        "Rest": {"Type": "Wait", "Seconds": 2_592_000, "Next": "Both"},
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Left", "States": {"Left": {"Type": "Pass", "End": True}}},
                {"StartAt": "Right", "States": {"Right": {"Type": "Wait", "Seconds": 5, "End": True}}},
            ],
            "Next": "Judge",
        },
        "Judge": {
            "Type": "Choice",
            "Choices": [{"Variable": "$[0].count", "NumericGreaterThan": 5, "Next": "Large"}],
            "Default": "Small",
        },
        "Large": {"Type": "Pass", "End": True},
        "Small": {"Type": "Pass", "End": True},
        "Rejected": {"Type": "Fail", "Error": "Rejected"},
    },
}


def recorded(definition: dict[str, Any], *, busy: int = 1) -> list[dict[str, Any]]:
    """The history of an order whose reservation is busy so often at first."""
    left = [busy]

    def answer(task: RunTask) -> list[Any]:
        place = (task.frame, task.ticket)
        if left[0]:
            left[0] -= 1
            return [TaskFailed(*place, "Busy", "later")]
        return [TaskSubmitted(*place, '{"StatusCode": 200}'), TaskSucceeded(*place, '{"count": 7}')]

    return World(parse(json.dumps(definition)), {"sku": "A1"}, answer).run().events()


def departure(definition: dict[str, Any], history: list[dict[str, Any]]) -> Departure | None:
    ids = Ids(seed=7)  # others than the recording's: its tokens are its own
    return replay(parse(json.dumps(definition)), execution({"sku": "A1"}), history, ids).departure


def changed(state: str, **fields: Any) -> dict[str, Any]:
    states = ORDER["States"]
    return ORDER | {"States": states | {state: states[state] | fields}}


@pytest.mark.parametrize("busy", [0, 1, 2, 3])
def test_the_same_definition_goes_the_same_way(busy: int) -> None:
    assert departure(ORDER, recorded(ORDER, busy=busy)) is None


@pytest.mark.parametrize(
    ("definition", "state", "why"),
    [
        (
            changed("Judge", Choices=[{"Variable": "$[0].count", "NumericGreaterThan": 50, "Next": "Large"}]),
            "Large",
            "Small",
        ),
        (changed("Both", Branches=ORDER["States"]["Both"]["Branches"][:1]), "Right", "ParallelStateSucceeded"),
        (changed("Large", Result=1), "Large", "output is 1"),
        (changed("Large", Next="Small", End=False), "Large", "PassStateEntered"),
        (changed("Reserve", Retry=[]), "Reserve", "TaskStateExited"),
    ],
)
def test_a_change_is_found_at_its_state(definition: dict[str, Any], state: str, why: str) -> None:
    left = departure(definition, recorded(ORDER))
    assert left is not None
    assert (left.state, why in left.why) == (state, True), left


@pytest.mark.parametrize("case", CASES, ids=[case["id"].rpartition("::")[2] for case in CASES])
def test_recordings_of_aws_keep_the_path(case: dict[str, Any]) -> None:
    """AWS's own histories on the machines that made them."""
    if any(map(is_free, case["history"])):
        pytest.skip("its recording has no ids where branches run side by side")
    machine, given = parse(json.dumps(case["definition"])), verbatim_input(case)
    ours = World(machine, given).run().events()
    history = [filled(recorded, made) for recorded, made in zip(case["history"], ours, strict=True)]
    assert replay(machine, execution(given), history, Ids(seed=7)).departure is None


def filled(recorded: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """AWS's event, with times, texts in place of parsed values, and our words where the recording has placeholders."""
    event = recorded | {"timestamp": made["timestamp"]}
    for key in recorded:
        if key.endswith("EventDetails"):
            event[key] = {name: _text(value, made[key].get(name)) for name, value in recorded[key].items()}
    return event


def _text(recorded: Any, made: Any) -> Any:
    if isinstance(made, dict):
        return {name: _text(value, made.get(name)) for name, value in recorded.items()}
    text = recorded if isinstance(made, int) or isinstance(recorded, str) else json.dumps(recorded)
    vague = isinstance(text, str) and any(mark in text for mark in ("<", "snf_role_arn", "timestamp", '"date"'))
    return made if vague else text


def test_what_is_random_goes_its_own_way() -> None:
    """UUIDs, tokens and map runs' ARNs are others each time: that is no departure, also where they are passed on."""
    wait = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Next": "Each"}
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "P", "States": {"P": PASS}}
    states = {
        "Name": {"Type": "Pass", "Parameters": {"id.$": "States.Format('order-{}', States.UUID())"}, "Next": "Wait"},
        "Wait": wait
        | {"Parameters": {"MessageBody": {"token.$": "$$.Task.Token", "id.$": "$.id"}}, "ResultPath": "$.r"},
        "Each": {"Type": "Map", "ItemsPath": "$.r", "ItemProcessor": processor, "ResultPath": "$.all", "Next": "Last"},
        "Last": PASS,
    }
    machine = parse(json.dumps({"StartAt": "Name", "States": states}))
    world = World(machine, {}, lambda task: [TaskSucceeded(task.frame, task.ticket, "[1, 2]")]).run()
    assert replay(machine, execution({}), world.events(), Ids(seed=7)).departure is None


def test_branches_may_be_recorded_in_any_order() -> None:
    history = recorded(ORDER)
    left = next(event for event in history if event.get("stateEnteredEventDetails", {}).get("name") == "Left")
    at = history.index(left)
    assert history[at + 2]["stateEnteredEventDetails"]["name"] == "Right"
    swapped = {at + 1: at + 2, at + 2: at + 3, at + 3: at + 1}  # Right first, by the ids that say so

    def renumbered(event: dict[str, Any]) -> dict[str, Any]:
        ids = {name: swapped.get(event[name], event[name]) for name in ("id", "previousEventId")}
        return event | ids

    other = sorted(map(renumbered, history), key=lambda event: int(event["id"]))
    assert other != history
    assert departure(ORDER, other) is None


@pytest.mark.parametrize("limit", [0, 1])
def test_a_redriven_execution_goes_its_way_again(limit: int) -> None:
    """A Map fails at its second item and is redriven twice: its tasks and timers are those that were recorded."""
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111111111111:function:f", "Next": "Rest"}
    rest = {"Type": "Wait", "Seconds": 60, "End": True}
    each = {
        "Type": "Map", "MaxConcurrency": limit, "End": True,
        "ItemProcessor": {"StartAt": "Do", "States": {"Do": task, "Rest": rest}},
    }  # fmt: skip
    fails = [2]

    def answer(command: RunTask) -> list[Any]:
        place = (command.frame, command.ticket)
        if command.arguments == "two" and fails[0]:
            fails[0] -= 1
            return [TaskFailed(*place, "Busy", "later")]
        return [TaskSucceeded(*place, json.dumps(command.arguments))]

    definition = {"StartAt": "Each", "States": {"Each": each}}
    machine = parse(json.dumps(definition))
    world = World(machine, ["one", "two", "three"], answer, crash=True).run()
    world.redrive().redrive()
    history = world.events()
    assert [event["type"] for event in history].count("ExecutionRedriven") == 2
    assert history[-1]["type"] == "ExecutionSucceeded"
    assert replay(machine, execution(["one", "two", "three"]), history, Ids(seed=7)).departure is None
    each["ItemProcessor"]["States"]["Rest"] = rest | {"Type": "Pass"}  # the change shows before the first redrive
    del each["ItemProcessor"]["States"]["Rest"]["Seconds"]
    left = replay(parse(json.dumps(definition)), execution(["one", "two", "three"]), history, Ids()).departure
    assert left is not None and left.recorded is not None and left.recorded["type"] == "WaitStateEntered"
    shown = [visit for root in visits(history) for _, visit in root.walk()]
    assert {(visit.state, visit.iteration, visit.outcome) for visit in shown} == {
        ("Each", None, "done"), *((state, item, "done") for state in ("Do", "Rest") for item in range(3)),
    }  # fmt: skip
    assert next(visit.attempts for visit in shown if (visit.state, visit.iteration) == ("Do", 1)) == 3


@pytest.mark.parametrize("end", [Stopped("E", "because"), Stopped(), TimedOut()])
def test_an_execution_ended_from_outside_goes_its_way(end: Stopped | TimedOut) -> None:
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": True}}}
    both = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [wait], "End": True}}}
    machine, running = parse(json.dumps(both)), execution({})
    noted = start(machine, running, STARTED_AT, Ids()).events
    noted += resume(running, end, STARTED_AT + 5000, Ids()).events
    history = [render(event, STARTED_AT) for event in noted]
    assert replay(machine, execution({}), history, Ids()).departure is None
    assert [visit.outcome for root in visits(history) for _, visit in root.walk()] == ["failed", "failed"]
    wait["States"]["W"]["Seconds"] = 0
    left = replay(parse(json.dumps(both)), execution({}), history, Ids()).departure
    assert left is not None and left.why.startswith("WaitStateExited in place of Execution")


@pytest.mark.parametrize("heartbeat", [True, False])
def test_a_missed_heartbeat_goes_its_way(heartbeat: bool) -> None:
    """A history calls it a timeout like any other: that the whole time was not up tells it apart."""
    catch = [
        {"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Small"},
        {"ErrorEquals": ["States.ALL"], "Next": "Rejected"},
    ]
    definition = changed("Reserve", TimeoutSeconds=60, HeartbeatSeconds=10, Retry=[], Catch=catch)
    world = World(parse(json.dumps(definition)), {"sku": "A1"})

    def answer(task: RunTask) -> list[Any]:
        world.now += 10_000 if heartbeat else 60_000
        return [TaskTimedOut(task.frame, task.ticket, heartbeat=heartbeat)]

    world.answer = answer
    history = world.run().events()
    assert history[-1]["type"] == ("ExecutionSucceeded" if heartbeat else "ExecutionFailed")
    assert departure(definition, history) is None
