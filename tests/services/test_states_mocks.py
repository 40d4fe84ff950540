"""Executions whose tasks are mocked: the files of Step Functions Local, their cases, and histories."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from headwater.cli.main import main
from headwater.client import Headwater, HeadwaterError
from headwater.insight.mock_file import MockFile, MocksRefused
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.states import ended, events, history_types, make_machine

LAMBDA = "arn:aws:states:::lambda:invoke"
HELLO = {"StatusCode": 200, "Payload": {"StatusCode": 200, "body": "Hello from Lambda!"}}
SENT = {"MD5OfMessageBody": "3bcb6e8e", "MessageId": "3bcb6e8e-8b51"}
RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1}]
BUSY = {"Throw": {"Error": "Lambda.TimeoutException", "Cause": "Lambda timed out."}}
# that of AWS's documentation
FILE = {
    "StateMachines": {
        "LambdaSQSIntegration": {
            "TestCases": {
                "HappyPath": {"LambdaState": "MockedLambdaSuccess", "SQSState": "MockedSQSSuccess"},
                "RetryPath": {"LambdaState": "MockedLambdaRetry", "SQSState": "MockedSQSSuccess"},
                "HybridPath": {"LambdaState": "MockedLambdaSuccess"},
                "Used up": {"LambdaState": "Busy"},
            }
        }
    },
    "MockedResponses": {
        "MockedLambdaSuccess": {"0": {"Return": HELLO}},
        "MockedSQSSuccess": {"0": {"Return": SENT}},
        "MockedLambdaRetry": {
            "0": {"Throw": {"Error": "Lambda.ResourceNotReadyException", "Cause": "Lambda resource is not ready."}},
            "1-2": BUSY,
            "3": {"Return": HELLO},
        },
        "Busy": {"0": BUSY},
    },
}


@pytest.fixture
def states(aws: Client) -> Any:
    return aws("stepfunctions", inject_host_prefix=False)


@pytest.fixture
def surface(endpoint: str, account: str) -> Any:
    headwater = Headwater(endpoint)
    yield headwater
    headwater.clear_mocks(account=account)


def task(resource: str = LAMBDA, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def machine_of(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def integration(queue: str) -> dict[str, Any]:
    lambda_state = task(Parameters={"FunctionName": "no-such"}, Retry=RETRY, Next="SQSState", ResultPath="$.l")
    del lambda_state["End"]
    send = task("arn:aws:states:::sqs:sendMessage", Parameters={"QueueUrl": queue, "MessageBody": "m"})
    return machine_of(LambdaState=lambda_state, SQSState=send)


def start(states: Any, arn: str, given: Any = None, **more: Any) -> dict[str, Any]:
    text = json.dumps({} if given is None else given)
    return ended(states, states.start_execution(stateMachineArn=arn, input=text, **more)["executionArn"])


def mock(surface: Headwater, account: str, machine: str, **mocked: Any) -> None:
    """A case "c" of the machine: by state, its responses by number."""
    responses = {"StateMachines": {machine: {"TestCases": {"c": {state: state for state in mocked}}}}}
    surface.add_mocks({**responses, "MockedResponses": mocked}, account=account)


def test_the_cases_of_a_file(aws: Client, states: Any, surface: Headwater, account: str) -> None:
    queue = aws("sqs").create_queue(QueueName="q")["QueueUrl"]
    arn = make_machine(states, integration(queue), "LambdaSQSIntegration")
    surface.put_mocks(FILE, account=account)
    happy = start(states, f"{arn}#HappyPath")
    assert (happy["status"], json.loads(happy["output"]), happy["stateMachineArn"]) == ("SUCCEEDED", SENT, arn)
    assert history_types(states, happy["executionArn"]) == [
        "ExecutionStarted",
        *("TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited") * 2,
        "ExecutionSucceeded",
    ]
    told = surface.trace(happy["executionArn"])["spans"][0]
    assert told["notes"]["mocks"] == "HappyPath"
    mocked = told["children"][0]
    assert (mocked["name"], mocked["subject"], mocked["notes"]["mocked"]) == (
        "states:AnswerMocked",
        LAMBDA,
        "LambdaState",
    )
    assert "Messages" not in aws("sqs").receive_message(QueueUrl=queue)
    hybrid = start(states, f"{arn}#HybridPath")
    assert (
        json.loads(hybrid["output"])["MessageId"]
        == aws("sqs").receive_message(QueueUrl=queue)["Messages"][0]["MessageId"]
    )


def test_retries_take_successive_responses(timed: Any) -> None:
    aws = client_factory(timed.endpoint, "000000000000")
    states, surface = aws("stepfunctions"), Headwater(timed.endpoint)
    machine = integration("q")
    machine["States"]["SQSState"]["Parameters"]["QueueUrl"] = "http://no.where/q"
    arn = make_machine(states, machine, "LambdaSQSIntegration")
    surface.put_mocks(FILE)  # in all accounts
    started = states.start_execution(stateMachineArn=f"{arn}#RetryPath")["executionArn"]
    for _ in range(3):
        timed.advance(1000)
    assert states.describe_execution(executionArn=started)["status"] == "SUCCEEDED"
    failures = [event["taskFailedEventDetails"] for event in events(states, started) if event["type"] == "TaskFailed"]
    assert [failure["error"] for failure in failures] == [
        "Lambda.ResourceNotReadyException", "Lambda.TimeoutException", "Lambda.TimeoutException",
    ]  # fmt: skip
    assert failures[0] == {
        "resourceType": "lambda", "resource": "invoke", "error": "Lambda.ResourceNotReadyException",
        "cause": "Lambda resource is not ready.",
    }  # fmt: skip
    used_up = states.start_execution(stateMachineArn=f"{arn}#Used up")["executionArn"]
    timed.advance(1000)
    described = states.describe_execution(executionArn=used_up)
    assert described["error"] == "States.Runtime"
    assert described["cause"] == "The mocks of state 'LambdaState' have no response for invocation 1, counted from 0."


KINDS = machine_of(
    Job=task("arn:aws:states:::states:startExecution.sync:2", Parameters={"StateMachineArn": "a"}, ResultPath="$.job"),
    Token=task(
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        Parameters={"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}, ResultPath="$.token",
    ),
    Worker=task("arn:aws:states:us-east-1:123456789012:activity:no-such", ResultPath="$.worker"),
    Function=task("arn:aws:lambda:us-east-1:123456789012:function:no-such", ResultPath="$.function"),
    Late=task(
        "arn:aws:states:::sqs:sendMessage", Parameters={"QueueUrl": "q", "MessageBody": "m"}, TimeoutSeconds=5,
        Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "Caught", "ResultPath": "$.late"}],
    ),
    Caught={"Type": "Succeed"},
)  # fmt: skip
for former, following in (("Job", "Token"), ("Token", "Worker"), ("Worker", "Function"), ("Function", "Late")):
    del KINDS["States"][former]["End"]
    KINDS["States"][former]["Next"] = following


def test_histories_are_as_with_real_answers(states: Any, surface: Headwater, account: str) -> None:
    arn = make_machine(states, KINDS, "kinds")
    late = {"Throw": {"Error": "States.Timeout", "Cause": "too late"}}
    returned = {name: {"0": {"Return": [name]}} for name in ("Job", "Token", "Worker", "Function")}
    mock(surface, account, "kinds", **returned, Late={"0-": late})
    done = start(states, f"{arn}#c")
    assert json.loads(done["output"]) == {
        "job": ["Job"], "token": ["Token"], "worker": ["Worker"], "function": ["Function"],
        "late": {"Error": "States.Timeout", "Cause": "too late"},
    }  # fmt: skip
    types = history_types(states, done["executionArn"])
    assert [kind for kind in types if not kind.startswith(("TaskState", "Execution", "SucceedState"))] == [
        "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded",
        "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded",
        "ActivityScheduled", "ActivityStarted", "ActivitySucceeded",
        "LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded",
        "TaskScheduled", "TaskTimedOut",
    ]  # fmt: skip
    assert surface.replay(done["executionArn"])["same"] == 1


def each(mode: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    processor = machine_of(T=task(Parameters={"FunctionName": "f"}, ResultSelector={"p.$": "$.Payload"}))
    if mode:
        processor["ProcessorConfig"] = mode
    return {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}


@pytest.mark.parametrize(
    "mode",
    [None, {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}],
)
def test_iterations_take_successive_responses(
    states: Any, surface: Headwater, account: str, mode: dict[str, str] | None
) -> None:
    arn = make_machine(states, machine_of(M=each(mode, MaxConcurrency=1)), "each")
    mock(surface, account, "each", T={str(at): {"Return": {"Payload": at}} for at in range(3)})
    done = start(states, f"{arn}#c", [7, 8, 9])
    assert json.loads(done["output"]) == [{"p": 0}, {"p": 1}, {"p": 2}]


def test_branches_share_no_responses_with_others(states: Any, surface: Headwater, account: str) -> None:
    branches = [
        machine_of(A=task(Parameters={"FunctionName": "f"})),
        machine_of(B=task("arn:aws:states:::ecs:runTask.sync")),
    ]
    arn = make_machine(states, machine_of(P={"Type": "Parallel", "Branches": branches, "End": True}), "both")
    mock(surface, account, "both", A={"0": {"Return": 1}}, B={"0": {"Return": 2}})
    assert json.loads(start(states, f"{arn}#c")["output"]) == [1, 2]


def test_express_executions_are_mocked(states: Any, surface: Headwater, account: str) -> None:
    arn = make_machine(states, machine_of(S=task(Parameters={"FunctionName": "f"})), "express", type="EXPRESS")
    mock(surface, account, "express", S={"0-": {"Return": {"ok": True}}})
    done = states.start_sync_execution(stateMachineArn=f"{arn}#c")
    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", {"ok": True})
    assert done["stateMachineArn"] == arn
    states.start_execution(stateMachineArn=f"{arn}#c")


def test_nested_executions_name_their_case(states: Any, surface: Headwater, account: str) -> None:
    child = make_machine(states, machine_of(S=task(Parameters={"FunctionName": "f"})), "child")
    begin = task("arn:aws:states:::states:startExecution.sync:2", Parameters={"StateMachineArn": f"{child}#c"})
    parent = make_machine(states, machine_of(S=begin), "parent")
    mock(surface, account, "child", S={"0": {"Return": {"ok": True}}})
    assert json.loads(start(states, parent)["output"])["Output"] == {"ok": True}


def test_a_redrive_goes_on_with_the_mocks(states: Any, surface: Headwater, account: str) -> None:
    arn = make_machine(states, machine_of(S=task(Parameters={"FunctionName": "f"})), "again")
    mock(surface, account, "again", S={"0": BUSY, "1": {"Return": {"ok": True}}})
    failed = start(states, f"{arn}#c", name="one")
    assert failed["error"] == "Lambda.TimeoutException"
    surface.clear_mocks(account=account)  # what has begun goes on as it began
    states.redrive_execution(executionArn=failed["executionArn"])
    assert json.loads(ended(states, failed["executionArn"])["output"]) == {"ok": True}


def test_a_case_for_whatever_starts_the_machine(states: Any, surface: Headwater, account: str) -> None:
    arn = make_machine(states, machine_of(S=task(Parameters={"FunctionName": "f"})), "always")
    file = {
        "StateMachines": {"always": {"TestCases": {"*": {"S": "R"}}}},
        "MockedResponses": {"R": {"0-": {"Return": 5}}},
    }
    assert surface.add_mocks(file, account=account)[0]["states"] == ["S"]
    assert start(states, arn)["output"] == "5"
    assert [case["machine"] for case in surface.mocks() if case["account"] == account] == ["always"]
    surface.clear_mocks(account=account, machine="always")
    assert start(states, arn)["error"] != ""
    assert not [case for case in surface.mocks() if case["account"] == account]


def test_a_mock_of_no_state_is_told(states: Any, surface: Headwater, account: str) -> None:
    arn = make_machine(states, machine_of(S=task(Parameters={"FunctionName": "f"})), "misspelt")
    mock(surface, account, "misspelt", S={"0": {"Return": 1}}, s={"0": {"Return": 1}})
    done = start(states, f"{arn}#c")
    assert surface.trace(done["executionArn"])["spans"][0]["notes"]["mocks of no Task state"] == ["s"]


def test_a_case_that_is_not_there(states: Any, surface: Headwater) -> None:
    arn = make_machine(states, machine_of(S=task(Parameters={"FunctionName": "f"})), "none")
    with pytest.raises(ClientError, match="no mocks of test case 'Happy' for state machine 'none'") as refused:
        states.start_execution(stateMachineArn=f"{arn}#Happy")
    assert refused.value.response["Error"]["Code"] == "InvalidName"


@pytest.mark.parametrize(
    ("responses", "reason"),
    [
        ({"0": {}}, "MockedResponses.R.0: a response has exactly one field, Return or Throw."),
        ({"0": {"Return": 1, **BUSY}}, "MockedResponses.R.0: a response has exactly one field, Return or Throw."),
        ({"0": {"Throw": {"Error": "E"}}}, "MockedResponses.R.0.Throw: it has the fields Error and Cause, both texts."),
        (
            {"x": {"Return": 1}},
            'MockedResponses.R: "x" is neither an invocation\'s number nor a range, like "0" or "1-2".',
        ),
        ({"2-1": {"Return": 1}}, 'MockedResponses.R: the range "2-1" ends before it begins.'),
        ({"0-2": {"Return": 1}, "2": {"Return": 1}}, "MockedResponses.R: invocation 2 has two responses."),
        ({"0-": {"Return": 1}, "2": {"Return": 1}}, "MockedResponses.R: invocation 2 has two responses."),
        ([], "MockedResponses.R: an object is expected."),
    ],
)
def test_a_file_that_does_not_fit_is_refused(surface: Headwater, account: str, responses: Any, reason: str) -> None:
    with pytest.raises(HeadwaterError, match=re.escape(reason)):
        surface.put_mocks({"StateMachines": {}, "MockedResponses": {"R": responses}}, account=account)


def test_a_file_names_what_is_missing(surface: Headwater, account: str) -> None:
    for file, reason in (
        ({}, "The file: the field MockedResponses is missing."),
        ({"MockedResponses": {}, "StateMachines": {"M": {}}}, "StateMachines.M: the field TestCases is missing."),
        (
            {"MockedResponses": {}, "StateMachines": {"M": {"TestCases": {"C": {"S": "R"}}}}},
            "StateMachines.M.TestCases.C.S: there is no mocked response 'R' in MockedResponses.",
        ),
    ):
        with pytest.raises(HeadwaterError, match=re.escape(reason)):
            surface.put_mocks(file, account=account)


def test_a_file_that_the_server_is_started_with(timed: ServerThread, tmp_path: Path) -> None:
    file = tmp_path / "MockConfigFile.json"
    file.write_text(json.dumps(FILE))
    mocks = MockFile(timed.cloud.engine, file)
    timed.run(mocks.start())
    headwater = Headwater(timed.endpoint)
    cases = ["HappyPath", "HybridPath", "RetryPath", "Used up"]
    assert [case["case"] for case in headwater.mocks()] == cases
    headwater.reset()
    assert [case["case"] for case in headwater.mocks()] == cases
    timed.call(mocks.stop)
    for text, reason in (("{", "cannot be read"), ("{}", "do not fit: The file: the field MockedResponses is missing")):
        file.write_text(text)
        with pytest.raises(MocksRefused, match=reason):
            timed.run(MockFile(timed.cloud.engine, file).start())


def test_the_command(endpoint: str, surface: Headwater, tmp_path: Path) -> None:
    file = tmp_path / "MockConfigFile.json"
    file.write_text(json.dumps(FILE))
    told = CliRunner().invoke(main, ["mocks", str(file), "--endpoint", endpoint])
    assert told.exit_code == 0
    assert "LambdaSQSIntegration  RetryPath   LambdaState, SQSState  all" in told.output
    shown = CliRunner().invoke(main, ["mocks", "--clear", "--json", "--endpoint", endpoint])
    assert not [case for case in json.loads(shown.output) if case["machine"] == "LambdaSQSIntegration"]
    file.write_text("{")
    refused = CliRunner().invoke(main, ["mocks", str(file), "--endpoint", endpoint])
    assert (refused.exit_code, "is not JSON" in refused.output) == (1, True)


def test_what_a_task_was_sent_is_shown_and_why_it_failed(
    states: Any, surface: Headwater, account: str, endpoint: str
) -> None:
    """A path without `.$` is sent as it stands: the first thing that one looks for when a function fails."""
    invoke = task(Parameters={"FunctionName": "charge", "Payload": {"total": "$.total"}})
    arn = make_machine(states, machine_of(Charge=invoke), "unsent")
    raised = json.dumps({"errorMessage": "'>' not supported", "errorType": "TypeError", "stackTrace": []})
    mock(surface, account, "unsent", Charge={"0": {"Throw": {"Error": "TypeError", "Cause": raised}}})
    failed = start(states, f"{arn}#c", {"total": 5})
    command = ["execution", "show", failed["executionArn"], "--io", "--endpoint", endpoint]
    shown = CliRunner().invoke(main, command, env={"COLUMNS": "200"}).output
    assert 'in   {"total": 5}' in shown
    assert 'sent {"FunctionName":"charge","Payload":{"total":"$.total"}}' in shown
    assert "TypeError: '>' not supported" in shown and "stackTrace" not in shown
