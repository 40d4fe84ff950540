"""Reading rows page by page: what Query and Scan have in common.

A page ends after ``Limit`` rows, or with the row that brings it to 1 MB, both counted before the filter.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from headwater.languages.dynamodb.errors import ValidationException
from headwater.languages.dynamodb.projections import Select
from headwater.languages.dynamodb.values import AttributeValue, Item, check, item_size
from headwater.services.dynamodb import capacity
from headwater.services.dynamodb.errors import KEY_MISMATCH, invalid_parameter, validation
from headwater.services.dynamodb.parameters import Projection
from headwater.services.dynamodb.table import Index, Key, KeySchema, Table, item_of
from headwater.spine.operations import Request, Result
from headwater.spine.store import Row

PAGE_SIZE = 1024 * 1024
STARTING_KEY = "The provided starting key is invalid"
_COUNTED = "1 validation error detected: "
_FIRST_CHUNK = 100
_NEXT_CHUNK = 1000

Fetch = Callable[[Row | None, int], list[Row]]
"""(the row to go on after, how many at most): the next rows, each with its item's JSON last."""


class Page(NamedTuple):
    """What one request has read. ``last``: the item after which the next page starts, where there may be one."""

    items: list[Item]
    scanned: int
    counted: int
    uncounted: list[Item]
    last: Item | None

    @property
    def size(self) -> int:
        """Bytes of all items scanned."""
        return self.counted + sum(map(item_size, self.uncounted))


@dataclass(frozen=True, slots=True)
class Source:
    """What is read: a table, or an index of it."""

    table: Table
    index: Index | None

    @property
    def schema(self) -> KeySchema:
        return self.index or self.table

    @property
    def key_names(self) -> list[str]:
        """The attributes of a key that a page can start after."""
        return list(dict.fromkeys((*self.table.names, *self.schema.names)))


def read_page(fetch: Fetch, limit: int | None, view: Select | None, keeps: Callable[[Item], bool] | None) -> Page:
    """Reads rows until the page is full or there are no more. ``view``: what is to be seen of an item at all."""
    kept: list[Item] = []
    uncounted: list[Item] = []
    scanned = size = weight = 0
    row: Row | None = None
    item: Item | None = None
    chunk = _FIRST_CHUNK
    while True:
        wanted = chunk if limit is None else min(chunk, limit - scanned)
        rows = fetch(row, wanted)
        for row in rows:
            item = item_of(row[-1])
            if view is not None:
                item = view(item)
            scanned += 1
            if keeps is None or keeps(item):
                kept.append(item)
            uncounted.append(item)
            # An item's JSON is never shorter than what DynamoDB counts, so items are counted only where it matters.
            weight += len(row[-1])
            if weight >= PAGE_SIZE:
                size += sum(map(item_size, uncounted))
                uncounted.clear()
                weight = size
                if size >= PAGE_SIZE:
                    return Page(kept, scanned, size, uncounted, item)
        if scanned == limit or len(rows) < wanted:
            return Page(kept, scanned, size, uncounted, item if scanned == limit else None)
        chunk = _NEXT_CHUNK


def find_source(table: Table, request: Request) -> Source:
    """The table or the index that the request names."""
    name = request.get("IndexName")
    if name is None:
        return Source(table, None)
    index = table.indexes.get(name)
    if index is None:
        raise validation(f"The table does not have the specified index: {name}")
    if index.backfilling:
        raise validation(f"Cannot read from backfilling global secondary index: {name}")
    if index.is_global and request.get("ConsistentRead"):
        raise validation("Consistent reads are not supported on global secondary indexes")
    return Source(table, index)


def check_select(source: Source, request: Request, projection: Projection | None) -> None:
    """``Select`` must agree with what else is asked for, and with what the index holds."""
    select = request.get("Select")
    index = source.index
    if select is not None and projection is not None and select != "SPECIFIC_ATTRIBUTES":
        name = "ProjectionExpression" if "ProjectionExpression" in request else "AttributesToGet"
        what = "only the Count" if select == "COUNT" else f"{select}"
        raise validation(f"{_COUNTED}Cannot specify the {name} when choosing to get {what}")
    if select == "SPECIFIC_ATTRIBUTES" and projection is None:
        raise validation(
            f"{_COUNTED}Must specify the AttributesToGet or ProjectionExpression "
            "when choosing to get SPECIFIC_ATTRIBUTES"
        )
    if select == "ALL_PROJECTED_ATTRIBUTES" and index is None:
        raise validation(f"{_COUNTED}ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    if index is None or not index.is_global or index.projected is None:
        return
    if select == "ALL_ATTRIBUTES":
        raise invalid_parameter(
            f"Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name} "
            "because its projection type is not ALL"
        )
    if projection is not None:
        beyond = [name for name in projection.heads if name not in index.projected]
        if beyond:
            raise invalid_parameter(f"Global secondary index {index.name} does not project [{', '.join(beyond)}]")


def read_starting_key(source: Source, request: Request, ill_formed: str) -> dict[str, AttributeValue] | None:
    """``ExclusiveStartKey``, its values checked. ``ill_formed``: what to say where it has other attributes."""
    start = request.get("ExclusiveStartKey")
    if start is None:
        return None
    for value in start.values():
        try:
            check(value)
        except ValidationException as error:
            raise validation(f"{STARTING_KEY}: {error}") from None
    given: dict[str, AttributeValue] = start
    if given.keys() != set(source.key_names):
        raise validation(ill_formed)
    for name, type_ in source.schema.attributes:
        if type_ not in given[name]:
            raise validation(KEY_MISMATCH)
    for name, type_ in source.table.attributes:
        if type_ not in given[name]:
            raise validation(f"{STARTING_KEY}: {KEY_MISMATCH}")
    return given


def row_after(source: Source, start: dict[str, AttributeValue] | None) -> tuple[bytes, ...] | None:
    """The key columns of the row that a starting key stands for: of the index first, where there is one."""
    if start is None:
        return None
    key: Key = source.table.bytes_of(start)
    return key if source.index is None else (*source.index.bytes_of(start), *key)


def answer(request: Request, source: Source, page: Page, projection: Projection | None) -> Result:
    """What Query and Scan return of a page."""
    result: Result = {"Count": len(page.items), "ScannedCount": page.scanned}
    if request.get("Select") != "COUNT":
        items = page.items
        result["Items"] = items if projection is None else [projection.select(item) for item in items]
    if page.last is not None:
        last = page.last
        result["LastEvaluatedKey"] = {name: last[name] for name in source.key_names}
    if capacity.is_wanted(request):
        consistent = request.get("ConsistentRead", False)
        consumed = capacity.Consumed(source.table)
        if source.index is None:
            consumed.read(page.size, consistent)
        else:
            consumed.add_index(source.index.name, capacity.read_units(page.size, consistent))
        result["ConsumedCapacity"] = consumed.described(request)
    return result


def view_of(source: Source, request: Request, projection: Projection | None) -> Select | None:
    """What an index shows of its items; a local one fetches from the table what else is asked for."""
    index = source.index
    if index is None or index.projected is None:
        return None
    if request.get("Select") == "ALL_ATTRIBUTES":
        return None
    if projection is not None and not index.projected.issuperset(projection.heads):
        return None
    return index.select
