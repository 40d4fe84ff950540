"""Writing an item: its row, its index rows, its stream record, its expiry. All writes go through `write`."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from headwater.languages.dynamodb.values import MAX_ITEM_SIZE, Item, item_size
from headwater.services.dynamodb import tables
from headwater.services.dynamodb.errors import validation
from headwater.services.dynamodb.expiry import schedule_expiry
from headwater.services.dynamodb.history import keep_former
from headwater.services.dynamodb.kinesis_destinations import send_change
from headwater.services.dynamodb.records import record_change
from headwater.services.dynamodb.table import Key, Table, item_of
from headwater.spine.operations import Call

PUT_TOO_LARGE = "Item size has exceeded the maximum allowed size"
UPDATE_TOO_LARGE = "Item size to update has exceeded the maximum allowed size"


class Change(NamedTuple):
    """What becomes of one item; ``old`` and ``new`` None: there is none."""

    table: Table
    key: Key
    old: Item | None
    new: Item | None


def load(call: Call, table: Table, key: Key) -> Item | None:
    """The item of a key, fresh from its row."""
    row = call.store.one(tables.GET_ITEM, (table.id, *key))
    return None if row is None else item_of(row[0])


def encode(item: Item, too_large: str) -> bytes:
    """An item as its row keeps it. Its JSON is never shorter than what DynamoDB counts, so most need no counting."""
    encoded = orjson.dumps(item)
    if len(encoded) > MAX_ITEM_SIZE and item_size(item) > MAX_ITEM_SIZE:
        raise validation(too_large)
    return encoded


def write(call: Call, change: Change, encoded: bytes | None = None, *, expired: bool = False) -> None:
    """Carries a change out. ``encoded``: the new item's JSON, where the caller has made it already."""
    table, key, old, new = change
    if new is not None:
        call.store.run(tables.PUT_ITEM, (table.id, *key, encoded or orjson.dumps(new)))
    elif old is not None:
        call.store.run(tables.DELETE_ITEM, (table.id, *key))
    else:
        return
    if table.plain:
        return
    if table.indexes:
        write_index_rows(call, table, key, old, new)
    if table.ttl is not None:
        schedule_expiry(call, table, key, old, new)
    if table.history is not None and old != new:
        keep_former(call, table, key, old)
    if table.stream is not None and old != new:
        record_change(call, table, table.stream, old, new, expired=expired)
    if table.kinesis is not None and old != new:
        send_change(call, table, table.kinesis, old, new, expired=expired)


def write_index_rows(call: Call, table: Table, key: Key, old: Item | None, new: Item | None) -> None:
    """Brings the rows of all indexes from an old item to a new one; sparse: only items that have the keys."""
    for index in table.indexes.values():
        before = index.bytes_of(old) if old is not None and index.has(old) else None
        after = index.bytes_of(new) if new is not None and index.has(new) else None
        if before == after:
            continue
        if before is not None:
            call.store.run(tables.DELETE_INDEX_ROW, (index.id, *before, *key))
        if after is not None:
            call.store.run(tables.INSERT_INDEX_ROW, (index.id, *after, *key))
