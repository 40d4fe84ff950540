"""BatchGetItem and BatchWriteItem: many items at once, each for itself.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.languages.dynamodb.values import MAX_ITEM_SIZE, Item, check_item, item_size
from headwater.services.dynamodb import capacity
from headwater.services.dynamodb.doors import item_operation
from headwater.services.dynamodb.errors import KEY_MISMATCH, validation
from headwater.services.dynamodb.parameters import (
    check_names,
    expressions_mixed,
    read_expressions,
    read_projection,
    refuse_nested_keys,
)
from headwater.services.dynamodb.table import Key, Table, find_table
from headwater.services.dynamodb.writing import PUT_TOO_LARGE, Change, encode, load, write
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result

_MOST_READS = 100
_MOST_WRITES = 25
_LARGEST_ANSWER = 16 * 1024 * 1024
_DUPLICATES = "Provided list of item keys contains duplicates"


@item_operation("BatchGetItem", reads=True)
def batch_get_item(call: Call, request: Request) -> Result:
    wanted: Mapping[str, Any] = request["RequestItems"]
    if not wanted:
        raise validation(_too_short("requestItems"))
    if sum([len(of_table["Keys"]) for of_table in wanted.values()]) > _MOST_READS:
        raise validation("Too many items requested for the BatchGetItem call")
    _refuse_mixture(wanted)
    readings = [_Reading(call, name, of_table) for name, of_table in wanted.items()]
    responses: dict[str, list[Item]] = {}
    unprocessed: dict[str, Any] = {}
    room = _LARGEST_ANSWER
    for reading in readings:
        reading.find(call)
    for reading in readings:
        found = responses[reading.name] = []
        for position, key in enumerate(reading.keys):
            if room <= 0:
                left = reading.request["Keys"][position:]
                unprocessed[reading.name] = {**reading.request, "Keys": left}
                break
            item = load(call, reading.table, key)
            reading.count(item)
            if item is not None:
                room -= item_size(item)
                found.append(reading.project(item))
    result: Result = {"Responses": responses, "UnprocessedKeys": unprocessed}
    return result | capacity.consumed_by_table(request, [reading.consumed for reading in readings])


def _refuse_mixture(wanted: Mapping[str, Any]) -> None:
    """Expressions for one table and the older parameters for another are as bad as both for one."""
    named = {name for of_table in wanted.values() for name in of_table}
    if named.issuperset(("ProjectionExpression", "AttributesToGet")):
        raise expressions_mixed(["AttributesToGet"], ["ProjectionExpression"])


class _Reading:
    """What a BatchGetItem wants of one table."""

    def __init__(self, call: Call, name: str, request: Mapping[str, Any]) -> None:
        self.name = name
        self.request = request
        expressions = read_expressions(call, request, ("ProjectionExpression",), ("AttributesToGet",))
        self.projection = read_projection(expressions, request)
        expressions.finish()
        for key in request["Keys"]:
            check_item(key)

    def find(self, call: Call) -> None:
        """Finds the table, and refuses keys that do not fit it or come twice."""
        self.table = find_table(call, self.name)
        self.keys = [self.table.key_from(key) for key in self.request["Keys"]]
        if len(set(self.keys)) < len(self.keys):
            raise validation(_DUPLICATES)
        if self.projection is not None:
            refuse_nested_keys(self.table, self.projection.nested)
        self.consumed = capacity.Consumed(self.table)

    def count(self, item: Item | None) -> None:
        self.consumed.read(item_size(item) if item else 0, self.request.get("ConsistentRead", False))

    def project(self, item: Item) -> Item:
        return item if self.projection is None else self.projection.select(item)


@item_operation("BatchWriteItem")
def batch_write_item(call: Call, request: Request) -> Result:
    wanted: Mapping[str, list[dict[str, Any]]] = request["RequestItems"]
    if not wanted:
        raise validation(_too_short("requestItems"))
    if sum(map(len, wanted.values())) > _MOST_WRITES:
        raise validation("Too many items requested for the BatchWriteItem call")
    for entries in wanted.values():
        for entry in entries:
            _check_entry(entry)
    changes: list[Change] = []
    seen: set[tuple[int, Key]] = set()
    for name, entries in wanted.items():
        table = find_table(call, name)
        for entry in entries:
            change = _change(table, entry)
            if (table.id, change.key) in seen:
                raise validation(_DUPLICATES)
            seen.add((table.id, change.key))
            changes.append(change)
    encoded = [None if change.new is None else encode(change.new, PUT_TOO_LARGE) for change in changes]
    consumed: dict[int, capacity.Consumed] = {}
    metrics: dict[str, list[dict[str, Any]]] = {}
    for (table, key, item, new), text in zip(changes, encoded, strict=True):
        old = load(call, table, key)
        write(call, Change(table, key, old, new), text)
        consumed.setdefault(table.id, capacity.Consumed(table)).write(old, new)
        for metric in capacity.collection_metrics(request, table, new or item or {}).values():
            metrics.setdefault(table.name, []).append(metric)
    result: Result = {"UnprocessedItems": {}}
    if metrics:
        result["ItemCollectionMetrics"] = metrics
    return result | capacity.consumed_by_table(request, consumed.values())


def _check_entry(entry: Mapping[str, Any]) -> None:
    if ("PutRequest" in entry) == ("DeleteRequest" in entry):
        raise validation(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
            "datatypes"
        )
    if "PutRequest" in entry:
        item = entry["PutRequest"]["Item"]
        if check_item(item) > MAX_ITEM_SIZE:
            raise validation(PUT_TOO_LARGE)
        check_names(item)
    else:
        check_item(entry["DeleteRequest"]["Key"])


def _change(table: Table, entry: Mapping[str, Any]) -> Change:
    """What an entry does; ``old`` stands for the key until the item is looked up."""
    if "DeleteRequest" in entry:
        key_item = entry["DeleteRequest"]["Key"]
        return Change(table, table.key_from(key_item), key_item, None)
    item = entry["PutRequest"]["Item"]
    try:
        key = table.key_of(item)
    except AwsError as error:
        # A batch says less of keys than PutItem does.
        if "Type mismatch" in error.message or "Missing the key" in error.message:
            raise validation(KEY_MISMATCH) from None
        raise
    table.check_index_keys(item)
    return Change(table, key, None, item)


def _too_short(name: str) -> str:
    return (
        f"1 validation error detected: Value '{{}}' at '{name}' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )
