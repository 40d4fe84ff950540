"""Queues, topics and buses of one account in the hands of another: what no policy allows is denied, in AWS's words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.policies.resource_policies import allows
from tests.conftest import Client, client_factory


class Two(NamedTuple):
    owner: Client
    other: Client
    owner_account: str
    other_account: str


@pytest.fixture
def two(endpoint: str, account: str) -> Iterator[Two]:
    other = str(int(account) + 500_000_000_000)
    yield Two(client_factory(endpoint, account), client_factory(endpoint, other), account, other)


def _refused(call: Any, **request: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]


def _statement(account: str, *actions: str, **more: Any) -> dict[str, Any]:
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": "*"} | more


def test_a_queue_of_another_account(two: Two) -> None:
    mine, theirs = two.owner("sqs"), two.other("sqs")
    url = mine.create_queue(QueueName="q")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{two.owner_account}:q"
    code, status, message = _refused(theirs.send_message, QueueUrl=url, MessageBody="m")
    assert (code, status) == ("AccessDenied", 403)
    assert message == (
        f"User: arn:aws:iam::{two.other_account}:root is not authorized to perform: sqs:sendmessage on resource: "
        f"{queue} because no resource-based policy allows the sqs:sendmessage action"
    )
    asked = {"QueueName": "q", "QueueOwnerAWSAccountId": two.owner_account}
    assert _refused(theirs.get_queue_url, **asked)[0] == "AWS.SimpleQueueService.NonExistentQueue"
    mine.add_permission(
        QueueUrl=url, Label="l", AWSAccountIds=[two.other_account], Actions=["SendMessage", "GetQueueUrl"]
    )
    assert theirs.get_queue_url(**asked)["QueueUrl"] == url
    theirs.send_message(QueueUrl=url, MessageBody="m")
    theirs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "m"}])
    assert _refused(theirs.receive_message, QueueUrl=url)[0] == "AccessDenied"
    mine.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [_statement(two.other_account, "sqs:*")]})}
    )
    assert theirs.receive_message(QueueUrl=url)["Messages"]
    assert _refused(theirs.delete_queue, QueueUrl=url)[0] == "AccessDenied", "no policy gives that away"
    mine.send_message(QueueUrl=url, MessageBody="the owner asks nobody")


def test_a_topic_of_another_account(two: Two) -> None:
    mine, theirs = two.owner("sns"), two.other("sns")
    topic = mine.create_topic(Name="t")["TopicArn"]
    code, status, message = _refused(theirs.publish, TopicArn=topic, Message="m")
    assert (code, status) == ("AuthorizationError", 403)
    assert f"is not authorized to perform: SNS:Publish on resource: {topic}" in message
    for call, request in (
        (theirs.subscribe, {"Protocol": "sqs", "Endpoint": f"arn:aws:sqs:us-east-1:{two.other_account}:q"}),
        (theirs.get_topic_attributes, {}),
        (theirs.delete_topic, {}),
    ):
        assert _refused(call, TopicArn=topic, **request)[0] == "AuthorizationError"
    mine.add_permission(TopicArn=topic, Label="l", AWSAccountId=[two.other_account], ActionName=["Publish"])
    theirs.publish(TopicArn=topic, Message="m")
    batch = [{"Id": "1", "Message": "m"}]
    assert theirs.publish_batch(TopicArn=topic, PublishBatchRequestEntries=batch)["Successful"]
    mine.remove_permission(TopicArn=topic, Label="l")
    assert _refused(theirs.publish, TopicArn=topic, Message="m")[0] == "AuthorizationError"


def test_rules_on_a_bus_of_another_account(two: Two) -> None:
    mine, theirs = two.owner("events"), two.other("events")
    bus = mine.create_event_bus(Name="b")["EventBusArn"]
    asked = {"Name": "r", "EventBusName": bus, "EventPattern": '{"source": ["s"]}'}
    code, _, message = _refused(theirs.put_rule, **asked)
    assert code == "AccessDeniedException" and "is not authorized to perform: events:PutRule" in message
    assert _refused(theirs.describe_event_bus, Name=bus)[0] == "AccessDeniedException"
    policy = {"Statement": [_statement(two.other_account, "events:PutRule", "events:DescribeRule", Sid="s")]}
    mine.put_permission(EventBusName="b", Policy=json.dumps(policy))
    theirs.put_rule(**asked)
    assert theirs.describe_rule(Name="r", EventBusName=bus)["CreatedBy"] == two.other_account
    assert _refused(theirs.delete_rule, Name="r", EventBusName=bus)[0] == "AccessDeniedException"


def _allowed(*statements: dict[str, Any], action: str = "sqs:SendMessage", **asked: str) -> bool:
    return allows(json.dumps({"Statement": list(statements)}), "123456789012", action, "arn:x", asked)


def test_statements_are_weighed() -> None:
    allow = _statement("123456789012", "SQS:Send*")
    assert _allowed(allow) and not _allowed(allow, action="sqs:ReceiveMessage")
    assert not _allowed(allow, allow | {"Effect": "Deny"}), "a denial prevails"
    assert not _allowed(allow | {"Principal": {"AWS": "210987654321"}})
    assert _allowed(allow | {"Principal": "*"}) and not _allowed(allow | {"Principal": {"Service": "s"}})
    excepting = {"Effect": "Allow", "Principal": "*", "NotAction": "sqs:Delete*", "Resource": "*"}
    assert _allowed(excepting) and not _allowed(excepting, action="sqs:DeleteMessage")
    condition = {"Condition": {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}}
    assert _allowed(allow | condition, **{"aws:PrincipalAccount": "123456789012"})
    assert not _allowed(allow | condition), "a key that is not known fulfils no condition"


@given(st.text(max_size=30))
def test_without_a_statement_nothing_is_allowed(action: str) -> None:
    assert not allows(None, "123456789012", action, "arn:x", {})
    assert not allows('{"Statement": []}', "123456789012", action, "arn:x", {})
