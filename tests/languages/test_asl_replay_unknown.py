"""Replay of what a history does not tell: random numbers, fresh ids, and what map runs gave."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headwater.languages.asl import parse, resume, start
from headwater.languages.asl.commands import MapRunEnded, RunTask, StartMapRun, TaskSucceeded
from headwater.languages.asl.history import render
from headwater.languages.asl.recorded import deduced_results
from headwater.languages.asl.replay import Outcome, replay
from tests.languages.asl_world import STARTED_AT, Ids, World, execution

RANDOM: dict[str, Any] = {
    "QueryLanguage": "JSONata",
    "StartAt": "Draw",
    "States": {
        "Draw": {"Type": "Pass", "Assign": {"n": "{% $random() %}"}, "Output": {"n": "{% $random() %}"},
                 "Next": "Call"},
        "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111111111111:function:f",
                 "Arguments": {"share": "{% $random() %}"}, "Output": "{% $n %}", "Next": "Toss"},
        "Toss": {"Type": "Choice",
                 "Choices": [{"Condition": "{% $random() < 0.5 %}", "Next": "Heads"}], "Default": "Tails"},
        "Heads": {"Type": "Pass", "Output": "{% $string($n) & 'heads' %}", "Next": "Sum"},
        "Tails": {"Type": "Pass", "Output": "{% $string($n) & 'tails' %}", "Next": "Sum"},
        "Sum": {"Type": "Pass", "Output": {"seen": "{% $states.input %}", "n": "{% $n %}"}, "End": True},
    },
}  # fmt: skip


def answer(command: RunTask) -> list[Any]:
    return [TaskSucceeded(command.frame, command.ticket, '"ok"')]


def recorded(definition: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    world = World(parse(json.dumps(definition)), {}, answer)
    world.ids = Ids(seed=seed)
    return world.run().events()


def replayed(definition: dict[str, Any], history: list[dict[str, Any]], seed: int, **more: Any) -> Outcome:
    return replay(parse(json.dumps(definition)), execution({}), history, Ids(seed=seed), **more)


def changed(machine: dict[str, Any], state: str, **fields: Any) -> dict[str, Any]:
    return machine | {"States": machine["States"] | {state: machine["States"][state] | fields}}


@pytest.mark.parametrize("seed", range(12))
def test_random_numbers_are_those_of_the_recording(seed: int) -> None:
    history = recorded(RANDOM, seed)
    for other in (100, 101, 102):
        outcome = replayed(RANDOM, history, other)
        assert outcome.departure is None
        assert {*outcome.taken} == {"Draw", "Call", "Toss"}


def test_a_change_behind_a_random_number_is_seen() -> None:
    history = recorded(RANDOM, 3)
    left = replayed(changed(RANDOM, "Sum", Output="{% $n %}"), history, 100).departure
    assert left is not None and left.state == "Sum"
    assert left.why.endswith("random numbers were drawn on the way, which are others in a replay")
    # where the way that was gone is no longer there, the replay goes another
    entered = [each["stateEnteredEventDetails"]["name"] for each in history if "stateEnteredEventDetails" in each]
    way = next(name for name in entered if name in ("Heads", "Tails"))
    other = {"Heads": "Tails", "Tails": "Heads"}[way]
    both = changed(RANDOM, "Toss", Choices=[{"Condition": "{% $random() < 2 %}", "Next": other}], Default=other)
    both = changed(both, other, Next=way)
    left = replayed(both, history, 100).departure
    assert left is not None and left.recorded is not None
    assert left.recorded["stateEnteredEventDetails"]["name"] == way


def test_ids_that_were_made_are_those_of_the_recording() -> None:
    """A Choice on an id goes the recorded way, and a change to the state that made it is seen."""
    definition = {
        "StartAt": "Make",
        "States": {
            "Make": {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "Next": "Judge"},
            "Judge": {"Type": "Choice", "Default": "High",
                      "Choices": [{"Variable": "$.id", "StringLessThan": "8", "Next": "Low"}]},
            "Low": {"Type": "Pass", "End": True},
            "High": {"Type": "Pass", "End": True},
        },
    }  # fmt: skip
    for seed in range(6):
        history = recorded(definition, seed)
        for other in range(100, 104):
            assert replayed(definition, history, other) == (None, {})
        more = {"id.$": "States.UUID()", "more": 1}
        left = replayed(changed(definition, "Make", Parameters=more), history, 100).departure
        assert left is not None and left.state == "Make"


def _map(**fields: Any) -> dict[str, Any]:
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P",
                 "States": {"P": {"Type": "Pass", "End": True}}}  # fmt: skip
    each = {"Type": "Map", "ItemProcessor": processor, "ItemsPath": "$.items", "Next": "End"} | fields
    return {"StartAt": "Each", "States": {"Each": each, "End": {"Type": "Pass", "End": True}}}


def _events(definition: dict[str, Any]) -> list[dict[str, Any]]:
    running = execution({"items": ["a", "b"]})
    begun = start(parse(json.dumps(definition)), running, STARTED_AT, Ids(seed=1))
    command = begun.commands[0]
    assert isinstance(command, StartMapRun)
    ended = MapRunEnded(command.frame, command.ticket, "[1,2]", [1, 2])
    noted = begun.events + resume(running, ended, STARTED_AT, Ids(seed=2)).events
    return [render(event, STARTED_AT) for event in noted]


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        ({}, True),
        ({"ResultPath": "$.made"}, True),
        ({"ResultPath": "$.made.here"}, True),
        ({"ResultPath": None}, False),
        ({"ResultSelector": {"first.$": "$[0]"}}, False),
        ({"ResultPath": "$.made", "OutputPath": "$.made"}, False),
    ],
)
def test_what_a_map_run_gave_follows_from_what_its_state_left(fields: dict[str, Any], known: bool) -> None:
    definition = _map(**fields)
    history = _events(definition)
    results = deduced_results(parse(json.dumps(definition)), history)
    assert list(results.values()) == (["[1,2]"] if known else [])
    given = execution({"items": ["a", "b"]})
    same = replay(parse(json.dumps(definition)), given, history, Ids(seed=9), results)
    assert same.departure is None
    assert bool(same.taken) is not known
    other = parse(json.dumps(_map(**fields | {"ResultSelector": {"second.$": "$[1]"}})))
    again = replay(other, execution({"items": ["a", "b"]}), history, Ids(seed=9), results)
    if known:
        assert again.departure is not None and again.departure.state == "Each"
    else:
        assert again == (None, {"Each": "what its map run gave is not recorded"})
    # an own run has kept it
    arn = next(each["mapRunStartedEventDetails"]["mapRunArn"] for each in history if each["type"] == "MapRunStarted")
    kept = replay(other, execution({"items": ["a", "b"]}), history, Ids(seed=9), {arn: "[1,2]"})
    assert (kept.departure is None) == (fields.get("ResultPath", "$") is None)
