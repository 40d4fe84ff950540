"""What else is on the clock: windows of idempotency, ages and retentions, each to the very end of its time."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from headwater.client import Headwater
from tests.conftest import Client
from tests.services.lambda_lab import ROLE, make

Q = "arn:aws:sqs:us-east-1:000000000000"
PASS = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})


@pytest.fixture(autouse=True)
def frozen(headwater: Headwater) -> None:
    headwater.freeze()


def bodies(sqs: Any, url: str) -> list[str]:
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", ())
    return [message["Body"] for message in found]


def test_messages_are_kept_for_as_long_as_a_queue_says(headwater: Headwater, client: Client) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"MessageRetentionPeriod": "86400"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="old")
    headwater.advance("23h59m59s")
    assert bodies(sqs, url) == ["old"]
    headwater.advance("2s")
    assert bodies(sqs, url) == []


def test_a_topic_forgets_what_it_has_seen_after_five_minutes(headwater: Headwater, client: Client) -> None:
    sns, sqs = client("sns"), client("sqs")
    topic = sns.create_topic(Name="t.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{Q}:q", Attributes={"RawMessageDelivery": "true"})
    for text, later in (("first", "4m59s"), ("again", "2s"), ("anew", "0s")):
        sns.publish(TopicArn=topic, Message=text, MessageGroupId="g", MessageDeduplicationId="one")
        headwater.advance(later)
    assert sorted(bodies(sqs, url)) == ["anew", "first"]


def test_an_event_for_a_function_is_tried_until_it_is_too_old(headwater: Headwater, client: Client) -> None:
    lambda_, sqs = client("lambda"), client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    make(lambda_, source="def handler(event, context):\n    return 1\n")
    lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)  # throttled for ever
    lambda_.put_function_event_invoke_config(
        FunctionName="f", MaximumEventAgeInSeconds=3600, DestinationConfig={"OnFailure": {"Destination": f"{Q}:q"}}
    )
    lambda_.invoke(FunctionName="f", InvocationType="Event", Payload=b"{}")
    headwater.advance("50m")
    assert bodies(sqs, url) == []
    headwater.advance("15m")
    [letter] = map(json.loads, bodies(sqs, url))
    assert letter["requestContext"]["condition"] == "EventAgeExceeded"


def test_a_transaction_is_remembered_for_ten_minutes(headwater: Headwater, client: Client) -> None:
    db = client("dynamodb")
    key = {"AttributeName": "id", "AttributeType": "S"}
    schema = [{"AttributeName": "id", "KeyType": "HASH"}]
    db.create_table(TableName="sums", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[key], KeySchema=schema)
    headwater.advance("1s")
    add = {
        "TableName": "sums", "Key": {"id": {"S": "a"}}, "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }  # fmt: skip
    for later in ("9m59s", "2s", "0s"):
        db.transact_write_items(TransactItems=[{"Update": add}], ClientRequestToken="once")
        headwater.advance(later)
    assert db.get_item(TableName="sums", Key={"id": {"S": "a"}})["Item"]["n"] == {"N": "2"}


def test_an_executions_name_is_free_again_after_ninety_days(headwater: Headwater, client: Client) -> None:
    states = client("stepfunctions")
    machine = states.create_state_machine(name="m", definition=PASS, roleArn=ROLE)["stateMachineArn"]
    states.start_execution(stateMachineArn=machine, name="n", input='{"n": 1}')
    headwater.advance("89d23h")
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        states.start_execution(stateMachineArn=machine, name="n", input='{"n": 2}')
    headwater.advance("2h")
    execution = states.start_execution(stateMachineArn=machine, name="n", input='{"n": 2}')["executionArn"]
    headwater.settle()
    assert states.describe_execution(executionArn=execution)["output"] == '{"n": 2}'


def test_logs_are_kept_for_as_long_as_their_group_says(headwater: Headwater, client: Client) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="g")
    logs.put_retention_policy(logGroupName="g", retentionInDays=3)
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    now = headwater.time()["now"]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": now, "message": "old"}])

    def kept() -> list[str]:
        return [event["message"] for event in logs.filter_log_events(logGroupName="g")["events"]]

    headwater.advance("2d23h59m")
    assert kept() == ["old"]
    headwater.advance("2m")
    assert kept() == []


@pytest.mark.parametrize("version", ["v4", "s3v4", "s3"])
def test_clients_sign_by_the_machines_time_whatever_the_clock_shows(
    headwater: Headwater, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    config = Config(signature_version=version, retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "aws_session_token": "token"}
    service = "sqs" if version == "v4" else "s3"
    made = boto3.client(service, endpoint_url=headwater.endpoint, region_name="us-east-1", config=config, **keys)
    look = made.list_queues if service == "sqs" else made.list_buckets
    for later in ("31d", "3650d"):
        assert look()["ResponseMetadata"]["HTTPStatusCode"] == 200
        headwater.advance(later)
    assert look()["ResponseMetadata"]["HTTPStatusCode"] == 200
