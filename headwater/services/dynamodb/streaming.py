"""The streams of tables: switched on and off.

A stream is one shard from first record to last. Switched off, it can be read until its records are a day old.
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.records import RETENTION_MILLISECONDS, stream_key
from headwater.services.dynamodb.table import Stream
from headwater.spine.operations import Call
from headwater.spine.timestamps import iso8601_milliseconds


def enable_stream(call: Call, table_arn: str, definition: dict[str, Any], view_type: str) -> int:
    """Makes a new stream of a table and returns its id; its label is the present time."""
    call.store.run(tables.DELETE_OLD_STREAMS, (call.now - RETENTION_MILLISECONDS,))
    created = call.now
    while call.store.one(tables.FIND_STREAM, (_arn(table_arn, created),)) is not None:
        created += 1  # the clock may stand still; two streams of a table never share a label
    arn = _arn(table_arn, created)
    label = arn.rpartition("/")[2]
    identity = call.new_id()
    row = (identity, arn, call.account, call.region, definition["TableName"], label, view_type)
    schema = orjson.dumps(definition["KeySchema"]).decode()
    call.store.run(tables.INSERT_STREAM, (*row, schema, call.now, identity))
    definition["LatestStreamLabel"], definition["LatestStreamArn"] = label, arn
    return identity


def _arn(table_arn: str, created: int) -> str:
    return f"{table_arn}/stream/{iso8601_milliseconds(created).removesuffix('Z')}"


def disable_stream(call: Call, stream: Stream) -> None:
    call.store.run(tables.DISABLE_STREAM, (call.now, call.new_id(), stream.id))
    call.signal(stream_key(stream.arn))
