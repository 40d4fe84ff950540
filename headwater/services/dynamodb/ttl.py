"""UpdateTimeToLive, DescribeTimeToLive, and the timer that removes what has expired.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
"""

from __future__ import annotations

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.errors import validation
from headwater.services.dynamodb.expiry import GRACE_MILLISECONDS, expires_at, set_timer
from headwater.services.dynamodb.table import Table, describe_target, item_of, table_by_arn
from headwater.services.dynamodb.writing import Change, load, write
from headwater.spine.deliveries import Again, Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_BATCH = 100
_CHUNK = 500


@operation("dynamodb", "UpdateTimeToLive")
def update_time_to_live(call: Call, request: Request) -> Result:
    table = describe_target(call, request["TableName"])
    specification = request["TimeToLiveSpecification"]
    name, enabled = specification["AttributeName"], specification["Enabled"]
    if not name:
        raise validation("TimeToLiveSpecification.AttributeName must not be empty")
    if enabled and table.ttl is not None:
        raise _other_attribute(table.ttl) if table.ttl != name else validation("TimeToLive is already enabled")
    if not enabled and table.ttl is None:
        raise validation("TimeToLive is already disabled")
    if not enabled and table.ttl != name:
        raise _other_attribute(table.ttl)
    call.store.run(tables.SET_TTL, (name if enabled else None, table.id))
    call.store.run(tables.DELETE_EXPIRIES, (table.id,))
    call.store.run(tables.SET_EXPIRY_DUE, (None, table.id))
    call.memory.drop(table)
    if enabled:
        _find_expiries(call, table.arn)
    return {"TimeToLiveSpecification": specification}


def _other_attribute(name: str | None) -> AwsError:
    return validation(f"TimeToLive is active on a different AttributeName: current AttributeName is {name}")


def _find_expiries(call: Call, arn: str) -> None:
    """Notes the expiry of each item that a table already holds."""
    table = table_by_arn(call, arn)
    assert table is not None
    hash_key, range_key = b"", b""
    while rows := call.store.all(tables.SCAN_TABLE, (table.id, hash_key, range_key, b"\xff" * 2053, _CHUNK)):
        for hash_key, range_key, item in rows:
            expires = expires_at(table, item_of(item), call.now)
            if expires is not None:
                call.store.run(tables.INSERT_EXPIRY, (table.id, expires, hash_key, range_key))
        range_key += b"\x00"
    earliest = call.store.one(tables.NEXT_EXPIRY, (table.id,))
    if earliest is not None and earliest[0] is not None:
        set_timer(call, table, earliest[0])


@operation("dynamodb", "DescribeTimeToLive", reads=True)
def describe_time_to_live(call: Call, request: Request) -> Result:
    table = describe_target(call, request["TableName"])
    if table.ttl is None:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": table.ttl}}


@delivery("dynamodb.expire")
def expire(call: Call, item: Delivery) -> Again | None:
    """Removes items whose time is past, some at a time, and stands again at the next one's."""
    table = table_by_arn(call, item.payload["table"])
    if table is None or table.expiry_due != item.due:
        return None  # the table is gone, or another timer is earlier
    _remove(call, table, (call.now - GRACE_MILLISECONDS) // 1000)
    following = call.store.one(tables.NEXT_EXPIRY, (table.id,))
    due = None
    if following is not None and following[0] is not None:
        due = max(following[0] * 1000 + GRACE_MILLISECONDS, call.now + 1)
    call.store.run(tables.SET_EXPIRY_DUE, (due, table.id))
    table.expiry_due = due
    return None if due is None else Again(due)


def _remove(call: Call, table: Table, past: int) -> int:
    """Removes a batch of the items whose time is ``past`` (epoch seconds) or earlier; how many those were."""
    removed = 0
    for hash_key, range_key in call.store.all(tables.EXPIRED, (table.id, past, _BATCH)):
        key = (hash_key, range_key)
        old = load(call, table, key)
        if old is not None and (expires_at(table, old, call.now) or past + 1) <= past:
            write(call, Change(table, key, old, None), expired=True)
            removed += 1
        else:
            call.store.run(tables.DELETE_EXPIRIES_OF, (table.id, *key, past))
    return removed


@operation("dynamodb", "ExpireItems", internal=True)
def expire_items(call: Call, request: Request) -> Result:
    """Removes what has expired at once, from the table of a ``TableArn``, or from all tables of all accounts and
    regions: ``Removed``, how many items."""
    name = request.get("TableArn")
    past = call.now // 1000
    if name is None:
        found = [arn for (arn,) in call.store.all(tables.TABLES_WITH_EXPIRED, (past,))]
        return {"Removed": sum(_of(call, arn)["Removed"] for arn in found)}
    table = table_by_arn(call, name)
    if table is None:
        return {"Removed": 0}
    removed = 0
    while call.store.all(tables.EXPIRED, (table.id, past, 1)):
        removed += _remove(call, table, past)
    return {"Removed": removed}


def _of(call: Call, arn: str) -> Result:
    _, _, _, region, account, _ = arn.split(":", 5)
    return call.operation("dynamodb", "ExpireItems", {"TableArn": arn}, account=account, region=region)
