"""TransactWriteItems and TransactGetItems: all or nothing.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from headwater.languages.dynamodb.errors import ValidationException
from headwater.languages.dynamodb.values import MAX_ITEM_SIZE, Item, check_item, item_size
from headwater.services.dynamodb import capacity, tables
from headwater.services.dynamodb.doors import item_operation
from headwater.services.dynamodb.errors import (
    CONDITION_FAILED,
    KEY_MISMATCH,
    idempotent_mismatch,
    transaction_cancelled,
    validation,
)
from headwater.services.dynamodb.parameters import (
    Predicate,
    Projection,
    check_names,
    read_condition,
    read_expressions,
    read_projection,
)
from headwater.services.dynamodb.table import Key, Table, find_table
from headwater.services.dynamodb.updating import Update, read_update
from headwater.services.dynamodb.writing import PUT_TOO_LARGE, UPDATE_TOO_LARGE, Change, encode, load, write
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result

_MOST = 100
_LARGEST = 4 * 1024 * 1024
_TOKEN_MILLISECONDS = 600_000
_DUPLICATES = "Transaction request cannot include multiple operations on one item"
# What is said of empty keys, which are refused before there is a transaction to cancel.
_AT_ONCE = "One or more parameter values are not valid"
_KINDS = ("ConditionCheck", "Put", "Delete", "Update")


class Cancelled(Exception):
    """One action cannot be done; the reason as CancellationReasons lists it."""

    def __init__(self, code: str, message: str, item: Item | None = None) -> None:
        self.reason: dict[str, Any] = {"Code": code, "Message": message}
        if item is not None:
            self.reason["Item"] = item


class Action(NamedTuple):
    """One action, read but not yet looked at against the table. ``item``: to be put, or the key."""

    kind: str
    request: Mapping[str, Any]
    item: Item
    condition: Predicate | None
    update: Update | None


@item_operation("TransactWriteItems")
def transact_write_items(call: Call, request: Request) -> Result:
    entries: list[Mapping[str, Any]] = request["TransactItems"]
    _check_number(entries)
    actions = [_read_action(call, entry) for entry in entries]
    if sum([item_size(action.item) for action in actions]) > _LARGEST:
        raise validation("Transaction request size exceeds the limit of 4 MB")
    found = [find_table(call, action.request["TableName"]) for action in actions]
    if _is_repeated(call, request):
        return _answer(request, [])
    changes = _plan(call, actions, found)
    _remember(call, request)
    for change, text in changes:
        if change is not None:
            write(call, change, text)
    done = [change for change, _ in changes if change is not None]
    return _answer(request, done)


def _check_number(entries: list[Any]) -> None:
    if not entries or len(entries) > _MOST:
        bound = "greater than or equal to 1" if not entries else f"less than or equal to {_MOST}"
        shown = "[]" if not entries else f"[{len(entries)} items]"
        raise validation(
            f"1 validation error detected: Value '{shown}' at 'transactItems' failed to satisfy constraint: "
            f"Member must have length {bound}"
        )


def _read_action(call: Call, entry: Mapping[str, Any]) -> Action:
    kinds = [kind for kind in _KINDS if kind in entry]
    if len(kinds) != 1:
        raise validation("TransactItems can only contain one of Check, Put, Update or Delete")
    (kind,) = kinds
    request = entry[kind]
    item = request["Item" if kind == "Put" else "Key"]
    if check_item(item) > MAX_ITEM_SIZE:
        raise validation(PUT_TOO_LARGE)
    check_names(item)
    if kind == "Update":
        update, condition = read_update(call, request)
        return Action(kind, request, item, condition, update)
    expressions = read_expressions(call, request, ("ConditionExpression",), ())
    condition = read_condition(expressions, request)
    expressions.finish()
    return Action(kind, request, item, condition, None)


def _is_repeated(call: Call, request: Request) -> bool:
    """Whether the very same request was done in the last ten minutes, by its ClientRequestToken."""
    token = request.get("ClientRequestToken")
    if not token:
        return False
    since = call.now - _TOKEN_MILLISECONDS
    row = call.store.one(tables.FIND_TOKEN, (call.account, call.region, token, since))
    if row is not None and bytes(row[0]) != _digest(request):
        raise idempotent_mismatch()
    return row is not None


def _remember(call: Call, request: Request) -> None:
    token = request.get("ClientRequestToken")
    if token:
        call.store.run(tables.FORGET_TOKENS, (call.now - _TOKEN_MILLISECONDS,))
        call.store.run(tables.INSERT_TOKEN, (call.account, call.region, token, _digest(request), call.now))


def _digest(request: Request) -> bytes:
    return sha256(orjson.dumps(request["TransactItems"], option=orjson.OPT_SORT_KEYS)).digest()


def _plan(call: Call, actions: list[Action], found: list[Table]) -> list[tuple[Change | None, bytes | None]]:
    """What each action changes, with the JSON of what it writes; raises if any of them cannot be done."""
    reasons: list[dict[str, Any]] = []
    changes: list[tuple[Change | None, bytes | None]] = []
    keys = [
        _fitting(table.key_of if action.kind == "Put" else table.key_from, action.item)
        for action, table in zip(actions, found, strict=True)
    ]
    _refuse_duplicates([(table.id, key) for table, key in zip(found, keys, strict=True)])
    for action, table, key in zip(actions, found, keys, strict=True):
        reason: dict[str, Any] = {"Code": "None"}
        try:
            changes.append(_change(call, action, table, key))
        except Cancelled as cancelled:
            reason = cancelled.reason
        reasons.append(reason)
    if len(changes) < len(actions):
        raise transaction_cancelled(reasons)
    return changes


def _change(call: Call, action: Action, table: Table, key: Key | None) -> tuple[Change | None, bytes | None]:
    try:
        if key is None:
            raise _key_error(action, table)
        if action.update is not None:
            action.update.check_against(table)
        old = load(call, table, key)
        if action.condition is not None and not action.condition(old or {}):
            shown = action.request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            raise Cancelled("ConditionalCheckFailed", CONDITION_FAILED, old if shown else None)
        new = _outcome(action, table, old)
        encoded = None if new is None else encode(new, UPDATE_TOO_LARGE if action.update else PUT_TOO_LARGE)
    except (AwsError, ValidationException) as error:
        message = error.message if isinstance(error, AwsError) else str(error)
        if _AT_ONCE in message:
            raise
        raise Cancelled("ValidationError", message) from None
    if action.kind == "ConditionCheck" or (new is None and old is None):
        return None, None
    return Change(table, key, old, new), encoded


def _key_error(action: Action, table: Table) -> AwsError:
    if action.kind == "Put":
        try:
            table.key_of(action.item)
        except AwsError as error:
            return error
    return validation(KEY_MISMATCH)


def _outcome(action: Action, table: Table, old: Item | None) -> Item | None:
    """The item after the action."""
    if action.kind == "Put":
        table.check_index_keys(action.item)
        return action.item
    if action.update is None:
        return None
    if old is None and not action.update.creates:
        return None
    new = action.update.apply(old if old is not None else action.item)
    action.update.check_result(table, new)
    return new


def _answer(request: Request, changes: list[Change]) -> Result:
    result: Result = {}
    consumed: dict[int, capacity.Consumed] = {}
    metrics: dict[str, list[dict[str, Any]]] = {}
    wanted = capacity.is_wanted(request)
    for table, _, old, new in changes:
        if wanted:
            consumed.setdefault(table.id, capacity.Consumed(table)).write(old, new, 2)
        for metric in capacity.collection_metrics(request, table, new or old or {}).values():
            metrics.setdefault(table.name, []).append(metric)
    if metrics:
        result["ItemCollectionMetrics"] = metrics
    return result | capacity.consumed_by_table(request, consumed.values())


class Reading(NamedTuple):
    """One item to be read; ``key`` None where the key given does not fit the schema."""

    table: Table
    key: Key | None
    projection: Projection | None


@item_operation("TransactGetItems", reads=True)
def transact_get_items(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html"""
    entries: list[Mapping[str, Any]] = request["TransactItems"]
    _check_number(entries)
    readings = [_reading(call, entry["Get"]) for entry in entries]
    _refuse_duplicates([(reading.table.id, reading.key) for reading in readings])
    if any(reading.key is None for reading in readings):
        misfit = {"Code": "ValidationError", "Message": KEY_MISMATCH}
        raise transaction_cancelled([misfit if reading.key is None else {"Code": "None"} for reading in readings])
    responses: list[dict[str, Any]] = []
    consumed: dict[int, capacity.Consumed] = {}
    for table, key, projection in readings:
        item = None if key is None else load(call, table, key)
        consumed.setdefault(table.id, capacity.Consumed(table)).read(item_size(item) if item else 0, True, 2)
        if item is None:
            responses.append({})
        else:
            responses.append({"Item": item if projection is None else projection.select(item)})
    return {"Responses": responses} | capacity.consumed_by_table(request, consumed.values())


def _reading(call: Call, get: Mapping[str, Any]) -> Reading:
    expressions = read_expressions(call, get, ("ProjectionExpression",), ())
    projection = read_projection(expressions, get)
    expressions.finish()
    check_item(get["Key"])
    table = find_table(call, get["TableName"])
    return Reading(table, _fitting(table.key_from, get["Key"]), projection)


def _fitting(key_of: Callable[[Item], Key], item: Item) -> Key | None:
    """The key of an item, None where it does not fit the schema, which is a reason to cancel later on."""
    try:
        return key_of(item)
    except AwsError as error:
        if _AT_ONCE in error.message:
            raise
        return None


def _refuse_duplicates(placed: list[tuple[int, Key | None]]) -> None:
    known = [place for place in placed if place[1] is not None]
    if len(set(known)) < len(known):
        raise validation(_DUPLICATES)
