"""What is wrong with definitions, in AWS's words and places; and that nothing at all breaks the parser."""

from __future__ import annotations

import copy
import gc
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.languages.asl import InvalidDefinition, parse, validate
from headwater.languages.asl.machine import State
from tests.languages.asl_machines import machines

PASS = {"Type": "Pass", "End": True}
TASK = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
MAP = {"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}, "End": True}
CHOICE = {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "Z"}]}
SCHEMA = "SCHEMA_VALIDATION_FAILED"
ORACLE = Path(__file__).parent.parent / "oracles" / "asl_executions_aws.json"
RECORDED = [case["definition"] for case in json.loads(ORACLE.read_text())]


def one(state: dict[str, Any], **machine: Any) -> dict[str, Any]:
    states = {"S": state}
    if state["Type"] == "Choice":
        states["Z"] = {"Type": "Succeed"}
    return {"StartAt": "S", "States": states, **machine}


def findings(definition: Any) -> list[tuple[str, str, str]]:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return [(finding.code, finding.message, finding.location) for finding in validate(text)]


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("", ("MISSING_DESCRIPTION", "Received a null or empty workflow input.", "")),
        ({}, (SCHEMA, "These fields are required: [States, StartAt]", "/")),
        ({"StartAt": "A", "States": {}}, (SCHEMA, "Expected value of type [OBJECT]", "/States")),
        (
            one({"Type": "Choice", "Choices": [{"And": [], "Next": "Z"}]}),
            (SCHEMA, "The array must not be empty", "/States/S/Choices[0]/And"),
        ),
        (
            one(MAP | {"MaxConcurrencyPath": "$$.Execution.Input.most"}),
            (SCHEMA, "Value must be a valid JSONPath.", "/States/S/MaxConcurrencyPath"),
        ),
        (one({"Type": "Pass"}), (SCHEMA, "One of these fields is required: [Next, End]", "/States/S")),
        (one(PASS | {"Next": "S"}), (SCHEMA, "Only one of these fields is allowed: [Next, End]", "/States/S")),
        (one(PASS | {"Nonsense": 1}), (SCHEMA, "Field 'Nonsense' is not supported", "/States/S")),
        (one(PASS | {"TimeoutSeconds": 1}), (SCHEMA, "Field 'TimeoutSeconds' is not supported", "/States/S")),
        (one({"Type": "Succeed", "Assign": {"a": 1}}), (SCHEMA, "Field 'Assign' is not supported", "/States/S")),
        (one(PASS, Nonsense=1), (SCHEMA, "Field 'Nonsense' is not supported", "/")),
        (one(PASS | {"InputPath": "a"}), (SCHEMA, "Value must be a valid JSONPath.", "/States/S/InputPath")),
        (
            one(PASS | {"ResultPath": "a"}),
            (SCHEMA, "Value is not a Reference Path: Reference path didn't start with '$'", "/States/S/ResultPath"),
        ),
        (
            one(PASS | {"Parameters": {"a.$": "foo"}}),
            (
                SCHEMA,
                "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call",
                "/States/S/Parameters",
            ),
        ),
        (
            one(PASS | {"Output": {}}),
            (
                SCHEMA,
                "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' "
                "QueryLanguage",
                "/States/S",
            ),
        ),
        (
            one(PASS | {"QueryLanguage": "JSONPath"}, QueryLanguage="JSONata"),
            (SCHEMA, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", "/States/S"),
        ),
        (
            one(PASS | {"QueryLanguage": "jsonpath"}),
            (SCHEMA, "Value should be one of the following: [JSONPath, JSONata]", "/States/S/QueryLanguage"),
        ),
        (one(PASS | {"QueryLanguage": 1}), (SCHEMA, "Expected value of type [STRING]", "/States/S/QueryLanguage")),
        (
            one({"Type": "Wait", "Seconds": -1, "End": True}),
            (SCHEMA, "Minimum value is 0", "/States/S/Seconds"),
        ),
        (
            one({"Type": "Wait", "Timestamp": "2016-12-05 21:29:29Z", "End": True}),
            (SCHEMA, "Value must be a valid ISO-8601 extended offset date-time format string", "/States/S/Timestamp"),
        ),
        (one(TASK | {"Resource": "nope"}), (SCHEMA, "Value is not a valid resource ARN", "/States/S/Resource")),
        (one({"Type": "Task", "End": True}), (SCHEMA, "These fields are required: [Resource]", "/States/S")),
        (one(TASK | {"TimeoutSeconds": "1"}), (SCHEMA, "Expected value of type [INTEGER]", "/States/S/TimeoutSeconds")),
        (
            one(TASK | {"Retry": [{"MaxAttempts": 1}]}),
            (SCHEMA, "These fields are required: [ErrorEquals]", "/States/S/Retry[0]"),
        ),
        (
            one(TASK | {"Catch": [{"ErrorEquals": ["States.ALL"]}]}),
            (SCHEMA, "These fields are required: [Next]", "/States/S/Catch[0]"),
        ),
        (
            one(TASK | {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "N"}]}),
            ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: N", "/States/S/Catch[0]/Next"),
        ),
        (
            one(TASK | {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S", "ResultPath": ["$"]}]}),
            (SCHEMA, "Expected value of type [STRING]", "/States/S/Catch[0]/ResultPath"),
        ),
        (
            one(CHOICE | {"Choices": [{"Variable": "$.a", "IsNull": True}]}),
            (SCHEMA, "These fields are required: [Next]", "/States/S/Choices[0]"),
        ),
        (
            one(CHOICE | {"Choices": [{"Variable": "Test", "IsNull": True, "Next": "Z"}]}),
            (
                SCHEMA,
                "Value is not a Reference Path: Reference path didn't start with '$'",
                "/States/S/Choices[0]/Variable",
            ),
        ),
        (
            one(CHOICE | {"Default": "N"}),
            ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: N", "/States/S/Default"),
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}},
            ("MISSING_END_STATE", "Workflow has no terminal state", ""),
        ),
        (
            one({"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {"P": PASS | {"x": 1}}}, "End": True}),
            (SCHEMA, "Field 'x' is not supported", "/States/S/ItemProcessor/States/P"),
        ),
        (
            one({"Type": "Parallel", "Branches": [{"StartAt": "S", "States": {"S": PASS}}], "End": True}),
            ("DUPLICATE_STATE_NAME", "Duplicate State name: S", "/States/S/Branches[0]/States/S"),
        ),
    ],
)
def test_a_finding_has_awss_words_and_place(definition: Any, expected: tuple[str, str, str]) -> None:
    assert findings(definition) == [expected]


