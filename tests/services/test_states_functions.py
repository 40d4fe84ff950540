"""Step Functions and Lambda: functions by ARN and by lambda:invoke, their errors, tokens from inside a function."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from tests.conftest import Client
from tests.services.states import ended, events, make_machine, one_state, run
from tests.settling import wait_for

CODE = """
import os, boto3

def handler(event, context):
    if "token" in event:
        boto3.client("stepfunctions").send_task_success(taskToken=event["token"], output='{"by": "callback"}')
        return {}
    if event.get("fail"):
        raise ValueError("no such customer")
    return {"double": event["n"] * 2}
"""


@pytest.fixture
def states(aws: Client) -> Any:
    return aws("stepfunctions", inject_host_prefix=False)


@pytest.fixture
def function(aws: Client) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("index.py", CODE)
    made = aws("lambda").create_function(
        FunctionName="double",
        Runtime="python3.11",
        Handler="index.handler",
        Role="arn:aws:iam::123456789012:role/x",
        Code={"ZipFile": archive.getvalue()},
        Timeout=20,
    )
    wait_for(aws("lambda"), "function_active_v2", FunctionName="double")
    arn: str = made["FunctionArn"]
    return arn


def test_a_function_by_its_arn(states: Any, function: str) -> None:
    described = run(states, one_state({"Type": "Task", "Resource": function}), {"n": 21})
    assert json.loads(described["output"]) == {"double": 42}
    history = events(states, described["executionArn"])
    assert [event["type"] for event in history[2:5]] == [
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
    ]
    assert history[2]["lambdaFunctionScheduledEventDetails"] == {
        "resource": function,
        "input": '{"n": 21}',
        "inputDetails": {"truncated": False},
    }
    assert "lambdaFunctionStartedEventDetails" not in history[3]


def test_a_functions_error_is_caught_by_its_name(states: Any, function: str) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "Catch": [{"ErrorEquals": ["ValueError"], "Next": "Caught"}],
    }
    caught = json.loads(run(states, one_state(task), {"fail": True})["output"])
    cause = json.loads(caught["Cause"])
    assert (caught["Error"], cause["errorMessage"]) == ("ValueError", "no such customer")


def test_lambda_invoke_shows_the_whole_answer(states: Any, function: str) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload": {"n": 4}},
    }
    described = run(states, one_state(task))
    output = json.loads(described["output"])
    assert (output["Payload"], output["StatusCode"], output["ExecutedVersion"]) == ({"double": 8}, 200, "$LATEST")


def test_a_missing_function_fails_the_task(states: Any, function: str) -> None:
    missing = one_state({"Type": "Task", "Resource": function.replace("double", "triple")})
    described = run(states, missing)
    assert described["error"] == "Lambda.ResourceNotFoundException"


def test_a_function_answers_with_its_token(states: Any, function: str) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": function, "Payload": {"token.$": "$$.Task.Token"}},
        "TimeoutSeconds": 30,
    }
    arn = make_machine(states, one_state(task))
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    assert json.loads(ended(states, execution, 20)["output"]) == {"by": "callback"}


def test_express_and_functions(states: Any, function: str) -> None:
    arn = make_machine(states, one_state({"Type": "Task", "Resource": function}), type="EXPRESS")
    answer = states.start_sync_execution(stateMachineArn=arn, input='{"n": 3}')
    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"double": 6})
