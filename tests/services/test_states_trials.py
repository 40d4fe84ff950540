"""TestState: one state alone, inspected and mocked; answers and refusals as recorded from AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.states import ROLE

LAMBDA = "arn:aws:states:::lambda:invoke"


@pytest.fixture
def states(aws: Client) -> Any:
    return aws("stepfunctions", inject_host_prefix=False)


def attempt(states: Any, definition: Any, given: Any = None, level: str = "DEBUG", **more: Any) -> dict[str, Any]:
    """The answer, texts of JSON parsed."""
    answer = states.test_state(
        definition=json.dumps(definition), roleArn=ROLE, input=json.dumps({} if given is None else given),
        inspectionLevel=level, **more,
    )  # fmt: skip
    del answer["ResponseMetadata"]
    if "output" in answer:
        answer["output"] = json.loads(answer["output"])
    data = answer.get("inspectionData", {})
    answer["inspectionData"] = {
        name: json.loads(value) if isinstance(value, str) else value for name, value in data.items()
    }
    return dict(answer) if data else {key: value for key, value in answer.items() if key != "inspectionData"}


def refusal(states: Any, definition: Any, **more: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        states.test_state(definition=json.dumps(definition), **more)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


HELLO = {"Value": "HelloWorld"}
FIXED = {"Type": "Pass", "Result": {"k": "v"}, "End": True}
CHOICE = {
    "Type": "Choice",
    "Choices": [{"Variable": "$.value", "NumericLessThan": 30, "Next": "Young"}],
    "Default": "Old",
}


def test_what_the_state_makes_of_its_input_is_shown(states: Any) -> None:
    assert attempt(states, {"Type": "Pass", "End": True}, HELLO) == {
        "output": HELLO,
        "status": "SUCCEEDED",
        "inspectionData": dict.fromkeys(
            ("input", "afterInputPath", "afterParameters", "afterResultSelector", "afterResultPath"), HELLO
        ),
    }
    assert attempt(states, FIXED, HELLO)["inspectionData"] == {
        "input": HELLO, "result": {"k": "v"}, "afterResultSelector": {"k": "v"}, "afterResultPath": {"k": "v"},
    }  # fmt: skip
    assert attempt(states, FIXED, HELLO, "INFO") == {"output": {"k": "v"}, "status": "SUCCEEDED"}
    chosen = attempt(states, CHOICE, {"value": 22})
    assert chosen == {
        "output": {"value": 22}, "status": "SUCCEEDED", "nextState": "Young",
        "inspectionData": {"input": {"value": 22}, "afterInputPath": {"value": 22}},
    }  # fmt: skip
    failed = attempt(states, {"Type": "Fail", "Error": "E", "Cause": "why"}, HELLO)
    assert failed == {
        "error": "E", "cause": "why", "status": "FAILED", "inspectionData": {"input": HELLO, "afterInputPath": HELLO},
    }  # fmt: skip
    jsonata = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $n + 1 %}", "Assign": {"m": 2}, "Next": "B"}
    done = attempt(states, jsonata, HELLO, variables='{"n": 1}')
    assert (done["output"], done["nextState"]) == (2, "B")
    assert done["inspectionData"] == {"input": HELLO, "variables": {"n": 1, "m": 2}}


def test_a_task_is_really_called(states: Any, aws: Client) -> None:
    queue = aws("sqs").create_queue(QueueName="tried")["QueueUrl"]
    send = {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": "After",
        "Parameters": {"QueueUrl": queue, "MessageBody.$": "$.text"}, "ResultSelector": {"id.$": "$.MessageId"},
        "ResultPath": "$.sent",
    }  # fmt: skip
    done = attempt(states, send, {"text": "hello"})
    [message] = aws("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "hello"
    assert done["output"] == {"text": "hello", "sent": {"id": message["MessageId"]}}
    assert (done["nextState"], done["inspectionData"]["result"]["MessageId"]) == ("After", message["MessageId"])
    assert done["inspectionData"]["afterParameters"] == {"QueueUrl": queue, "MessageBody": "hello"}
    missing = {**send, "Parameters": {"QueueUrl": queue + "x", "MessageBody": "?"}}
    refused = attempt(states, missing, {}, "INFO")
    assert refused["status"] == "FAILED"
    assert refused["error"].startswith("SQS.")


RETRYING = {
    "Type": "Task", "Resource": LAMBDA, "Parameters": {"FunctionName": "f"}, "Next": "Done",
    "Retry": [
        {"ErrorEquals": ["Other"]},
        {"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2},
    ],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Handle", "ResultPath": "$.error"}],
}  # fmt: skip
BUSY = {"errorOutput": {"error": "Busy", "cause": "later"}}


def test_mocked_errors_meet_retriers_and_catchers(states: Any) -> None:
    first = attempt(states, RETRYING, {}, mock=BUSY)
    assert (first["status"], first["error"], first["cause"]) == ("RETRIABLE", "Busy", "later")
    assert first["inspectionData"]["errorDetails"] == {"retryIndex": 1, "retryBackoffIntervalSeconds": 2}
    third = attempt(states, RETRYING, {}, mock=BUSY, stateConfiguration={"retrierRetryCount": 2})
    assert third["inspectionData"]["errorDetails"]["retryBackoffIntervalSeconds"] == 8
    spent = attempt(states, RETRYING, {"n": 1}, mock=BUSY, stateConfiguration={"retrierRetryCount": 3})
    assert (spent["status"], spent["nextState"]) == ("CAUGHT_ERROR", "Handle")
    assert spent["output"] == {"n": 1, "error": {"Error": "Busy", "Cause": "later"}}
    assert spent["inspectionData"]["errorDetails"] == {"catchIndex": 0}
    uncaught = {name: value for name, value in RETRYING.items() if name != "Catch"}
    failed = attempt(states, uncaught, {}, mock=BUSY, stateConfiguration={"retrierRetryCount": 3})
    assert (failed["status"], failed["inspectionData"]["errorDetails"]) == ("FAILED", {"retryIndex": 1})


def test_the_context_of_a_trial(states: Any) -> None:
    state = {"Type": "Pass", "Parameters": {"seen.$": "$$"}, "End": True}
    seen = attempt(states, state, {"a": 1}, "INFO")["output"]["seen"]
    assert seen["Execution"].keys() == {"Id", "Input", "Name", "RoleArn", "StartTime"}
    assert (seen["State"]["Name"], seen["Execution"]["Input"]) == ("StateName", {"a": 1})


def test_mocked_results_flow_through_the_state(states: Any) -> None:
    result = {"Payload": {"n": 1}, "StatusCode": 200}
    task = {**RETRYING, "ResultSelector": {"got.$": "$.Payload.n"}}
    done = attempt(states, task, {}, "INFO", mock={"result": json.dumps(result)})
    assert done == {"status": "SUCCEEDED", "nextState": "Done", "output": {"got": 1}}
    token = {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Next": "N",
        "Parameters": {"QueueUrl": "q", "MessageBody": {"t.$": "$$.Task.Token"}},
    }  # fmt: skip
    context = json.dumps({"Task": {"Token": "abcd"}})
    done = attempt(states, token, {}, mock={"result": '{"p": 1}'}, context=context)
    assert done["inspectionData"]["afterParameters"]["MessageBody"] == {"t": "abcd"}
    assert done["output"] == {"p": 1}


ITEMS = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
INLINE = {"Type": "Map", "ItemsPath": "$.v", "MaxConcurrency": 1, "ItemProcessor": ITEMS, "Next": "N"}
CONFIG = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
DISTRIBUTED = {
    "Type": "Map", "ItemsPath": "$.v", "ToleratedFailureCount": 1, "ItemProcessor": {**ITEMS, **CONFIG}, "End": True,
    "ItemSelector": {"x.$": "$$.Map.Item.Value"}, "ItemBatcher": {"MaxItemsPerBatch": 2},
    "Catch": [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "H"}],
}  # fmt: skip


def test_map_and_parallel_are_tried_with_mocks(states: Any) -> None:
    done = attempt(states, INLINE, {"v": [1, 2]}, mock={"result": '["a", "b"]'})
    assert done == {
        "status": "SUCCEEDED", "nextState": "N", "output": ["a", "b"],
        "inspectionData": {
            "input": {"v": [1, 2]}, "afterInputPath": {"v": [1, 2]}, "afterItemsPath": [1, 2], "maxConcurrency": 1,
            "afterResultSelector": ["a", "b"], "afterResultPath": ["a", "b"],
        },
    }  # fmt: skip
    several = attempt(
        states, DISTRIBUTED, {"v": [1, 2, 3]}, mock={"result": "[0]"},
        stateConfiguration={"mapIterationFailureCount": 2},
    )  # fmt: skip
    assert (several["status"], several["nextState"]) == ("CAUGHT_ERROR", "H")
    assert several["cause"] == "The specified tolerated failure threshold was exceeded"
    data = several["inspectionData"]
    assert data["afterItemSelector"] == [{"x": 1}, {"x": 2}, {"x": 3}]
    assert [len(batch["Items"]) for batch in data["afterItemBatcher"]] == [2, 1]
    assert data["toleratedFailureCount"] == 1
    bad = attempt(states, INLINE, {"v": 1}, "INFO", mock={"result": "[]"})
    assert bad == {"status": "FAILED", "error": "States.Runtime", "cause": 'Reference path "$.v" must point to array.'}
    reader = {
        "Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"},
        "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
    }  # fmt: skip
    read = {**DISTRIBUTED, "ItemReader": reader}
    del read["ItemsPath"]
    done = attempt(
        states, read, {}, mock={"result": "[]"}, stateConfiguration={"mapItemReaderData": "n\n1\n2\n"}
    )  # fmt: skip
    assert done["inspectionData"]["afterItemSelector"] == [{"x": {"n": "1"}}, {"x": {"n": "2"}}]
    parallel = {"Type": "Parallel", "Branches": [ITEMS], "Parameters": {"p": 1}, "End": True}
    done = attempt(states, parallel, {}, mock={"result": "[5]"})
    assert (done["output"], done["inspectionData"]["afterParameters"]) == ([5], {"p": 1})


def test_a_state_of_a_machine_is_found_by_name(states: Any) -> None:
    machine = {
        "StartAt": "A",
        "States": {"A": FIXED | {"Next": "M", "End": False}, "M": INLINE | {"End": True}},
    }  # fmt: skip
    del machine["States"]["A"]["End"], machine["States"]["M"]["Next"]
    assert attempt(states, machine, {}, "INFO", stateName="A")["nextState"] == "M"
    assert attempt(states, machine, HELLO, "INFO", stateName="I")["output"] == HELLO
    assert refusal(states, machine, stateName="Z") == ("ValidationException", "State not found in definition")


PASS = {"Type": "Pass", "End": True}
START = {
    "Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Parameters": {"StateMachineArn": "a"},
    "End": True,
}  # fmt: skip
PUT = {
    "Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": []}, "End": True,
}  # fmt: skip
UNSUPPORTED = (
    "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, "
    "Fail, Choice]"
)
PREFIX = "Mock result schema validation error: "


@pytest.mark.parametrize(
    ("definition", "request_", "code", "message"),
    [
        (PASS, {"mock": {"result": "1"}}, "ValidationException",
         "State type 'Pass' is not supported when a mock is specified"),
        (INLINE, {}, "InvalidDefinition", UNSUPPORTED),
        (START, {"mock": {"result": "1", **BUSY}}, "ValidationException",
         "A test mock should have only one of the following fields: [result, errorOutput]."),
        (START, {"mock": {"result": "1"}, "revealSecrets": True}, "ValidationException",
         "TestState does not support RevealSecrets when a mock is specified."),
        (INLINE, {"mock": {"result": "{}"}}, "ValidationException", "Mocked result must be an array."),
        ({"Type": "Parallel", "Branches": [ITEMS], "End": True}, {"mock": {"result": "[1, 2]"}}, "ValidationException",
         "Mocked result must contain the same number of items as number of Parallel branches."),
        (START, {"mock": {"result": '{"StartDate": "x"}'}}, "ValidationException",
         PREFIX + "Required field 'ExecutionArn' is missing"),
        (START, {"mock": {"result": '{"ExecutionArn": "a", "StartDate": 1}'}}, "ValidationException",
         PREFIX + "Field 'StartDate' must be a string"),
        (START, {"mock": {"result": '{"ExecutionArn": 1}', "fieldValidationMode": "PRESENT"}}, "ValidationException",
         PREFIX + "Field 'ExecutionArn' must be a string"),
        (START | {"Resource": "arn:aws:states:::states:startExecution.sync:2"},
         {"mock": {"result": '{"Output": {"n": 1}}', "fieldValidationMode": "PRESENT"}}, "ValidationException",
         PREFIX + "Field 'Output' must be a string"),
        (PUT, {"mock": {"result": '{"Entries": [{"EventId": "1"}, {"EventId": 2}]}'}}, "ValidationException",
         PREFIX + "Field 'EventId' must be a string"),
        (PUT, {"mock": {"result": '{"Entries": {}}'}}, "ValidationException",
         PREFIX + "Field 'Entries' must be an array"),
        (START, {"mock": {"result": "{}"}, "context": '{"Map": {}}'}, "ValidationException",
         "Invalid Context object provided: 'Map' field is not supported when mocking a Context object"),
        (START, {"mock": {"result": "{}"}, "context": '{"Execution": {"Id": 1}}'}, "ValidationException",
         "Invalid Context object provided: Execution.Id must be a string"),
        (START, {"mock": {"result": "{}"}, "context": '{"Pokedex": {}}'}, "ValidationException",
         "Invalid Context object provided: Field 'Pokedex' is not allowed"),
        (START, {"mock": {"errorOutput": {"cause": "c"}}}, "ValidationException",
         "A test mock with errorOutput must have the following field: [error]."),
        (PASS, {"variables": "{x"}, "ValidationException",
         "Invalid variables provided: Variables must be a JSON object"),
        (PASS, {"variables": "[1]"}, "ValidationException",
         "Invalid variables provided: Variables must be a JSON object"),
        ({**PUT, "Resource": "arn:aws:states:::batch:submitJob"}, {"mock": {"result": '{"JobId": "1"}'}},
         "ValidationException", PREFIX + "Required field 'JobName' is missing"),
        ({**PUT, "Resource": "arn:aws:states:::aws-sdk:rekognition:detectLabels"},
         {"mock": {"result": '{"Labels": [{"Confidence": "high"}]}'}}, "ValidationException",
         PREFIX + "Field 'Confidence' must be a number"),
        ({"Type": "Pass"}, {}, "InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: One "
         "of these fields is required: [Next, End] at /'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    states: Any, definition: Any, request_: dict[str, Any], code: str, message: str
) -> None:
    assert refusal(states, definition, **request_) == (code, message)


def test_unvalidated_mocks_pass(states: Any) -> None:
    assert attempt(states, PUT, {}, "INFO", mock={"result": '{"random": "json"}'})["output"] == {"random": "json"}
    loose = {"result": '{"Entries": 1}', "fieldValidationMode": "NONE"}
    assert attempt(states, PUT, {}, "INFO", mock=loose)["output"] == {"Entries": 1}


def test_what_we_lack_fails_unless_it_is_mocked(states: Any) -> None:
    lacking = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask", "End": True}
    failed = attempt(states, lacking, {}, "INFO")
    assert (failed["status"], failed["error"]) == ("FAILED", "NotImplemented")
    assert failed["cause"].startswith("Headwater does not implement ecs:runTask;")
    assert attempt(states, lacking, {}, "INFO", mock={"result": '{"Tasks": []}'})["output"] == {"Tasks": []}
