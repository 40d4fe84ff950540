"""Topic rules' HTTP actions, and the destinations that they may post to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.request import urlopen

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from headwater.services.iot.topic_rules import posting
from headwater.services.iot.topic_rules.signing import Signer, sign
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.endpoints import Asked, Endpoint, Reply
from tests.services.endpoints import endpoint as endpoint_of_its_own
from tests.settling import settle, wait_for

ROLE = "arn:aws:iam::000000000000:role/rules"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "iot.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
FAILED = "HttpAction failed to make a request to the specified endpoint."


@pytest.fixture
def hook() -> Iterator[Endpoint]:
    with endpoint_of_its_own() as made:
        yield made


def create(aws: Client, action: dict[str, Any], **more: Any) -> None:
    payload = {"sql": "SELECT * FROM 'a/+'", "actions": [{"http": action}], "awsIotSqlVersion": "2016-03-23", **more}
    aws("iot").create_topic_rule(ruleName="poster", topicRulePayload=payload)


def errors(aws: Client) -> tuple[str, dict[str, Any]]:
    url = aws("sqs").create_queue(QueueName="errors")["QueueUrl"]
    return url, {"sqs": {"roleArn": ROLE, "queueUrl": url}}


def failures(aws: Client, url: str) -> list[dict[str, str]]:
    message = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]
    aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    told: list[dict[str, str]] = json.loads(message["Body"])["failures"]
    return told


def enable(aws: Client, hook: Endpoint) -> str:
    """Answer the request for confirmation that comes next, and enable the destination."""
    asked = json.loads(hook.next().body)
    aws("iot").confirm_topic_rule_destination(confirmationToken=asked["confirmationToken"])
    aws("iot").update_topic_rule_destination(arn=asked["arn"], status="ENABLED")
    arn: str = asked["arn"]
    return arn


def publish(aws: Client, payload: bytes, topic: str = "a/b") -> None:
    aws("iot-data").publish(topic=topic, qos=1, payload=payload)


def test_a_destination_is_confirmed_enabled_and_deleted(aws: Client, account: str, hook: Endpoint) -> None:
    iot = aws("iot")
    configuration = {"httpUrlConfiguration": {"confirmationUrl": f"{hook.url}/base"}}
    made = iot.create_topic_rule_destination(destinationConfiguration=configuration)["topicRuleDestination"]
    arn = made["arn"]
    assert arn.startswith(f"arn:aws:iot:us-east-1:{account}:ruledestination/http/")
    assert made["status"] == "IN_PROGRESS" and made["httpUrlProperties"] == configuration["httpUrlConfiguration"]
    assert made["statusReason"].endswith("Z; no response received from the endpoint.")
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException):
        iot.create_topic_rule_destination(destinationConfiguration=configuration)
    asked = hook.next()
    body = json.loads(asked.body)
    token = body["confirmationToken"]
    assert (asked.method, asked.path, asked.query) == ("POST", "/base/", f"confirmationToken={token}")
    assert asked.headers["x-amz-rules-engine-message-type"] == body["messageType"] == "DestinationConfirmation"
    assert asked.headers["x-amz-rules-engine-destination-arn"] == body["arn"] == arn
    settle(iot.meta.endpoint_url)
    found = iot.get_topic_rule_destination(arn=arn)["topicRuleDestination"]
    assert found["statusReason"].endswith(". The destination responded with HTTP status code - 200.")
    for status in ("ENABLED", "DISABLED", "ERROR"):
        with pytest.raises(iot.exceptions.InvalidRequestException):
            iot.update_topic_rule_destination(arn=arn, status=status)
    with pytest.raises(iot.exceptions.InvalidRequestException):
        iot.confirm_topic_rule_destination(confirmationToken="none")

    iot.update_topic_rule_destination(arn=arn, status="IN_PROGRESS")
    enabling = json.loads(hook.next().body)["enableUrl"]
    with pytest.raises(iot.exceptions.InvalidRequestException):  # the former token is void
        iot.confirm_topic_rule_destination(confirmationToken=token)
    for _ in range(2):
        with urlopen(enabling) as answer:  # nobody signs it
            assert answer.status == 200
    found = iot.get_topic_rule_destination(arn=arn)["topicRuleDestination"]
    assert found["status"] == "DISABLED" and "statusReason" not in found
    iot.update_topic_rule_destination(arn=arn, status="ENABLED")
    (listed,) = iot.list_topic_rule_destinations()["destinationSummaries"]
    assert (listed["arn"], listed["status"]) == (arn, "ENABLED")
    assert listed["httpUrlSummary"] == {"confirmationUrl": f"{hook.url}/base"}
    iot.delete_topic_rule_destination(arn=arn)
    with pytest.raises(iot.exceptions.UnauthorizedException):
        iot.get_topic_rule_destination(arn=arn)


def test_a_destination_that_nobody_confirms_is_in_error(timed: ServerThread, hook: Endpoint) -> None:
    iot = client_factory(timed.endpoint, "000000000000")("iot")
    configuration = {"httpUrlConfiguration": {"confirmationUrl": hook.url}}
    arn = iot.create_topic_rule_destination(destinationConfiguration=configuration)["topicRuleDestination"]["arn"]
    token = json.loads(hook.next("/").body)["confirmationToken"]
    timed.advance(3 * 86_400_000)
    assert iot.get_topic_rule_destination(arn=arn)["topicRuleDestination"]["status"] == "ERROR"
    with pytest.raises(iot.exceptions.InvalidRequestException, match="expired"):
        iot.confirm_topic_rule_destination(confirmationToken=token)


def test_messages_are_posted_once_the_destination_is_enabled(aws: Client, hook: Endpoint) -> None:
    queue, error_action = errors(aws)
    headers = [{"key": "Room", "value": "${room}"}]
    url = f"{hook.url}/rooms/${{topic(2)}}"
    create(aws, {"url": url, "confirmationUrl": hook.url, "headers": headers}, errorAction=error_action)
    publish(aws, b'{"room": "hall"}')
    (told,) = failures(aws, queue)
    assert (told["failedAction"], told["failedResource"]) == ("HttpAction", f"{hook.url}/rooms/b")
    assert told["errorMessage"].startswith(FAILED) and "IN_PROGRESS" in told["errorMessage"]
    arn = enable(aws, hook)
    publish(aws, b'{"room": "hall"}')
    asked = hook.next()
    assert (asked.method, asked.path, json.loads(asked.body)) == ("POST", "/rooms/b", {"room": "hall"})
    assert (asked.headers["room"], asked.headers["content-type"]) == ("hall", "application/json")
    publish(aws, b"\xff\xfe")
    asked = hook.next()
    assert asked.body == b"\xff\xfe" and asked.headers["content-type"] == "application/octet-stream"
    aws("iot").update_topic_rule_destination(arn=arn, status="DISABLED")
    publish(aws, b"{}")
    assert "DISABLED" in failures(aws, queue)[0]["errorMessage"]


@pytest.mark.parametrize(
    ("replies", "requests", "message"),
    [
        ([Reply(500), Reply(429)], 3, None),
        ([Reply(500), Reply(503), Reply(500)], 3, "StatusCode: 500. Reason: Internal Server Error."),
        ([Reply(404)], 1, "StatusCode: 404. Reason: Not Found."),
        ([Reply(302, {"Location": "/other"})], 1, "StatusCode: 302. Reason: Found."),
        ([Reply(500, {}, b"x" * 16_385)], 1, "StatusCode: 500. Reason: Internal Server Error."),
        ([Reply(500, {}, b"x" * 16_384)], 2, None),
        ([Reply(0)], 1, "ConnectionResetError: the connection was closed without an answer"),
    ],
)
def test_requests_are_tried_three_times_at_most(
    aws: Client, hook: Endpoint, replies: list[Reply], requests: int, message: str | None
) -> None:
    queue, error_action = errors(aws)
    create(aws, {"url": hook.url}, errorAction=error_action)
    enable(aws, hook)
    waiting = iter(replies)
    hook.answer = lambda asked: next(waiting, Reply())
    publish(aws, b"{}")
    settle(aws("iot").meta.endpoint_url)
    for _ in range(requests):
        hook.next()
    assert hook.none()
    if message is not None:
        assert failures(aws, queue)[0]["errorMessage"] == f"{FAILED} {message}"
    else:
        assert "Messages" not in aws("sqs").receive_message(QueueUrl=queue)


def test_an_endpoint_that_says_nothing(aws: Client, hook: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    queue, error_action = errors(aws)
    create(aws, {"url": hook.url}, errorAction=error_action)
    enable(aws, hook)

    def say_nothing(asked: Asked) -> Reply:
        hook.released.wait(60)
        return Reply(0)  # nobody is there any more

    hook.answer = say_nothing
    monkeypatch.setattr(posting, "_SECONDS", 0.2)
    publish(aws, b"{}")
    host = hook.url.removeprefix("http://")
    assert failures(aws, queue)[0]["errorMessage"] == f"{FAILED} Request timeout to {host} after 200 ms"


def test_all_failures_are_told_at_once_and_over_http_too(aws: Client, hook: Endpoint) -> None:
    function = "arn:aws:lambda:us-east-1:000000000000:function:absent"
    bucket = {"roleArn": ROLE, "bucketName": "there-is-no-such-bucket", "key": "k-${topic(2)}"}
    actions = [{"http": {"url": f"{hook.url}/in"}}, {"lambda": {"functionArn": function}}, {"s3": bucket}]
    create(aws, {"url": ""}, actions=actions, errorAction={"http": {"url": f"{hook.url}/errors"}})
    for _ in range(2):
        enable(aws, hook)
    hook.answer = lambda asked: Reply(400 if asked.path == "/in" else 200)
    publish(aws, b"{}")
    told = json.loads(hook.next("/errors").body)["failures"]
    assert [one["failedAction"] for one in told] == ["LambdaAction", "S3Action", "HttpAction"]
    assert told[0]["errorMessage"] == (
        "Failed to invoke lambda function. Received Server error from Lambda. The error code is 404"
    )
    said = told[1]["errorMessage"]
    assert said.startswith("Failed to put S3 object. The error received was The specified bucket does not exist (Serv")
    assert "; Status Code: 404; Error Code: NoSuchBucket; Request ID: " in said
    assert '. Message arrived on: a/b, Action: s3, Bucket: there-is-no-such-bucket, Key: "k-b". Value of' in said
    assert told[2]["errorMessage"] == f"{FAILED} StatusCode: 400. Reason: Bad Request."


@pytest.mark.parametrize(
    "action",
    [
        {"url": "https://a.example/${topic()}"},
        {"url": "https://a.example/b", "confirmationUrl": "https://a.example/c"},
        {"url": "ftp://a.example/b"},
        {"url": "https://[::1]/b"},
        {"url": "no address"},
        {"url": "https://a example/"},
        {"url": "https://a.example/", "headers": [{"key": "k", "value": "v"}] * 101},
        {"url": "https://a.example/", "auth": {"sigv4": {"roleArn": ROLE, "serviceName": "", "signingRegion": "x"}}},
    ],
)
def test_actions_that_are_refused(aws: Client, action: dict[str, Any]) -> None:
    iot = aws("iot")
    with pytest.raises(iot.exceptions.InvalidRequestException):
        create(aws, action)
    assert iot.list_topic_rule_destinations()["destinationSummaries"] == []


def test_what_is_not_there_says_so(aws: Client) -> None:
    with pytest.raises(Exception, match="enableBatching of the IoT rule action http is not implemented"):
        create(aws, {"url": "https://a.example/", "enableBatching": True})
    vpc = {"vpcConfiguration": {"subnetIds": ["s"], "vpcId": "v", "roleArn": ROLE}}
    with pytest.raises(Exception, match="vpcConfiguration of a topic rule destination is not implemented"):
        aws("iot").create_topic_rule_destination(destinationConfiguration=vpc)


def test_requests_are_signed_by_the_role(aws: Client, account: str, hook: Endpoint) -> None:
    iam = aws("iam")
    iam.create_role(RoleName="signer", AssumeRolePolicyDocument=json.dumps(TRUST))
    role = f"arn:aws:iam::{account}:role/signer"
    signature = {"roleArn": role, "serviceName": "execute-api", "signingRegion": "eu-west-1"}
    create(aws, {"url": f"{hook.url}/in", "auth": {"sigv4": signature}})
    enable(aws, hook)
    publish(aws, b"{}")
    headers = hook.next().headers
    assert "/eu-west-1/execute-api/aws4_request, SignedHeaders=content-type;host;" in headers["authorization"]
    assert headers["x-amz-security-token"] and headers["x-amz-date"].endswith("Z")


@pytest.mark.parametrize(
    ("service", "url"),
    [
        ("execute-api", "https://a.example"),
        ("execute-api", "https://a.example:8443/b%20c/d?z=1&a=x%2Fy&flag"),
        ("s3", "https://a.example/b%20c?z=1&a=x%2Fy"),
    ],
)
def test_signatures_are_those_of_botocore(service: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 28, 10, 30, 5, tzinfo=UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: now)
    headers, body = {"Content-Type": "application/json", "Room": " a  b "}, b'{"n": 1}'
    request = AWSRequest("POST", url, headers=headers, data=body)
    usual = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    usual(Credentials("AKID", "secret", "token"), service, "eu-west-1").add_auth(request)
    credentials = {"AccessKeyId": "AKID", "SecretAccessKey": "secret", "SessionToken": "token"}
    milliseconds = int(now.timestamp() * 1000)
    signed = sign(Signer(credentials, "eu-west-1", service), url, headers, body, milliseconds)
    assert signed == {name: request.headers[name] for name in signed}


def test_a_stack_with_a_destination(aws: Client, hook: Endpoint) -> None:
    cloudformation, iot = aws("cloudformation"), aws("iot")
    destination = {
        "Type": "AWS::IoT::TopicRuleDestination",
        "Properties": {"HttpUrlProperties": {"ConfirmationUrl": hook.url}},
    }
    http = {"Url": f"{hook.url}/in", "ConfirmationUrl": hook.url, "Headers": [{"Key": "k", "Value": "v"}]}
    payload = {"Sql": "SELECT * FROM 'a/+'", "AwsIotSqlVersion": "2016-03-23", "Actions": [{"Http": http}]}
    rule = {
        "Type": "AWS::IoT::TopicRule",
        "DependsOn": "Destination",
        "Properties": {"TopicRulePayload": payload},
    }
    names = {"Ref": {"Ref": "Destination"}, "Arn": {"Fn::GetAtt": ["Destination", "Arn"]}}
    text: dict[str, Any] = {
        "Resources": {"Destination": destination, "Rule": rule},
        "Outputs": {name: {"Value": value} for name, value in names.items()},
    }
    cloudformation.create_stack(StackName="hooks", TemplateBody=json.dumps(text))
    wait_for(cloudformation, "stack_create_complete", StackName="hooks")
    outputs = cloudformation.describe_stacks(StackName="hooks")["Stacks"][0]["Outputs"]
    arn = enable(aws, hook)
    assert {output["OutputValue"] for output in outputs} == {arn}
    publish(aws, b"{}")
    assert hook.next("/in").headers["k"] == "v"
    destination["Properties"]["Status"] = "DISABLED"
    cloudformation.update_stack(StackName="hooks", TemplateBody=json.dumps(text))
    wait_for(cloudformation, "stack_update_complete", StackName="hooks")
    assert iot.get_topic_rule_destination(arn=arn)["topicRuleDestination"]["status"] == "DISABLED"
    cloudformation.delete_stack(StackName="hooks")
    wait_for(cloudformation, "stack_delete_complete", StackName="hooks")
    assert iot.list_topic_rule_destinations()["destinationSummaries"] == []
