"""Streams of Kinesis that feed functions and pipes, shard by shard; and what puts records into them."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from headwater.client import Headwater
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.lambda_lab import make, receive
from tests.services.pipes_lab import ROLE, Lab, queue_arn
from tests.services.test_lambda_sources import FORWARD, records
from tests.settling import wait_for

KEYS = ("a", "b", "c", "d", "e", "f")


@pytest.fixture
def lab(timed: ServerThread) -> Lab:
    return Lab(timed)


def stream(lab: Lab, shards: int = 2) -> str:
    kinesis = lab.aws("kinesis")
    kinesis.create_stream(StreamName="orders", ShardCount=shards)
    lab.server.advance(100)
    arn: str = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["StreamARN"]
    return arn


def put(lab: Lab, key: str, *values: Any) -> None:
    for value in values:
        lab.aws("kinesis").put_record(StreamName="orders", Data=json.dumps(value).encode(), PartitionKey=key)
    lab.server.advance(10)


def begun(position: str = "TRIM_HORIZON", **settings: Any) -> dict[str, Any]:
    return {"SourceParameters": {"KinesisStreamParameters": {"StartingPosition": position} | settings}}


def test_a_pipe_reads_every_shard_in_order(lab: Lab) -> None:
    source = stream(lab)
    for n in range(3):
        for key in KEYS:
            put(lab, key, {"key": key, "n": n})
    lab.pipe(Source=source, TargetParameters={"InputTemplate": '{"key": <$.partitionKey>, "n": <$.data.n>}'}, **begun())
    seen = lab.bodies()
    assert len(seen) == 18
    for key in KEYS:
        assert [body["n"] for body in seen if body["key"] == key] == [0, 1, 2]
    put(lab, "a", {"n": 3})
    assert lab.bodies() == [{"key": "a", "n": 3}]


def test_a_record_in_a_pipe_is_flat_and_filtered_by_its_data(lab: Lab) -> None:
    source = stream(lab)
    settings = begun()
    settings["SourceParameters"]["FilterCriteria"] = {"Filters": [{"Pattern": '{"data": {"kind": ["paid"]}}'}]}
    lab.pipe(Source=source, **settings)
    put(lab, "a", {"kind": "open"}, {"kind": "paid"}, "text")
    (record,) = lab.bodies()
    assert json.loads(b64decode(record["data"])) == {"kind": "paid"}
    assert (record["eventSource"], record["eventSourceARN"], record["invokeIdentityArn"]) == (
        "aws:kinesis",
        source,
        ROLE,
    )
    assert record["eventID"] == f"shardId-000000000000:{record['sequenceNumber']}"
    told = Headwater(lab.server.endpoint).explain(record["eventID"])
    assert [verdict["state"] for verdict in told["verdicts"]] == ["delivered"]


def test_children_are_read_after_their_parents(lab: Lab) -> None:
    source = stream(lab, shards=1)
    put(lab, "a", 1)
    lab.aws("kinesis").split_shard(
        StreamName="orders", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    put(lab, "a", 2)
    lab.server.advance(100)
    lab.aws("kinesis").update_shard_count(StreamName="orders", TargetShardCount=1, ScalingType="UNIFORM_SCALING")
    put(lab, "a", 3)
    lab.pipe(Source=source, TargetParameters={"InputTemplate": "<$.data>"}, **begun())
    assert lab.bodies() == [1, 2, 3]
    lab.aws("kinesis").delete_stream(StreamName="orders")
    lab.server.advance(100)
    stream(lab, shards=1)
    put(lab, "a", 4)
    assert lab.bodies() == [4]


def test_where_a_pipe_begins(lab: Lab) -> None:
    source = stream(lab)
    put(lab, "a", 1)
    lab.server.advance(5_000)
    lab.pipe("latest", Source=source, TargetParameters={"InputTemplate": "late <$.data>"}, **begun("LATEST"))
    put(lab, "a", 2)
    assert lab.bodies() == ["late 2"]
    at = 1_795_000_000_000 // 1000 + 1
    lab.pipe(
        "since",
        Source=source,
        TargetParameters={"InputTemplate": "since <$.data>"},
        **begun("AT_TIMESTAMP", StartingPositionTimestamp=at),
    )
    assert lab.bodies() == ["since 2"]


def test_a_poisonous_shard_holds_up_no_other(lab: Lab) -> None:
    """The target refuses everything of one shard; after its retries the batch ends in the dead-letter queue."""
    source, dead = stream(lab), lab.queue("dead")
    choose = {
        "Type": "Choice",
        "Choices": [{"Variable": "$[0]", "StringEquals": "a", "Next": "Fail"}],
        "Default": "Send",
    }
    url = f"{lab.server.endpoint}/123456789012/out"
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody.$": "$"},
        "End": True,
    }
    lab.pipe(
        Source=source,
        Target=lab.machine("m", {"Choose": choose, "Send": send, "Fail": {"Type": "Fail"}}),
        TargetParameters={"InputTemplate": "<$.partitionKey>"},
        **begun(MaximumRetryAttempts=2, DeadLetterConfig={"Arn": queue_arn("dead")}),
    )
    put(lab, "a", 1)
    put(lab, "b", 1)
    assert lab.bodies() == [["b"]]
    lab.server.advance(10_000)
    (letter,) = lab.bodies(dead)
    batch = letter["KinesisBatchInfo"]
    assert (batch["shardId"], batch["batchSize"], batch["streamArn"]) == ("shardId-000000000000", 1, source)
    put(lab, "b", 2)
    assert lab.bodies() == [["b"]]


@pytest.mark.parametrize("fanned_out", [False, True])
def test_functions_get_records_as_aws_hands_them(aws: Client, fanned_out: bool) -> None:
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    summary = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
    wait_for(kinesis, "stream_exists", StreamName="orders")
    source = summary["StreamARN"]
    if fanned_out:
        consumer = kinesis.register_stream_consumer(StreamARN=source, ConsumerName="reader")
        source = consumer["Consumer"]["ConsumerARN"]
    mapping = {"EventSourceArn": source, "StartingPosition": "TRIM_HORIZON"}
    out, made = feed(aws, **mapping)
    kinesis.put_record(StreamName="orders", Data=b"hello", PartitionKey="a")
    (record,) = records(receive(aws("sqs"), out))
    assert record["kinesis"]["data"] == b64encode(b"hello").decode()
    assert (record["kinesis"]["partitionKey"], record["kinesis"]["kinesisSchemaVersion"]) == ("a", "1.0")
    assert record["eventName"] == "aws:kinesis:record"
    assert record["eventSourceARN"] == source
    assert record["invokeIdentityArn"].endswith("role/function")
    assert made["BatchSize"] == 100


def feed(aws: Client, **mapping: Any) -> tuple[str, Any]:
    """A function that forwards what a stream feeds it to a queue; the queue's URL and the mapping."""
    sqs = aws("sqs")
    out: str = sqs.create_queue(QueueName="out")["QueueUrl"]
    make(aws("lambda"), source=FORWARD, Environment={"Variables": {"OUT": out}})
    return out, aws("lambda").create_event_source_mapping(FunctionName="f", **mapping)


