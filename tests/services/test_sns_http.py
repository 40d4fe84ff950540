"""HTTP subscriptions: confirmed, verified, retried by phases, throttled, cancelled and restored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from hypothesis import given
from hypothesis import strategies as st

from headwater.client import Headwater
from headwater.services.sns.delivery_policy import RETRIES, delays_of
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.http_listener import Listener, verify

ACCOUNT = "111122223333"


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def _subscribed(sns: Any, listener: Listener, name: str = "t", **attributes: str) -> tuple[str, str]:
    """ARNs of a topic and of a confirmed subscription to it."""
    topic = sns.create_topic(Name=name)["TopicArn"]
    asked = {"TopicArn": topic, "Protocol": "http", "Endpoint": listener.url, "ReturnSubscriptionArn": True}
    subscription = sns.subscribe(**asked, Attributes=attributes)["SubscriptionArn"]
    listener.confirm()
    return topic, subscription


def _policy(**retries: Any) -> str:
    return json.dumps({"healthyRetryPolicy": retries})


def test_both_signatures_verify(aws: Client, listener: Listener) -> None:
    sns = aws("sns")
    topic, _ = _subscribed(sns, listener)
    for version in ("1", "2"):
        sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue=version)
        sns.publish(TopicArn=topic, Message="hello", Subject="s")
        notification = json.loads(listener.next()[1])
        assert notification["SignatureVersion"] == version
        verify(notification)
        with pytest.raises(InvalidSignature):
            verify(notification | {"Message": "hullo"})


def test_retries_follow_the_phases_of_the_policy(timed: ServerThread, listener: Listener) -> None:
    sns, sqs = (client_factory(timed.endpoint, ACCOUNT)(name) for name in ("sns", "sqs"))
    sqs.create_queue(QueueName="dead")
    dead = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"
    retries = _policy(
        minDelayTarget=10, maxDelayTarget=30, numRetries=6, numNoDelayRetries=1, numMinDelayRetries=1,
        numMaxDelayRetries=1, backoffFunction="linear",
    )  # fmt: skip
    redrive = json.dumps({"deadLetterTargetArn": dead})
    topic, _ = _subscribed(sns, listener, DeliveryPolicy=retries, RedrivePolicy=redrive)
    for _ in range(7):
        listener.answers.put(500)
    sns.publish(TopicArn=topic, Message="hello")
    timed.advance(1)
    assert listener.count() == 2  # at once, and again without delay
    for seconds in (10, 10, 20, 30, 30):
        timed.advance(seconds * 1000 - 2)
        assert listener.count() == 0
        timed.advance(2)
        assert listener.count() == 1
    url = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    envelope = json.loads(message["Body"])
    assert envelope["Message"] == "hello"
    verify(envelope)


def test_what_subscribers_answered_is_kept_with_the_attempts(timed: ServerThread, listener: Listener) -> None:
    sns = client_factory(timed.endpoint, ACCOUNT)("sns")
    topic, _ = _subscribed(sns, listener)
    listener.answers.put(500)
    message = sns.publish(TopicArn=topic, Message="hello")["MessageId"]
    timed.advance(1)
    [verdict] = [
        each for each in Headwater(timed.endpoint).explain(message)["verdicts"] if each["kind"] == "subscription"
    ]
    [delivery] = verdict["deliveries"]
    assert [attempt["response"] for attempt in delivery["attempts"]] == ["500"]
    timed.advance(30_000)
    assert Headwater(timed.endpoint).delivery(delivery["id"])["attempts"][-1]["response"] == "200"


def test_what_an_endpoint_will_never_take_is_not_sent_again(timed: ServerThread, listener: Listener) -> None:
    sns = client_factory(timed.endpoint, ACCOUNT)("sns")
    topic, _ = _subscribed(sns, listener)
    listener.answers.put(404)
    sns.publish(TopicArn=topic, Message="hello")
    timed.advance(3_600_000)
    assert listener.count() == 1


def test_a_throttle_spaces_deliveries(timed: ServerThread, listener: Listener) -> None:
    sns = client_factory(timed.endpoint, ACCOUNT)("sns")
    topic, _ = _subscribed(sns, listener, DeliveryPolicy='{"throttlePolicy": {"maxReceivesPerSecond": 2}}')
    for number in range(5):
        sns.publish(TopicArn=topic, Message=str(number))
    timed.advance(1)
    assert listener.count() == 1
    timed.advance(500)
    assert listener.count() == 1
    timed.advance(1500)
    assert listener.count() == 3


def test_policies_are_completed_as_aws_shows_them(aws: Client, listener: Listener) -> None:
    sns = aws("sns")
    topic, subscription = _subscribed(
        sns, listener, DeliveryPolicy='{"requestPolicy": {"headerContentType": "text/csv"}}'
    )
    told = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert json.loads(told["DeliveryPolicy"]) == {
        "healthyRetryPolicy": None,
        "sicklyRetryPolicy": None,
        "throttlePolicy": None,
        "requestPolicy": {"headerContentType": "text/csv"},
        "guaranteed": False,
    }
    defaults = {"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 5, "maxDelayTarget": 6, "numRetries": 1}}}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(defaults))
    of_topic = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert json.loads(of_topic["DeliveryPolicy"]) == {
        "http": {**defaults["http"], "disableSubscriptionOverrides": False}
    }
    filled = {**RETRIES, **defaults["http"]["defaultHealthyRetryPolicy"]}
    assert json.loads(of_topic["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"] == filled
    told = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert json.loads(told["EffectiveDeliveryPolicy"]) == {
        "healthyRetryPolicy": filled,
        "sicklyRetryPolicy": None,
        "throttlePolicy": None,
        "requestPolicy": {"headerContentType": "text/csv"},
        "guaranteed": False,
    }
    sns.publish(TopicArn=topic, Message="a,b")
    assert listener.next()[0]["content-type"] == "text/csv"
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue="")
    assert "DeliveryPolicy" not in sns.get_topic_attributes(TopicArn=topic)["Attributes"]


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("nonsense", "failed to parse JSON."),
        ('{"x": 1}', "Unexpected JSON member: x"),
        (_policy(numRetries=101), "healthyRetryPolicy.numRetries must be less than or equal to 100"),
        (
            _policy(minDelayTarget=30, maxDelayTarget=20),
            "healthyRetryPolicy.minDelayTarget must be between 1 and healthyRetryPolicy.maxDelayTarget",
        ),
        (_policy(maxDelayTarget=3601), "healthyRetryPolicy.maxDelayTarget must be less than or equal to 3600"),
        (
            _policy(backoffFunction="steep"),
            "healthyRetryPolicy.backoffFunction must be one of linear, arithmetic, geometric, exponential",
        ),
        (
            _policy(numRetries=1, numNoDelayRetries=2),
            "healthyRetryPolicy.numRetries must be at least the sum of the retries of its phases",
        ),
        (
            '{"throttlePolicy": {"maxReceivesPerSecond": 0}}',
            "throttlePolicy.maxReceivesPerSecond must be greater than or equal to 1",
        ),
    ],
)
def test_policies_that_are_refused(aws: Client, policy: str, reason: str) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    with pytest.raises(ClientError) as raised:
        attributes = {"DeliveryPolicy": policy}
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:1/", Attributes=attributes)
    error = raised.value.response["Error"]
    told = f"Invalid parameter: Attributes Reason: DeliveryPolicy: {reason}"
    assert (error["Code"], error["Message"]) == ("InvalidParameter", told)


def test_raw_delivery(aws: Client, listener: Listener) -> None:
    sns = aws("sns")
    topic, subscription = _subscribed(sns, listener, RawMessageDelivery="true")
    sns.publish(TopicArn=topic, Message="hello")
    headers, body = listener.next()
    assert body == "hello"
    assert headers["x-amz-sns-rawdelivery"] == "true"
    assert headers["x-amz-sns-subscription-arn"] == subscription


def test_a_cancellation_is_told_and_can_be_undone(aws: Client, listener: Listener) -> None:
    sns = aws("sns")
    topic, subscription = _subscribed(sns, listener)
    sns.publish(TopicArn=topic, Message="hello")
    with urlopen(json.loads(listener.next()[1])["UnsubscribeURL"]):
        pass
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    headers, body = listener.next()
    told = json.loads(body)
    assert headers["x-amz-sns-message-type"] == told["Type"] == "UnsubscribeConfirmation"
    assert told["Message"].startswith(f"You have chosen to deactivate subscription {subscription}.\n")
    verify(told)
    with urlopen(told["SubscribeURL"]):
        pass
    sns.publish(TopicArn=topic, Message="again")
    assert json.loads(listener.next()[1])["Message"] == "again"
    # its owner needs not be told
    sns.unsubscribe(SubscriptionArn=subscription)
    assert listener.count() == 0


def test_who_confirmed_with_a_signature_ends_it_with_one(aws: Client, listener: Listener) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=listener.url)
    token = json.loads(listener.next()[1])["Token"]
    arn = sns.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")["SubscriptionArn"]
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{sns.meta.endpoint_url}/?Action=Unsubscribe&SubscriptionArn={arn}")
    assert refused.value.code == 403
    refused.value.close()
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_what_nobody_confirms_goes_after_two_days(timed: ServerThread, listener: Listener) -> None:
    sns = client_factory(timed.endpoint, ACCOUNT)("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=listener.url)
    token = json.loads(listener.next()[1])["Token"]
    timed.advance(2 * 86_400_000)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    with pytest.raises(ClientError, match="Invalid parameter: Token"):
        sns.confirm_subscription(TopicArn=topic, Token=token)


@given(
    least=st.integers(1, 60),
    span=st.integers(0, 60),
    retries=st.integers(0, 30),
    function=st.sampled_from(["linear", "arithmetic", "geometric", "exponential"]),
)
def test_the_waits_of_a_backoff_grow_from_the_least_to_the_most(
    least: int, span: int, retries: int, function: str
) -> None:
    policy = {"minDelayTarget": least, "maxDelayTarget": least + span, "numRetries": retries}
    waits = delays_of({**RETRIES, **policy, "backoffFunction": function})
    assert len(waits) == retries
    assert waits == sorted(waits)
    assert all(least * 1000 <= wait <= (least + span) * 1000 for wait in waits)
    if retries > 1:
        assert (waits[0], waits[-1]) == (least * 1000, (least + span) * 1000)
