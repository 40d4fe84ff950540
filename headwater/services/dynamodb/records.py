"""Stream records: what changed, written in the transaction that changed it.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.dynamodb.values import Item, item_size
from headwater.services.dynamodb import tables
from headwater.services.dynamodb.table import Stream, Table
from headwater.spine.operations import Call

RETENTION_MILLISECONDS = 24 * 3600 * 1000
# Old records go when new ones come, a look at every so many.
_TRIM_EVERY = 512
# Sequence numbers are texts of one length, so that they sort as numbers do.
_SEQUENCE_BASE = 10**20


def sequence_number(identity: int) -> str:
    return str(_SEQUENCE_BASE + identity)


def sequence_of(number: str) -> int | None:
    """The identity in a sequence number, or None where it is none of ours."""
    return int(number) - _SEQUENCE_BASE if number.isascii() and number.isdigit() and len(number) == 21 else None


def stream_key(arn: str) -> tuple[str, str]:
    """What is signalled when a stream has new records."""
    return "dynamodb-stream", arn


def record_change(
    call: Call, table: Table, stream: Stream, old: Item | None, new: Item | None, *, expired: bool
) -> None:
    identity = call.new_id()
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": call.now // 1000 * 1000,
        "Keys": {name: (new or old or {})[name] for name in table.names},
        "SequenceNumber": sequence_number(identity),
        "SizeBytes": 0,
        "StreamViewType": stream.view_type,
    }
    if new is not None and stream.view_type in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
        change["NewImage"] = new
    if old is not None and stream.view_type in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
        change["OldImage"] = old
    change["SizeBytes"] = sum([item_size(change[part]) for part in ("Keys", "NewImage", "OldImage") if part in change])
    record: dict[str, Any] = {
        "eventID": call.ids.hex_of(identity),
        "eventName": "INSERT" if old is None else "MODIFY" if new is not None else "REMOVE",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": call.region,
        "dynamodb": change,
    }
    if expired:
        record["userIdentity"] = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    call.store.run(tables.INSERT_RECORD, (stream.id, identity, call.now, orjson.dumps(record), call.cause))
    if identity % _TRIM_EVERY == 0:
        call.store.run(tables.TRIM_RECORDS, (stream.id, identity, call.now - RETENTION_MILLISECONDS))
    call.signal(stream_key(stream.arn))