def test_text_that_is_no_json() -> None:
    ((code, _, _),) = findings("{nonsense")
    assert code == "INVALID_JSON_DESCRIPTION"


def test_several_findings_in_one_refusal() -> None:
    with pytest.raises(InvalidDefinition) as raised:
        parse(json.dumps(one({"Type": "Pass", "Next": "N"})))
    assert str(raised.value) == (
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: N at /States/S/Next, "
        "MISSING_END_STATE: Workflow has no terminal state at null'"
    )


LOOP = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}


def test_only_the_machine_itself_must_end_and_a_state_only_be_named() -> None:
    assert findings(one({"Type": "Map", "ItemProcessor": LOOP, "End": True})) == []
    assert findings({"StartAt": "S", "States": {"S": PASS, **LOOP["States"]}}) == []
    lost = [
        ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: Nope", "/StartAt"),
        ("MISSING_TRANSITION_TARGET", 'State "S" is not reachable.', "/States/S"),
    ]
    assert findings({"StartAt": "Nope", "States": {"S": {"Type": "Pass", "Next": "E"}, "E": PASS}}) == lost


def test_a_state_that_returns_to_paths_is_told_so_and_no_more_of_its_language() -> None:
    each = {"Type": "Map", "QueryLanguage": "JSONPath", "Output": 1, "MaxConcurrency": -1, "End": True}
    inner = {"StartAt": "P", "States": {"P": PASS}}
    mixed = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
    assert findings(one({**each, "ItemProcessor": inner}, QueryLanguage="JSONata")) == [
        (SCHEMA, mixed, "/States/S"), (SCHEMA, "Minimum value is 0", "/States/S/MaxConcurrency"),
    ]  # fmt: skip


@pytest.mark.parametrize("value", [-1, 10**8, "{% ( %}"])
@pytest.mark.parametrize("field", ["TimeoutSeconds", "HeartbeatSeconds"])
def test_numbers_have_limits(field: str, value: Any) -> None:
    ((code, message, location),) = findings(one(TASK | {field: value}, QueryLanguage="JSONata"))
    expected = {-1: "Minimum value is 1", 10**8: "Maximum value is 99999999"}.get(value, message)
    assert (message, location) == (expected, f"/States/S/{field}")
    assert code == (SCHEMA if type(value) is int else "INVALID_JSONATA_EXPRESSION")


@pytest.mark.parametrize(
    "state",
    [
        PASS | {"Output": "{% $states.input %}", "Assign": {"a": "{% 1 %}"}},
        TASK | {"Arguments": {"x": "{% 1 %}"}, "TimeoutSeconds": "{% 5 %}", "HeartbeatSeconds": 3},
        {"Type": "Wait", "Seconds": "{% 1 %}", "End": True},
        {"Type": "Fail", "Error": "{% 'E' %}", "Cause": "c"},
        {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "Z", "Output": 1}], "Default": "Z"},
    ],
)
def test_jsonata_states(state: dict[str, Any]) -> None:
    assert findings(one(state, QueryLanguage="JSONata")) == []
    assert findings(one({**state, "QueryLanguage": "JSONata"})) == []


