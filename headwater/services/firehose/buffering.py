"""Putting records into a stream's buffer: a batch is emptied when it is full, or when its time has come.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html
https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from headwater.services.firehose import tables
from headwater.services.firehose.errors import invalid_argument, stream_not_found
from headwater.services.firehose.stream import ACTIVE, DIRECT, DeliveryStream, find_stream, record_id
from headwater.spine.deliveries import Policy
from headwater.spine.operations import Call, Request, Result, operation

_MOST_BYTES = 4 * 1024 * 1024
# Records whose delivery fails are kept for a day.
# https://docs.aws.amazon.com/firehose/latest/dev/retry.html
_POLICY = Policy(attempts=0, age=24 * 3_600_000, backoff=1_000, most=120_000)


@operation("firehose", "PutRecord")
def put_record(call: Call, request: Request) -> Result:
    stream = _direct(call, request)
    (identity,) = put_into(call, stream, [(bytes(request["Record"]["Data"]), None)])
    return {"RecordId": identity, "Encrypted": _encrypted(stream)}


@operation("firehose", "PutRecordBatch")
def put_record_batch(call: Call, request: Request) -> Result:
    stream = _direct(call, request)
    records = [(bytes(record["Data"]), None) for record in request["Records"]]
    if sum(len(data) for data, _ in records) > _MOST_BYTES:
        raise invalid_argument("Total size of records in PutRecordBatch exceeds the limit of 4 MiB.")
    responses = [{"RecordId": identity} for identity in put_into(call, stream, records)]
    return {"FailedPutCount": 0, "Encrypted": _encrypted(stream), "RequestResponses": responses}


def _direct(call: Call, request: Request) -> DeliveryStream:
    stream = find_stream(call, request)
    if stream.status != ACTIVE:
        raise stream_not_found(stream.name, call.account)
    if stream.type != DIRECT:
        raise invalid_argument(f"This operation is not permitted on {stream.type} delivery stream type.")
    return stream


def _encrypted(stream: DeliveryStream) -> bool:
    return (stream.document.get("encryption") or {}).get("Status") == "ENABLED"


def put_into(call: Call, stream: DeliveryStream, records: Iterable[tuple[bytes, dict[str, Any] | None]]) -> list[str]:
    """Put records, each with what is known of it in the stream that it comes from; their ids."""
    names = []
    row = call.store.one(tables.FIND_BUFFER, (stream.id,))
    batch, size, flush = row or (0, 0, 0)
    for data, metadata in records:
        if size and size + len(data) > stream.destination.size:
            _empty_now(call, stream, batch, flush)
            batch = 0
        if not batch:
            batch, size = call.new_id(), 0
            flush = _leave(call, stream, batch, call.now + stream.destination.interval)
        identity = call.new_id()
        text = orjson.dumps(metadata).decode() if metadata else None
        call.store.run(tables.INSERT_RECORD, (stream.id, batch, identity, call.now, data, text))
        size += len(data)
        names.append(record_id(identity))
    if size >= stream.destination.size:
        _empty_now(call, stream, batch, flush)
    elif batch:
        call.store.run(tables.PUT_BUFFER, (stream.id, batch, size, flush))
    return names


def _leave(call: Call, stream: DeliveryStream, batch: int, due: int) -> int:
    return call.deliver(
        "firehose.flush",
        batch,
        target=stream.arn,
        due=due,
        policy=_POLICY,
        account=stream.account,
        region=stream.region,
    )


def _empty_now(call: Call, stream: DeliveryStream, batch: int, flush: int) -> None:
    """The batch is full."""
    call.cancel(flush)
    call.store.run(tables.SEAL, (stream.id, batch))
    _leave(call, stream, batch, call.now)
