"""Every kind of target, whole: functions, state machines, topics, log groups; and topics' functions."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from tests.conftest import Client
from tests.settling import wait_for

ENTRY = {"Source": "orders", "DetailType": "OrderPlaced", "Detail": '{"id": 7}'}
# A function that forwards what it was invoked with to the queue named by its environment.
CODE = """
import boto3, json, os

def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event))
"""


@pytest.fixture
def queue(aws: Client) -> str:
    url: str = aws("sqs").create_queue(QueueName="q")["QueueUrl"]
    return url


@pytest.fixture
def function(aws: Client, queue: str) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("index.py", CODE)
    made = aws("lambda").create_function(
        FunctionName="forward",
        Runtime="python3.11",
        Handler="index.handler",
        Role="arn:aws:iam::123456789012:role/x",
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": {"QUEUE": queue}},
        Timeout=20,
    )
    wait_for(aws("lambda"), "function_active_v2", FunctionName="forward")
    arn: str = made["FunctionArn"]
    return arn


def route(aws: Client, arn: str, **target: Any) -> str:
    events = aws("events")
    rule: str = events.put_rule(Name="r", EventPattern='{"source": ["orders"]}')["RuleArn"]
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn, **target}])
    return rule


def put(aws: Client) -> str:
    identity: str = aws("events").put_events(Entries=[ENTRY])["Entries"][0]["EventId"]
    return identity


def received(aws: Client, queue: str) -> Any:
    answer = aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)
    return json.loads(answer["Messages"][0]["Body"])


def test_a_function_gets_the_event(aws: Client, queue: str, function: str) -> None:
    route(aws, function)
    identity = put(aws)
    event = received(aws, queue)
    assert (event["id"], event["detail"]) == (identity, {"id": 7})


def test_a_function_gets_a_notification(aws: Client, queue: str, function: str) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)["SubscriptionArn"]
    attributes = {"kind": {"DataType": "String", "StringValue": "urgent"}}
    identity = sns.publish(TopicArn=topic, Message="hello", MessageAttributes=attributes)["MessageId"]
    (record,) = received(aws, queue)["Records"]
    notification = record.pop("Sns")
    assert record == {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription}
    assert set(notification) == {
        *("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion"),
        *("Signature", "SigningCertUrl", "UnsubscribeUrl", "MessageAttributes"),
    }
    assert (notification["MessageId"], notification["Message"], notification["Subject"]) == (identity, "hello", None)
    assert notification["MessageAttributes"] == {"kind": {"Type": "String", "Value": "urgent"}}


def test_a_state_machine_is_started(aws: Client, queue: str) -> None:
    definition = {
        "StartAt": "Send",
        "States": {
            "Send": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": queue, "MessageBody.$": "$"},
                "End": True,
            }
        },
    }
    role = "arn:aws:iam::123456789012:role/x"
    states = aws("stepfunctions")
    machine = states.create_state_machine(name="m", definition=json.dumps(definition), roleArn=role)
    arn = machine["stateMachineArn"]
    route(aws, arn, RoleArn=role, InputPath="$.detail")
    identity = put(aws)
    assert received(aws, queue) == {"id": 7}
    (execution,) = states.list_executions(stateMachineArn=arn)["executions"]
    assert execution["name"].startswith(f"{identity}_")


def test_a_topic_publishes_the_event(aws: Client, queue: str, account: str) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{account}:q")
    route(aws, topic, Input='{"fixed": 1}')
    put(aws)
    assert received(aws, queue)["Message"] == '{"fixed": 1}'


def test_a_log_group_keeps_the_event(aws: Client, account: str) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName="/aws/events/orders")
    route(aws, f"arn:aws:logs:us-east-1:{account}:log-group:/aws/events/orders")
    identity = put(aws)
    (found,) = logs.filter_log_events(logGroupName="/aws/events/orders")["events"]
    assert json.loads(found["message"])["id"] == identity
