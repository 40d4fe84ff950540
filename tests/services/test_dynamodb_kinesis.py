"""Changes of a table, put into a stream of Kinesis."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.client import Headwater
from tests.conftest import client_factory
from tests.server import ServerThread
from tests.services.dynamodb import make_table

ACCOUNT = "123456789012"


class Lab:
    def __init__(self, server: ServerThread) -> None:
        self.server = server
        aws = self.aws = client_factory(server.endpoint, ACCOUNT)
        self.dynamodb, self.kinesis = aws("dynamodb"), aws("kinesis")
        self.kinesis.create_stream(StreamName="s", ShardCount=1)
        make_table(self.dynamodb, "things", range_type=None)
        server.advance(1000)
        self.stream = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
        self.named = {"TableName": "things", "StreamArn": self.stream}

    def enable(self, **more: Any) -> None:
        assert (
            self.dynamodb.enable_kinesis_streaming_destination(**self.named, **more)["DestinationStatus"] == "ENABLING"
        )
        self.server.advance(1000)

    def state(self) -> list[tuple[str, str]]:
        found = self.dynamodb.describe_kinesis_streaming_destination(TableName="things")[
            "KinesisDataStreamDestinations"
        ]
        return [(each["DestinationStatus"], each["ApproximateCreationDateTimePrecision"]) for each in found]

    def records(self) -> list[dict[str, Any]]:
        Headwater(self.server.endpoint).settle()
        begin = {"StreamName": "s", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
        found = self.kinesis.get_records(ShardIterator=self.kinesis.get_shard_iterator(**begin)["ShardIterator"])
        return [json.loads(record["Data"]) for record in found["Records"]]

    def refused(self, name: str, **more: Any) -> str:
        with pytest.raises(ClientError) as caught:
            getattr(self.dynamodb, name)(**self.named, **more)
        assert caught.value.response["Error"]["Code"] == "ValidationException"
        return str(caught.value.response["Error"]["Message"])


@pytest.fixture
def lab(timed: ServerThread) -> Lab:
    return Lab(timed)


def test_changes_are_put_as_aws_writes_them(lab: Lab) -> None:
    lab.dynamodb.put_item(TableName="things", Item={"pk": {"S": "before"}})
    lab.enable()
    assert lab.state() == [("ACTIVE", "MILLISECOND")]
    lab.dynamodb.put_item(TableName="things", Item={"pk": {"S": "a"}, "n": {"N": "1"}})
    lab.dynamodb.put_item(TableName="things", Item={"pk": {"S": "a"}, "n": {"N": "1"}})
    lab.dynamodb.put_item(TableName="things", Item={"pk": {"S": "a"}, "n": {"N": "2"}})
    lab.dynamodb.delete_item(TableName="things", Key={"pk": {"S": "a"}})
    made, changed, gone = lab.records()
    assert made == {
        "awsRegion": "us-east-1", "eventID": made["eventID"], "eventName": "INSERT", "userIdentity": None,
        "recordFormat": "application/json", "tableName": "things", "eventSource": "aws:dynamodb",
        "dynamodb": {
            "ApproximateCreationDateTime": lab.server.cloud.engine.clock.now(), "Keys": {"pk": {"S": "a"}},
            "NewImage": {"pk": {"S": "a"}, "n": {"N": "1"}}, "SizeBytes": 9,
        },
    }  # fmt: skip
    assert changed["eventName"] == "MODIFY" and changed["dynamodb"]["OldImage"]["n"] == {"N": "1"}
    assert gone["eventName"] == "REMOVE" and "NewImage" not in gone["dynamodb"]


def test_precision_is_changed_and_shown(lab: Lab) -> None:
    lab.enable(EnableKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MICROSECOND"})
    lab.dynamodb.put_item(TableName="things", Item={"pk": {"S": "a"}})
    [record] = lab.records()
    assert record["dynamodb"]["ApproximateCreationDateTimePrecision"] == "MICROSECOND"
    assert record["dynamodb"]["ApproximateCreationDateTime"] == lab.server.cloud.engine.clock.now() * 1000
    wanted = {"UpdateKinesisStreamingConfiguration": {"ApproximateCreationDateTimePrecision": "MILLISECOND"}}
    assert lab.dynamodb.update_kinesis_streaming_destination(**lab.named, **wanted)["DestinationStatus"] == "UPDATING"
    assert "Updates are only allowed in ACTIVE" in lab.refused("update_kinesis_streaming_destination", **wanted)
    lab.server.advance(1000)
    assert lab.state() == [("ACTIVE", "MILLISECOND")]
    assert "Precision is already set" in lab.refused("update_kinesis_streaming_destination", **wanted)
    assert "cannot be null" in lab.refused("update_kinesis_streaming_destination")


def test_one_stream_at_a_time_that_is_there(lab: Lab) -> None:
    assert "must be ACTIVE" in lab.refused("disable_kinesis_streaming_destination")
    gone = {"TableName": "things", "StreamArn": lab.stream + "-gone"}
    lab.dynamodb.enable_kinesis_streaming_destination(**gone)
    assert "must be DISABLED or ENABLE_FAILED" in lab.refused("enable_kinesis_streaming_destination")
    lab.server.advance(1000)
    [failed] = lab.dynamodb.describe_kinesis_streaming_destination(TableName="things")["KinesisDataStreamDestinations"]
    assert failed["DestinationStatus"] == "ENABLE_FAILED"
    assert failed["DestinationStatusDescription"] == "User does not have a permission to use kinesis stream"
    lab.enable()
    assert {state for state, _ in lab.state()} == {"ACTIVE", "ENABLE_FAILED"}
    assert lab.dynamodb.disable_kinesis_streaming_destination(**lab.named)["DestinationStatus"] == "DISABLING"
    lab.dynamodb.put_item(TableName="things", Item={"pk": {"S": "a"}})
    lab.server.advance(1000)
    assert {state for state, _ in lab.state()} == {"DISABLED", "ENABLE_FAILED"}
    assert lab.records() == []


def test_a_change_waits_for_its_stream(lab: Lab) -> None:
    lab.enable()
    lab.kinesis.delete_stream(StreamName="s")
    lab.server.advance(1000)
    lab.dynamodb.put_item(TableName="things", Item={"pk": {"S": "a"}})
    assert [each["name"] for each in Headwater(lab.server.endpoint).deliveries(state="retrying")] == ["dynamodb.change"]
    lab.kinesis.create_stream(StreamName="s", ShardCount=1)
    lab.server.advance(120_000)
    assert [record["eventName"] for record in lab.records()] == ["INSERT"]


def test_a_template_declares_it(lab: Lab) -> None:
    properties: dict[str, Any] = {
        "TableName": "declared", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KinesisStreamSpecification": {"StreamArn": lab.stream},
    }  # fmt: skip
    body = {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}}
    cloudformation = lab.aws("cloudformation")
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(body))
    lab.server.advance(5000)
    lab.dynamodb.put_item(TableName="declared", Item={"k": {"S": "a"}})
    assert [record["tableName"] for record in lab.records()] == ["declared"]
    del properties["KinesisStreamSpecification"]
    cloudformation.update_stack(StackName="s", TemplateBody=json.dumps(body))
    lab.server.advance(5000)
    found = lab.dynamodb.describe_kinesis_streaming_destination(TableName="declared")["KinesisDataStreamDestinations"]
    assert [each["DestinationStatus"] for each in found] == ["DISABLED"]
