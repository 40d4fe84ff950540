"""Streams: what is told of changes, in which order, for how long."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.dynamodb import invalid, item, make_table, refusal, wire


@pytest.fixture
def db(aws: Client) -> Any:
    return aws("dynamodb")


@pytest.fixture
def streams(aws: Client) -> Any:
    return aws("dynamodbstreams")


def make_stream(db: Any, view_type: str = "NEW_AND_OLD_IMAGES", name: str = "tab") -> str:
    make_table(db, name, StreamSpecification={"StreamEnabled": True, "StreamViewType": view_type})
    arn: str = db.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    return arn


def iterator(streams: Any, arn: str, kind: str = "TRIM_HORIZON", **more: Any) -> str:
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    made: str = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **more)[
        "ShardIterator"
    ]
    return made


def records(streams: Any, arn: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = streams.get_records(ShardIterator=iterator(streams, arn))["Records"]
    return found


@pytest.mark.parametrize(
    ("view_type", "images"),
    [
        ("KEYS_ONLY", set()),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
    ],
)
def test_each_change_is_told_once(db: Any, streams: Any, view_type: str, images: set[str]) -> None:
    arn = make_stream(db, view_type)
    key, first, second = item(pk="a", sk="b"), item(pk="a", sk="b", v=1), item(pk="a", sk="b", v=2, raw=b"\x00")
    db.put_item(TableName="tab", Item=first)
    db.put_item(TableName="tab", Item=first)  # changes nothing, so nothing is told
    db.put_item(TableName="tab", Item=second)
    db.delete_item(TableName="tab", Key=key)
    db.delete_item(TableName="tab", Key=key)
    told = records(streams, arn)
    assert [record["eventName"] for record in told] == ["INSERT", "MODIFY", "REMOVE"]
    for record, old, new in zip(told, (None, first, second), (first, second, None), strict=True):
        wanted = {"OldImage": old, "NewImage": new}
        change = record["dynamodb"]
        assert {name: change[name] for name in wanted if name in change} == {
            name: image for name, image in wanted.items() if image is not None and name in images
        }
        assert change["Keys"] == key and change["StreamViewType"] == view_type and change["SizeBytes"] > 0
        assert record["eventSource"] == "aws:dynamodb" and record["awsRegion"] == "us-east-1"
    numbers = [record["dynamodb"]["SequenceNumber"] for record in told]
    assert numbers == sorted(numbers) and len({record["eventID"] for record in told}) == 3


def test_places_in_a_shard(db: Any, streams: Any) -> None:
    arn = make_stream(db)
    latest = iterator(streams, arn, "LATEST")
    for number in range(5):
        db.put_item(TableName="tab", Item=item(pk="a", sk=str(number)))

    def keys(answer: dict[str, Any]) -> list[str]:
        return [record["dynamodb"]["Keys"]["sk"]["S"] for record in answer["Records"]]

    numbers = [record["dynamodb"]["SequenceNumber"] for record in records(streams, arn)]
    assert keys(streams.get_records(ShardIterator=latest)) == ["0", "1", "2", "3", "4"]
    at = iterator(streams, arn, "AT_SEQUENCE_NUMBER", SequenceNumber=numbers[2])
    after = iterator(streams, arn, "AFTER_SEQUENCE_NUMBER", SequenceNumber=numbers[2])
    assert keys(streams.get_records(ShardIterator=at, Limit=2)) == ["2", "3"]
    page = streams.get_records(ShardIterator=after, Limit=1)
    assert keys(page) == ["3"]
    page = streams.get_records(ShardIterator=page["NextShardIterator"])
    assert keys(page) == ["4"]
    page = streams.get_records(ShardIterator=page["NextShardIterator"])
    assert keys(page) == [] and "NextShardIterator" in page


def test_transactions_and_batches_are_told(db: Any, streams: Any) -> None:
    arn = make_stream(db, "KEYS_ONLY")
    puts = [{"PutRequest": {"Item": item(pk="a", sk=str(number))}} for number in range(3)]
    db.batch_write_item(RequestItems={"tab": puts})
    update = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": wire(1)}}
    db.transact_write_items(
        TransactItems=[
            {"Update": {"TableName": "tab", "Key": item(pk="a", sk="1"), **update}},
            {"Delete": {"TableName": "tab", "Key": item(pk="a", sk="0")}},
        ]
    )
    told = [(record["eventName"], record["dynamodb"]["Keys"]["sk"]["S"]) for record in records(streams, arn)]
    assert told == [("INSERT", "0"), ("INSERT", "1"), ("INSERT", "2"), ("MODIFY", "1"), ("REMOVE", "0")]


def test_a_stream_is_switched_off_and_on(db: Any, streams: Any) -> None:
    first = make_stream(db)
    db.put_item(TableName="tab", Item=item(pk="a", sk="b"))
    db.update_table(TableName="tab", StreamSpecification={"StreamEnabled": False})
    table = db.describe_table(TableName="tab")["Table"]
    assert "StreamSpecification" not in table and table["LatestStreamArn"] == first
    described = streams.describe_stream(StreamArn=first)["StreamDescription"]
    assert described["StreamStatus"] == "DISABLED"
    assert "EndingSequenceNumber" in described["Shards"][0]["SequenceNumberRange"]
    answer = streams.get_records(ShardIterator=iterator(streams, first))
    assert len(answer["Records"]) == 1
    end = streams.get_records(ShardIterator=answer["NextShardIterator"])
    assert end["Records"] == [] and "NextShardIterator" not in end
    again = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    db.update_table(TableName="tab", StreamSpecification=again)
    assert invalid(db.update_table, TableName="tab", StreamSpecification=again) == (
        "Table already has an enabled stream: TableName: tab"
    )
    second = db.describe_table(TableName="tab")["Table"]["LatestStreamArn"]
    assert second != first and records(streams, second) == []
    listed = streams.list_streams(TableName="tab")["Streams"]
    assert {stream["StreamArn"] for stream in listed} == {first, second}
    make_stream(db, name="other")
    page = streams.list_streams(Limit=2)
    assert len(page["Streams"]) == 2 and page["LastEvaluatedStreamArn"]


def test_what_streams_refuse(db: Any, streams: Any) -> None:
    arn = make_stream(db)
    code, message = refusal(streams.describe_stream, StreamArn=arn + "9")
    assert code == "ResourceNotFoundException" and message.startswith("Requested resource not found: Stream:")
    assert invalid(streams.get_records, ShardIterator="nonsense") == "Invalid ShardIterator"
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    request = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "AT_SEQUENCE_NUMBER"}
    assert "SequenceNumber must be specified" in invalid(streams.get_shard_iterator, **request)
    wrong = request | {"ShardId": shard[:-1] + "x", "ShardIteratorType": "LATEST"}
    assert refusal(streams.get_shard_iterator, **wrong)[0] == "ResourceNotFoundException"


def test_records_are_kept_for_a_day(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, "123412341234")
    db, streams = aws("dynamodb"), aws("dynamodbstreams")
    arn = make_stream(db)
    db.put_item(TableName="tab", Item=item(pk="a", sk="old"))
    place = iterator(streams, arn)
    timed.advance(1_200_000)
    assert refusal(streams.get_records, ShardIterator=place)[0] == "ExpiredIteratorException"
    timed.advance(82_800_000)
    db.put_item(TableName="tab", Item=item(pk="a", sk="new"))
    assert len(records(streams, arn)) == 2
    timed.advance(3_600_000)
    assert [record["dynamodb"]["Keys"]["sk"]["S"] for record in records(streams, arn)] == ["new"]
