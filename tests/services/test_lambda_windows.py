"""Tumbling windows of functions that streams feed, on the clock."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from headwater.client import Headwater
from headwater.spine.clock import Clock
from headwater.spine.polling.windows import Windows
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.lambda_lab import make

ACCOUNT = "123456789012"
START = 1_795_000_020_000  # a whole minute
# adds up, and sends what it was given to a queue
ADDING = """
import base64, boto3, json, os
sqs = boto3.client("sqs")
def handler(event, context):
    told = event | ({"state": "large"} if "text" in event["state"] else {})
    sqs.send_message(QueueUrl=os.environ["OUT"], MessageBody=json.dumps(told))
    values = [json.loads(base64.b64decode(r["kinesis"]["data"])) for r in event["Records"]]
    if "bad" in values:
        return {"answer": "no state"}
    if "huge" in values:
        return {"state": {"text": "x" * 1100000}}
    return {"state": {"sum": event["state"].get("sum", 0) + sum(values)}}
"""


class Lab:
    def __init__(self, server: ServerThread) -> None:
        self.server = server
        self.aws = client_factory(server.endpoint, ACCOUNT)

    def begin(self, **mapping: Any) -> None:
        kinesis, sqs = self.aws("kinesis"), self.aws("sqs")
        kinesis.create_stream(StreamName="s", ShardCount=1)
        self.server.advance(100)
        out = sqs.create_queue(QueueName="out")["QueueUrl"]
        make(self.aws("lambda"), source=ADDING, Environment={"Variables": {"OUT": out}})
        arn = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
        asked = {"EventSourceArn": arn, "StartingPosition": "TRIM_HORIZON", "TumblingWindowInSeconds": 60} | mapping
        made = self.aws("lambda").create_event_source_mapping(FunctionName="f", **asked)
        assert made["TumblingWindowInSeconds"] == asked["TumblingWindowInSeconds"]

    def put(self, *values: Any) -> None:
        records = [{"Data": json.dumps(value).encode(), "PartitionKey": "a"} for value in values]
        self.aws("kinesis").put_records(StreamName="s", Records=records)
        self.server.advance(10)
        Headwater(self.server.endpoint).settle()

    def told(self) -> list[tuple[str, Any, int, bool]]:
        """What the function was given since: the window's start, the state, how many records, whether it is final."""
        sqs = self.aws("sqs")
        url, found = sqs.get_queue_url(QueueName="out")["QueueUrl"], []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found += [json.loads(message["Body"]) for message in messages]
        return [
            (e["window"]["start"][14:19], e["state"], len(e["Records"]), e["isFinalInvokeForWindow"]) for e in found
        ]


@pytest.fixture
def lab() -> Any:
    with ServerThread(clock=Clock(START)) as server:
        yield Lab(server)


def test_state_goes_from_batch_to_batch_to_the_end_of_its_window(lab: Lab) -> None:
    lab.begin()
    lab.put(1, 2)
    lab.put(3)
    assert lab.told() == [("07:00", {}, 2, False), ("07:00", {"sum": 3}, 1, False)]
    lab.server.advance(60_000)
    assert lab.told() == [("07:00", {"sum": 6}, 0, True)]
    lab.server.advance(300_000)
    assert lab.told() == []
    lab.put(5)
    assert lab.told() == [("13:00", {}, 1, False)]


def test_an_event_of_a_window_has_aws_members(lab: Lab) -> None:
    lab.begin(BatchSize=1)
    lab.put(1)
    sqs = lab.aws("sqs")
    [message] = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="out")["QueueUrl"])["Messages"]
    event = json.loads(message["Body"])
    assert list(event) == [
        *("Records", "window", "state", "shardId", "eventSourceARN", "isFinalInvokeForWindow"),
        "isWindowTerminatedEarly",
    ]
    assert event["window"] == {"start": "2026-11-18T11:07:00Z", "end": "2026-11-18T11:08:00Z"}
    assert event["shardId"] == "shardId-000000000000" and event["eventSourceARN"].endswith(":stream/s")


