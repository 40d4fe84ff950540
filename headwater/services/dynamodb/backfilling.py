"""Filling a new index with what its table holds.

A table of no more than one portion is done at once. The rest of a bigger one follows between other work, and until
then the index is CREATING: kept up to date by writes, but not to be read.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.lifecycle import save_definition
from headwater.services.dynamodb.table import Index, Key, Table, item_of, table_by_arn
from headwater.spine.deliveries import FOREVER, Again, Delivery, delivery
from headwater.spine.operations import Call

_PORTION = 1000
_BEYOND = b"\xff" * 2053


def backfill(call: Call, table: Table, index: Index) -> None:
    """Fills an index, or has it filled from now on."""
    reached = _fill(call, table, index, (b"", b""))
    if reached is not None:
        _mark(call, table, index, True)
        payload = _payload(table, index, reached)
        call.deliver("dynamodb.backfill", payload, target=table.arn, due=call.now + 1, policy=FOREVER)


@delivery("dynamodb.backfill")
def go_on(call: Call, item: Delivery) -> Again | None:
    table = table_by_arn(call, item.payload["table"])
    index = None if table is None else _find(table, item.payload["index"])
    if table is None or index is None:
        return None  # removed in the meantime
    hash_key, range_key = [b64decode(part) for part in item.payload["reached"]]
    reached = _fill(call, table, index, (hash_key, range_key))
    if reached is None:
        _mark(call, table, index, False)
        return None
    return Again(call.now + 1, _payload(table, index, reached))


def _fill(call: Call, table: Table, index: Index, start: Key) -> Key | None:
    """Makes the index rows of one portion of items from a key on; the key to go on from, None at the end."""
    rows = call.store.all(tables.SCAN_TABLE, (table.id, *start, _BEYOND, _PORTION))
    for hash_key, range_key, encoded in rows:
        item = item_of(encoded)
        if index.has(item):
            call.store.run(tables.INSERT_INDEX_ROW, (index.id, *index.bytes_of(item), hash_key, range_key))
    if len(rows) < _PORTION:
        return None
    hash_key, range_key, _ = rows[-1]
    return hash_key, range_key + b"\x00"


def _find(table: Table, identity: int) -> Index | None:
    return next((index for index in table.indexes.values() if index.id == identity), None)


def _mark(call: Call, table: Table, index: Index, backfilling: bool) -> None:
    definition = dict((table_by_arn(call, table.arn) or table).definition)  # another index may be marked since
    group = f"{'Global' if index.is_global else 'Local'}SecondaryIndexes"
    definition[group] = [
        {**entry, "backfilling": backfilling} if entry["id"] == index.id else entry for entry in definition[group]
    ]
    save_definition(call, table, definition)


def _payload(table: Table, index: Index, reached: Key) -> dict[str, Any]:
    return {"table": table.arn, "index": index.id, "reached": [b64encode(part).decode() for part in reached]}
