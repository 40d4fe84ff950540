"""Firehose to S3 through boto3: buffers, prefixes, compression, transformation, partitions, sources."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.client import Headwater
from tests.conftest import client_factory
from tests.server import ServerThread
from tests.services.lambda_lab import make
from tests.settling import settle

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/firehose"
MIB = 1024 * 1024


class Lab:
    """A cloud whose clock stands still, with the bucket ``lake``."""

    def __init__(self, server: ServerThread) -> None:
        self.server = server
        self.aws = client_factory(server.endpoint, ACCOUNT)
        self.firehose = self.aws("firehose")
        self.aws("s3").create_bucket(Bucket="lake")

    def stream(self, name: str = "d", size: int = 1, interval: int = 60, **destination: Any) -> str:
        configuration = {
            "RoleARN": ROLE,
            "BucketARN": "arn:aws:s3:::lake",
            "BufferingHints": {"SizeInMBs": size, "IntervalInSeconds": interval},
        } | destination
        source = configuration.pop("source", {})
        made = self.firehose.create_delivery_stream(
            DeliveryStreamName=name, ExtendedS3DestinationConfiguration=configuration, **source
        )
        self.server.advance(100)
        arn: str = made["DeliveryStreamARN"]
        return arn

    def put(self, *data: bytes, name: str = "d") -> list[str]:
        made = [self.firehose.put_record(DeliveryStreamName=name, Record={"Data": each}) for each in data]
        return [each["RecordId"] for each in made]

    def objects(self) -> dict[str, bytes]:
        s3 = self.aws("s3")
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket="lake").get("Contents", ())]
        return {key: s3.get_object(Bucket="lake", Key=key)["Body"].read() for key in keys}


@pytest.fixture
def lab(timed: ServerThread) -> Lab:
    return Lab(timed)


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_buffer_is_emptied_when_its_time_has_come(lab: Lab) -> None:
    lab.stream()
    assert len(set(lab.put(b"one\n", b"two\n"))) == 2
    lab.server.advance(59_000)
    assert lab.objects() == {}
    lab.server.advance(1_000)
    ((key, body),) = lab.objects().items()
    assert body == b"one\ntwo\n"
    assert key.startswith("2026/11/18/") and "/d-1-2026-11-18-" in key
    lab.server.advance(120_000)
    assert len(lab.objects()) == 1


def test_a_full_buffer_is_emptied_at_once(lab: Lab) -> None:
    lab.stream(CompressionFormat="GZIP", Prefix="logs/")
    records = [{"Data": bytes([65 + n]) * (MIB // 4)} for n in range(5)]
    answer = lab.firehose.put_record_batch(DeliveryStreamName="d", Records=records)
    assert answer["FailedPutCount"] == 0
    settle(lab.firehose)
    ((key, body),) = lab.objects().items()
    assert key.startswith("logs/2026/11/18/") and key.endswith(".gz")
    assert gzip.decompress(body) == b"".join(record["Data"] for record in records[:4])
    lab.server.advance(60_000)
    assert len(lab.objects()) == 2


def test_streams_are_described_changed_and_deleted(lab: Lab) -> None:
    arn = lab.stream()
    described = lab.firehose.describe_delivery_stream(DeliveryStreamName="d")["DeliveryStreamDescription"]
    assert (described["DeliveryStreamARN"], described["DeliveryStreamStatus"]) == (arn, "ACTIVE")
    assert described["Destinations"][0]["ExtendedS3DestinationDescription"]["CompressionFormat"] == "UNCOMPRESSED"
    change = {
        "DeliveryStreamName": "d",
        "CurrentDeliveryStreamVersionId": "1",
        "DestinationId": described["Destinations"][0]["DestinationId"],
        "ExtendedS3DestinationUpdate": {"Prefix": "new/"},
    }
    lab.firehose.update_destination(**change)
    assert refused(lab.firehose.update_destination, **change)[0] == "ConcurrentModificationException"
    lab.put(b"x")
    lab.server.advance(60_000)
    (key,) = lab.objects()
    assert key.startswith("new/2026/") and "/d-2-" in key
    lab.firehose.tag_delivery_stream(DeliveryStreamName="d", Tags=[{"Key": "a", "Value": "1"}])
    assert lab.firehose.list_tags_for_delivery_stream(DeliveryStreamName="d")["Tags"] == [{"Key": "a", "Value": "1"}]
    assert lab.firehose.list_delivery_streams()["DeliveryStreamNames"] == ["d"]
    lab.put(b"lost")
    lab.firehose.delete_delivery_stream(DeliveryStreamName="d")
    lab.server.advance(120_000)
    assert len(lab.objects()) == 1
    assert refused(lab.firehose.describe_delivery_stream, DeliveryStreamName="d") == (
        "ResourceNotFoundException",
        f"Firehose d under account {ACCOUNT} not found.",
    )


def test_what_is_refused(lab: Lab) -> None:
    def create(**more: Any) -> tuple[str, str]:
        return refused(lab.firehose.create_delivery_stream, DeliveryStreamName="x", **more)

    destination = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake"}
    assert create()[0] == "InvalidArgumentException"
    splunk = {"HECEndpoint": "https://x", "HECEndpointType": "Raw", "HECToken": "t", "S3Configuration": destination}
    assert create(SplunkDestinationConfiguration=splunk) == (
        "NotImplemented",
        "SplunkDestinationConfiguration of Firehose is not implemented by Headwater.",
    )
    zipped = {"ExtendedS3DestinationConfiguration": destination | {"CompressionFormat": "Snappy"}}
    assert create(**zipped)[0] == "NotImplemented"
    lonely = {"ExtendedS3DestinationConfiguration": destination | {"Prefix": "!{timestamp:yyyy}/"}}
    assert "ErrorOutputPrefix" in create(**lonely)[1]
    assert refused(lab.firehose.put_record, DeliveryStreamName="x", Record={"Data": b"x"})[0] == (
        "ResourceNotFoundException"
    )


def test_a_bucket_that_is_missing_holds_up_until_it_is_there(lab: Lab) -> None:
    lab.stream(BucketARN="arn:aws:s3:::later")
    lab.put(b"x")
    lab.server.advance(60_000)
    lab.aws("s3").create_bucket(Bucket="later")
    lab.server.advance(120_000)
    assert lab.aws("s3").list_objects_v2(Bucket="later")["KeyCount"] == 1


TRANSFORM = """
import base64, json
def handler(event, context):
    out = []
    for record in event["records"]:
        data = base64.b64decode(record["data"]).decode()
        if data == "drop":
            out.append({"recordId": record["recordId"], "result": "Dropped", "data": ""})
        elif data == "fail":
            out.append({"recordId": record["recordId"], "result": "ProcessingFailed", "data": record["data"]})
        elif data != "forget":
            text = base64.b64encode(data.upper().encode()).decode()
            keys = {"partitionKeys": {"first": data[:1]}}
            out.append({"recordId": record["recordId"], "result": "Ok", "data": text, "metadata": keys})
    return {"records": out}
