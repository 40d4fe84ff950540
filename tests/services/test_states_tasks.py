"""Step Functions' tasks: integrations, tokens, activities, timers, nested executions, restarts."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.client import Headwater
from headwater.spine.clock import Clock
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.states import PASSES, ended, events, history_types, make_machine, one_state, run

ACCOUNT = "444455556666"


@pytest.fixture
def states(aws: Client) -> Any:
    return aws("stepfunctions", inject_host_prefix=False)


def queue(aws: Client, name: str = "orders") -> str:
    url: str = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url


def test_a_message_is_sent_and_the_history_says_how(aws: Client, states: Any) -> None:
    url = queue(aws)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody.$": "$"},
    }
    described = run(states, one_state(task), {"order": 7})
    output = json.loads(described["output"])
    assert output["SdkHttpMetadata"]["HttpStatusCode"] == 200
    (message,) = aws("sqs").receive_message(QueueUrl=url)["Messages"]
    assert (json.loads(message["Body"]), message["MessageId"]) == ({"order": 7}, output["MessageId"])
    history = events(states, described["executionArn"])
    assert [event["type"] for event in history] == [
        "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited",
        "ExecutionSucceeded",
    ]  # fmt: skip
    assert history[2]["taskScheduledEventDetails"] == {
        "resourceType": "sqs",
        "resource": "sendMessage",
        "region": "us-east-1",
        "parameters": json.dumps({"QueueUrl": url, "MessageBody": {"order": 7}}, separators=(",", ":")),
    }


def test_errors_have_the_names_that_catchers_know(aws: Client, states: Any, endpoint: str) -> None:
    missing = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
        "Parameters": {"QueueName": "no"},
    }
    described = run(states, one_state(missing))
    assert described["error"] == "Sqs.QueueDoesNotExistException"
    assert described["cause"].startswith("The specified queue does not exist. (Service: Sqs, Status Code: 400, ")
    told = Headwater(endpoint).trace(described["executionArn"])["spans"][0]["notes"]["execution"]
    assert told.startswith("FAILED Sqs.QueueDoesNotExistException: The specified queue does not exist.")
    caught = missing | {"Catch": [{"ErrorEquals": ["Sqs.QueueDoesNotExistException"], "Next": "Caught"}]}
    described = run(states, one_state(caught), name="catching")
    assert json.loads(described["output"])["Error"] == "Sqs.QueueDoesNotExistException"


@pytest.mark.parametrize(
    ("parameters", "finding"),
    [
        ({"QueueUrl": "x"}, "The field 'MessageBody' is required but was missing"),
        (
            {"QueueUrl": "x", "MessageBody": "m", "Nonsense": 1},
            'The field "Nonsense" is not supported by Step Functions',
        ),
        (
            {"QueueUrl": "x", "MessageBody": "m", "DelaySeconds": "1"},
            "The value for the field 'DelaySeconds' must be an INTEGER",
        ),
        ({"QueueUrl": "x", "MessageBody": 1}, "The value for the field 'MessageBody' must be a STRING"),
        ({"FunctionName": "x", "Payload": 1}, "The value for the field 'Payload' must be a STRING"),
        ({"TableName": "x", "Key": {"id": {"S": {"a": 1}}}}, "The value for the field 'S' must be a STRING"),
        ({"TableName": "x", "Key": {"id": {"N": 1}}}, "The value for the field 'N' must be a STRING"),
    ],
)
def test_parameters_that_do_not_fit_never_start_the_task(states: Any, parameters: Any, finding: str) -> None:
    actions = {"QueueUrl": "sqs:sendMessage", "FunctionName": "lambda:invoke", "TableName": "dynamodb:getItem"}
    action = actions[next(iter(parameters))]
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{action}", "Parameters": parameters}
    described = run(states, one_state(task))
    text = json.dumps(parameters, separators=(",", ":"))
    assert (described["error"], described["cause"]) == (
        "States.Runtime",
        "An error occurred while executing the state 'S' (entered at the event id #2). "
        f"The Parameters '{text}' could not be used to start the Task: [{finding}]",
    )
    assert history_types(states, described["executionArn"])[1:] == ["TaskStateEntered", "ExecutionFailed"]


def test_a_task_token_brings_the_result(aws: Client, states: Any) -> None:
    url = queue(aws)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
        "Catch": [{"ErrorEquals": ["Refused"], "Next": "Caught"}],
    }
    arn = make_machine(states, one_state(task))
    for answer in ("success", "failure"):
        execution = states.start_execution(stateMachineArn=arn)["executionArn"]
        (message,) = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        token = json.loads(message["Body"])["token"]
        assert history_types(states, execution)[-1] == "TaskSubmitted"
        states.send_task_heartbeat(taskToken=token)
        with pytest.raises(ClientError, match="InvalidOutput"):
            states.send_task_success(taskToken=token, output="{")
        if answer == "success":
            states.send_task_success(taskToken=token, output='{"shipped": true}')
            assert ended(states, execution)["output"] == '{"shipped": true}'
        else:
            states.send_task_failure(taskToken=token, error="Refused", cause="no stock")
            assert json.loads(ended(states, execution)["output"]) == {"Error": "Refused", "Cause": "no stock"}
        with pytest.raises(ClientError, match="TaskTimedOut"):
            states.send_task_success(taskToken=token, output="{}")
    with pytest.raises(ClientError, match="InvalidToken"):
        states.send_task_success(taskToken="nonsense", output="{}")


def test_an_activity_that_is_not_there_cannot_be_scheduled(states: Any) -> None:
    missing = "arn:aws:states:us-east-1:000000000000:activity:missing"
    failed = run(states, one_state({"Type": "Task", "Resource": missing}))
    assert history_types(states, failed["executionArn"])[2:] == [
        "ActivityScheduled", "ActivityScheduleFailed", "ExecutionFailed",
    ]  # fmt: skip


def test_a_worker_does_an_activity(states: Any) -> None:
    activity = states.create_activity(name="pack")["activityArn"]
    arn = make_machine(states, one_state({"Type": "Task", "Resource": activity}))
    got: list[Any] = []
    worker = threading.Thread(
        target=lambda: got.append(states.get_activity_task(activityArn=activity, workerName="ann"))
    )
    worker.start()
    execution = states.start_execution(stateMachineArn=arn, input='{"order": 7}')["executionArn"]
    worker.join(60)
    assert json.loads(got[0]["input"]) == {"order": 7}
    states.send_task_success(taskToken=got[0]["taskToken"], output='"packed"')
    assert ended(states, execution)["output"] == '"packed"'
    history = events(states, execution)
    assert [event["type"] for event in history[2:5]] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    assert history[3]["activityStartedEventDetails"] == {"workerName": "ann"}


@pytest.mark.parametrize(("pattern", "text"), [("sync", True), ("sync:2", False)])
def test_a_parent_waits_for_its_child(timed: ServerThread, pattern: str, text: bool) -> None:
    states = client_factory(timed.endpoint, "123456789012")("stepfunctions")
    waiting = one_state({"Type": "Wait", "Seconds": 1})
    child = make_machine(states, waiting, "child")
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution.{pattern}",
        "Parameters": {"StateMachineArn": child, "Input": {"n": 1}},
    }
    arn = make_machine(states, one_state(task), "parent")
    parent = states.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
    timed.advance(1000)
    described = ended(states, parent)
    result = json.loads(described["output"])
    assert (json.loads(result["Output"]) if text else result["Output"]) == {"n": 1}
    assert result["Status"] == "SUCCEEDED"
    started = events(states, described["executionArn"])[3]
    assert started["taskStartedEventDetails"] == {"resourceType": "states", "resource": f"startExecution.{pattern}"}


def test_a_childs_failure_is_the_parents(states: Any) -> None:
    child = make_machine(states, one_state({"Type": "Fail", "Error": "No", "Cause": "never"}), "child")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child, "Input": {"n": 1}},
    }
    described = run(states, one_state(task), name="parent")
    assert described["error"] == "States.TaskFailed"
    told = json.loads(described["cause"])
    assert list(told) == [
        "Cause", "Error", "ExecutionArn", "Input", "InputDetails", "Name", "RedriveCount", "RedriveStatus", "StartDate",
        "StateMachineArn", "Status", "StopDate",
    ]  # fmt: skip
    assert (told["Cause"], told["Input"], told["RedriveStatus"]) == ("never", '{"n":1}', "REDRIVABLE")


def test_thirty_days_pass_at_once(timed: ServerThread) -> None:
    states = client_factory(timed.endpoint, ACCOUNT)("stepfunctions")
    arn = make_machine(states, one_state({"Type": "Wait", "Seconds": 30 * 86_400}))
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    timed.advance(30 * 86_400_000 - 1)
    assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
    timed.advance(1)
    assert states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


def test_retries_timeouts_and_heartbeats_keep_time(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, ACCOUNT)
    states, url = aws("stepfunctions"), queue(aws)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"},
        "TimeoutSeconds": 100,
        "HeartbeatSeconds": 30,
        "Retry": [{"ErrorEquals": ["States.HeartbeatTimeout"], "IntervalSeconds": 10, "MaxAttempts": 1}],
    }
    execution = states.start_execution(stateMachineArn=make_machine(states, one_state(task)))["executionArn"]
    timed.advance(31_000)
    assert history_types(states, execution)[-1] == "TaskTimedOut"
    timed.advance(10_000)
    assert history_types(states, execution)[-1] == "TaskSubmitted"
    token = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"][-1]["Body"]
    for _ in range(4):
        timed.advance(20_000)
        states.send_task_heartbeat(taskToken=token)
    assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
    timed.advance(20_000)
    described = states.describe_execution(executionArn=execution)
    assert (described["status"], described["error"]) == ("FAILED", "States.Timeout")


def test_a_machine_times_out(timed: ServerThread) -> None:
    states = client_factory(timed.endpoint, ACCOUNT)("stepfunctions")
    arn = make_machine(states, one_state({"Type": "Wait", "Seconds": 100}, TimeoutSeconds=50))
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    timed.advance(50_000)
    described = states.describe_execution(executionArn=execution)
    assert described["status"] == "TIMED_OUT" and not {"error", "cause"} & described.keys()
    last = events(states, execution)[-1]
    assert (last["type"], last["id"], last["previousEventId"]) == ("ExecutionTimedOut", 3, 0)  # as measured on AWS
    assert last["executionTimedOutEventDetails"] == {"error": "States.Timeout"}


def test_waiting_executions_outlive_the_server(tmp_path: Path) -> None:
    branches = [
        {"StartAt": f"W{n}", "States": {f"W{n}": {"Type": "Wait", "Seconds": 60, "Next": f"E{n}"}, f"E{n}": {
            "Type": "Pass", "Result": n, "End": True}}} for n in range(3)
    ]  # fmt: skip
    clock = Clock(1_795_000_000_000)
    with ServerThread(data=tmp_path, clock=clock) as server:
        states = client_factory(server.endpoint, ACCOUNT)("stepfunctions")
        arn = make_machine(states, one_state({"Type": "Parallel", "Branches": branches}))
        execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    with ServerThread(data=tmp_path, clock=clock) as server:
        states = client_factory(server.endpoint, ACCOUNT)("stepfunctions")
        assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
        server.advance(60_000)
        assert states.describe_execution(executionArn=execution)["output"] == "[0,1,2]"
        numbers = [event["id"] for event in events(states, execution)]
        assert numbers == list(range(1, len(numbers) + 1))


def test_status_changes_reach_the_default_bus(aws: Client, states: Any) -> None:
    url = queue(aws)
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.states"], "detail": {"status": ["SUCCEEDED"]}}
    aws("events").put_rule(Name="done", EventPattern=json.dumps(pattern))
    aws("events").put_targets(Rule="done", Targets=[{"Id": "q", "Arn": arn}])
    execution = states.start_execution(stateMachineArn=make_machine(states, PASSES))["executionArn"]
    (message,) = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    event = json.loads(message["Body"])
    assert (event["detail-type"], event["resources"]) == ("Step Functions Execution Status Change", [execution])
    assert (event["detail"]["executionArn"], event["detail"]["status"]) == (execution, "SUCCEEDED")


def test_a_machine_may_start_itself(aws: Client, states: Any, account: str) -> None:
    """Each run starts the next one, as long histories are kept short on AWS: a chain, not a recursion."""
    arn = f"arn:aws:states:us-east-1:{account}:stateMachine:loop"
    again = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": arn, "Input": {"n.$": "States.MathAdd($.n, -1)"}},
        "End": True,
    }
    more = {"Variable": "$.n", "NumericGreaterThan": 0, "Next": "Again"}
    definition = {
        "StartAt": "More",
        "States": {
            "More": {"Type": "Choice", "Choices": [more], "Default": "Done"},
            "Again": again,
            "Done": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {
                "QueueUrl": queue(aws), "MessageBody": "done"}, "End": True},
        },
    }  # fmt: skip
    make_machine(states, definition, "loop")
    states.start_execution(stateMachineArn=arn, input='{"n": 300}')
    url = queue(aws)
    (message,) = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "done"
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=arn, statusFilter="SUCCEEDED")
    assert sum(len(page["executions"]) for page in pages) == 301


def test_an_execution_may_answer_its_own_token(aws: Client, states: Any) -> None:
    """One branch waits for its token, another fetches it and sends the answer: two steps of one execution."""
    url = queue(aws)
    waits = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": url, "MessageBody.$": "$$.Task.Token"},
        "End": True,
    }
    fetches = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sqs:receiveMessage",
        "Parameters": {"QueueUrl": url, "WaitTimeSeconds": 20},
        "Next": "Answer",
    }
    answers = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess",
        "Parameters": {"TaskToken.$": "$.Messages[0].Body", "Output": {"by": "myself"}},
        "End": True,
    }
    branches = [
        {"StartAt": "Wait", "States": {"Wait": waits}},
        {"StartAt": "Fetch", "States": {"Fetch": fetches, "Answer": answers}},
    ]
    described = run(states, one_state({"Type": "Parallel", "Branches": branches}))
    assert json.loads(described["output"]) == [{"by": "myself"}, {}]
    numbers = [event["id"] for event in events(states, described["executionArn"])]
    assert numbers == list(range(1, len(numbers) + 1))