def test_without_a_state_a_run_has_failed(lab: Lab) -> None:
    lab.begin(MaximumRetryAttempts=1)
    lab.put(4)
    lab.put("bad")
    lab.server.advance(2_000)
    told = lab.told()
    assert told == [("07:00", {}, 1, False), ("07:00", {"sum": 4}, 1, False), ("07:00", {"sum": 4}, 1, False)]
    lab.server.advance(60_000)
    assert lab.told() == [("07:00", {"sum": 4}, 0, True)], "what was given up changes no state"


def test_a_state_that_is_too_large_ends_its_window_early(lab: Lab) -> None:
    lab.begin()
    lab.put("huge")
    lab.put(1)
    assert lab.told() == [("07:00", {}, 1, False), ("07:00", "large", 0, True), ("07:00", {}, 1, False)]
    lab.server.advance(60_000)
    assert lab.told() == [("07:00", {"sum": 1}, 0, True)]


def test_a_window_outlives_a_restart(tmp_path: Path) -> None:
    with ServerThread(tmp_path, Clock(START)) as server:
        lab = Lab(server)
        lab.begin()
        lab.put(7)
        assert lab.told() == [("07:00", {}, 1, False)]
    with ServerThread(tmp_path, Clock(START + 30_000)) as server:
        lab = Lab(server)
        lab.put(1)
        lab.server.advance(60_000)
        assert lab.told() == [("07:00", {"sum": 7}, 1, False), ("07:00", {"sum": 8}, 0, True)]


def test_a_window_of_a_table(timed: ServerThread) -> None:
    lab = Lab(timed)
    dynamodb, sqs = lab.aws("dynamodb"), lab.aws("sqs")
    table = dynamodb.create_table(
        TableName="things", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]  # fmt: skip
    out = sqs.create_queue(QueueName="out")["QueueUrl"]
    source = 'import boto3, json, os\nsqs = boto3.client("sqs")\ndef handler(event, context):\n' + (
        '    sqs.send_message(QueueUrl=os.environ["OUT"], MessageBody=json.dumps(event))\n'
        '    return {"state": {"n": event["state"].get("n", 0) + len(event["Records"])}}\n'
    )
    make(lab.aws("lambda"), source=source, Environment={"Variables": {"OUT": out}})
    asked = {"EventSourceArn": table["LatestStreamArn"], "StartingPosition": "TRIM_HORIZON"}
    lab.aws("lambda").create_event_source_mapping(FunctionName="f", TumblingWindowInSeconds=900, **asked)
    for number in range(3):
        dynamodb.put_item(TableName="things", Item={"k": {"S": str(number)}})
    timed.advance(900_000)
    Headwater(timed.endpoint).settle()
    assert lab.told()[-1][1:] == ({"n": 3}, 0, True)


def test_a_window_needs_one_lane(aws: Client) -> None:
    kinesis, lambda_ = aws("kinesis"), aws("lambda")
    make(lambda_)
    kinesis.create_stream(StreamName="s", ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    asked = {"EventSourceArn": arn, "StartingPosition": "LATEST", "FunctionName": "f"}
    with pytest.raises(ClientError, match="ParallelizationFactor"):
        lambda_.create_event_source_mapping(**asked, TumblingWindowInSeconds=10, ParallelizationFactor=2)


@given(st.lists(st.integers(0, 1_000_000), max_size=40), st.integers(1, 900), st.integers(0, 1000))
def test_records_fall_into_windows_in_order(arrivals: list[int], length: int, first: int) -> None:
    windows = Windows(SimpleNamespace(cause=""), SimpleNamespace(), "", length, "")  # type: ignore[arg-type]
    windows.start = first * length
    parts = windows.parts([{"at": at} for at in arrivals], lambda record: int(record["at"]))
    starts = [start for start, _ in parts]
    assert starts == sorted(set(starts)) and all(start % length == 0 and start >= windows.start for start in starts)
    assert [record["at"] for _, part in parts for record in part] == arrivals
    for start, part in parts:
        assert all(record["at"] < start + length for record in part), "none comes later than its window"
