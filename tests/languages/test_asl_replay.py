"""Replay: a recorded history never leaves the definition that made it; a changed one is found at the right state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headwater.languages.asl import parse
from headwater.languages.asl.commands import RunTask, TaskFailed, TaskSubmitted, TaskSucceeded
from headwater.languages.asl.replay import Departure, replay
from tests.languages.asl_world import Ids, World, execution

CASES = json.loads((Path(__file__).parent.parent / "oracles" / "asl_executions_aws.json").read_text())
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
    return replay(parse(json.dumps(definition)), execution({"sku": "A1"}), history, ids)


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
def test_recorded_machines_go_their_own_way(case: dict[str, Any]) -> None:
    """The histories that our stepper makes of AWS's recorded machines, where they need nothing from outside."""
    machine, given = parse(json.dumps(case["definition"])), case["input"]
    world = World(machine, given)
    try:
        history = world.run().events()
    except AssertionError:
        pytest.skip("it calls something")
    assert replay(machine, execution(given), history, Ids()) is None
