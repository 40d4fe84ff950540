"""DynamoDB Streams: what changed, in order, for a day.

A stream is one shard. An iterator names a place in it and is good for fifteen minutes.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Any, NamedTuple

import orjson

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.errors import resource_not_found, validation
from headwater.services.dynamodb.records import RETENTION_MILLISECONDS, sequence_number, sequence_of
from headwater.spine.errors import AwsError
from headwater.spine.ids import number_in
from headwater.spine.numbers import LARGEST
from headwater.spine.operations import Call, Request, Result, operation

_MOST_RECORDS = 1000
_LARGEST_ANSWER = 1024 * 1024
_ITERATOR_MILLISECONDS = 15 * 60_000
_PAGE = 100
_INVALID_ITERATOR = "Invalid ShardIterator"


class StreamRow(NamedTuple):
    """A stream as its row has it."""

    id: int
    arn: str
    table_name: str
    label: str
    view_type: str
    key_schema: str
    created: int
    first_sequence: int
    disabled: int | None
    last_sequence: int | None

    @property
    def shard(self) -> str:
        return f"shardId-{self.created:020d}-{self.id & 0xFFFFFFFF:08x}"


def _find_stream(call: Call, arn: str) -> StreamRow:
    row = call.store.one(tables.FIND_STREAM, (arn,))
    if row is None or (row[8] is not None and row[8] <= call.now - RETENTION_MILLISECONDS):
        raise resource_not_found(f": Stream: {arn} not found")
    call.span.subject = arn
    return StreamRow(*row)


@operation("dynamodbstreams", "ListStreams", reads=True)
def list_streams(call: Call, request: Request) -> Result:
    limit = request.get("Limit", _PAGE)
    after = request.get("ExclusiveStartStreamArn", "")
    name = request.get("TableName")
    asked: tuple[Any, ...] = (call.account, call.region, after)
    if name is None:
        rows = call.store.all(tables.LIST_STREAMS, (*asked, limit + 1))
    else:
        rows = call.store.all(tables.LIST_STREAMS_OF_TABLE, (*asked, name.rpartition("/")[2], limit + 1))
    streams = [StreamRow(*row) for row in rows]
    shown = [
        {"StreamArn": stream.arn, "TableName": stream.table_name, "StreamLabel": stream.label}
        for stream in streams[:limit]
    ]
    result: Result = {"Streams": shown}
    if len(streams) > limit:
        result["LastEvaluatedStreamArn"] = shown[-1]["StreamArn"]
    return result


@operation("dynamodbstreams", "DescribeStream", reads=True)
def describe_stream(call: Call, request: Request) -> Result:
    stream = _find_stream(call, request["StreamArn"])
    numbers = {"StartingSequenceNumber": sequence_number(stream.first_sequence)}
    if stream.last_sequence is not None:
        numbers["EndingSequenceNumber"] = sequence_number(stream.last_sequence)
    shards = [{"ShardId": stream.shard, "SequenceNumberRange": numbers}]
    if request.get("ExclusiveStartShardId", "") >= stream.shard:
        shards = []
    return {
        "StreamDescription": {
            "StreamArn": stream.arn,
            "StreamLabel": stream.label,
            "StreamStatus": "ENABLED" if stream.disabled is None else "DISABLED",
            "StreamViewType": stream.view_type,
            "CreationRequestDateTime": stream.created,
            "TableName": stream.table_name,
            "KeySchema": orjson.loads(stream.key_schema),
            "Shards": shards,
        }
    }


@operation("dynamodbstreams", "GetShardIterator", reads=True)
def get_shard_iterator(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html"""
    stream = _find_stream(call, request["StreamArn"])
    if request["ShardId"] != stream.shard:
        raise resource_not_found(f": Shard: {request['ShardId']} in Stream: {stream.arn} not found")
    kind = request["ShardIteratorType"]
    number = request.get("SequenceNumber")
    if kind in ("TRIM_HORIZON", "LATEST"):
        start = _oldest(call, stream) if kind == "TRIM_HORIZON" else call.new_id()
    else:
        if number is None:
            raise validation(
                "One or more parameter values were invalid: SequenceNumber must be specified when "
                f"ShardIteratorType is {kind}"
            )
        identity = sequence_of(number)
        if identity is None or identity < stream.first_sequence:
            raise validation(f"Invalid SequenceNumber: {number}")
        if identity < _oldest(call, stream):
            raise AwsError(
                "TrimmedDataAccessException",
                "The operation attempted to read past the oldest stream record in a shard.",
            )
        start = identity if kind == "AT_SEQUENCE_NUMBER" else identity + 1
    return {"ShardIterator": _write_iterator(call, stream.arn, start)}