def test_a_jsonata_expression_that_does_not_parse() -> None:
    ((code, message, location),) = findings(one(PASS | {"Output": "{% 1 + %}"}, QueryLanguage="JSONata"))
    assert (code, location) == ("INVALID_JSONATA_EXPRESSION", "/States/S/Output")
    assert "Unexpected end of expression" in message


RESULT = "{% $states.result.a %}"
NO_RESULT = "Field '$states.result' does not exist."


@pytest.mark.parametrize(
    ("state", "place"),
    [
        (PASS | {"Output": {"a": RESULT}}, "Output/a"),
        (PASS | {"Assign": {"a": RESULT}}, "Assign/a"),
        (TASK | {"Arguments": RESULT}, "Arguments"),
        (TASK | {"Catch": [{"ErrorEquals": ["E"], "Next": "S", "Output": RESULT}]}, "Catch[0]/Output"),
        ({"Type": "Wait", "Seconds": RESULT, "End": True}, "Seconds"),
        ({"Type": "Choice", "Choices": [{"Condition": RESULT, "Next": "Z"}]}, "Choices[0]/Condition"),
        (TASK | {"Output": RESULT, "Assign": {"a": RESULT}}, ""),
    ],
)
def test_a_result_is_read_only_where_there_is_one(state: dict[str, Any], place: str) -> None:
    expected = [("UNSUPPORTED_JSONATA_EXPRESSION", NO_RESULT, f"/States/S/{place}")] if place else []
    assert findings(one(state, QueryLanguage="JSONata")) == expected


def test_no_inner_scope_has_a_variable_of_an_outer_one() -> None:
    inmost = {"StartAt": "P", "States": {"P": PASS | {"Assign": {"x": 1, "y.$": "$x"}}}}
    each = {"Type": "Map", "ItemProcessor": inmost, "Catch": [{"ErrorEquals": ["E"], "Next": "N", "Assign": {"z": 1}}]}
    branch = {"StartAt": "M", "States": {"M": each | {"Next": "N"}, "N": PASS | {"Assign": {"y": 2}}}}
    other = {"StartAt": "O", "States": {"O": PASS | {"Assign": {"y": 2, "_": 1}}}}
    both = {"Type": "Parallel", "Branches": [branch, other], "End": True, "Assign": {"x": 3}}
    refused = [("SCHEMA_VALIDATION_FAILED", "Invalid variable name '_'", "/States/S/Branches[1]/States/O/Assign/_")]
    assert findings(one(both)) == refused
    del other["States"]["O"]["Assign"]["_"]
    place = "/States/S/Branches[0]/States/M/ItemProcessor/States/P/Assign"
    words = "The variable name '{}' was already defined in a parent scope."
    assert findings(one(both)) == [
        ("DUPLICATE_VARIABLE_NAME", words.format(name), f"{place}/{at}") for name, at in (("x", "x"), ("y", "y.$"))
    ]


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6) | st.just("{% ( %}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300)
@given(machines() | st.sampled_from(RECORDED), _junk, st.data())
def test_no_definition_breaks_the_parser(definition: dict[str, Any], junk: Any, data: st.DataObject) -> None:
    """Put junk anywhere in a good definition: a machine or a refusal comes of it, nothing else."""
    broken = copy.deepcopy(definition)
    holder: Any = broken
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        inner = holder[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            holder[key] = junk
            break
        holder = inner
    try:
        parse(json.dumps(broken))
    except InvalidDefinition as refused:
        assert refused.diagnostics


@pytest.mark.parametrize(("levels", "refused"), [(99, False), (100, True), (150, True)])
def test_states_that_are_too_deeply_nested(levels: int, refused: bool) -> None:
    machine: dict[str, Any] = {"StartAt": "Inmost", "States": {"Inmost": PASS}}
    for level in range(levels):
        parallel = {"Type": "Parallel", "End": True, "Branches": [machine]}
        machine = {"StartAt": f"P{level}", "States": {f"P{level}": parallel}}
    found = findings(machine)
    assert [code for code, _, _ in found] == ["TOO_DEEPLY_NESTED"] * refused


def test_what_was_parsed_goes_at_once() -> None:
    """Expressions may be dropped only in the thread that made them: left to the collector, another might drop them."""
    inner = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Output": "{% $states.input %}", "End": True}}}
    inner["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    each = {"Type": "Map", "Items": "{% $states.input %}", "ItemProcessor": inner, "End": True}
    text = json.dumps({"QueryLanguage": "JSONata", "StartAt": "M", "States": {"M": each}})

    def states() -> int:
        return sum(isinstance(each, State) for each in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = states()
        kept = parse(text)
        assert states() == before + 2
        del kept
        validate(text)
        assert states() == before
    finally:
        gc.enable()
