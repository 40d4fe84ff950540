"""What states fail with, in AWS's words, as people have quoted them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headwater.languages.asl import parse
from tests.languages.asl_world import World

RUNTIME = "States.Runtime"
NO_PLACE = "States.ReferencePathConflict"
EVALUATION = "States.QueryEvaluationError"
NULL = "Unable to apply Path transformation to null or empty input."
NOT_ISO = "does not reference a valid ISO-8601 extended offset date-time format string"


def run(state: dict[str, Any], given: Any, **machine: Any) -> World:
    states = {"S": state | {"End": True}, "Caught": {"Type": "Pass", "End": True}}
    if "Catch" not in state:
        del states["Caught"]
    return World(
        parse(json.dumps({"StartAt": "S", "States": states, **machine})), json.dumps(given, separators=(",", ":"))
    ).run()


@pytest.mark.parametrize(
    ("state", "given", "error", "cause"),
    [
        ({"Type": "Pass", "Parameters": {"x.$": "$"}}, None, RUNTIME, NULL),
        ({"Type": "Pass", "InputPath": "$.x"}, None, RUNTIME, NULL),
        (
            {"Type": "Pass", "Parameters": {"x.$": "States.Format('{}', $.x[5])"}},
            {"x": [1]},
            RUNTIME,
            "The function 'States.Format('{}', $.x[5])' had the following error: The JsonPath argument for the field "
            "'$.x[5]' could not be found in the input '{\"x\":[1]}'",
        ),
        (
            {"Type": "Pass", "Parameters": {"x.$": "States.Format('{}', $.x[0])"}},
            {"x": 1},
            RUNTIME,
            "The function 'States.Format('{}', $.x[0])' had the following error: Filter: [0] can only be applied to "
            "arrays. Current context is: 1",
        ),
        (
            {"Type": "Pass", "Parameters": {"x.$": "States.Format('{}', $$.No.Such)"}},
            {"x": 1},
            RUNTIME,
            "The function 'States.Format('{}', $$.No.Such)' had the following error: The JsonPath argument for the "
            "field '$.No.Such' could not be found in the input '{\"x\":1}'",
        ),
        (
            {"Type": "Wait", "SecondsPath": "$.x"},
            {},
            RUNTIME,
            "The SecondsPath parameter does not reference an input value: $.x",
        ),
        (
            {"Type": "Wait", "TimestampPath": "$.x.y"},
            {"x": 1},
            RUNTIME,
            "The TimestampPath parameter does not reference an input value: $.x.y",
        ),
    ],
)
def test_causes_with_their_state(state: dict[str, Any], given: Any, error: str, cause: str) -> None:
    finish = run(state, given).finish
    assert finish is not None
    opening = "An error occurred while executing the state 'S' (entered at the event id #2). "
    assert (finish.error, finish.cause) == (error, opening + cause)


@pytest.mark.parametrize(
    ("path", "given", "cause"),
    [
        ("$.x", "text", 'Unable to apply step "x" to input "text"'),
        ("$.x.y", {"x": [1]}, 'Unable to apply step "y" to input [1]'),
        ("$.x[2]", {"x": [1]}, 'Unable to apply step "2" to input [1]'),
    ],
)
def test_a_result_that_has_no_place(path: str, given: Any, cause: str) -> None:
    finish = run({"Type": "Pass", "Result": 1, "ResultPath": path}, given).finish
    assert finish is not None
    assert (finish.error, finish.cause) == (NO_PLACE, cause)


def test_a_result_that_has_no_place_is_caught_by_its_documented_name() -> None:
    branch = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
    catch = [{"ErrorEquals": ["States.ResultPathMatchFailure"], "Next": "Caught"}]
    finish = run({"Type": "Parallel", "Branches": [branch], "ResultPath": "$.x", "Catch": catch}, 5).finish
    assert finish is not None
    assert json.loads(finish.output or "") == {"Error": NO_PLACE, "Cause": 'Unable to apply step "x" to input 5'}


@pytest.mark.parametrize(
    ("field", "given", "cause"),
    [
        ("Seconds", -1, "The Seconds parameter references a negative value: -1"),
        ("Seconds", 1.5, "The Seconds parameter cannot be parsed as a long value: 1.5"),
        ("Timestamp", "2016-03-14", f"The Timestamp parameter {NOT_ISO}: 2016-03-14"),
    ],
)
def test_a_wait_that_cannot_be(field: str, given: Any, cause: str) -> None:
    world = run({"Type": "Wait", field: "{% $states.input %}"}, given, QueryLanguage="JSONata")
    told = world.events()[2]
    assert told["type"] == "EvaluationFailed"
    assert told["evaluationFailedEventDetails"] == {
        "error": EVALUATION,
        "cause": "An error occurred while executing the state 'S' (entered at the event id #2). " + cause,
        "location": field,
        "state": "S",
    }
