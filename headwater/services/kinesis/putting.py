"""Putting records: a partition key's MD5 says which shard.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5
from typing import Any

from headwater.services.kinesis import tables
from headwater.services.kinesis.encryption import check_key
from headwater.services.kinesis.errors import invalid_argument, validation
from headwater.services.kinesis.sequence import parse_sequence
from headwater.services.kinesis.stream import HASH_KEYS, Shard, Stream, shard_key, usable_stream
from headwater.spine.encryption_keys import ENCRYPT
from headwater.spine.operations import Call, Request, Result, operation

_MOST_BYTES = 10 * 1024 * 1024
# Records that have expired go when new ones come, a look at every so many.
_TRIM_EVERY = 256


@operation("kinesis", "PutRecord", atomic=True)
def put_record(call: Call, request: Request) -> Result:
    stream = usable_stream(call, request)
    if stream.settings.key is not None:
        check_key(call, stream, stream.settings.key, ENCRYPT)
    shard = _check(stream, request)
    ordering = request.get("SequenceNumberForOrdering")
    if ordering is not None and parse_sequence(ordering) is None:
        raise invalid_argument(f"ExclusiveMinimumSequenceNumber {ordering} used in PutRecord is invalid.")
    number = _insert(call, stream, shard, request)
    call.signal(shard_key(stream.arn, shard.id))
    return {"ShardId": shard.id, "SequenceNumber": number, "EncryptionType": _encryption(stream)}


@operation("kinesis", "PutRecords", atomic=True)
def put_records(call: Call, request: Request) -> Result:
    stream, records = usable_stream(call, request), request["Records"]
    if stream.settings.key is not None:
        check_key(call, stream, stream.settings.key, ENCRYPT)
    if sum(_size(record) for record in records) > _MOST_BYTES:
        raise invalid_argument(f"Records size exceeds {_MOST_BYTES // 1024 // 1024} MB limit")
    shards = [_check(stream, record) for record in records]
    put = [
        {"SequenceNumber": _insert(call, stream, shard, record), "ShardId": shard.id}
        for shard, record in zip(shards, records, strict=True)
    ]
    for identity in {shard.id for shard in shards}:
        call.signal(shard_key(stream.arn, identity))
    if len(records) > 1:
        call.span.note("records", len(records))
    return {"FailedRecordCount": 0, "Records": put, "EncryptionType": _encryption(stream)}


def _encryption(stream: Stream) -> str | None:
    return None if stream.settings.encryption == "NONE" else stream.settings.encryption


def _size(record: Mapping[str, Any]) -> int:
    return len(record["Data"]) + len((record.get("PartitionKey") or "").encode())


def _check(stream: Stream, record: Mapping[str, Any]) -> Shard:
    """The shard of a record that is in order; AwsError otherwise."""
    key, explicit = record.get("PartitionKey"), record.get("ExplicitHashKey")
    if key is None:
        raise validation(
            "1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: "
            "Member must not be null"
        )
    if _size(record) > stream.settings.record_kib * 1024:
        raise invalid_argument(
            f"The size of the record, of its data and its partition key, exceeds the limit of "
            f"{stream.settings.record_kib} KiB of stream {stream.name} under account {stream.account}."
        )
    if explicit is None:
        return stream.shard_for(int.from_bytes(md5(key.encode(), usedforsecurity=False).digest()))
    if int(explicit) >= HASH_KEYS:
        raise invalid_argument(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
            f"Specified value was {explicit}"
        )
    return stream.shard_for(int(explicit))


def _insert(call: Call, stream: Stream, shard: Shard, record: Mapping[str, Any]) -> str:
    """Write a record; its sequence number."""
    identity = call.new_id()
    row = (
        stream.id,
        shard.number,
        identity,
        call.now,
        record["PartitionKey"],
        bytes(record["Data"]),
        _encryption(stream),
        call.cause,
    )
    call.store.run(tables.INSERT_RECORD, row)
    if identity % _TRIM_EVERY == 0:
        call.store.run(tables.TRIM, (stream.id, shard.number, identity, stream.horizon(call.now)))
    return shard.sequence(identity)
