"""Services and the policies of what they deliver to: refused where that is asked for, told of where it is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.client import Headwater
from tests.conftest import Client
from tests.services.lambda_lab import make
from tests.settling import settle

EVENT = {"Source": "shop", "DetailType": "d", "Detail": "{}"}


def _queue(aws: Client, name: str, *statements: dict[str, Any]) -> tuple[str, str]:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    if statements:
        _let_in(aws, url, arn, *statements)
    return url, arn


def _let_in(aws: Client, url: str, arn: str, *statements: dict[str, Any]) -> None:
    policy = {"Version": "2012-10-17", "Statement": [each | {"Resource": arn} for each in statements]}
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})


def _statement(service: str, action: str, source: str | None = None, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": action, **more}
    return statement if source is None else statement | {"Condition": {"ArnLike": {"aws:SourceArn": source}}}


def _rule(aws: Client, *targets: str, name: str = "r", **more: Any) -> str:
    arn: str = aws("events").put_rule(Name=name, EventPattern='{"source": ["shop"]}')["RuleArn"]
    listed = [{"Id": str(number), "Arn": target, **more} for number, target in enumerate(targets)]
    aws("events").put_targets(Rule=name, Targets=listed)
    return arn


def _put(aws: Client) -> str:
    event: str = aws("events").put_events(Entries=[EVENT])["Entries"][0]["EventId"]
    settle(aws("events"))
    return event


def _received(aws: Client, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        aws("sqs")
        .receive_message(QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10)
        .get("Messages", [])
    )
    return found


def test_a_rule_needs_the_policy_of_its_queue(strictly: Client) -> None:
    url, arn = _queue(strictly, "q")
    dead_url, dead = _queue(strictly, "dead", _statement("events", "sqs:SendMessage"))
    rule = _rule(strictly, arn, DeadLetterConfig={"Arn": dead})
    _put(strictly)
    assert _received(strictly, url) == []
    (letter,) = _received(strictly, dead_url)
    told = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert (told["ERROR_CODE"], told["TARGET_ARN"]) == ("NO_PERMISSIONS", arn)
    assert told["ERROR_MESSAGE"] == (
        f"User: events.amazonaws.com is not authorized to perform: sqs:SendMessage on resource: {arn} because no "
        "resource-based policy allows the sqs:SendMessage action"
    )
    _let_in(strictly, url, arn, _statement("events", "sqs:SendMessage", rule + "-other"))
    _put(strictly)
    assert _received(strictly, url) == [], "another rule's"
    _let_in(strictly, url, arn, _statement("events", "sqs:*", rule))
    _put(strictly)
    assert len(_received(strictly, url)) == 1
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage"}
    _let_in(strictly, url, arn, _statement("events", "sqs:*", rule), deny)
    _put(strictly)
    assert _received(strictly, url) == [], "denied"


def test_a_dead_letter_queue_needs_a_policy_too(strictly: Client) -> None:
    _, arn = _queue(strictly, "q")
    dead_url, dead = _queue(strictly, "dead", _statement("sns", "sqs:SendMessage"))
    _rule(strictly, arn, DeadLetterConfig={"Arn": dead})
    _put(strictly)
    assert _received(strictly, dead_url) == []


def test_a_target_with_a_role_asks_no_policy(strictly: Client, account: str) -> None:
    url, arn = _queue(strictly, "q")
    _rule(strictly, arn, RoleArn=f"arn:aws:iam::{account}:role/r")
    _put(strictly)
    assert len(_received(strictly, url)) == 1


def test_topics_and_functions_let_rules_in(strictly: Client) -> None:
    topic = strictly("sns").create_topic(Name="t")["TopicArn"]
    url, arn = _queue(strictly, "q", _statement("sns", "sqs:SendMessage", topic))
    strictly("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    function = make(strictly("lambda"), "f")
    dead_url, dead = _queue(strictly, "dead", _statement("events", "sqs:SendMessage"))
    rule = _rule(strictly, topic, function, DeadLetterConfig={"Arn": dead})
    _put(strictly)
    refused = {each["MessageAttributes"]["TARGET_ARN"]["StringValue"] for each in _received(strictly, dead_url)}
    assert (refused, _received(strictly, url)) == ({topic, function}, [])
    statement = _statement("events", "sns:Publish", Resource=topic)
    strictly("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Statement": [statement]})
    )
    strictly("lambda").add_permission(
        FunctionName="f",
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    _put(strictly)
    assert len(_received(strictly, url)) == 1
    assert _received(strictly, dead_url) == []


def test_a_topic_needs_the_policy_of_its_queue(strictly: Client) -> None:
    sns = strictly("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    url, arn = _queue(
        strictly, "q", {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "*"}
    )
    dead_url, dead = _queue(strictly, "dead", _statement("sns", "sqs:SendMessage"))
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn,
        Attributes={"RawMessageDelivery": "true", "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead})},
    )  # fmt: skip
    sns.publish(TopicArn=topic, Message="first")
    settle(sns)
    assert [each["Body"] for each in _received(strictly, dead_url)] == ["first"]
    # as AWS's older examples have it
    anyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "SQS:SendMessage"}
    _let_in(strictly, url, arn, anyone | {"Condition": {"ArnEquals": {"aws:SourceArn": topic}}})
    sns.publish(TopicArn=topic, Message="second")
    settle(sns)
    assert [each["Body"] for each in _received(strictly, url)] == ["second"]


def test_a_bucket_asks_when_it_is_configured(strictly: Client) -> None:
    s3 = strictly("s3")
    s3.create_bucket(Bucket="admission")
    url, arn = _queue(strictly, "q")
    wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    with pytest.raises(ClientError) as caught:
        s3.put_bucket_notification_configuration(Bucket="admission", NotificationConfiguration=wanted)
    error = caught.value.response["Error"]
    assert error["Message"] == "Unable to validate the following destination configurations"
    assert error["ArgumentValue"] == (
        "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"
    )
    _let_in(strictly, url, arn, _statement("s3", "sqs:SendMessage", "arn:aws:s3:::admission"))
    s3.put_bucket_notification_configuration(Bucket="admission", NotificationConfiguration=wanted)


def test_a_bucket_that_is_not_asked_notes_it(aws: Client, endpoint: str, account: str) -> None:
    _, arn = _queue(aws, "q")
    s3 = aws("s3")
    s3.create_bucket(Bucket=f"admission-{account}")
    s3.put_bucket_notification_configuration(
        Bucket=f"admission-{account}",
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    settle(s3)
    (root,) = Headwater(endpoint).trace(arn)["spans"]
    why = f"the policy of {arn} allows no s3.amazonaws.com (sqs:SendMessage for arn:aws:s3:::admission-{account})"
    assert (root["name"], root["notes"]["AWS would refuse this"]) == ("s3:PutBucketNotificationConfiguration", why)


def test_what_is_not_enforced_is_told(aws: Client, endpoint: str, account: str) -> None:
    url, arn = _queue(aws, "q")
    _, other = _queue(aws, "other")
    rule = _rule(aws, arn)
    _rule(aws, other, name="by-role", RoleArn=f"arn:aws:iam::{account}:role/r")
    topic = aws("sns").create_topic(Name="t")["TopicArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    event = _put(aws)
    message = aws("sns").publish(TopicArn=topic, Message="m")["MessageId"]
    settle(aws("sns"))
    assert len(_received(aws, url)) == 2, "both came nevertheless"
    headwater = Headwater(endpoint)

    def warnings(identity: str) -> dict[str, list[str]]:
        return {each["name"]: each.get("warnings", []) for each in headwater.explain(identity)["verdicts"]}

    why = f"the policy of {arn} allows no events.amazonaws.com (sqs:SendMessage for {rule})"
    assert warnings(event) == {"r": [f"AWS would refuse this: {why}"], "by-role": []}
    (told,) = warnings(message).values()
    assert told == [
        f"AWS would refuse this: the policy of {arn} allows no sns.amazonaws.com (sqs:SendMessage for {topic})"
    ]
    notes = {
        span["subject"]: span["notes"].get("AWS would refuse this")
        for root in headwater.trace(event)["spans"]
        for span in root["children"]
    }
    assert notes == {rule: why, rule.replace("/r", "/by-role"): None}
    _let_in(aws, url, arn, _statement("events", "sqs:SendMessage", rule + "x"), _statement("sns", "SQS:SendMessage"))
    assert warnings(event)["r"] == [
        f"AWS would refuse this: the policy of {arn} lets events.amazonaws.com in, but not for {rule}"
    ]
    assert list(warnings(message).values()) == [[]]
    _let_in(aws, url, arn, _statement("events", "sqs:SendMessage", rule[:-1] + "*"))
    assert warnings(event) == {"r": [], "by-role": []}


@pytest.mark.parametrize("principal", ["logs.amazonaws.com", "logs.us-east-1.amazonaws.com"])
def test_logs_are_let_in_with_a_region_or_without(strictly: Client, principal: str) -> None:
    function = make(strictly("lambda"), "f")
    strictly("logs").create_log_group(logGroupName="g")
    asked = {"logGroupName": "g", "filterName": "s", "filterPattern": "", "destinationArn": function}
    with pytest.raises(ClientError, match="Make sure you have given CloudWatch Logs permission"):
        strictly("logs").put_subscription_filter(**asked)
    permission = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": principal}
    strictly("lambda").add_permission(FunctionName="f", SourceAccount=function.split(":")[4], **permission)
    strictly("logs").put_subscription_filter(**asked)
