"""Query: the items of one partition, in order.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
"""

from __future__ import annotations

from typing import NamedTuple

from headwater.languages.dynamodb import keys, legacy
from headwater.languages.dynamodb.expressions import Expressions
from headwater.languages.dynamodb.key_conditions import Term
from headwater.languages.dynamodb.values import AttributeValue
from headwater.services.dynamodb import tables
from headwater.services.dynamodb.doors import item_operation
from headwater.services.dynamodb.errors import invalid_parameter, validation
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
# Greater than every sort key, which is at most 1024 bytes.
_BEYOND = b"\xff" * 1025


class KeyConditions(NamedTuple):
    """What a request says of the keys: terms by attribute, their values, and what is wrong in itself."""

    terms: dict[str, Term]
    values: dict[str, AttributeValue]
    problem: str | None


class Range(NamedTuple):
    """Sort keys from ``low`` to before ``high`` in one partition."""

    partition: bytes
    low: bytes
    high: bytes


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
        raise validation(conditions.problem)
    source = find_source(find_table(call, request["TableName"]), request)
    start = read_starting_key(source, request, STARTING_KEY)
    wanted = _range(source.schema, conditions)
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


def _range(schema: KeySchema, conditions: KeyConditions) -> Range:
    """The range of keys that the conditions single out; AwsError where the schema does not allow them."""
    terms = conditions.terms
    if schema.range is None and len(terms) > 1:
        raise validation("Query key condition not supported")
    for attribute in schema.attributes:
        term = terms.get(attribute.name)
        if term is None:
            if attribute is schema.hash or len(terms) > 1:
                raise validation(f"Query condition missed key schema element: {attribute.name}")
            continue
        if not term.operator:
            raise validation(conditions.problem or "")
        if any(attribute.type not in conditions.values[name] for name in term.operands):
            raise invalid_parameter("Condition parameter type does not match schema type")
        if attribute is schema.hash and term.operator != "=":
            raise validation("Query key condition not supported")
        for name in term.operands:
            if conditions.values[name].get(attribute.type) == "" and term.operator != "begins_with":
                kind = "string" if attribute.type == "S" else "binary"
                raise validation(
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
                    f"contain an empty {kind} value. Key: {attribute.name}"
                )
    hash_value = conditions.values[terms[schema.hash.name].operands[0]]
    partition = keys.partition(hash_value, schema.hash.type)
    if schema.range is None or schema.range.name not in terms:
        return Range(partition, b"", _BEYOND)
    term, type_ = terms[schema.range.name], schema.range.type
    operands = [keys.sortable(conditions.values[name], type_) for name in term.operands]
    return Range(partition, *_bounds(term.operator, operands))


def _bounds(operator: str, operands: list[bytes]) -> tuple[bytes, bytes]:
    """The sort keys from the first to before the second; a zero byte more gives the very next bytes."""
    first = operands[0]
    if operator == "=":
        return first, first + b"\x00"
    if operator == "<":
        return b"", first
    if operator == "<=":
        return b"", first + b"\x00"
    if operator == ">":
        return first + b"\x00", _BEYOND
    if operator == ">=":
        return first, _BEYOND
    if operator == "BETWEEN":
        return first, operands[1] + b"\x00"
    return first, keys.after_prefix(first) or _BEYOND


def _check_start(schema: KeySchema, start: dict[str, AttributeValue], wanted: Range, conditions: KeyConditions) -> None:
    """A page can only start after a key that the conditions let through."""
    hash_key, range_key = schema.bytes_of(start)
    if len(conditions.terms) == 1:
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
    edge = (b"", b"", b"") if forward else (_BEYOND, b"", b"")

    def fetch_from_index(after: Row | None, most: int) -> list[Row]:
        last = start if after is None else after
        position = edge if last is None else last[1:4]
        return store.all(statement, (table.id, index.id, partition, low, high, *position, most))

    return fetch_from_index
