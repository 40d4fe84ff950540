"""Events that services put themselves: calls of APIs as CloudTrail tells of them, states of stacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.services.events.trail_event import is_data, is_read
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import wait_for

CALLS = {"detail-type": ["AWS API Call via CloudTrail"]}


@pytest.fixture
def heard(aws: Client) -> tuple[str, str]:
    """The URL and ARN of a queue."""
    url = aws("sqs").create_queue(QueueName="heard")["QueueUrl"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return url, attributes["QueueArn"]


def listen(events: Any, arn: str, pattern: dict[str, Any], name: str = "r", **more: Any) -> None:
    events.put_rule(Name=name, EventPattern=json.dumps(pattern), **more)
    events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": arn}])


def received(sqs: Any, url: str, wait: int = 20) -> list[dict[str, Any]]:
    answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=wait, MaxNumberOfMessages=10)
    for message in answer.get("Messages", []):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_calls_are_told_of_where_a_rule_asks(aws: Client, account: str, heard: tuple[str, str]) -> None:
    events, sqs, sns = aws("events"), aws("sqs"), aws("sns")
    url, arn = heard
    sns.create_topic(Name="before")
    listen(events, arn, {**CALLS, "detail": {"eventSource": ["sns.amazonaws.com", "secretsmanager.amazonaws.com"]}})
    topic = sns.create_topic(Name="after", Attributes={"DisplayName": "x"})["TopicArn"]
    (event,) = received(sqs, url)
    detail = event["detail"]
    assert (event["source"], event["detail-type"], event["account"]) == (
        "aws.sns",
        "AWS API Call via CloudTrail",
        account,
    )
    assert (detail["eventName"], detail["eventSource"], detail["awsRegion"]) == (
        "CreateTopic",
        "sns.amazonaws.com",
        "us-east-1",
    )
    assert detail["requestParameters"] == {"name": "after", "attributes": {"DisplayName": "x"}}
    assert detail["responseElements"] == {"topicArn": topic}
    assert (detail["readOnly"], detail["eventType"], detail["managementEvent"]) == (False, "AwsApiCall", True)
    assert detail["userIdentity"]["accountId"] == account
    sns.publish(TopicArn=topic, Message="data, not management")
    sns.list_topics()
    with pytest.raises(ClientError):
        sns.subscribe(TopicArn=topic, Protocol="nonsense", Endpoint="x")
    (event,) = received(sqs, url)
    assert (event["detail"]["eventName"], event["detail"]["errorCode"]) == ("Subscribe", "InvalidParameter")
    aws("secretsmanager").create_secret(Name="s", SecretString="hush")
    (event,) = received(sqs, url)
    assert event["detail"]["requestParameters"]["secretString"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert "hush" not in json.dumps(event)
    events.disable_rule(Name="r")
    sns.create_topic(Name="later")
    assert received(sqs, url, wait=0) == []


def test_reads_are_told_of_where_a_rule_asks_for_them(aws: Client, heard: tuple[str, str]) -> None:
    events, sqs = aws("events"), aws("sqs")
    url, arn = heard
    other = sqs.create_queue(QueueName="other")["QueueUrl"]
    other_arn = arn.removesuffix("heard") + "other"
    pattern = {**CALLS, "source": ["aws.sns"]}
    listen(events, arn, pattern, State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    listen(events, other_arn, pattern, name="only-writes")
    aws("sns").list_topics()
    (event,) = received(sqs, url)
    assert (event["detail"]["eventName"], event["detail"]["readOnly"]) == ("ListTopics", True)
    assert received(sqs, other, wait=0) == []
    aws("sns").create_topic(Name="t")
    assert len(received(sqs, url)) == len(received(sqs, other)) == 1


def test_who_does_not_ask_by_name_hears_nothing(aws: Client, heard: tuple[str, str]) -> None:
    events = aws("events")
    listen(events, heard[1], {"source": [{"prefix": "aws."}]})
    listen(events, heard[1], {"detail-type": [{"anything-but": "CloudTrail"}]}, name="not")
    aws("sns").create_topic(Name="t")
    assert received(aws("sqs"), heard[0], wait=0) == []


def test_a_rule_is_heard_of_again_after_a_restart(tmp_path: Path) -> None:
    with ServerThread(data=tmp_path) as server:
        aws = client_factory(server.endpoint, "444455556666")
        aws("sqs").create_queue(QueueName="heard")
        arn = "arn:aws:sqs:us-east-1:444455556666:heard"
        listen(aws("events"), arn, {"detail-type": [{"prefix": "AWS API Call"}], "source": ["aws.sns"]})
    with ServerThread(data=tmp_path) as server:
        aws = client_factory(server.endpoint, "444455556666")
        aws("sns").create_topic(Name="t")
        url = aws("sqs").get_queue_url(QueueName="heard")["QueueUrl"]
        (event,) = received(aws("sqs"), url)
        assert event["detail"]["eventName"] == "CreateTopic"


@pytest.mark.parametrize(
    ("service", "name", "data", "read"),
    [
        ("s3", "PutObject", True, False),
        ("s3", "PutObjectLockConfiguration", False, False),
        ("s3", "CreateBucket", False, False),
        ("s3", "ListObjectsV2", True, True),
        ("dynamodb", "PutItem", True, False),
        ("dynamodb", "CreateTable", False, False),
        ("lambda", "Invoke", True, False),
        ("sqs", "SendMessageBatch", True, False),
        ("sqs", "SetQueueAttributes", False, False),
        ("states", "StartExecution", False, False),
        ("events", "PutEvents", True, False),
        ("events", "DescribeRule", False, True),
    ],
)
def test_management_and_data(service: str, name: str, data: bool, read: bool) -> None:
    assert (is_data(service, name), is_read(name)) == (data, read)


def test_stacks_tell_of_their_states(aws: Client, heard: tuple[str, str]) -> None:
    events, sqs, stacks = aws("events"), aws("sqs"), aws("cloudformation")
    url, arn = heard
    listen(
        events, arn, {"source": ["aws.cloudformation"], "detail": {"status-details": {"status": ["CREATE_COMPLETE"]}}}
    )
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    stack = stacks.create_stack(StackName="st", TemplateBody=json.dumps(template), ClientRequestToken="tok")["StackId"]
    wait_for(stacks, "stack_create_complete", StackName="st")
    found: list[dict[str, Any]] = []
    while len(found) < 2:
        found += received(sqs, url)
    resource, whole = sorted(found, key=lambda event: event["detail-type"])
    assert whole["detail-type"] == "CloudFormation Stack Status Change"
    assert whole["resources"] == [stack]
    assert whole["detail"] == {
        "stack-id": stack,
        "status-details": {"status": "CREATE_COMPLETE", "status-reason": ""},
        "client-request-token": "tok",
    }
    assert resource["detail-type"] == "CloudFormation Resource Status Change"
    assert (resource["detail"]["logical-resource-id"], resource["detail"]["resource-type"]) == (
        "Topic",
        "AWS::SNS::Topic",
    )
