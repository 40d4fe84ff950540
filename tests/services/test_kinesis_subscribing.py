"""A consumer subscribed to a shard, through boto3's event stream over HTTP/1.1."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import cbor2
import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from headwater.client import Headwater
from headwater.gateway.event_frames import event
from tests.conftest import client_factory
from tests.server import ServerThread

SHARD = "shardId-000000000000"


class Lab:
    def __init__(self, server: ServerThread) -> None:
        self.server = server
        self.streams: list[Any] = []
        self.kinesis = client_factory(server.endpoint, "123456789012")("kinesis")
        self.kinesis.create_stream(StreamName="s", ShardCount=1)
        server.advance(1000)
        arn = self.kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
        made = self.kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")
        self.consumer = made["Consumer"]["ConsumerARN"]
        server.advance(1000)

    def subscribe(self, kind: str = "TRIM_HORIZON", **position: Any) -> Iterator[dict[str, Any]]:
        asked = {"ConsumerARN": self.consumer, "ShardId": SHARD, "StartingPosition": {"Type": kind, **position}}
        stream = self.kinesis.subscribe_to_shard(**asked)["EventStream"]
        self.streams.append(stream)
        return (each["SubscribeToShardEvent"] for each in stream)

    def put(self, data: bytes) -> str:
        number: str = self.kinesis.put_record(StreamName="s", PartitionKey="a", Data=data)["SequenceNumber"]
        return number

    def refused(self, **more: Any) -> str:
        asked = {"ConsumerARN": self.consumer, "ShardId": SHARD, "StartingPosition": {"Type": "LATEST"}} | more
        with pytest.raises(ClientError) as caught:
            self.kinesis.subscribe_to_shard(**asked)
        return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def lab(timed: ServerThread) -> Iterator[Lab]:
    made = Lab(timed)
    yield made
    for stream in made.streams:
        stream.close()


def test_records_are_pushed_as_they_come(lab: Lab) -> None:
    first = lab.put(b"1")
    events = lab.subscribe()
    event = next(events)
    assert [record["Data"] for record in event["Records"]] == [b"1"]
    assert event["Records"][0]["SequenceNumber"] == event["ContinuationSequenceNumber"] == first
    assert event["MillisBehindLatest"] == 0
    lab.put(b"2")
    assert [record["Data"] for record in next(events)["Records"]] == [b"2"]
    assert Headwater(lab.server.endpoint).settle()["settled"], "who waits for records holds nothing up"
    lab.server.advance(5_000)
    assert next(events)["Records"] == [], "a sign of life"
    lab.server.advance(300_000)
    assert all(not event["Records"] for event in events), "after five minutes it ends"
    again = lab.subscribe("AFTER_SEQUENCE_NUMBER", SequenceNumber=first)
    assert [record["Data"] for record in next(again)["Records"]] == [b"2"]


def test_the_next_subscription_takes_the_place_of_the_former(lab: Lab) -> None:
    former = lab.subscribe("LATEST")
    next(former)
    assert lab.refused() == "ResourceInUseException"
    lab.server.advance(5_000)
    later = lab.subscribe("LATEST")
    next(later)
    lab.server.advance(5_000)
    assert all(not event["Records"] for event in former), "it has ended"
    lab.put(b"1")
    assert [record["Data"] for event in (next(later), next(later)) for record in event["Records"]] == [b"1"]


def test_a_closed_shard_names_its_children(lab: Lab) -> None:
    lab.put(b"1")
    lab.kinesis.split_shard(StreamName="s", ShardToSplit=SHARD, NewStartingHashKey=str(2**127))
    lab.server.advance(1000)
    *_, last = lab.subscribe()
    assert [child["ParentShards"] for child in last["ChildShards"]] == [[SHARD], [SHARD]]
    assert [record["Data"] for record in last["Records"]] == [b"1"]


def test_refusals(lab: Lab) -> None:
    assert lab.refused(ShardId="shardId-000000000009") == "ResourceNotFoundException"
    assert lab.refused(ConsumerARN=lab.consumer + "1") == "ResourceNotFoundException"
    assert lab.refused(StartingPosition={"Type": "AT_SEQUENCE_NUMBER"}) == "InvalidArgumentException"
    lab.kinesis.deregister_stream_consumer(ConsumerARN=lab.consumer)
    assert lab.refused() == "ResourceNotFoundException"


def test_in_cbor_it_is_refused_by_name(lab: Lab) -> None:
    headers = {"Content-Type": "application/x-amz-cbor-1.1", "X-Amz-Target": "Kinesis_20131202.SubscribeToShard"}
    headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/kinesis/aws4_request"
    request = urllib.request.Request(lab.server.endpoint, cbor2.dumps({}), headers)
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(request)
    with caught.value as answer:
        assert answer.code == 501


@given(st.text("abc-", min_size=1, max_size=30), st.binary(max_size=200))
def test_frames_are_read_by_botocore(kind: str, payload: bytes) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(event(kind, payload))
    (message,) = buffer
    assert message.payload == payload
    assert message.headers[":event-type"] == kind and message.headers[":message-type"] == "event"
