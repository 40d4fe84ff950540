"""Services and the keys of what they deliver to: an encrypted queue or topic takes nothing from a service that the
policy of its key does not let in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.client import Headwater
from tests.conftest import Client
from tests.services.test_admission import _let_in, _put, _received, _rule, _statement
from tests.settling import settle


def _policy(account: str, *services: str, **more: Any) -> str:
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}
    listed = [root]
    for service in services:
        actions = ["kms:GenerateDataKey*", "kms:Decrypt"]
        listed.append(_statement(service, "", Resource="*") | {"Action": actions} | more)
    return json.dumps({"Version": "2012-10-17", "Statement": listed})


def _encrypted(aws: Client, name: str, key: str, *services: str) -> tuple[str, str]:
    """A queue that lets services in, whatever its key does."""
    attributes = {"KmsMasterKeyId": key, "VisibilityTimeout": "43200"}
    url = aws("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    _let_in(aws, url, arn, *(_statement(service, "sqs:SendMessage") for service in services))
    return url, arn


def _made(aws: Client) -> tuple[str, Callable[..., Any]]:
    """A key, and how its policy is changed."""
    arn = aws("kms").create_key()["KeyMetadata"]["Arn"]
    account = arn.split(":")[4]

    def change(*services: str, **more: Any) -> None:
        aws("kms").put_key_policy(KeyId=arn, Policy=_policy(account, *services, **more))

    return arn, change


def test_a_rule_and_a_topic_are_let_in_by_the_key_of_their_queue(strictly: Client) -> None:
    key, let_in = _made(strictly)
    url, arn = _encrypted(strictly, "q", key, "events", "sns")
    dead_url, dead = _encrypted(strictly, "dead", "", "events", "sns")
    rule = _rule(strictly, arn, DeadLetterConfig={"Arn": dead})
    sns = strictly("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RedrivePolicy": redrive})

    def sent() -> tuple[int, int]:
        """How many came, and how many went to the dead letters."""
        sns.publish(TopicArn=topic, Message="m")
        _put(strictly)
        counts = []
        for each in (url, dead_url):
            found = _received(strictly, each)
            counts.append(len(found))
            for message in found:
                strictly("sqs").delete_message(QueueUrl=each, ReceiptHandle=message["ReceiptHandle"])
            told.extend(each.get("MessageAttributes", {}).get("ERROR_MESSAGE", {}).get("StringValue") for each in found)
        return counts[0], counts[1]

    told: list[str] = []
    assert sent() == (0, 2)
    assert (
        f"User: events.amazonaws.com is not authorized to perform: kms:GenerateDataKey on resource: {key} because no "
        "resource-based policy allows the kms:GenerateDataKey action"
    ) in told
    let_in("sns")
    assert sent() == (1, 1)
    let_in("events", "sns", Condition={"ArnLike": {"aws:SourceArn": rule}})
    assert sent() == (1, 1), "the topic no more"
    let_in("events", "sns", Condition={"StringLike": {"kms:ViaService": "sqs.*.amazonaws.com"}})
    assert sent() == (2, 0)
    strictly("sqs").set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
    assert sent() == (0, 2)
    assert any("kms:GenerateDataKey on resource: arn:aws:kms" in each for each in told[-2:] if each)


def test_a_bucket_is_let_in_by_it(strictly: Client, account: str) -> None:
    key, let_in = _made(strictly)
    url, arn = _encrypted(strictly, "q", key, "s3")
    s3, bucket = strictly("s3"), f"keys-{account}"
    s3.create_bucket(Bucket=bucket)
    wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    let_in("s3")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    s3.put_object(Bucket=bucket, Key="a", Body=b"")
    settle(s3)
    assert [json.loads(each["Body"]).get("Event") for each in _received(strictly, url)] == ["s3:TestEvent", None]
    let_in()
    s3.put_object(Bucket=bucket, Key="b", Body=b"")
    settle(s3)
    assert _received(strictly, url) == [], "its key was taken away from it later"


def test_what_is_not_enforced_is_told(aws: Client, endpoint: str, account: str) -> None:
    key, let_in = _made(aws)
    url, arn = _encrypted(aws, "q", key, "events", "s3")
    rule = _rule(aws, arn)
    event = _put(aws)
    assert len(_received(aws, url)) == 1, "it came nevertheless"
    why = f"the policy of {key}, the key of {arn}, allows no events.amazonaws.com (kms:GenerateDataKey, kms:Decrypt)"
    headwater = Headwater(endpoint)

    def told() -> tuple[Any, Any]:
        (verdict,) = headwater.explain(event)["verdicts"]
        (root,) = headwater.trace(event)["spans"]
        (delivered,) = root["children"]
        return verdict.get("warnings"), delivered["notes"].get("AWS would refuse this")

    assert told() == ([f"AWS would refuse this: {why}"], why)
    let_in("events", Condition={"ArnLike": {"aws:SourceArn": f"{rule}-other"}})
    assert told()[1] == f"the policy of {key}, the key of {arn}, lets events.amazonaws.com in, but not for {rule}"
    let_in("events")
    assert told() == (None, None)
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
    assert told()[1] == (
        f"{arn} is encrypted with alias/aws/sqs, AWS's own key, which lets no service in: take a key of your own"
    )
    bucket = f"keys-{account}"
    aws("s3").create_bucket(Bucket=bucket)
    wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    aws("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    aws("s3").put_object(Bucket=bucket, Key="a", Body=b"")
    settle(aws("s3"))
    notes = {
        span["name"]: span["notes"].get("AWS would refuse this")
        for root in headwater.trace(f"arn:aws:s3:::{bucket}")["spans"]
        for span in (root, *root["children"])
    }
    assert notes["s3.notification"] == told()[1]


@pytest.mark.parametrize("service", ["logs", "logs.us-east-1"])
def test_a_log_group_is_let_in_by_its_key(strictly: Client, account: str, service: str) -> None:
    key, let_in = _made(strictly)
    group, logs = f"arn:aws:logs:us-east-1:{account}:log-group:g", strictly("logs")
    logs.create_log_group(logGroupName="g")
    told = f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{group}'"
    with pytest.raises(ClientError) as caught:
        logs.associate_kms_key(logGroupName="g", kmsKeyId=key)
    assert (caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]) == (
        "AccessDeniedException", told,
    )  # fmt: skip
    actions = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    for other, refused in ((f"{group}-other", True), (group, False)):
        only = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": other}}
        let_in(service, Action=actions, Condition=only)
        if refused:
            with pytest.raises(ClientError, match="is not allowed to be used with LogGroup"):
                logs.associate_kms_key(logGroupName="g", kmsKeyId=key)
        else:
            logs.associate_kms_key(logGroupName="g", kmsKeyId=key)


def test_an_alarm_is_let_in_by_the_key_of_its_topic(strictly: Client) -> None:
    key, let_in = _made(strictly)
    topic = strictly("sns").create_topic(Name="t", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    url, arn = _encrypted(strictly, "q", "", "sns")
    strictly("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cloudwatch = strictly("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="a", Namespace="n", MetricName="m", Period=60, EvaluationPeriods=1, Threshold=1,
        Statistic="Sum", ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic], OKActions=[topic],
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="r")
    settle(strictly("sns"))
    assert _received(strictly, url) == []
    let_in("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="r")
    settle(strictly("sns"))
    # what was refused is tried again, and may have come meanwhile
    states = {json.loads(json.loads(each["Body"])["Message"])["NewStateValue"] for each in _received(strictly, url)}
    assert "OK" in states
