"""EventBridge Pipes: the API, states on the clock, and what is refused in which words."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread

ROLE = "arn:aws:iam::123456789012:role/pipe"


def arn_of(account: str, queue: str) -> str:
    return f"arn:aws:sqs:us-east-1:{account}:{queue}"


def refusal(code: str, function: Any, **keywords: Any) -> str:
    with pytest.raises(ClientError) as caught:
        function(**keywords)
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])


@pytest.fixture
def lab(timed: ServerThread) -> tuple[ServerThread, Client]:
    aws = client_factory(timed.endpoint, "123456789012")
    for name in ("in", "out"):
        aws("sqs").create_queue(QueueName=name)
    return timed, aws


def request(**changes: Any) -> dict[str, Any]:
    ends = {"Source": arn_of("123456789012", "in"), "Target": arn_of("123456789012", "out")}
    return {"Name": "p", "RoleArn": ROLE, **ends} | changes


def state(aws: Client, name: str = "p") -> tuple[str, str]:
    found = aws("pipes").describe_pipe(Name=name)
    return found["DesiredState"], found["CurrentState"]


def test_a_pipe_comes_and_goes(lab: tuple[ServerThread, Client]) -> None:
    _, aws = lab
    pipes = aws("pipes")
    made = pipes.create_pipe(**request(Description="orders", Tags={"team": "a"}))
    arn = "arn:aws:pipes:us-east-1:123456789012:pipe/p"
    assert (made["Arn"], made["DesiredState"], made["CurrentState"]) == (arn, "RUNNING", "CREATING")
    found = pipes.describe_pipe(Name="p")
    assert (found["CurrentState"], found["Description"], found["Tags"]) == ("RUNNING", "orders", {"team": "a"})
    assert found["SourceParameters"] == {"SqsQueueParameters": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0}}
    assert pipes.stop_pipe(Name="p")["CurrentState"] == "STOPPING"
    assert state(aws) == ("STOPPED", "STOPPED")
    assert pipes.start_pipe(Name="p")["CurrentState"] == "STARTING"
    assert pipes.delete_pipe(Name="p")["CurrentState"] == "DELETING"
    assert refusal("NotFoundException", pipes.describe_pipe, Name="p") == "Pipe p does not exist."


def test_updates_replace_what_they_name(lab: tuple[ServerThread, Client]) -> None:
    server, aws = lab
    pipes = aws("pipes")
    filters = {"FilterCriteria": {"Filters": [{"Pattern": '{"body": {"a": [1]}}'}]}}
    queue = {"SqsQueueParameters": {"BatchSize": 3}}
    pipes.create_pipe(
        **request(SourceParameters=filters | queue, TargetParameters={"InputTemplate": "x"}, Description="d")
    )
    server.advance(1000)
    changed = pipes.update_pipe(Name="p", RoleArn=ROLE, SourceParameters={"SqsQueueParameters": {"BatchSize": 5}})
    assert changed["CurrentState"] == "UPDATING"
    server.advance(1000)
    found = pipes.describe_pipe(Name="p")
    assert found["SourceParameters"]["SqsQueueParameters"]["BatchSize"] == 5
    assert found["SourceParameters"]["FilterCriteria"] == filters["FilterCriteria"]
    assert (found["Description"], found["TargetParameters"]) == ("d", {"InputTemplate": "x"})
    pipes.update_pipe(Name="p", RoleArn=ROLE, Description="", DesiredState="STOPPED")
    server.advance(1000)
    assert state(aws) == ("STOPPED", "STOPPED")
    assert "Description" not in pipes.describe_pipe(Name="p")


def test_a_source_that_is_not_there_fails_the_pipe(lab: tuple[ServerThread, Client]) -> None:
    server, aws = lab
    aws("pipes").create_pipe(**request(Source=arn_of("123456789012", "none")))
    server.advance(1000)
    found = aws("pipes").describe_pipe(Name="p")
    assert (found["CurrentState"], found["StateReason"]) == ("CREATE_FAILED", "The specified queue does not exist.")


def test_listing_and_tags(aws: Client, account: str) -> None:
    pipes = aws("pipes")
    for name in ("a1", "a2", "b1"):
        ends = {"Source": arn_of(account, f"in-{name}"), "Target": arn_of(account, "out")}
        pipes.create_pipe(Name=name, RoleArn=ROLE, DesiredState="STOPPED" if name == "a2" else "RUNNING", **ends)

    def names(**filters: Any) -> list[str]:
        pages = pipes.get_paginator("list_pipes").paginate(**filters, PaginationConfig={"PageSize": 2})
        return [pipe["Name"] for page in pages for pipe in page["Pipes"]]

    assert names() == ["a1", "a2", "b1"]
    assert names(NamePrefix="a") == ["a1", "a2"]
    assert names(DesiredState="STOPPED") == ["a2"]
    assert names(SourcePrefix=arn_of(account, "in-b")) == ["b1"]
    assert names(TargetPrefix=arn_of(account, "nothing")) == []
    arn = f"arn:aws:pipes:us-east-1:{account}:pipe/a1"
    pipes.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    pipes.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert pipes.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    message = refusal("ConflictException", pipes.create_pipe, Name="a1", RoleArn=ROLE, **ends)
    assert message == "Pipe a1 already exists."
    assert refusal("NotFoundException", pipes.list_tags_for_resource, resourceArn=f"{arn}x")


STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Source": "arn:aws:s3:::bucket"}, "Invalid pipe source."),
        ({"Target": "arn:aws:pipes:us-east-1:123456789012:pipe/q"}, "Invalid pipe target."),
        ({"Enrichment": arn_of("123456789012", "q")}, "Invalid pipe enrichment."),
        (
            {"Target": "arn:aws:lambda:eu-west-1:123456789012:function:f"},
            "Creating cross-region pipe is not permitted.",
        ),
        (
            {"SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "LATEST"}}},
            "Invalid source parameter provided for source.",
        ),
        ({"Source": STREAM}, "SourceParameters.DynamoDBStreamParameters Missing required parameter."),
        (
            {"TargetParameters": {"LambdaFunctionParameters": {"InvocationType": "FIRE_AND_FORGET"}}},
            "Invalid target parameter provided for target.",
        ),
        (
            {"Target": "arn:aws:sns:us-east-1:123456789012:t.fifo"},
            "SNS FIFO topics are not supported as a pipe target.",
        ),
        (
            {"SourceParameters": {"SqsQueueParameters": {"BatchSize": 11, "MaximumBatchingWindowInSeconds": 1}}},
            "The configured batch size 11 is greater than the max supported batch size 10.",
        ),
        (
            {"SourceParameters": {"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}},
            "Invalid Event Pattern. Reason: Empty objects are not allowed",
        ),
        (
            {"TargetParameters": {"InputTemplate": "<aws.pipes.bogus>"}},
            "Invalid json path reference or predefined variable for placeholder",
        ),
        ({"LogConfiguration": {"Level": "INFO"}}, "Must provide at least 1 log destination in LogConfiguration"),
        (
            {"Name": "a b"},
            "1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
        ),
    ],
)
def test_refusals(aws: Client, changes: dict[str, Any], message: str) -> None:
    assert refusal("ValidationException", aws("pipes").create_pipe, **request(**changes)) == message


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"Source": "arn:aws:kafka:us-east-1:123456789012:cluster/c/1"}, "source of the service kafka"),
        ({"Source": "arn:aws:mq:us-east-1:123456789012:broker:b"}, "source of the service mq"),
        ({"Source": "smk://broker.example:9092"}, "self-managed Apache Kafka"),
        ({"Target": "arn:aws:ecs:us-east-1:123456789012:cluster/c"}, "target of the service ecs"),
        ({"Target": "arn:aws:batch:us-east-1:123456789012:job-queue/q"}, "target of the service batch"),
        (
            {
                "LogConfiguration": {
                    "Level": "INFO",
                    "S3LogDestination": {"BucketName": "bucket", "BucketOwner": "123456789012"},
                }
            },
            "log destination in S3",
        ),
    ],
)
def test_what_we_lack_is_refused_by_name(aws: Client, changes: dict[str, Any], what: str) -> None:
    message = refusal("NotImplemented", aws("pipes").create_pipe, **request(**changes))
    assert what in message and message.endswith("is not implemented by Headwater.")
