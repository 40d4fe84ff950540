"""Scan: all items of a table or index, or those of one segment of it.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
"""

from __future__ import annotations

from headwater.languages.dynamodb.keys import segment_start
from headwater.services.dynamodb import tables
from headwater.services.dynamodb.doors import item_operation
from headwater.services.dynamodb.errors import KEY_MISMATCH, validation
from headwater.services.dynamodb.pages import (
    STARTING_KEY,
    Fetch,
    Source,
    answer,
    check_select,
    find_source,
    read_page,
    read_starting_key,
    row_after,
    view_of,
)
from headwater.services.dynamodb.parameters import (
    read_expressions,
    read_filter,
    read_projection,
    refuse_nested_keys,
)
from headwater.services.dynamodb.table import find_table
from headwater.spine.operations import Call, Request, Result
from headwater.spine.store import Row

_EXPRESSIONS = ("ProjectionExpression", "FilterExpression")
_OTHERS = ("AttributesToGet", "ScanFilter", "ConditionalOperator")
_OTHER_KEY = f"{STARTING_KEY}: {KEY_MISMATCH}"
_MISSING = "The {} parameter is required but was not present in the request when {} is present"


@item_operation("Scan", reads=True)
def scan(call: Call, request: Request) -> Result:
    segment = _segment(request)
    expressions = read_expressions(call, request, _EXPRESSIONS, _OTHERS)
    filter_ = read_filter(expressions, request, "ScanFilter")
    projection = read_projection(expressions, request)
    expressions.finish()
    source = find_source(find_table(call, request["TableName"]), request)
    start = read_starting_key(source, request, _OTHER_KEY)
    after = row_after(source, start)
    if after is not None and not segment[0] <= after[0] < segment[1]:
        raise validation(
            f"The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with "
            f"correct Segment. TotalSegments: {request['TotalSegments']} Segment: {request['Segment']}"
        )
    for nested in (projection, filter_):
        if nested is not None:
            refuse_nested_keys(source.table, nested.nested)
    check_select(source, request, projection)
    keeps = None if filter_ is None else filter_.keeps
    fetch = _fetch(call, source, segment, after)
    page = read_page(fetch, request.get("Limit"), view_of(source, request, projection), keeps)
    return answer(request, source, page, projection)


def _segment(request: Request) -> tuple[bytes, bytes]:
    """The partition bytes from the first to before the second that are scanned."""
    segment, total = request.get("Segment"), request.get("TotalSegments")
    if segment is None and total is None:
        return b"", segment_start(1, 1)
    if segment is None:
        raise validation(_MISSING.format("Segment", "parameter TotalSegments"))
    if total is None:
        raise validation(_MISSING.format("TotalSegments", "Segment parameter"))
    if segment >= total:
        raise validation("The Segment parameter is zero-based and must be less than parameter TotalSegments")
    return segment_start(segment, total), segment_start(segment + 1, total)


def _fetch(call: Call, source: Source, segment: tuple[bytes, bytes], start: tuple[bytes, ...] | None) -> Fetch:
    store, table, index = call.store, source.table, source.index
    low, high = segment
    if index is None:

        def fetch(after: Row | None, most: int) -> list[Row]:
            last = start if after is None else after
            position = (low, b"") if last is None else (last[0], last[1] + b"\x00")
            return store.all(tables.SCAN_TABLE, (table.id, *position, high, most))

        return fetch

    def fetch_from_index(after: Row | None, most: int) -> list[Row]:
        last = start if after is None else after
        position = (low, b"", b"", b"") if last is None else last[:4]
        return store.all(tables.SCAN_INDEX, (table.id, index.id, *position, high, most))

    return fetch_from_index
