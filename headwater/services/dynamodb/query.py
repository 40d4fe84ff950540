"""Query: the items of one partition, in order.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
"""

from __future__ import annotations

from headwater.languages.dynamodb import legacy
from headwater.languages.dynamodb.expressions import Expressions
from headwater.languages.dynamodb.key_conditions import TOO_MANY
from headwater.languages.dynamodb.values import AttributeValue
from headwater.services.dynamodb import tables
from headwater.services.dynamodb.doors import item_operation
from headwater.services.dynamodb.errors import validation
from headwater.services.dynamodb.key_ranges import BEYOND, KeyConditions, Range, range_of
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
    Filter,
    read_expressions,
    read_filter,
    read_projection,
    refuse_nested_keys,
)
from headwater.services.dynamodb.table import KeySchema, find_table
from headwater.spine.operations import Call, Request, Result
from headwater.spine.store import Row

_EXPRESSIONS = ("ProjectionExpression", "FilterExpression", "KeyConditionExpression")
_OTHERS = ("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions")


@item_operation("Query", reads=True)
def query(call: Call, request: Request) -> Result:
    legacy_keys = "KeyConditions" in request and "KeyConditionExpression" not in request
    others = _OTHERS[:-1] if legacy_keys else _OTHERS
    expressions = read_expressions(call, request, _EXPRESSIONS, others)
    conditions = _key_conditions(expressions, request)
    filter_ = read_filter(expressions, request, "QueryFilter")
    projection = read_projection(expressions, request)
    expressions.finish()
    if conditions.problem and not legacy_keys:
        _refuse(call, request, conditions.problem)
    source = find_source(find_table(call, request["TableName"]), request)
    start = read_starting_key(source, request, STARTING_KEY)
    wanted = range_of(source.schema, conditions)
    if start is not None:
        _check_start(source.schema, start, wanted, conditions)
    if projection is not None:
        refuse_nested_keys(source.table, projection.nested)
    if filter_ is not None:
        _refuse_filtered_keys(source.schema, filter_)
        refuse_nested_keys(source.table, filter_.nested)
    check_select(source, request, projection)
    forward = request.get("ScanIndexForward", True)
    fetch = _fetch(call, source, wanted, forward, row_after(source, start))
    keeps = None if filter_ is None else filter_.keeps
    page = read_page(fetch, request.get("Limit"), view_of(source, request, projection), keeps)
    return answer(request, source, page, projection)


def _refuse(call: Call, request: Request, problem: str) -> None:
    """Only the keys of some global indexes have so many attributes."""
    several = problem == TOO_MANY and "IndexName" in request
    if not (several and find_source(find_table(call, request["TableName"]), request).schema.composite):
        raise validation(problem)


def _key_conditions(expressions: Expressions, request: Request) -> KeyConditions:
    text = request.get("KeyConditionExpression")
    if text is not None:
        compiled = expressions.key_condition(text)
        return KeyConditions(compiled.terms, dict(expressions.values), compiled.problem)
    if "KeyConditions" not in request:
        raise validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    return KeyConditions(*legacy.key_conditions(request["KeyConditions"]))


def _check_start(schema: KeySchema, start: dict[str, AttributeValue], wanted: Range, conditions: KeyConditions) -> None:
    """A page can only start after a key that the conditions let through."""
    hash_key, range_key = schema.bytes_of(start)
    if len(conditions.terms) == len(schema.hashes):
        if hash_key != wanted.partition:
            raise validation("The provided starting key is outside query boundaries based on provided conditions")
        return
    if not wanted.low <= range_key < wanted.high:
        raise validation("The provided starting key does not match the range key predicate")
    if hash_key != wanted.partition:
        raise validation("The query can return at most one row and cannot be restarted")


def _refuse_filtered_keys(schema: KeySchema, filter_: Filter) -> None:
    for name in schema.names:
        if name in filter_.attributes:
            raise validation(
                f"{filter_.parameter} can only contain non-primary key attributes: Primary key attribute: {name}"
            )


def _fetch(call: Call, source: Source, wanted: Range, forward: bool, start: tuple[bytes, ...] | None) -> Fetch:
    """Reads the rows of the range in chunks, after the starting key at first."""
    store, table, index = call.store, source.table, source.index
    partition, low, high = wanted
    if index is None:
        statement = tables.QUERY_TABLE if forward else tables.QUERY_TABLE_BACKWARD

        def fetch(after: Row | None, most: int) -> list[Row]:
            last = start if after is None else after
            bounds = (low, high)
            if last is not None:
                bounds = (last[1] + b"\x00", high) if forward else (low, last[1])
            return store.all(statement, (table.id, partition, *bounds, most))

        return fetch
    statement = tables.QUERY_INDEX if forward else tables.QUERY_INDEX_BACKWARD
    edge = (b"", b"", b"") if forward else (BEYOND, b"", b"")

    def fetch_from_index(after: Row | None, most: int) -> list[Row]:
        last = start if after is None else after
        position = edge if last is None else last[1:4]
        return store.all(statement, (table.id, index.id, partition, low, high, *position, most))

    return fetch_from_index