def test_rules_and_schedules_put_records(lab: Lab) -> None:
    source = stream(lab, shards=1)
    events = lab.aws("events")
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    target = {"Id": "1", "Arn": source, "KinesisParameters": {"PartitionKeyPath": "$.detail.customer"}, "RoleArn": ROLE}
    assert events.put_targets(Rule="r", Targets=[target])["FailedEntryCount"] == 0
    entry = {"Source": "shop", "DetailType": "d", "Detail": '{"customer": "ann"}'}
    events.put_events(Entries=[entry])
    lab.aws("scheduler").create_schedule(
        Name="s",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": source, "RoleArn": ROLE, "Input": "tick", "KinesisParameters": {"PartitionKey": "clock"}},
    )
    lab.server.advance(61_000)
    kinesis = lab.aws("kinesis")
    begin = {"StreamName": "orders", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    found = kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**begin)["ShardIterator"])["Records"]
    assert [record["PartitionKey"] for record in found][:2] == ["ann", "clock"]
    assert json.loads(found[0]["Data"])["detail"] == {"customer": "ann"}
    assert found[1]["Data"] == b"tick"


def test_a_stream_is_read_on_after_a_restart(tmp_path: Path) -> None:
    def use(server: ServerThread) -> Any:
        return client_factory(server.endpoint, "123456789012")

    with ServerThread(data=tmp_path) as server:
        aws = use(server)
        aws("kinesis").create_stream(StreamName="orders", ShardCount=1)
        wait_for(aws("kinesis"), "stream_exists", StreamName="orders")
        put_one = {"StreamName": "orders", "PartitionKey": "a"}
        number = aws("kinesis").put_record(Data=b"1", **put_one)["SequenceNumber"]
    with ServerThread(data=tmp_path) as server:
        aws = use(server)
        after = aws("kinesis").put_record(Data=b"2", **put_one)["SequenceNumber"]
        assert int(after) > int(number)
        begin = {"StreamName": "orders", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
        token = aws("kinesis").get_shard_iterator(**begin)["ShardIterator"]
        assert [each["Data"] for each in aws("kinesis").get_records(ShardIterator=token)["Records"]] == [b"1", b"2"]
