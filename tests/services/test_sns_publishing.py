"""Publishing to queues and HTTP endpoints: forms, filters, order, dead letters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from tests.services.http_listener import Listener, verify


@pytest.fixture
def sns(aws: Any) -> Any:
    return aws("sns")


@pytest.fixture
def sqs(aws: Any) -> Any:
    return aws("sqs")


@pytest.fixture
def topic(sns: Any) -> str:
    arn: str = sns.create_topic(Name="t")["TopicArn"]
    return arn


def make_queue(sqs: Any, name: str, **attributes: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def subscribe(sns: Any, topic: str, queue: str, **attributes: str) -> str:
    arn: str = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=attributes)["SubscriptionArn"]
    return arn


def receive(sqs: Any, url: str, wait: int = 20) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url,
        WaitTimeSeconds=wait,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        AttributeNames=["All"],
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return messages


ATTRIBUTES = {
    "kind": {"DataType": "String", "StringValue": "urgent"},
    "price": {"DataType": "Number", "StringValue": "99.12"},
    "blob": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"},
}


def test_a_queue_gets_the_envelope(sns: Any, sqs: Any, topic: str, endpoint: str) -> None:
    url, arn = make_queue(sqs, "q")
    subscription = subscribe(sns, topic, arn)
    identity = sns.publish(TopicArn=topic, Message='say "ö"', Subject="s", MessageAttributes=ATTRIBUTES)["MessageId"]
    (message,) = receive(sqs, url)
    assert message["Body"].startswith('{\n  "Type" : "Notification",\n  "MessageId" : "')
    envelope = json.loads(message["Body"])
    assert list(envelope) == [
        *("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion"),
        *("Signature", "SigningCertURL", "UnsubscribeURL", "MessageAttributes"),
    ]
    assert envelope["MessageId"] == identity
    assert (envelope["Message"], envelope["Subject"]) == ('say "ö"', "s")
    assert envelope["UnsubscribeURL"] == f"{endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription}"
    assert envelope["MessageAttributes"] == {
        "kind": {"Type": "String", "Value": "urgent"},
        "price": {"Type": "Number", "Value": "99.12"},
        "blob": {"Type": "Binary", "Value": "AgME"},
    }
    assert "MessageAttributes" not in message


def test_raw_delivery(sns: Any, sqs: Any, topic: str) -> None:
    url, arn = make_queue(sqs, "q")
    subscribe(sns, topic, arn, RawMessageDelivery="true")
    sns.publish(TopicArn=topic, Message="hello", MessageAttributes=ATTRIBUTES)
    (message,) = receive(sqs, url)
    assert message["Body"] == "hello"
    assert message["MessageAttributes"] == ATTRIBUTES


def test_a_message_for_each_protocol(sns: Any, sqs: Any, topic: str) -> None:
    url, arn = make_queue(sqs, "q")
    subscribe(sns, topic, arn, RawMessageDelivery="true")
    texts = {"default": "all", "sqs": "queues", "lambda": "functions"}
    sns.publish(TopicArn=topic, Message=json.dumps(texts), MessageStructure="json")
    assert receive(sqs, url)[0]["Body"] == "queues"


@pytest.mark.parametrize(
    ("policy", "scope", "expected"),
    [
        ({"kind": ["urgent"]}, "MessageAttributes", ["a"]),
        ({"price": [{"numeric": [">", 100]}]}, "MessageAttributes", ["b"]),
        ({"kind": [{"exists": False}]}, "MessageAttributes", ["c"]),
        ({"tags": ["y"]}, "MessageAttributes", ["b"]),
        ({"$or": [{"kind": ["urgent"]}, {"tags": ["x"]}]}, "MessageAttributes", ["a", "b"]),
        ({"order": {"total": [{"numeric": [">=", 5]}]}}, "MessageBody", ['{"order": {"total": 7}}']),
    ],
)
def test_filters(sns: Any, sqs: Any, topic: str, policy: Any, scope: str, expected: list[str]) -> None:
    url, arn = make_queue(sqs, "q")
    subscribe(
        sns,
        topic,
        arn,
        RawMessageDelivery="true",
        FilterPolicyScope=scope,
        FilterPolicy=json.dumps(policy),
    )
    urgent = {"DataType": "String", "StringValue": "urgent"}
    slow = {"DataType": "String", "StringValue": "slow"}
    tags = {"DataType": "String.Array", "StringValue": '["x", "y"]'}
    price = {"DataType": "Number", "StringValue": "150"}
    sns.publish(TopicArn=topic, Message="a", MessageAttributes={"kind": urgent})
    sns.publish(TopicArn=topic, Message="b", MessageAttributes={"kind": slow, "price": price, "tags": tags})
    sns.publish(TopicArn=topic, Message="c")
    sns.publish(TopicArn=topic, Message='{"order": {"total": 7}}', MessageAttributes={"kind": slow})
    assert [message["Body"] for message in receive(sqs, url)] == expected


def test_a_filter_changed_holds_at_once(sns: Any, sqs: Any, topic: str) -> None:
    url, arn = make_queue(sqs, "q")
    subscription = subscribe(sns, topic, arn, RawMessageDelivery="true", FilterPolicy='{"kind": ["x"]}')
    sns.publish(TopicArn=topic, Message="lost")
    sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue="{}")
    sns.publish(TopicArn=topic, Message="found")
    assert [message["Body"] for message in receive(sqs, url)] == ["found"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ({"Message": ""}, "InvalidParameter", "Invalid parameter: Empty message"),
        ({"Message": "a", "Subject": ""}, "InvalidParameter", "Invalid parameter: Subject"),
        ({"Message": "x" * 262_145}, "InvalidParameter", "Invalid parameter: Message too long"),
        (
            {"Message": "{", "MessageStructure": "json"},
            "InvalidParameter",
            "Invalid parameter: Message Structure - JSON message body failed to parse",
        ),
        (
            {"Message": '{"sqs": "a", "default": 1}', "MessageStructure": "json"},
            "InvalidParameter",
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        ),
        (
            {"Message": "a", "MessageDeduplicationId": "d"},
            "InvalidParameter",
            "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter "
            "that is not valid for this topic type",
        ),
        (
            {"Message": "a", "MessageAttributes": {"attr1": {"DataType": "String", "StringValue": ""}}},
            "ParameterValueInvalid",
            "The message attribute 'attr1' must contain non-empty message attribute value for message attribute type "
            "'String'.",
        ),
    ],
)
def test_messages_that_are_refused(sns: Any, topic: str, arguments: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        sns.publish(TopicArn=topic, **arguments)
    details = caught.value.response["Error"]
    assert (details["Code"], details["Message"]) == (code, message)


def test_publishing_to_what_is_not_there(sns: Any, topic: str) -> None:
    with pytest.raises(ClientError, match="Topic does not exist"):
        sns.publish(TopicArn=topic + "x", Message="a")
    with pytest.raises(ClientError, match="An ARN must have at least 6 elements, not 2"):
        sns.publish(TopicArn="a:b", Message="a")
    with pytest.raises(ClientError, match="No endpoint found for the target arn specified"):
        sns.publish(TargetArn=topic.replace(":t", ":endpoint/x"), Message="a")


def test_batches(sns: Any, sqs: Any, topic: str) -> None:
    url, arn = make_queue(sqs, "q")
    subscribe(sns, topic, arn, RawMessageDelivery="true")
    entries = [{"Id": str(number), "Message": f"m{number}"} for number in range(3)]
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["0", "1", "2"]
    assert answer["Failed"] == []
    assert {message["Body"] for message in receive(sqs, url)} == {"m0", "m1", "m2"}


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([{"Id": str(n), "Message": "m"} for n in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": "a", "Message": "m"}, {"Id": "a", "Message": "m"}], "BatchEntryIdsNotDistinct"),
        ([{"Id": "a b", "Message": "m"}], "InvalidBatchEntryId"),
        ([{"Id": "a", "Message": "m" * 200_000}, {"Id": "b", "Message": "m" * 200_000}], "BatchRequestTooLong"),
    ],
)
def test_batches_that_are_refused(sns: Any, topic: str, entries: list[dict[str, str]], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert caught.value.response["Error"]["Code"] == code


def test_fifo_topics_keep_order_and_drop_duplicates(sns: Any, sqs: Any) -> None:
    url, arn = make_queue(sqs, "q.fifo", FifoQueue="true")
    attributes = {"FifoTopic": "true", "ContentBasedDeduplication": "true"}
    topic = sns.create_topic(Name="t.fifo", Attributes=attributes)["TopicArn"]
    subscribe(sns, topic, arn)
    first = sns.publish(TopicArn=topic, Message="one", MessageGroupId="g")
    again = sns.publish(TopicArn=topic, Message="one", MessageGroupId="g")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    second = sns.publish(TopicArn=topic, Message="two", MessageGroupId="g", MessageDeduplicationId="d")
    assert int(second["SequenceNumber"]) > int(first["SequenceNumber"])
    messages = receive(sqs, url)
    envelopes = [json.loads(message["Body"]) for message in messages]
    assert [envelope["Message"] for envelope in envelopes] == ["one", "two"]
    assert list(envelopes[0]) == [
        *("Type", "MessageId", "SequenceNumber", "TopicArn", "Message", "Timestamp", "UnsubscribeURL")
    ]
    assert messages[1]["Attributes"]["MessageDeduplicationId"] == "d"
    assert messages[0]["Attributes"]["MessageGroupId"] == "g"
    with pytest.raises(ClientError, match="The MessageGroupId parameter is required for FIFO topics"):
        sns.publish(TopicArn=topic, Message="three")


@pytest.mark.parametrize("raw", ["true", "false"])
def test_dead_letters(sns: Any, sqs: Any, topic: str, account: str, raw: str) -> None:
    url, dead = make_queue(sqs, "dead")
    redrive = json.dumps({"deadLetterTargetArn": dead})
    missing = f"arn:aws:sqs:us-east-1:{account}:missing"
    subscribe(sns, topic, missing, RawMessageDelivery=raw, RedrivePolicy=redrive)
    sns.publish(TopicArn=topic, Message="hello", MessageAttributes=ATTRIBUTES)
    (message,) = receive(sqs, url)
    if raw == "true":
        assert (message["Body"], message["MessageAttributes"]) == ("hello", ATTRIBUTES)
    else:
        assert json.loads(message["Body"])["Message"] == "hello"


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def test_http_endpoints_confirm_and_verify(sns: Any, topic: str, listener: Listener) -> None:
    pending = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=listener.url)["SubscriptionArn"]
    assert pending == "pending confirmation"
    assert (
        sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"] == "PendingConfirmation"
    )
    headers, body = listener.next()
    assert headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    asked = json.loads(body)
    verify(asked)
    sns.publish(TopicArn=topic, Message="too early")
    with urlopen(asked["SubscribeURL"]) as answer:
        assert b"<SubscriptionArn>" in answer.read()
    sns.publish(TopicArn=topic, Message="hello", Subject="s")
    headers, body = listener.next()
    assert headers["x-amz-sns-message-type"] == "Notification"
    assert headers["x-amz-sns-topic-arn"] == topic
    assert headers["user-agent"] == "Amazon Simple Notification Service Agent"
    notification = json.loads(body)
    assert notification["Message"] == "hello"
    verify(notification)
    with urlopen(notification["UnsubscribeURL"]):
        pass
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
