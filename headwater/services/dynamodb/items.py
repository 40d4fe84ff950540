"""One item: GetItem, PutItem, DeleteItem, UpdateItem.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
"""

from __future__ import annotations

from headwater.languages.dynamodb.errors import ValidationException
from headwater.languages.dynamodb.values import MAX_ITEM_SIZE, Item, check_item, item_size
from headwater.services.dynamodb import capacity
from headwater.services.dynamodb.doors import item_operation
from headwater.services.dynamodb.errors import condition_failed, validation
from headwater.services.dynamodb.parameters import (
    Predicate,
    check_names,
    read_condition,
    read_expressions,
    read_projection,
    refuse_nested_keys,
)
from headwater.services.dynamodb.table import find_table
from headwater.services.dynamodb.updating import Update, read_update
from headwater.services.dynamodb.writing import (
    PUT_TOO_LARGE,
    UPDATE_TOO_LARGE,
    Change,
    encode,
    load,
    write,
)
from headwater.spine.operations import Call, Request, Result

_CONDITION = ("ConditionExpression",)
_EXPECTED = ("Expected", "ConditionalOperator")


@item_operation("GetItem", reads=True)
def get_item(call: Call, request: Request) -> Result:
    projection = None
    if "ProjectionExpression" in request or "AttributesToGet" in request or "ExpressionAttributeNames" in request:
        expressions = read_expressions(call, request, ("ProjectionExpression",), ("AttributesToGet",))
        projection = read_projection(expressions, request)
        expressions.finish()
    check_item(request["Key"])
    table = find_table(call, request["TableName"])
    key = table.key_from(request["Key"])
    if projection is not None:
        refuse_nested_keys(table, projection.nested)
    item = load(call, table, key)
    result: Result = {}
    if item is not None:
        result["Item"] = item if projection is None else projection.select(item)
    if capacity.is_wanted(request):
        consumed = capacity.Consumed(table)
        consumed.read(item_size(item) if item else 0, request.get("ConsistentRead", False))
        result["ConsumedCapacity"] = consumed.described(request)
    return result


@item_operation("PutItem", counts=True)
def put_item(call: Call, request: Request) -> Result:
    item = request["Item"]
    size = check_item(item)
    check_names(item)
    returned = _whole_item_returned(request)
    condition = _condition(call, request)
    if size > MAX_ITEM_SIZE:
        raise validation(PUT_TOO_LARGE)
    table = find_table(call, request["TableName"])
    key = table.key_of(item)
    table.check_index_keys(item)
    encoded = encode(item, PUT_TOO_LARGE)
    if len(request) == 2 and table.plain:
        write(call, Change(table, key, None, item), encoded)
        return {}
    old = load(call, table, key)
    _require(request, condition, old)
    change = Change(table, key, old, item)
    write(call, change, encoded)
    return _answer(request, change, old if returned else None)


@item_operation("DeleteItem", counts=True)
def delete_item(call: Call, request: Request) -> Result:
    check_item(request["Key"])
    returned = _whole_item_returned(request)
    condition = _condition(call, request)
    table = find_table(call, request["TableName"])
    key = table.key_from(request["Key"])
    old = load(call, table, key)
    _require(request, condition, old)
    change = Change(table, key, old, None)
    write(call, change)
    return _answer(request, change, old if returned else None)


@item_operation("UpdateItem", counts=True)
def update_item(call: Call, request: Request) -> Result:
    key_item = request["Key"]
    check_item(key_item)
    update, condition = read_update(call, request)
    table = find_table(call, request["TableName"])
    key = table.key_from(key_item)
    update.check_against(table)
    old = load(call, table, key)
    _require(request, condition, old)
    if old is None and not update.creates:
        return _answer(request, Change(table, key, None, None), None)
    new = update.apply(old if old is not None else key_item)
    update.check_result(table, new)
    change = Change(table, key, old, new)
    write(call, change, encode(new, UPDATE_TOO_LARGE))
    return _answer(request, change, _attributes(request, update, old, new))


def _attributes(request: Request, update: Update, old: Item | None, new: Item) -> Item | None:
    """What UpdateItem returns of an item, by ReturnValues."""
    wanted = request.get("ReturnValues", "NONE")
    if wanted == "NONE":
        return None
    item = new if wanted.endswith("NEW") else old
    if item is None or wanted.startswith("ALL"):
        return item
    return update.select_targets(item)


def _whole_item_returned(request: Request) -> bool:
    """Whether a put or delete returns the item that it found."""
    wanted = request.get("ReturnValues", "NONE")
    if wanted not in ("NONE", "ALL_OLD"):
        raise ValidationException("ReturnValues can only be ALL_OLD or NONE")
    return bool(wanted == "ALL_OLD")


def _condition(call: Call, request: Request) -> Predicate | None:
    if len(request) == 2:  # nothing but the table's name and the item or key
        return None
    expressions = read_expressions(call, request, _CONDITION, _EXPECTED)
    condition = read_condition(expressions, request)
    expressions.finish()
    return condition


def _require(request: Request, condition: Predicate | None, old: Item | None) -> None:
    """Refuses the write if its condition does not hold of the item as it is."""
    if condition is not None and not condition(old or {}):
        shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        raise condition_failed(old if shown else None)


def _answer(request: Request, change: Change, attributes: Item | None) -> Result:
    """The members that all writes of an item return."""
    result: Result = {"Attributes": attributes} if attributes else {}
    if len(request) == 2:
        return result
    if capacity.is_wanted(request):
        consumed = capacity.Consumed(change.table)
        consumed.write(change.old, change.new)
        result["ConsumedCapacity"] = consumed.described(request)
    item = change.new or change.old or request.get("Key")
    if item is not None:
        result |= capacity.collection_metrics(request, change.table, item)
    return result
