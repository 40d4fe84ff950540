"""kill -9 while records are put: what was acknowledged is in the stream in order, and in the bucket."""

from __future__ import annotations

import random
import threading
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from headwater.client import Headwater
from tests.conftest import client_factory
from tests.crash.server import Progress, Server

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
SOURCE = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
RECORDS, KILLS = 300, 3


def in_bucket(s3: Any, bucket: str) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for each in page.get("Contents", ()):
            found.update(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read().split())
    return found


def deliver_to(firehose: Any, name: str, **source: Any) -> None:
    hints = {"SizeInMBs": 1, "IntervalInSeconds": 0}
    destination = {"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{name}", "BufferingHints": hints}
    firehose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination, **source)


@pytest.mark.slow
def test_streams_survive_kills(server: Server) -> None:
    aws, headwater, draw = client_factory(server.endpoint, ACCOUNT), Headwater(server.endpoint), random.Random(3)
    kinesis, firehose, s3 = aws("kinesis"), aws("firehose"), aws("s3")
    for bucket in ("direct", "streamed"):
        s3.create_bucket(Bucket=bucket)
    headwater.freeze()
    kinesis.create_stream(StreamName="s", ShardCount=1)
    headwater.advance("1s")
    deliver_to(firehose, "direct")
    reads = {"KinesisStreamARN": SOURCE, "RoleARN": ROLE}
    deliver_to(
        firehose,
        "streamed",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration=reads,
    )
    headwater.advance("1s")
    taken: dict[str, list[bytes]] = {"kinesis": [], "firehose": []}
    progress = Progress()

    def put() -> None:
        for number in range(RECORDS):
            data = b"%d " % number
            try:
                kinesis.put_record(StreamName="s", PartitionKey="a", Data=data)
                taken["kinesis"].append(data.strip())
                firehose.put_record(DeliveryStreamName="direct", Record={"Data": data})
                taken["firehose"].append(data.strip())
                progress.add()
            except (BotoCoreError, ClientError):  # it is killed meanwhile
                server.up.wait()

    putter = threading.Thread(target=put)
    putter.start()
    for moment in sorted(draw.sample(range(RECORDS // 2), KILLS)):
        progress.wait_for(moment)
        server.kill()
        server.start()
    putter.join()
    headwater.advance("1m")
    assert headwater.settle()["settled"]
    place = {"StreamName": "s", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    records = kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**place)["ShardIterator"])["Records"]
    held = [int(record["Data"]) for record in records]
    assert held == sorted(held)
    assert {int(data) for data in taken["kinesis"]} <= set(held)
    direct, streamed = in_bucket(s3, "direct"), in_bucket(s3, "streamed")
    assert set(taken["firehose"]) <= set(direct)
    # twice only what the client asked for again, having lost the answer
    assert sum(direct.values()) - len(direct) <= KILLS
    assert set(taken["kinesis"]) <= set(streamed)
    assert len(taken["kinesis"]) > RECORDS // 2
