"""The archive of FIFO topics: kept as long as its policy says, replayed to subscriptions in order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.spine.timestamps import iso8601_milliseconds, parse
from tests.conftest import Client, client_factory
from tests.server import ServerThread

ACCOUNT = "111122223333"
START = 1_795_000_000_000
FIFO = {"FifoTopic": "true", "ContentBasedDeduplication": "true"}
DAY = 86_400_000


def _clients(timed: ServerThread) -> tuple[Any, Any]:
    factory = client_factory(timed.endpoint, ACCOUNT)
    return factory("sns"), factory("sqs")


def _queue(sqs: Any, name: str) -> tuple[str, str]:
    fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    url = sqs.create_queue(QueueName=name, Attributes=fifo)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def _received(sqs: Any, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def _replay(start: int, end: int | None = None) -> dict[str, str]:
    policy = {"PointType": "Timestamp", "StartingPoint": iso8601_milliseconds(start)}
    if end is not None:
        policy["EndingPoint"] = iso8601_milliseconds(end)
    return {"ReplayPolicy": json.dumps(policy)}


def test_a_new_subscriber_gets_what_was_before_and_goes_on_live(timed: ServerThread) -> None:
    sns, sqs = _clients(timed)
    archive = {"ArchivePolicy": '{"MessageRetentionPeriod": "30"}'}
    topic = sns.create_topic(Name="t.fifo", Attributes=FIFO | archive)["TopicArn"]
    told = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert parse(told["BeginningArchiveTime"]) == START
    assert "ArchivedSince" not in told
    sent = []
    for number in range(205):
        timed.advance(10)
        sent.append(sns.publish(TopicArn=topic, Message=f"m{number}", MessageGroupId=f"g{number % 2}")["MessageId"])
    url, arn = _queue(sqs, "q.fifo")
    attributes = _replay(START + 50)
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)["SubscriptionArn"]
    timed.advance(1)
    shown = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert (shown["ReplayStatus"], shown["ReplayPolicy"]) == ("Completed", attributes["ReplayPolicy"])
    sns.publish(TopicArn=topic, Message="live", MessageGroupId="g0")
    envelopes = _received(sqs, url)
    replayed = [each for each in envelopes if each.get("Replayed")]
    assert {each["MessageId"] for each in replayed} == set(sent[4:])
    for group in (0, 1):
        mine = [int(each["Message"][1:]) for each in replayed if int(each["Message"][1:]) % 2 == group]
        assert mine == sorted(mine)
    assert replayed[0]["Timestamp"] == iso8601_milliseconds(START + 50)
    (live,) = [each for each in envelopes if not each.get("Replayed")]
    assert live["Message"] == "live"


def test_a_replay_with_an_end_takes_nothing_new(timed: ServerThread) -> None:
    sns, sqs = _clients(timed)
    archive = {"ArchivePolicy": '{"MessageRetentionPeriod": "1"}'}
    topic = sns.create_topic(Name="t.fifo", Attributes=FIFO | archive)["TopicArn"]
    for number in range(5):
        sns.publish(TopicArn=topic, Message=f"m{number}", MessageGroupId="g")
        timed.advance(1000)
    url, arn = _queue(sqs, "q")
    attributes = _replay(START + 1000, START + 2500) | {"FilterPolicyScope": "MessageBody"}
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)["SubscriptionArn"]
    timed.advance(1)
    sns.publish(TopicArn=topic, Message="new", MessageGroupId="g")
    assert [each["Message"] for each in _received(sqs, url)] == ["m1", "m2"]
    change = {"SubscriptionArn": subscription, "AttributeName": "ReplayPolicy"}
    sns.set_subscription_attributes(**change, AttributeValue="{}")
    sns.publish(TopicArn=topic, Message="newer", MessageGroupId="g")
    assert [each["Message"] for each in _received(sqs, url)] == ["newer"]
    # begun anew it takes all that is still there; a day later some has gone
    timed.advance(DAY - 3000)
    again = _replay(START + DAY - 1000)["ReplayPolicy"]
    begins = parse(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["BeginningArchiveTime"])
    assert begins == START + 2001
    sns.set_subscription_attributes(**change, AttributeValue=again)
    timed.advance(1)
    assert _received(sqs, url) == []
    sns.publish(TopicArn=topic, Message="last", MessageGroupId="g")
    assert [each["Message"] for each in _received(sqs, url)] == ["last"]


def test_what_is_refused(aws: Client, account: str) -> None:
    sns = aws("sns")
    queue = f"arn:aws:sqs:us-east-1:{account}:q.fifo"
    plain = sns.create_topic(Name="t.fifo", Attributes=FIFO)["TopicArn"]
    standard = sns.create_topic(Name="t")["TopicArn"]
    policy = '{"MessageRetentionPeriod": "365"}'
    with pytest.raises(ClientError, match="must be a FIFO topic"):
        sns.set_topic_attributes(TopicArn=standard, AttributeName="ArchivePolicy", AttributeValue=policy)
    with pytest.raises(ClientError, match="from 1 to 365"):
        value = '{"MessageRetentionPeriod": "366"}'
        sns.set_topic_attributes(TopicArn=plain, AttributeName="ArchivePolicy", AttributeValue=value)
    with pytest.raises(ClientError, match="does not have an active ArchivePolicy"):
        sns.subscribe(TopicArn=plain, Protocol="sqs", Endpoint=queue, Attributes=_replay(START))
    sns.set_topic_attributes(TopicArn=plain, AttributeName="ArchivePolicy", AttributeValue=policy)
    with pytest.raises(ClientError, match="must not be before the topic's BeginningArchiveTime"):
        sns.subscribe(TopicArn=plain, Protocol="sqs", Endpoint=queue, Attributes=_replay(1_000_000_000_000))
    with pytest.raises(ClientError, match="StartingPoint is required"):
        attributes = {"ReplayPolicy": '{"PointType": "Timestamp"}'}
        sns.subscribe(TopicArn=plain, Protocol="sqs", Endpoint=queue, Attributes=attributes)
    with pytest.raises(ClientError) as raised:
        sns.delete_topic(TopicArn=plain)
    assert raised.value.response["Error"]["Code"] == "InvalidState"
    sns.set_topic_attributes(TopicArn=plain, AttributeName="ArchivePolicy", AttributeValue="{}")
    sns.delete_topic(TopicArn=plain)
