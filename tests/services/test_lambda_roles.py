"""What Lambda does in a function's role: results, dead letters and failed batches go only where it may write."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from headwater.client import Headwater
from tests.conftest import Client
from tests.services.lambda_lab import make
from tests.services.test_role_permissions import _allow, _put, _refused, _role
from tests.settling import settle

FAIL = "def handler(event, context):\n    raise ValueError('no')\n"
ECHO = "def handler(event, context):\n    return event\n"


def _destinations(aws: Client, account: str) -> dict[str, tuple[str, str]]:
    """An ARN of each kind, and what a role needs there."""
    bucket = f"failures-{account}"
    aws("sqs").create_queue(QueueName="q")
    aws("sns").create_topic(Name="t")
    aws("events").create_event_bus(Name="b")
    aws("s3").create_bucket(Bucket=bucket)
    other = make(aws("lambda"), "other", ECHO)
    return {
        "sqs:SendMessage": (f"arn:aws:sqs:us-east-1:{account}:q",) * 2,
        "sns:Publish": (f"arn:aws:sns:us-east-1:{account}:t",) * 2,
        "events:PutEvents": (f"arn:aws:events:us-east-1:{account}:event-bus/b",) * 2,
        "lambda:InvokeFunction": (other, other),
        "s3:PutObject": (f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/aws/lambda/async/f/*"),
    }


def test_a_destination_is_refused_to_a_role_that_may_not_write_there(strictly: Client, account: str) -> None:
    make(strictly("lambda"), "f", FAIL, Role=_role(strictly))
    for action, (destination, resource) in _destinations(strictly, account).items():
        config = {"OnFailure": {"Destination": destination}}

        def configure(config: dict[str, Any] = config) -> Any:
            return strictly("lambda").put_function_event_invoke_config(FunctionName="f", DestinationConfig=config)

        assert _refused(configure) == (
            "InvalidParameterValueException",
            400,
            f"The function's execution role does not have permissions to call {action.partition(':')[2]} on "
            f"{destination}",
        )
        allowed = [_allow(action, resource=resource)]
        if action.startswith("s3:"):
            _put(strictly, *allowed)
            assert "permissions to call ListBucket on" in _refused(configure)[2]
            allowed.append(_allow("s3:ListBucket", resource=destination))
        _put(strictly, *allowed)
        configure()


@pytest.mark.parametrize(("service", "action"), [("sqs", "SendMessage"), ("sns", "Publish")])
def test_dead_letters_are_refused_to_it_too(strictly: Client, account: str, service: str, action: str) -> None:
    target = f"arn:aws:{service}:us-east-1:{account}:letters"
    role, config = _role(strictly), {"TargetArn": target}

    def add() -> Any:
        return make(strictly("lambda"), "f", FAIL, Role=role, DeadLetterConfig=config)

    told = f"The provided execution role does not have permissions to call {action} on {service.upper()}"
    assert _refused(add) == ("InvalidParameterValueException", 400, told)
    _put(strictly, _allow(f"{service}:{action}", resource=target))
    add()
    _put(strictly, _allow("s3:*"))
    change: Callable[[], Any] = lambda: strictly("lambda").update_function_configuration(  # noqa: E731
        FunctionName="f", DeadLetterConfig=config
    )
    assert _refused(change)[2] == told


def test_what_may_no_more_be_written_is_counted_as_lost(strictly: Client, strict: str, account: str) -> None:
    """Its policies are taken away after it was configured."""
    url = strictly("sqs").create_queue(QueueName="q")["QueueUrl"]
    queue, lambda_ = f"arn:aws:sqs:us-east-1:{account}:q", strictly("lambda")
    role = _role(strictly, _allow("sqs:SendMessage"))
    make(lambda_, "f", FAIL, Role=role, DeadLetterConfig={"TargetArn": queue})
    lambda_.put_function_event_invoke_config(
        FunctionName="f", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    _put(strictly, _allow("s3:*"))
    lambda_.invoke(FunctionName="f", InvocationType="Event", Payload=b"{}")
    settle(lambda_)
    assert "Messages" not in strictly("sqs").receive_message(QueueUrl=url)
    (lacking,) = Headwater(strict).permissions(role)
    assert (lacking["action"], lacking["resource"], lacking["times"], lacking["refused"]) == (
        "sqs:SendMessage", queue, 2, True,
    )  # fmt: skip
    (invoked,) = Headwater(strict).trace(lacking["trace"])["spans"]
    notes = invoked["children"][-1]["notes"]
    assert "sqs:sendmessage" in notes["destination failed"] and "sqs:sendmessage" in notes["dead letter failed"]
    counts = {
        name: strictly("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=name, Dimensions=[{"Name": "FunctionName", "Value": "f"}],
            StartTime=1_700_000_000, EndTime=1_900_000_000, Period=864_000, Statistics=["Sum"],
        )["Datapoints"]
        for name in ("DestinationDeliveryFailures", "DeadLetterErrors")
    }  # fmt: skip
    assert [sum(each["Sum"] for each in points) for points in counts.values()] == [1, 1]


def test_without_enforcement_it_is_written_and_told(aws: Client, endpoint: str, account: str) -> None:
    role, lambda_ = _role(aws, _allow("logs:*")), aws("lambda")
    needed = _destinations(aws, account)
    make(lambda_, "f", ECHO, Role=role)
    for destination, _ in needed.values():
        condition = "OnFailure" if ":s3:" in destination else "OnSuccess"
        lambda_.put_function_event_invoke_config(
            FunctionName="f", DestinationConfig={condition: {"Destination": destination}}
        )
        lambda_.invoke(FunctionName="f", InvocationType="Event", Payload=b'"told"')
        settle(lambda_)
    url = aws("sqs").get_queue_url(QueueName="q")["QueueUrl"]
    (message,) = aws("sqs").receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["responsePayload"] == "told"
    told = {each["action"]: (each["times"], each["sessions"]) for each in Headwater(endpoint).permissions(role)}
    assert told == {
        **{action: (2 if action != "s3:PutObject" else 1, ["f"]) for action in needed},  # asked, and done
        "s3:ListBucket": (1, ["f"]),
    }


def test_a_mapping_writes_its_failed_batches_in_it(strictly: Client, strict: str, account: str) -> None:
    strictly("kinesis").create_stream(StreamName="s", ShardCount=1)
    stream, bucket = f"arn:aws:kinesis:us-east-1:{account}:stream/s", f"batches-{account}"
    strictly("s3").create_bucket(Bucket=bucket)
    lambda_ = strictly("lambda")
    role = _role(strictly, _allow("kinesis:*"))
    make(lambda_, "f", FAIL, Role=role)

    def add() -> Any:
        return lambda_.create_event_source_mapping(
            FunctionName="f", EventSourceArn=stream, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
        )  # fmt: skip

    assert _refused(add)[2].endswith(f"does not have permissions to call PutObject on arn:aws:s3:::{bucket}")
    _put(strictly, _allow("kinesis:*", "s3:*"))
    mapping = add()["UUID"]
    strictly("kinesis").put_record(StreamName="s", PartitionKey="a", Data=b"one")
    settle(lambda_)
    (listed,) = strictly("s3").list_objects_v2(Bucket=bucket)["Contents"]
    record = json.loads(strictly("s3").get_object(Bucket=bucket, Key=listed["Key"])["Body"].read())
    assert listed["Key"].startswith(f"aws/lambda/{mapping}/shardId-000000000000/")
    (one,) = record["payload"]["Records"]
    assert (one["kinesis"]["data"], one["invokeIdentityArn"]) == ("b25l", role)
    _put(strictly, _allow("kinesis:*"))
    strictly("kinesis").put_record(StreamName="s", PartitionKey="a", Data=b"two")
    settle(lambda_)
    assert strictly("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    (lacking,) = [each for each in Headwater(strict).permissions(role) if "/shardId-" in each["resource"]]
    assert (lacking["action"], lacking["refused"], lacking["sessions"]) == ("s3:PutObject", True, ["f"])
