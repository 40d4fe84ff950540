"""Reading records: an iterator names a place in a shard, and is good for five minutes.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Any, NamedTuple

from headwater.services.kinesis import tables
from headwater.services.kinesis.encryption import check_key
from headwater.services.kinesis.errors import invalid_argument, resource_not_found
from headwater.services.kinesis.sequence import Sequence, parse_sequence
from headwater.services.kinesis.stream import CREATING, DELETING, Shard, Stream, lookup, usable_stream
from headwater.spine.encryption_keys import DECRYPT
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.ids import first_at, instant_of
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.timestamps import rfc822

_MOST_RECORDS = 10_000
_LARGEST_ANSWER = 10 * 1024 * 1024
_TOLERATED = 300_000


class Row(NamedTuple):
    """A record as its row has it."""

    id: int
    arrived: int
    partition_key: str
    data: bytes
    encryption: str | None
    cause: str


@operation("kinesis", "GetShardIterator", reads=True)
def get_shard_iterator(call: Call, request: Request) -> Result:
    stream = usable_stream(call, request)
    try:
        shard = stream.shard(request["ShardId"], call.now)
    except AwsError:
        raise resource_not_found(
            f"Shard {request['ShardId']} in stream {stream.name} under account {stream.account} does not exist"
        ) from None
    return {"ShardIterator": _write(call, stream, shard, start_at(call, stream, shard, request))}


def start_at(call: Call, stream: Stream, shard: Shard, request: Request) -> int:
    """The id from which on an iterator reads."""
    kind, number, timestamp = (
        request["ShardIteratorType"],
        request.get("StartingSequenceNumber"),
        request.get("Timestamp"),
    )
    if kind == "AT_TIMESTAMP":
        if timestamp is None:
            raise invalid_argument("Must specify timestamp parameter for ShardIterator of type AT_TIMESTAMP.")
        if timestamp > call.now:
            raise invalid_argument(
                f"The timestamp {rfc822(timestamp)} used in GetShardIterator is in the future: it is {rfc822(call.now)}"
            )
        return first_at(timestamp)
    by_number = kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
    if by_number != (number is not None):
        specified = "and no StartingSequenceNumber." if number is None else "and also a StartingSequenceNumber."
        raise invalid_argument(
            "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "
            "(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
            f"Request specified {kind} {specified}"
        )
    if number is not None:
        place = _sequence(stream, shard, number).record
        return place if kind == "AT_SEQUENCE_NUMBER" else place + 1
    return call.new_id() if kind == "LATEST" else shard.opened


def _sequence(stream: Stream, shard: Shard, number: str) -> Sequence:
    sequence = parse_sequence(number)
    used = f"StartingSequenceNumber {number} used in GetShardIterator on shard {shard.id} in stream {stream.name} "
    if sequence is None:
        raise invalid_argument(f"{used}under account {stream.account} is invalid.")
    if sequence.shard != shard.number:
        raise invalid_argument(
            f"Invalid StartingSequenceNumber. It encodes shardId-{sequence.shard:012d}, while it was used in a call "
            f"to a shard with {shard.id}"
        )
    if sequence.opened != instant_of(shard.opened) // 1000:
        raise invalid_argument(
            f"{used}under account {stream.account} is invalid because it did not come from this stream."
        )
    return sequence


def _write(call: Call, stream: Stream, shard: Shard, start: int) -> str:
    text = f"{stream.id}:{shard.number}:{start}:{call.now}:{stream.arn}"
    return b64encode(text.encode()).decode()


def _read(call: Call, text: str) -> tuple[Stream, Shard, int]:
    """What an iterator names."""
    try:
        identity, number, start, made, arn = b64decode(text, validate=True).decode("ascii").split(":", 4)
        place, shard, then = int(start), int(number), int(made)
    except (ValueError, Base64Error):
        raise invalid_argument("Invalid ShardIterator.") from None
    if call.now - then > _TOLERATED:
        raise AwsError(
            "ExpiredIteratorException",
            f"Iterator expired. The iterator was created at time {_date(then)} while right now it is "
            f"{_date(call.now)} which is further in the future than the tolerated delay of {_TOLERATED} milliseconds.",
        )
    stream = lookup(call, arn)
    gone = stream is None or str(stream.id) != identity or stream.status in (CREATING, DELETING)
    if stream is None or gone or shard >= len(stream.shards):
        name, account = arn.partition(":stream/")[2], arn.split(":")[4]
        raise resource_not_found(f"Shard shardId-{shard:012d} in stream {name} under account {account} does not exist")
    call.span.subject = arn
    return stream, stream.shards[shard], place


def _date(milliseconds: int) -> str:
    """As AWS writes it here: ``Thu Jan 22 01:22:02 UTC 2015``."""
    day, number, month, year, time, _ = rfc822(milliseconds).replace(",", "").split()
    return f"{day} {month} {number} {time} UTC {year}"


@operation("kinesis", "GetRecords", reads=True)
def get_records(call: Call, request: Request) -> Result:
    if request.get("DryRun"):
        raise not_implemented("DryRun of Kinesis' operations")
    stream, shard, start = _read(call, request["ShardIterator"])
    if stream.settings.key is not None:
        check_key(call, stream, stream.settings.key, DECRYPT)
    rows, more = read_rows(call, stream, shard, start, request.get("Limit") or _MOST_RECORDS)
    result: Result = {
        "Records": [shown_record(shard, row) for row in rows],
        "MillisBehindLatest": call.now - rows[-1].arrived if more else 0,
    }
    if shard.closed is not None and not more:
        children = [each for each in stream.shards if shard.number in each.parents]
        return result | {"ChildShards": [shown_child(child) for child in children]}
    return result | {"NextShardIterator": _write(call, stream, shard, rows[-1].id + 1 if rows else start)}


def read_rows(call: Call, stream: Stream, shard: Shard, start: int, limit: int) -> tuple[list[Row], bool]:
    """Records from a place on, no more than an answer may hold, and whether there are more."""
    asked = (stream.id, shard.number, start, stream.horizon(call.now), limit + 1)
    rows = [Row(*row) for row in call.store.all(tables.READ, asked)]
    size = 0
    for position, row in enumerate(rows[:limit]):
        size += len(row.data)
        if size > _LARGEST_ANSWER and position:
            return rows[:position], True
    return rows[:limit], len(rows) > limit


def shown_record(shard: Shard, row: Row) -> dict[str, Any]:
    return {
        "SequenceNumber": shard.sequence(row.id),
        "ApproximateArrivalTimestamp": row.arrived,
        "Data": row.data,
        "PartitionKey": row.partition_key,
        "EncryptionType": row.encryption,
    }


def shown_child(shard: Shard) -> dict[str, Any]:
    parents = [f"shardId-{number:012d}" for number in shard.parents]
    return {"ShardId": shard.id, "ParentShards": parents, "HashKeyRange": shard.hash_keys()}
