"""Topics, subscriptions, their attributes, permissions and tags, as boto3 sees them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


def error(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    details = caught.value.response["Error"]
    return details["Code"], details["Message"]


@pytest.fixture
def sns(aws: Any) -> Any:
    return aws("sns")


@pytest.fixture
def topic(sns: Any) -> str:
    arn: str = sns.create_topic(Name="t")["TopicArn"]
    return arn


def queue_arn(account: str, name: str = "q") -> str:
    return f"arn:aws:sqs:us-east-1:{account}:{name}"


def test_a_topic_lives(sns: Any, account: str) -> None:
    arn = sns.create_topic(Name="t", Attributes={"DisplayName": "shown"})["TopicArn"]
    assert arn == f"arn:aws:sns:us-east-1:{account}:t"
    assert sns.create_topic(Name="t")["TopicArn"] == arn
    assert sns.list_topics()["Topics"] == [{"TopicArn": arn}]
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    policy = json.loads(attributes.pop("Policy"))
    assert policy["Statement"][0]["Resource"] == arn
    delivery = json.loads(attributes.pop("EffectiveDeliveryPolicy"))
    assert delivery["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 3
    assert attributes == {
        "TopicArn": arn,
        "Owner": account,
        "DisplayName": "shown",
        "SubscriptionsConfirmed": "0",
        "SubscriptionsPending": "0",
        "SubscriptionsDeleted": "0",
    }
    sns.delete_topic(TopicArn=arn)
    sns.delete_topic(TopicArn=arn)
    assert error(sns.get_topic_attributes, TopicArn=arn) == ("NotFound", "Topic does not exist")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"Name": "a b"}, "Invalid parameter: Topic Name"),
        ({"Name": ""}, "Invalid parameter: Topic Name"),
        ({"Name": "t.fifo"}, "Invalid parameter: Topic Name"),
        (
            {"Name": "t", "Attributes": {"FifoTopic": "true"}},
            "Invalid parameter: Fifo Topic names must end with .fifo and must be made up of only uppercase and "
            "lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters "
            "long.",
        ),
        (
            {"Name": "t", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]},
            "Invalid parameter: Duplicated keys are not allowed.",
        ),
    ],
)
def test_topics_that_are_refused(sns: Any, arguments: dict[str, Any], message: str) -> None:
    assert error(sns.create_topic, **arguments) == ("InvalidParameter", message)


def test_a_topic_made_again_otherwise(sns: Any) -> None:
    sns.create_topic(Name="t", Attributes={"DisplayName": "a"}, Tags=[{"Key": "a", "Value": "1"}])
    assert error(sns.create_topic, Name="t", Attributes={"DisplayName": "b"}) == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    )
    assert error(sns.create_topic, Name="t", Tags=[{"Key": "a", "Value": "2"}]) == (
        "InvalidParameter",
        "Invalid parameter: Tags Reason: Topic already exists with different tags",
    )


def test_topic_attributes(sns: Any, topic: str) -> None:
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue="2")
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SignatureVersion"] == "2"
    assert error(sns.set_topic_attributes, TopicArn=topic, AttributeName="Nonsense", AttributeValue="1") == (
        "InvalidParameter",
        "Invalid parameter: AttributeName",
    )
    assert error(sns.get_topic_attributes, TopicArn="nonsense") == (
        "InvalidParameter",
        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
    )


def test_a_subscription_lives(sns: Any, topic: str, account: str) -> None:
    queue = queue_arn(account)
    policy = json.dumps({"kind": ["a"]})
    attributes = {"FilterPolicy": policy, "RawMessageDelivery": "true"}
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=attributes)["SubscriptionArn"]
    assert arn.startswith(f"{topic}:")
    assert sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"] == arn
    described = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert described.pop("SubscriptionPrincipal").startswith(f"arn:aws:iam::{account}:")
    assert described == {
        "SubscriptionArn": arn,
        "TopicArn": topic,
        "Owner": account,
        "Endpoint": queue,
        "Protocol": "sqs",
        "RawMessageDelivery": "true",
        "PendingConfirmation": "false",
        "ConfirmationWasAuthenticated": "true",
        "FilterPolicy": policy,
        "FilterPolicyScope": "MessageAttributes",
    }
    listed = {"SubscriptionArn": arn, "TopicArn": topic, "Owner": account, "Endpoint": queue, "Protocol": "sqs"}
    assert sns.list_subscriptions()["Subscriptions"] == [listed]
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == [listed]
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsConfirmed"] == "1"
    sns.unsubscribe(SubscriptionArn=arn)
    sns.unsubscribe(SubscriptionArn=arn)
    assert error(sns.get_subscription_attributes, SubscriptionArn=arn) == (
        "NotFound",
        "Subscription does not exist",
    )


@pytest.mark.parametrize(
    ("protocol", "address", "code", "message"),
    [
        (
            "carrier-pigeon",
            "x",
            "InvalidParameter",
            "Invalid parameter: Amazon SNS does not support this protocol string: carrier-pigeon",
        ),
        ("sqs", "http://queue", "InvalidParameter", "Invalid parameter: SQS endpoint ARN"),
        (
            "https",
            "http://example.com",
            "InvalidParameter",
            "Invalid parameter: Endpoint must match the specified protocol",
        ),
        (
            "sqs",
            "arn:aws:sqs:us-east-1:1:q.fifo",
            "InvalidParameter",
            "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to "
            "standard SNS topics",
        ),
        (
            "firehose",
            "arn:aws:sqs:us-east-1:1:s",
            "InvalidParameter",
            "Invalid parameter: Firehose endpoint ARN",
        ),
    ],
)
def test_endpoints_that_are_refused(sns: Any, topic: str, protocol: str, address: str, code: str, message: str) -> None:
    assert error(sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=address) == (code, message)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("Nonsense", "x", "AttributeName"),
        ("RawMessageDelivery", "x", "RawMessageDelivery: Invalid value [x]. Must be true or false."),
        ("RedrivePolicy", '{"deadLetterTargetArn": "x"}', "RedrivePolicy: deadLetterTargetArn is an invalid arn"),
        (
            "FilterPolicy",
            '{"a": {"b": ["c"]}}',
            "Filter policy scope MessageAttributes does not support nested filter policy",
        ),
        ("FilterPolicy", '{"a": [{"sufix": "b"}]}', "FilterPolicy: Unrecognized match type sufix"),
        (
            "FilterPolicyScope",
            "x",
            "FilterPolicyScope: Invalid value [x]. Please use either MessageBody or MessageAttributes",
        ),
    ],
)
def test_attributes_that_are_refused(sns: Any, topic: str, account: str, name: str, value: str, message: str) -> None:
    endpoint = queue_arn(account)
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)["SubscriptionArn"]
    refused = error(sns.set_subscription_attributes, SubscriptionArn=arn, AttributeName=name, AttributeValue=value)
    assert refused == ("InvalidParameter", f"Invalid parameter: {message}")


def test_attributes_while_subscribing(sns: Any, topic: str, account: str) -> None:
    endpoint = queue_arn(account)
    attributes = {"RawMessageDelivery": "wrongvalue"}
    assert error(sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=endpoint, Attributes=attributes) == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false.",
    )


def test_wrong_tokens(sns: Any, topic: str) -> None:
    assert error(sns.confirm_subscription, TopicArn=topic, Token="short") == ("InvalidParameter", "Invalid token")
    assert error(sns.confirm_subscription, TopicArn=topic, Token="0" * 320) == (
        "InvalidParameter",
        "Invalid parameter: Token",
    )


def test_tags(sns: Any, topic: str) -> None:
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["a"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert error(sns.list_tags_for_resource, ResourceArn=topic + "x") == (
        "ResourceNotFound",
        "Resource does not exist",
    )


def test_permissions(sns: Any, topic: str) -> None:
    sns.add_permission(TopicArn=topic, Label="l", AWSAccountId=["111122223333"], ActionName=["Publish"])
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    assert policy["Statement"][1] == {
        "Sid": "l",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "SNS:Publish",
        "Resource": topic,
    }
    sns.remove_permission(TopicArn=topic, Label="l")
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    assert len(policy["Statement"]) == 1


def test_subscriptions_come_in_pages(sns: Any, topic: str, account: str) -> None:
    for number in range(101):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn(account, f"q{number}"))
    first = sns.list_subscriptions_by_topic(TopicArn=topic)
    second = sns.list_subscriptions_by_topic(TopicArn=topic, NextToken=first["NextToken"])
    assert (len(first["Subscriptions"]), len(second["Subscriptions"])) == (100, 1)
    assert "NextToken" not in second


def test_tokens_and_sizes_that_are_none(aws: Any) -> None:
    sns = aws("sns")
    for call in (sns.list_topics, sns.list_subscriptions, sns.list_platform_applications):
        with pytest.raises(ClientError, match=r"\(InvalidParameter\).*Invalid parameter: NextToken"):
            call(NextToken="nonsense")
    with pytest.raises(ClientError, match="Invalid parameter: nextToken"):
        sns.list_phone_numbers_opted_out(nextToken="nonsense")
    with pytest.raises(ClientError, match=r"'101' at 'maxResults' failed .* less than or equal to 100"):
        sns.list_sms_sandbox_phone_numbers(MaxResults=101)
    with pytest.raises(ClientError, match="less than or equal to 30"):
        sns.list_origination_numbers(MaxResults=31)


def test_what_is_told_in_xml_has_no_control_characters(sns: Any, topic: str) -> None:
    url = {"Protocol": "http", "Endpoint": "http://a/\x01"}
    address = {"Protocol": "email", "Endpoint": "a\x01@b"}
    for refused in (
        lambda: sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="a\x01"),
        lambda: sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "b\x01"}]),
        lambda: sns.subscribe(TopicArn=topic, **url),
        lambda: sns.subscribe(TopicArn=topic, **address),
    ):
        with pytest.raises(ClientError, match="InvalidParameter"):
            refused()