"""


def through(arn: str, *more: dict[str, Any]) -> dict[str, Any]:
    function = {"Type": "Lambda", "Parameters": [{"ParameterName": "LambdaArn", "ParameterValue": arn}]}
    return {"Enabled": True, "Processors": [function, *more]}


def test_records_go_through_a_function(lab: Lab) -> None:
    arn = make(lab.aws("lambda"), source=TRANSFORM)
    delimiter = {
        "Type": "AppendDelimiterToRecord",
        "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
    }
    lab.stream(
        ProcessingConfiguration=through(arn, delimiter),
        Prefix="ok/",
        S3BackupMode="Enabled",
        S3BackupConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake", "Prefix": "raw/"},
    )
    lab.put(b"a", b"drop", b"fail", b"forget", b"b")
    lab.server.advance(60_000)
    settle(lab.firehose)
    found = lab.objects()
    assert [body for key, body in found.items() if key.startswith("ok/2026/")] == [b"A\nB\n"]
    assert [body for key, body in found.items() if key.startswith("raw/")] == [b"adropfailforgetb"]
    (failed,) = (body for key, body in found.items() if key.startswith("ok/processing-failed/2026/"))
    told = [json.loads(line) for line in failed.splitlines()]
    assert [each["errorCode"] for each in told] == ["Lambda.ProcessingFailedStatus", "Lambda.MissingRecordId"]
    assert told[0]["lambdaArn"] == arn


def test_a_function_that_fails_is_tried_again_and_told_of(lab: Lab) -> None:
    arn = make(lab.aws("lambda"), source="def handler(event, context):\n    raise ValueError('no')\n")
    configuration = through(arn)
    retries = {"ParameterName": "NumberOfRetries", "ParameterValue": "1"}
    configuration["Processors"][0]["Parameters"].append(retries)
    lab.stream(ProcessingConfiguration=configuration, ErrorOutputPrefix="bad/!{firehose:error-output-type}/")
    lab.put(b"a")
    lab.server.advance(60_000)
    settle(lab.firehose)
    ((key, body),) = lab.objects().items()
    assert key.startswith("bad/processing-failed/2026/")
    told = json.loads(body)
    assert (told["attemptsMade"], told["errorCode"], told["rawData"]) == (2, "Lambda.FunctionError", "YQ==")


def test_records_are_partitioned_by_what_is_in_them(lab: Lab) -> None:
    query = {
        "Type": "MetadataExtraction",
        "Parameters": [
            {"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{customer: .order.customer}"},
            {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
        ],
    }
    lab.stream(
        size=64,
        Prefix="customer=!{partitionKeyFromQuery:customer}/!{timestamp:yyyy-MM}/",
        ErrorOutputPrefix="bad/!{firehose:error-output-type}/",
        ProcessingConfiguration={"Enabled": True, "Processors": [query]},
        DynamicPartitioningConfiguration={"Enabled": True},
    )
    lab.put(b'{"order":{"customer":"ann"}}', b'{"order":{"customer":"bob"}}', b'{"order":{"customer":"ann"}}', b"no")
    lab.server.advance(60_000)
    found = {key.rpartition("/")[0]: body for key, body in lab.objects().items()}
    assert found["customer=ann/2026-11"] == b'{"order":{"customer":"ann"}}' * 2
    assert found["customer=bob/2026-11"] == b'{"order":{"customer":"bob"}}'
    assert any(key.startswith("bad/metadata-extraction-failed/") for key in found)


def test_rules_topics_and_streams_feed_it(lab: Lab) -> None:
    arn = lab.stream()
    events, sns = lab.aws("events"), lab.aws("sns")
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn, "RoleArn": ROLE, "InputPath": "$.detail"}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "d", "Detail": '{"n":1}'}])
    topic = sns.create_topic(Name="t")["TopicArn"]
    attributes = {"RawMessageDelivery": "true", "SubscriptionRoleArn": ROLE}
    sns.subscribe(TopicArn=topic, Protocol="firehose", Endpoint=arn, Attributes=attributes)
    sns.publish(TopicArn=topic, Message="hello")
    lab.aws("kinesis").create_stream(StreamName="orders", ShardCount=2)
    lab.server.advance(100)
    source = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/orders"
    reads = {"KinesisStreamARN": source, "RoleARN": ROLE}
    lab.aws("kinesis").put_record(StreamName="orders", Data=b"before", PartitionKey="a")
    lab.stream(
        "k",
        source={"DeliveryStreamType": "KinesisStreamAsSource", "KinesisStreamSourceConfiguration": reads},
        Prefix="k/",
    )
    for key in ("a", "b"):
        lab.aws("kinesis").put_record(StreamName="orders", Data=b"after", PartitionKey=key)
    assert refused(lab.firehose.put_record, DeliveryStreamName="k", Record={"Data": b"x"})[0] == (
        "InvalidArgumentException"
    )
    lab.server.advance(61_000)
    found = lab.objects()
    assert [body for key, body in found.items() if key.startswith("k/")] == [b"afterafter"]
    (body,) = (body for key, body in found.items() if key.startswith("2026/"))
    assert sorted(body.replace(b"}", b"}\n").split()) == [b"hello", b'{"n":1}']
    shown = lab.firehose.describe_delivery_stream(DeliveryStreamName="k")["DeliveryStreamDescription"]
    assert shown["Source"]["KinesisStreamSourceDescription"]["KinesisStreamARN"] == source


def test_what_is_in_a_buffer_outlives_a_restart(tmp_path: Path) -> None:
    with ServerThread(data=tmp_path) as server:
        lab = Lab(server)
        Headwater(server.endpoint).freeze()
        lab.stream(interval=300)
        lab.put(b"kept")
    with ServerThread(data=tmp_path) as server:
        again = client_factory(server.endpoint, ACCOUNT)
        server.advance(300_000)
        assert again("s3").list_objects_v2(Bucket="lake")["KeyCount"] == 1
