"""Kinesis Data Streams through boto3: streams, records, iterators, retention."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from typing import Any

import cbor2
import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import wait_for


@pytest.fixture
def kinesis(timed: ServerThread) -> Any:
    return client_factory(timed.endpoint, "111122223333")("kinesis")


def make(kinesis: Any, timed: ServerThread, name: str = "orders", **settings: Any) -> str:
    kinesis.create_stream(StreamName=name, **(settings or {"ShardCount": 2}))
    timed.advance(100)
    arn: str = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    return arn


def iterator(kinesis: Any, name: str, shard: str, kind: str = "TRIM_HORIZON", **place: Any) -> str:
    answer = kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType=kind, **place)
    text: str = answer["ShardIterator"]
    return text


def read(kinesis: Any, name: str, shard: str, kind: str = "TRIM_HORIZON", **place: Any) -> list[bytes]:
    records = kinesis.get_records(ShardIterator=iterator(kinesis, name, shard, kind, **place))["Records"]
    return [record["Data"] for record in records]


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_stream_is_created_described_and_deleted(kinesis: Any, timed: ServerThread) -> None:
    kinesis.create_stream(StreamName="orders", ShardCount=2, Tags={"team": "shop"})
    assert refused(kinesis.put_record, StreamName="order", Data=b"x", PartitionKey="a") == (
        "ResourceNotFoundException",
        "Stream order under account 111122223333 not found.",
    )
    description = kinesis.describe_stream(StreamName="orders")["StreamDescription"]
    assert description["StreamStatus"] == "ACTIVE"
    assert description["RetentionPeriodHours"] == 24
    assert [shard["HashKeyRange"] for shard in description["Shards"]] == [
        {"StartingHashKey": "0", "EndingHashKey": str(2**127 - 1)},
        {"StartingHashKey": str(2**127), "EndingHashKey": str(2**128 - 1)},
    ]
    assert refused(kinesis.create_stream, StreamName="orders", ShardCount=1)[0] == "ResourceInUseException"
    listed = kinesis.list_streams()
    assert (listed["StreamNames"], listed["HasMoreStreams"]) == (["orders"], False)
    assert kinesis.list_tags_for_stream(StreamName="orders")["Tags"] == [{"Key": "team", "Value": "shop"}]
    kinesis.delete_stream(StreamName="orders")
    assert refused(kinesis.describe_stream, StreamName="orders")[0] == "ResourceNotFoundException"


def test_a_partition_key_goes_to_the_shard_of_its_hash(kinesis: Any, timed: ServerThread) -> None:
    make(kinesis, timed, ShardCount=3)
    entries = [{"Data": str(n).encode(), "PartitionKey": f"key-{n}"} for n in range(20)]
    answer = kinesis.put_records(StreamName="orders", Records=entries)
    assert answer["FailedRecordCount"] == 0
    for entry, put in zip(entries, answer["Records"], strict=True):
        place = int(hashlib.md5(str(entry["PartitionKey"]).encode()).hexdigest(), 16)
        assert put["ShardId"] == f"shardId-{place * 3 // 2**128:012d}"
        assert len(put["SequenceNumber"]) == 56
    one = kinesis.put_record(StreamName="orders", Data=b"top", PartitionKey="x", ExplicitHashKey=str(2**128 - 1))
    assert one["ShardId"] == "shardId-000000000002"
    assert read(kinesis, "orders", "shardId-000000000002")[-1] == b"top"
    everything = [data for shard in range(3) for data in read(kinesis, "orders", f"shardId-{shard:012d}")]
    assert sorted(everything) == sorted([*(entry["Data"] for entry in entries), b"top"])
    code, message = refused(
        kinesis.put_record, StreamName="orders", Data=b"x", PartitionKey="x", ExplicitHashKey=str(2**128)
    )
    assert code == "InvalidArgumentException"
    assert message.startswith("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1].")


def test_iterators_of_every_kind(kinesis: Any, timed: ServerThread) -> None:
    make(kinesis, timed, ShardCount=1)
    shard = "shardId-000000000000"
    numbers = []
    for n in range(5):
        put = kinesis.put_record(StreamName="orders", Data=str(n).encode(), PartitionKey="a")
        numbers.append(put["SequenceNumber"])
        timed.advance(1_000)
    assert numbers == sorted(numbers, key=int)
    latest = iterator(kinesis, "orders", shard, "LATEST")
    at = {"StartingSequenceNumber": numbers[2]}
    assert read(kinesis, "orders", shard, "AT_SEQUENCE_NUMBER", **at) == [b"2", b"3", b"4"]
    assert read(kinesis, "orders", shard, "AFTER_SEQUENCE_NUMBER", **at) == [b"3", b"4"]
    came = kinesis.get_records(ShardIterator=iterator(kinesis, "orders", shard))["Records"][3]
    when = came["ApproximateArrivalTimestamp"]
    assert read(kinesis, "orders", shard, "AT_TIMESTAMP", Timestamp=when) == [b"3", b"4"]
    first = kinesis.get_records(ShardIterator=iterator(kinesis, "orders", shard), Limit=2)
    assert [record["Data"] for record in first["Records"]] == [b"0", b"1"]
    assert first["MillisBehindLatest"] == 4_000
    second = kinesis.get_records(ShardIterator=first["NextShardIterator"])
    assert [record["Data"] for record in second["Records"]] == [b"2", b"3", b"4"]
    assert second["MillisBehindLatest"] == 0
    kinesis.put_record(StreamName="orders", Data=b"new", PartitionKey="a")
    assert [record["Data"] for record in kinesis.get_records(ShardIterator=latest)["Records"]] == [b"new"]
    assert refused(
        kinesis.get_shard_iterator, StreamName="orders", ShardId=shard, ShardIteratorType="AT_SEQUENCE_NUMBER"
    )[1].endswith("Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.")
    assert refused(kinesis.get_records, ShardIterator="bm9uZQ==") == (
        "InvalidArgumentException",
        "Invalid ShardIterator.",
    )
    timed.advance(300_001)
    code, message = refused(kinesis.get_records, ShardIterator=latest)
    assert code == "ExpiredIteratorException"
    assert message.endswith("which is further in the future than the tolerated delay of 300000 milliseconds.")


def test_records_live_as_long_as_the_retention_says(kinesis: Any, timed: ServerThread) -> None:
    make(kinesis, timed, ShardCount=1)
    shard = "shardId-000000000000"
    kinesis.put_record(StreamName="orders", Data=b"old", PartitionKey="a")
    assert refused(kinesis.increase_stream_retention_period, StreamName="orders", RetentionPeriodHours=9000) == (
        "InvalidArgumentException",
        "Maximum allowed retention period is 8760 hours. Requested retention period (9000 hours) is too long.",
    )
    kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=48)
    timed.advance(30 * 3_600_000)
    assert read(kinesis, "orders", shard) == [b"old"]
    kinesis.decrease_stream_retention_period(StreamName="orders", RetentionPeriodHours=24)
    assert read(kinesis, "orders", shard) == []


def test_split_and_merged_shards_have_children(kinesis: Any, timed: ServerThread) -> None:
    make(kinesis, timed, ShardCount=1)
    kinesis.put_record(StreamName="orders", Data=b"before", PartitionKey="a")
    parent = "shardId-000000000000"
    kinesis.split_shard(StreamName="orders", ShardToSplit=parent, NewStartingHashKey=str(2**127))
    assert refused(kinesis.split_shard, StreamName="orders", ShardToSplit=parent, NewStartingHashKey="9") == (
        "InvalidArgumentException",
        f"Shard {parent} in stream orders under account 111122223333 has already been merged or split, "
        "and thus is not eligible for merging or splitting.",
    )
    answer = kinesis.get_records(ShardIterator=iterator(kinesis, "orders", parent))
    assert [record["Data"] for record in answer["Records"]] == [b"before"]
    assert "NextShardIterator" not in answer
    assert [child["ShardId"] for child in answer["ChildShards"]] == ["shardId-000000000001", "shardId-000000000002"]
    kinesis.merge_shards(
        StreamName="orders", ShardToMerge="shardId-000000000001", AdjacentShardToMerge="shardId-000000000002"
    )
    timed.advance(100)
    shards = kinesis.list_shards(StreamName="orders")["Shards"]
    assert len(shards) == 4
    assert (shards[3]["ParentShardId"], shards[3]["AdjacentParentShardId"]) == (
        "shardId-000000000001",
        "shardId-000000000002",
    )
    assert "EndingSequenceNumber" in shards[0]["SequenceNumberRange"]
    latest = kinesis.list_shards(StreamName="orders", ShardFilter={"Type": "AT_LATEST"})["Shards"]
    assert [shard["ShardId"] for shard in latest] == ["shardId-000000000003"]
    timed.advance(25 * 3_600_000)
    assert len(kinesis.list_shards(StreamName="orders")["Shards"]) == 1


@pytest.mark.parametrize(("before", "after"), [(1, 2), (3, 4), (4, 2), (5, 3), (2, 2)])
def test_a_stream_is_scaled_to_ranges_of_one_size(kinesis: Any, timed: ServerThread, before: int, after: int) -> None:
    make(kinesis, timed, ShardCount=before)
    kinesis.update_shard_count(StreamName="orders", TargetShardCount=after, ScalingType="UNIFORM_SCALING")
    timed.advance(100)
    shards = kinesis.list_shards(StreamName="orders", ShardFilter={"Type": "AT_LATEST"})["Shards"]
    starts = sorted(int(shard["HashKeyRange"]["StartingHashKey"]) for shard in shards)
    assert starts == [2**128 * n // after for n in range(after)]
    answer = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
    assert answer["OpenShardCount"] == after
    assert (
        refused(kinesis.update_shard_count, StreamName="orders", TargetShardCount=99, ScalingType="UNIFORM_SCALING")[0]
        == "LimitExceededException"
    )


def test_consumers_settings_and_policies(kinesis: Any, timed: ServerThread) -> None:
    arn = make(kinesis, timed, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    made = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")["Consumer"]
    assert made["ConsumerStatus"] == "CREATING"
    timed.advance(100)
    described = kinesis.describe_stream_consumer(ConsumerARN=made["ConsumerARN"])["ConsumerDescription"]
    assert (described["ConsumerStatus"], described["StreamARN"]) == ("ACTIVE", arn)
    assert refused(kinesis.delete_stream, StreamName="orders")[0] == "ResourceInUseException"
    policy = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kinesis:*", "Resource": "*"}]}'
    kinesis.put_resource_policy(ResourceARN=arn, Policy=policy)
    assert kinesis.get_resource_policy(ResourceARN=arn)["Policy"] == policy
    kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    timed.advance(100)
    put = kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="a")
    assert put["EncryptionType"] == "KMS"
    summary = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
    assert (summary["OpenShardCount"], summary["ConsumerCount"], summary["KeyId"]) == (4, 1, "alias/aws/kinesis")
    kinesis.deregister_stream_consumer(ConsumerARN=made["ConsumerARN"])
    timed.advance(100)
    assert kinesis.list_stream_consumers(StreamARN=arn)["Consumers"] == []
    monitored = kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["IncomingBytes"])
    assert monitored["DesiredShardLevelMetrics"] == ["IncomingBytes"]
    assert kinesis.describe_limits()["OnDemandStreamCount"] == 1


def test_a_record_is_no_larger_than_the_stream_allows(kinesis: Any, timed: ServerThread) -> None:
    arn = make(kinesis, timed, ShardCount=1)
    large = b"x" * (1024 * 1024)
    code, _ = refused(kinesis.put_record, StreamName="orders", Data=large, PartitionKey="a")
    assert code == "InvalidArgumentException"
    kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=2048)
    timed.advance(100)
    kinesis.put_record(StreamName="orders", Data=large, PartitionKey="a")
    assert read(kinesis, "orders", "shardId-000000000000") == [large]


def test_what_is_lacking_says_so(aws: Client) -> None:
    with pytest.raises(ClientError) as caught:
        aws("kinesis").update_stream_warm_throughput(StreamName="orders", WarmThroughputMiBps=1)
    assert caught.value.response["Error"]["Code"] == "NotImplemented"


def test_java_sdks_speak_cbor(endpoint: str, account: str, aws: Client) -> None:
    aws("kinesis").create_stream(StreamName="orders", ShardCount=1)
    wait_for(aws("kinesis"), "stream_exists", StreamName="orders")

    def ask(operation: str, **request: Any) -> tuple[int, Any]:
        """As they send it: an instant is tag 1 with milliseconds."""
        headers = {
            "Content-Type": "application/x-amz-cbor-1.1",
            "X-Amz-Target": f"Kinesis_20131202.{operation}",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/kinesis/aws4_request, S=0",
        }
        call = urllib.request.Request(endpoint, cbor2.dumps(request), headers)
        try:
            with urllib.request.urlopen(call) as answer:
                assert answer.headers["Content-Type"] == "application/x-amz-cbor-1.1"
                return answer.status, cbor2.loads(answer.read(), semantic_decoders={1: lambda value, _: value})
        except urllib.error.HTTPError as error:
            with error:
                return error.code, cbor2.loads(error.read())

    status, put = ask("PutRecord", StreamName="orders", Data=b"\x00\xff", PartitionKey="a")
    assert (status, put["ShardId"]) == (200, "shardId-000000000000")
    place = {"StreamName": "orders", "ShardId": put["ShardId"], "ShardIteratorType": "AT_TIMESTAMP"}
    answer, found = ask("GetShardIterator", **place, Timestamp=cbor2.CBORTag(1, 1_700_000_000_000))
    assert answer == 200, found
    _, records = ask("GetRecords", ShardIterator=found["ShardIterator"])
    (record,) = records["Records"]
    assert record["Data"] == b"\x00\xff"
    assert record["ApproximateArrivalTimestamp"] > 1_700_000_000_000
    status, refusal = ask("PutRecord", StreamName="none", Data=b"", PartitionKey="a")
    assert (status, refusal["__type"]) == (400, "ResourceNotFoundException")
    assert ask("PutRecord", StreamName=1)[1]["__type"] == "SerializationException"
