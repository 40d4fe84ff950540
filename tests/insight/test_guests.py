"""What scripts and helpers of tests ask of LocalStack or moto, asked of us."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import boto3
import pytest

from tests.server import ServerThread
from tests.services.http import Answer, ask
from tests.settling import settle

Client = Callable[..., Any]
_XML = "{http://queue.amazonaws.com/doc/2012-11-05/}"


def _get(endpoint: str, path: str, **headers: str) -> Any:
    answer = ask("GET", f"{endpoint}/{path}", **headers)
    assert answer.status == 200, answer
    return json.loads(answer.body)


def _send(method: str, endpoint: str, path: str, body: Any = None) -> Answer:
    return ask(method, f"{endpoint}/{path}", None if body is None else json.dumps(body).encode())


def test_health_is_found_by_scripts_that_search_for_text(endpoint: str, aws: Client) -> None:
    aws("sqs").list_queues()
    answer = ask("GET", f"{endpoint}/_localstack/health")
    assert b'"sqs": "running"' in answer.body
    assert {"services", "features", "edition", "version"} <= json.loads(answer.body).keys()
    assert json.loads(answer.body)["services"]["stepfunctions"] in ("running", "available")
    head = ask("HEAD", f"{endpoint}/_localstack/health")
    assert (head.status, head.body) == (200, b"")


def test_how_far_the_server_is(endpoint: str) -> None:
    assert _get(endpoint, "_localstack/init/ready") == {"completed": True, "scripts": []}
    stages = {"BOOT": True, "START": True, "READY": True, "SHUTDOWN": False}
    assert _get(endpoint, "_localstack/init") == {"completed": stages, "scripts": []}
    assert ask("GET", f"{endpoint}/_localstack/init/later").status == 404
    assert _get(endpoint, "_ministack/ready") == {"status": "ready"}
    assert _get(endpoint, "_ministack/health")["services"]
    assert _get(endpoint, "moto-api/")["status"] == "ok"
    info = _get(endpoint, "_localstack/info")
    assert info["uptime"] >= 0 and info["is_docker"] is False


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "_localstack/diagnose"), ("POST", "_localstack/config"), ("GET", "moto-api/data.json"),
     ("POST", "_localstack/health"), ("POST", "_localstack/state/sqs/reset"), ("POST", "moto-api/seed"),
     ("POST", "_ministack/reset?init=1")],
)  # fmt: skip
def test_what_has_no_place_here_says_what_to_do_instead(endpoint: str, method: str, path: str) -> None:
    answer = _send(method, endpoint, path)
    assert answer.status == 501
    assert len(json.loads(answer.body)["error"]) > 20


def test_what_is_in_a_queue_is_seen_and_stays(endpoint: str, account: str, aws: Client) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="seen")["QueueUrl"]
    path = f"_aws/sqs/messages/us-east-1/{account}/seen"
    json_please = {"Accept": "application/json"}
    assert _get(endpoint, path, **json_please)["ReceiveMessageResponse"]["ReceiveMessageResult"] is None
    sqs.send_message(
        QueueUrl=url, MessageBody="one", MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}}
    )
    (received,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"]
    sent = sqs.send_message(QueueUrl=url, MessageBody="two")["MessageId"]
    sqs.send_message(QueueUrl=url, MessageBody="three", DelaySeconds=600)
    one = _get(endpoint, path, **json_please)["ReceiveMessageResponse"]["ReceiveMessageResult"]["Message"]
    assert (one["MessageId"], one["Body"]) == (sent, "two")
    assert {"Name": "ApproximateReceiveCount", "Value": "0"} in one["Attribute"]

    everything = f"_aws/sqs/messages?QueueUrl={quote(url)}&ShowInvisible=true&ShowDelayed=true"
    document = ElementTree.fromstring(ask("GET", f"{endpoint}/{everything}").body)
    bodies = [each.findtext(f"{_XML}Body") for each in document.iter(f"{_XML}Message")]
    assert bodies == ["one", "two", "three"]
    assert document.find(f".//{_XML}MessageAttribute/{_XML}Value/{_XML}StringValue").text == "v"  # type: ignore[union-attr]
    # nothing of it is a receipt: the queue stands as it stood
    assert [each["Body"] for each in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]] == ["two"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])


def test_an_sdk_whose_endpoint_is_the_look_into_queues(endpoint: str, account: str, aws: Client) -> None:
    url = aws("sqs").create_queue(QueueName="looked-into")["QueueUrl"]
    aws("sqs").send_message(QueueUrl=url, MessageBody="hello")
    keys = {"aws_access_key_id": account, "aws_secret_access_key": "x", "region_name": "us-east-1"}
    looking = boto3.client("sqs", endpoint_url=f"{endpoint}/_aws/sqs/messages", **keys)
    for _ in range(2):
        assert [each["Body"] for each in looking.receive_message(QueueUrl=url)["Messages"]] == ["hello"]
    with pytest.raises(looking.exceptions.QueueDoesNotExist):
        looking.receive_message(QueueUrl=f"{url}-not")
    answer = ask("GET", f"{endpoint}/_aws/sqs/messages")
    assert answer.status == 400 and b"<Code>MissingParameter</Code>" in answer.body


def test_what_left_for_phones_devices_and_mailboxes(endpoint: str, account: str, aws: Client) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="told")["TopicArn"]
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="email", Endpoint="jo@example.com", ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    settle(endpoint)
    told = _get(endpoint, f"_aws/sns/subscription-tokens/{subscription}")
    assert told["subscription_arn"] == subscription
    sns.confirm_subscription(TopicArn=topic, Token=told["subscription_token"])
    assert ask("GET", f"{endpoint}/_aws/sns/subscription-tokens/{topic}:none").status == 404
    application = sns.create_platform_application(Name="a", Platform="GCM", Attributes={"PlatformCredential": "c"})
    device = sns.create_platform_endpoint(
        PlatformApplicationArn=application["PlatformApplicationArn"], Token="t"
    )["EndpointArn"]  # fmt: skip
    sns.publish(TargetArn=device, Message="to a device", Subject="s")
    text = sns.publish(PhoneNumber="+15550001", Message="to a phone")["MessageId"]
    sns.publish(TopicArn=topic, Message="to a mailbox", Subject="mail")
    settle(endpoint)

    place = f"accountId={account}&region=us-east-1"
    pushes = _get(endpoint, f"_aws/sns/platform-endpoint-messages?{place}&endpointArn={quote(device)}")
    (push,) = pushes["platform_endpoint_messages"][device]
    assert (pushes["region"], push["Message"], push["Subject"], push["TargetArn"]) == (
        *("us-east-1", "to a device", "s"),
        device,
    )
    texts = _get(endpoint, f"_aws/sns/sms-messages?{place}&phoneNumber=+15550001")["sms_messages"]
    assert [each["MessageId"] for each in texts["+15550001"]] == [text]
    mails = [each for each in _get(endpoint, "_aws/ses")["messages"] if each["Subject"] == "mail"]
    assert mails[-1]["Destination"] == {"ToAddresses": ["jo@example.com"]}
    assert mails[-1]["Body"]["text_part"].startswith("to a mailbox")
    assert _send("DELETE", endpoint, f"_aws/sns/sms-messages?{place}").status == 204
    assert _get(endpoint, f"_aws/sns/sms-messages?{place}")["sms_messages"] == {}
    assert _send("DELETE", endpoint, f"_aws/ses?id={mails[-1]['Id']}").status == 204
    assert mails[-1] not in _get(endpoint, "_aws/ses")["messages"]


def test_what_has_expired_goes_at_once(timed: ServerThread) -> None:
    keys = {"aws_access_key_id": "111122223333", "aws_secret_access_key": "x", "region_name": "eu-west-1"}
    dynamodb = boto3.client("dynamodb", endpoint_url=timed.endpoint, **keys)
    dynamodb.create_table(
        TableName="expiring", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
    )  # fmt: skip
    dynamodb.update_time_to_live(TableName="expiring", TimeToLiveSpecification={"AttributeName": "at", "Enabled": True})
    now = _get(timed.endpoint, "_headwater/time")["now"] // 1000
    for key, at in (("past", now), ("future", now + 1000)):
        dynamodb.put_item(TableName="expiring", Item={"k": {"S": key}, "at": {"N": str(at)}})
    answer = _send("DELETE", timed.endpoint, "_aws/dynamodb/expired")
    assert json.loads(answer.body) == {"ExpiredItems": 1}
    assert [item["k"]["S"] for item in dynamodb.scan(TableName="expiring")["Items"]] == ["future"]


def test_a_scheduled_rule_is_triggered(endpoint: str, aws: Client) -> None:
    sqs, events = aws("sqs"), aws("events")
    url = sqs.create_queue(QueueName="ticks")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = events.put_rule(Name="daily", ScheduleExpression="rate(1 day)")["RuleArn"]
    events.put_targets(Rule="daily", Targets=[{"Id": "q", "Arn": arn}])
    assert _get(endpoint, f"_aws/events/rules/{rule}/trigger") == {}
    settle(endpoint)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["detail-type"] == "Scheduled Event"
    pattern = events.put_rule(Name="other", EventPattern='{"source": ["a"]}')["RuleArn"]
    assert ask("GET", f"{endpoint}/_aws/events/rules/{pattern}/trigger").status == 400
    assert ask("GET", f"{endpoint}/_aws/events/rules/{rule}x/trigger").status == 404
    assert "python3.13" in _get(endpoint, "_aws/lambda/runtimes")["Runtimes"]
