"""What pollers of streams ask: event source mappings, pipes, delivery streams; and explanations.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from headwater.services.kinesis import tables
from headwater.services.kinesis.consumer import stream_of
from headwater.services.kinesis.errors import stream_not_found
from headwater.services.kinesis.reading import Row, read_rows
from headwater.services.kinesis.sequence import parse_sequence
from headwater.services.kinesis.stream import CREATING, DELETING, HOUR, Shard, Stream, lookup
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.polling import STREAMS


def _stream(call: Call, arn: str) -> Stream:
    found = lookup(call, stream_of(arn))
    if found is None or found.status in (CREATING, DELETING):
        raise stream_not_found(arn.partition(":stream/")[2], arn.split(":")[4])
    return found


@operation("kinesis", "PollShards", internal=True, reads=True)
def poll_shards(call: Call, request: Request) -> Result:
    """The shards of ``StreamArn``, each with a ``Key`` that no other stream's has, and those of its ``Parents`` as
    far as they are known. Whenever they are others, ``("kinesis-stream", stream_arn)`` is signalled."""
    call.span.kept = False
    shards = _stream(call, request["StreamArn"]).known_shards(call.now)
    keys = {shard.number: f"{shard.id}:{shard.opened}" for shard in shards}
    return {
        "Shards": [
            {
                "ShardId": shard.id,
                "Key": keys[shard.number],
                "Parents": [keys[parent] for parent in shard.parents if parent in keys],
            }
            for shard in shards
        ]
    }


@operation("kinesis", "Poll", internal=True, reads=True)
def poll(call: Call, request: Request) -> Result:
    """Records of ``ShardId`` from ``Position`` on, at most ``Limit``, with the ``Cause`` of each; the ``Position`` to
    go on from, and whether the shard is at its end. New ones signal ``("kinesis-stream", "stream_arn/shard")``."""
    stream = _stream(call, request["StreamArn"])
    shard, position = stream.shard(request["ShardId"], call.now), request["Position"]
    rows, _ = read_rows(call, stream, shard, position, request["Limit"])
    call.span.kept = bool(rows)
    return {
        "Records": [polled(stream, shard, row) | {"Cause": row.cause} for row in rows],
        "Position": rows[-1].id + 1 if rows else position,
        "ShardId": shard.id,
        "Closed": not rows and shard.closed is not None,
        "Retention": stream.settings.retention * HOUR,
    }


def polled(stream: Stream, shard: Shard, row: Row) -> dict[str, Any]:
    """A record as pipes get it; functions get its first five members in ``kinesis``. Who polls adds its role."""
    number = shard.sequence(row.id)
    return {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": row.partition_key,
        "sequenceNumber": number,
        "data": b64encode(row.data).decode(),
        "approximateArrivalTimestamp": row.arrived / 1000,
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard.id}:{number}",
        "eventName": "aws:kinesis:record",
        "awsRegion": stream.region,
        "eventSourceARN": stream.arn,
    }


@operation("kinesis", "LastRecords", internal=True, reads=True)
def last_records(call: Call, request: Request) -> Result:
    """The newest ``Count`` records of a stream, of whatever shards, the newest first."""
    call.span.kept = False
    stream = _stream(call, request["StreamArn"])
    rows = call.store.all(tables.LAST, (stream.id, stream.horizon(call.now), request["Count"]))
    return {"Records": [polled(stream, stream.shards[shard], Row(*row)) for shard, *row in rows]}


@operation("kinesis", "FindRecord", internal=True, reads=True)
def find_record(call: Call, request: Request) -> Result:
    """The record of an ``EventID`` in whatever stream, as filters see it, with its ``StreamArn``; nothing where there
    is none."""
    call.span.kept = False
    name, _, number = request["EventID"].partition(":")
    sequence = parse_sequence(number)
    if sequence is None:
        return {}
    for arn, *rest in call.store.all(tables.FIND_RECORD, (sequence.shard, sequence.record)):
        stream, row = lookup(call, arn), Row(*rest)
        if stream is None:
            continue
        shard = stream.shards[sequence.shard]
        if shard.id == name and shard.sequence(row.id) == number:
            record = STREAMS["kinesis"].filtered(polled(stream, shard, row))
            return {"StreamArn": arn, "Record": record, "Id": row.id, "Sent": row.arrived, "Cause": row.cause}
    return {}
