"""What is refused when a definition is taken in, and what is only warned of: resources, and what is not meant so."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.states import make_machine, one_state, run

LACKING = [
    ("ecs:runTask.sync", "ecs:runTask.sync"),
    ("ecs:runTask.waitForTaskToken", "ecs:runTask.waitForTaskToken"),
    ("batch:submitJob", "batch:submitJob"),
    ("bedrock:invokeModel", "bedrock:invokeModel"),
    ("bedrockagentcore:invokeHarness", "bedrockagentcore:invokeHarness"),
    ("emr-serverless:startJobRun.sync", "emr-serverless:startJobRun.sync"),
    ("aws-sdk:rekognition:detectLabels", "aws-sdk:rekognition:detectLabels"),
    ("aws-sdk:databasemigration:describeEndpoints.waitForTaskToken", "aws-sdk:databasemigration:describeEndpoints"),
    ("aws-sdk:cognitoidentityprovider:adminGetUser", "aws-sdk:cognitoidentityprovider:adminGetUser"),
    ("aws-sdk:directoryservicedata:describeUser", "aws-sdk:directoryservicedata:describeUser"),
    ("aws-sdk:s3:createSession", "aws-sdk:s3:createSession"),
]
UNKNOWN = [
    "ecs:runTask.sync:2", "ecs:stopTask", "batch:submitJob.waitForTaskToken", "sqs:sendMessage.sync",
    "sqs:deleteMessage", "timemachine:travel", "aws-sdk:timemachine:travel", "aws-sdk:sqs:doNothing",
    "aws-sdk:rekognition:detectHappiness", "bedrockagentcore:invokeHarness.sync", "aws-sdk:sqs:sendMessage.sync",
    "aws-sdk:sqs:SendMessage",
]  # fmt: skip


@pytest.fixture
def states(aws: Client) -> Any:
    return aws("stepfunctions")


def task(resource: str, **more: Any) -> dict[str, Any]:
    return one_state({"Type": "Task", "Resource": f"arn:aws:states:::{resource}", **more})


def findings(states: Any, definition: dict[str, Any], **more: Any) -> list[tuple[str, str, str]]:
    answer = states.validate_state_machine_definition(definition=json.dumps(definition), severity="WARNING", **more)
    assert answer["result"] == "OK"
    return [(each["severity"], each["code"], each["location"]) for each in answer["diagnostics"]]


@pytest.mark.parametrize(("resource", "told"), LACKING)
def test_what_we_lack_is_created_with_a_warning(
    states: Any, resource: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        make_machine(states, task(resource), "lacking")
    assert f"state machine lacking: Headwater does not implement {told}" in caplog.text
    warned = findings(states, task(resource))
    assert warned == [("WARNING", "NOT_IMPLEMENTED_BY_HEADWATER", "/States/S/Resource")]


@pytest.mark.parametrize("resource", ["ecs:runTask.sync", "aws-sdk:s3:createSession"])
def test_it_fails_by_name_where_it_is_called(states: Any, resource: str) -> None:
    parameters = {"Bucket": "b"} if "s3" in resource else {}
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 9000, "MaxAttempts": 9}]
    described = run(states, task(resource, Parameters=parameters, Retry=retry))
    assert (described["status"], described["error"]) == ("FAILED", "NotImplemented")  # at once: it would not come
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]
    caught = run(states, task(resource, Parameters=parameters, Retry=retry, Catch=catch), name="caught")
    assert caught["status"] == "SUCCEEDED"
    assert resource.rpartition(":")[2].lower() in described["cause"].lower()


@pytest.mark.parametrize("resource", UNKNOWN)
def test_what_aws_has_not_is_refused_in_its_words(states: Any, resource: str) -> None:
    with pytest.raises(ClientError) as raised:
        make_machine(states, task(resource))
    assert raised.value.response["Error"] == {
        "Code": "InvalidDefinition",
        "Message": (
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The resource provided "
            f"arn:aws:states:::{resource} is not recognized. The value is not a valid resource ARN, or the resource is "
            "not available in this region. at /States/S/Resource'"
        ),
    }


@pytest.mark.parametrize(
    ("state", "code", "location"),
    [
        (
            {"Type": "Pass", "Parameters": {"a": [{"b": "$.b"}]}},
            "NO_DOLLAR",
            "/States/S/Parameters/a[0]/b",
        ),
        ({"Type": "Pass", "Parameters": {"a": "States.UUID()"}}, "NO_DOLLAR", "/States/S/Parameters/a"),
        ({"Type": "Pass", "Assign": {"a": "$$.Execution.Id"}}, "NO_DOLLAR", "/States/S/Assign/a"),
        ({"Type": "Pass", "Result": {"a": ["$.b"]}}, "PASS_RESULT_IS_STATIC", "/States/S/Result"),
        ({"Type": "Pass", "Result": {"a.$": 1}}, "PASS_RESULT_IS_STATIC", "/States/S/Result"),
        ({"Type": "Fail", "Cause": "$.why"}, "NO_PATH", "/States/S/Cause"),
    ],
)
def test_what_is_likely_not_meant_is_warned_of(states: Any, state: dict[str, Any], code: str, location: str) -> None:
    assert findings(states, one_state(state)) == [("WARNING", code, location)]
    answer = states.validate_state_machine_definition(definition=json.dumps(one_state(state)))
    assert (answer["result"], answer["diagnostics"]) == ("OK", [])


def test_rules_that_compare_with_a_path_as_text(states: Any) -> None:
    rule = {"And": [{"Not": {"Variable": "$.a", "StringEquals": "$.b"}}, {"Variable": "$.a", "IsPresent": True}]}
    choice = {"Type": "Choice", "Choices": [{**rule, "Next": "E"}], "Default": "E"}
    machine = {"StartAt": "S", "States": {"S": choice, "E": {"Type": "Succeed"}}}
    assert findings(states, machine) == [("WARNING", "NO_PATH", "/States/S/Choices[0]/And[0]/Not/StringEquals")]


def test_nothing_is_doubtful_in_jsonata(states: Any) -> None:
    assert findings(states, one_state({"Type": "Pass", "Output": {"a": "$.b"}}, QueryLanguage="JSONata")) == []
    assert findings(states, one_state({"Type": "Pass", "Parameters": {"price": "$5", "a.$": "$.a"}})) == []


def test_it_is_logged_when_the_machine_is_made(states: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        make_machine(states, one_state({"Type": "Pass", "Parameters": {"total": "$.total"}}), "undollared")
    assert "state machine undollared: No .$ on a field that appears to be a JSONPath" in caplog.text
    assert "(at /States/S/Parameters/total)" in caplog.text