def _oldest(call: Call, stream: StreamRow) -> int:
    """The first place of the shard that can still be read."""
    row = call.store.one(tables.OLDEST_RECORD, (stream.id, call.now - RETENTION_MILLISECONDS))
    return stream.first_sequence if row is None or row[0] is None else int(row[0])


def _write_iterator(call: Call, arn: str, start: int) -> str:
    return f"{arn}|1|{b64encode(f'{start}:{call.now}'.encode()).decode()}"


def _read_iterator(call: Call, text: str) -> tuple[str, int]:
    """The stream and the place that an iterator names."""
    try:
        arn, version, place = text.split("|")
        start, made = map(int, b64decode(place, validate=True).decode("ascii").split(":"))
    except (ValueError, Base64Error):
        raise validation(_INVALID_ITERATOR) from None
    if version != "1":
        raise validation(_INVALID_ITERATOR)
    if call.now - made > _ITERATOR_MILLISECONDS:
        raise AwsError("ExpiredIteratorException", "Iterator expired. The iterator was created at an earlier time.")
    return arn, start


@operation("dynamodbstreams", "GetRecords", reads=True)
def get_records(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html"""
    arn, start = _read_iterator(call, request["ShardIterator"])
    stream = _find_stream(call, arn)
    rows = _read(call, stream, start, request.get("Limit", _MOST_RECORDS))
    result: Result = {"Records": [orjson.loads(row[2]) for row in rows]}
    following = rows[-1][0] + 1 if rows else start
    if rows or stream.last_sequence is None:
        result["NextShardIterator"] = _write_iterator(call, arn, following)
    return result


@operation("dynamodbstreams", "Poll", internal=True, reads=True)
def poll(call: Call, request: Request) -> Result:
    """For event source mappings and pipes: ``StreamArn``, ``Position`` (None: the present end; 0: the oldest),
    ``Limit``. Records with the ``Cause`` of each, the ``Position`` to go on from, and whether the shard is at its
    end. New records signal ``("dynamodb-stream", stream_arn)``."""
    stream = _find_stream(call, request["StreamArn"])
    position = request.get("Position")
    if position is None:
        return {"Records": [], "Position": call.new_id(), "ShardId": stream.shard, "Closed": False}
    rows = _read(call, stream, position, request.get("Limit", _MOST_RECORDS))
    call.span.kept = bool(rows)
    return {
        "Records": [{**orjson.loads(record), "Cause": cause} for _, _, record, cause in rows],
        "Position": rows[-1][0] + 1 if rows else position,
        "ShardId": stream.shard,
        "Closed": not rows and stream.last_sequence is not None,
    }


@operation("dynamodbstreams", "FindRecord", internal=True, reads=True)
def find_record(call: Call, request: Request) -> Result:
    """The record of an ``EventID`` in whatever stream, with its ``StreamArn``; nothing where there is none."""
    call.span.kept = False
    mark = f'"eventID":"{request["EventID"]}"'.encode()
    streams = call.store.all(tables.ALL_STREAMS)
    # its eventID tells its sequence, unless it is older than such eventIDs or of a seeded cloud
    likely = min(number_in(request["EventID"]), LARGEST)
    for identity, arn in streams:
        for sequence, created, record, cause in call.store.all(tables.READ_RECORDS, (identity, likely, 0, 1)):
            if sequence == likely and mark in record:
                found = {"Record": orjson.loads(record), "Id": sequence, "Sent": created, "Cause": cause}
                return {"StreamArn": arn, **found}
    for identity, arn in streams:
        start = 0
        while rows := call.store.all(tables.READ_RECORDS, (identity, start, 0, _MOST_RECORDS)):
            for sequence, created, record, cause in rows:
                if mark in record:
                    found = {"Record": orjson.loads(record), "Id": sequence, "Sent": created, "Cause": cause}
                    return {"StreamArn": arn, **found}
            start = rows[-1][0] + 1
    return {}


@operation("dynamodbstreams", "LastRecords", internal=True, reads=True)
def last_records(call: Call, request: Request) -> Result:
    """The newest ``Count`` records of a stream, the newest first."""
    call.span.kept = False
    stream = _find_stream(call, request["StreamArn"])
    rows = call.store.all(tables.LAST_RECORDS, (stream.id, call.now - RETENTION_MILLISECONDS, request["Count"]))
    return {"Records": [orjson.loads(record) for (record,) in rows]}


def _read(call: Call, stream: StreamRow, start: int, limit: int) -> list[tuple[Any, ...]]:
    """Records from a place on, no more than an answer may hold."""
    since = call.now - RETENTION_MILLISECONDS
    rows = call.store.all(tables.READ_RECORDS, (stream.id, start, since, min(limit, _MOST_RECORDS)))
    size = 0
    for position, row in enumerate(rows):
        size += len(row[2])
        if size > _LARGEST_ANSWER and position:
            return rows[:position]
    return rows
