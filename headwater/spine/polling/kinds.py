"""The kinds of streams that can be polled, and what their records have where.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from headwater.spine.polling.source import Record
from headwater.spine.timestamps import iso8601_milliseconds

_HOUR = 3_600_000
# The members that a record of Kinesis has in ``kinesis`` where it is handed to a function.
KINESIS_MEMBERS = ("kinesisSchemaVersion", "partitionKey", "sequenceNumber", "data", "approximateArrivalTimestamp")


class StreamKind(NamedTuple):
    """A kind of stream: the service whose internal operation ``Poll`` (``StreamArn``, ``ShardId`` where there are
    several, ``Position``, ``Limit``) reads it, the first part of the key that new records signal, its retention in
    ms, and what its records have where.

    ``exists`` is an operation that refuses a ``StreamArn`` that is none. ``sharded``: there are several shards, which
    ``PollShards`` tells of; the second part of the key is then the ARN and the shard's id. ``filtered`` is what
    patterns are matched against. ``batch`` (shard, records, ARN) is how AWS tells of records that are given up.
    """

    service: str
    signal: str
    exists: str
    sharded: bool
    retention: int
    key: Callable[[Record], bytes]
    arrived: Callable[[Record], int]
    size: Callable[[Record], int]
    identifiers: Callable[[Record], tuple[str, ...]]
    shown: Callable[[Record, str], Record]
    filtered: Callable[[Record], Record]
    batch: Callable[[str, list[Record], str], dict[str, Any]]


def _shown_change(record: Record, source: str) -> Record:
    """A record of a table's stream as it is handed on."""
    shown = {name: value for name, value in record.items() if name != "Cause"}
    change = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] //= 1000
    return shown | {"dynamodb": change, "eventSourceARN": source}


def _shown_data(record: Record, source: str) -> Record:
    return {name: value for name, value in record.items() if name != "Cause"} | {"eventSourceARN": source}


def _opened_data(record: Record) -> Record:
    """With its data as JSON, or else as text; without it where it is neither."""
    opened = {name: value for name, value in record.items() if name not in ("Cause", "data")}
    data = b64decode(record["data"])
    try:
        return opened | {"data": orjson.loads(data)}
    except orjson.JSONDecodeError:
        pass
    try:
        return opened | {"data": data.decode()}
    except UnicodeDecodeError:
        return opened


def _arrived_change(record: Record) -> int:
    return int(record["dynamodb"]["ApproximateCreationDateTime"])


def _arrived_data(record: Record) -> int:
    seconds: float = record["approximateArrivalTimestamp"]
    return round(seconds * 1000)


def _change_batch(shard: str, records: list[Record], source: str) -> dict[str, Any]:
    numbers = [each["dynamodb"]["SequenceNumber"] for each in (records[0], records[-1])]
    times = [_arrived_change(each) for each in (records[0], records[-1])]
    return {"DDBStreamBatchInfo": _batch(shard, numbers, times, len(records), source)}


def _data_batch(shard: str, records: list[Record], source: str) -> dict[str, Any]:
    numbers = [each["sequenceNumber"] for each in (records[0], records[-1])]
    times = [_arrived_data(each) for each in (records[0], records[-1])]
    return {"KinesisBatchInfo": _batch(shard, numbers, times, len(records), source)}


def _batch(shard: str, numbers: list[str], times: list[int], size: int, source: str) -> dict[str, Any]:
    return {
        "shardId": shard,
        "startSequenceNumber": numbers[0],
        "endSequenceNumber": numbers[1],
        "approximateArrivalOfFirstRecord": iso8601_milliseconds(times[0]),
        "approximateArrivalOfLastRecord": iso8601_milliseconds(times[1]),
        "batchSize": size,
        "streamArn": source,
    }


# By the service in the stream's ARN.
STREAMS: Mapping[str, StreamKind] = MappingProxyType(
    {
        "dynamodb": StreamKind(
            service="dynamodbstreams",
            signal="dynamodb-stream",
            exists="DescribeStream",
            sharded=False,
            retention=24 * _HOUR,
            key=lambda record: orjson.dumps(record["dynamodb"]["Keys"], option=orjson.OPT_SORT_KEYS),
            arrived=_arrived_change,
            size=lambda record: int(record["dynamodb"]["SizeBytes"]),
            identifiers=lambda record: (record["dynamodb"]["SequenceNumber"], record["eventID"]),
            shown=_shown_change,
            filtered=lambda record: record,
            batch=_change_batch,
        ),
        "kinesis": StreamKind(
            service="kinesis",
            signal="kinesis-stream",
            exists="PollShards",
            sharded=True,
            retention=8760 * _HOUR,
            key=lambda record: str(record["partitionKey"]).encode(),
            arrived=_arrived_data,
            size=lambda record: len(record["data"]) + 1024,
            identifiers=lambda record: (record["sequenceNumber"], record["eventID"]),
            shown=_shown_data,
            filtered=_opened_data,
            batch=_data_batch,
        ),
    }
)
