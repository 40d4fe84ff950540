"""Deleting keys: after days in which it can be called off.

https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
"""

from __future__ import annotations

from headwater.services.kms import tables
from headwater.services.kms.errors import invalid_state, validation
from headwater.services.kms.key import DISABLED, PENDING_DELETION, own_key
from headwater.services.kms.telling import tell
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.operations import Call, Request, Result, operation

_DAY = 86_400_000
_LEAST_DAYS, _MOST_DAYS = 7, 30


@operation("kms", "ScheduleKeyDeletion")
def schedule_key_deletion(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html"""
    days = request.get("PendingWindowInDays") or _MOST_DAYS
    if not _LEAST_DAYS <= days <= _MOST_DAYS:
        raise validation(f"PendingWindowInDays must be between {_LEAST_DAYS} and {_MOST_DAYS}")
    key = own_key(call, request["KeyId"], PENDING_DELETION)
    due = call.now + days * _DAY
    timer = call.deliver("kms.deletion", {"key": key.arn}, target=key.arn, due=due)
    call.store.run(tables.SET_DELETION, (PENDING_DELETION, due, timer, key.arn))
    return {"KeyId": key.arn, "DeletionDate": due, "KeyState": PENDING_DELETION, "PendingWindowInDays": days}


@operation("kms", "CancelKeyDeletion")
def cancel_key_deletion(call: Call, request: Request) -> Result:
    """The key is disabled then. https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html"""
    key = own_key(call, request["KeyId"])
    if key.state != PENDING_DELETION:
        raise invalid_state(key.arn, "is not pending deletion")
    if key.deletion_timer is not None:
        call.cancel(key.deletion_timer)
    call.store.run(tables.SET_DELETION, (DISABLED, None, None, key.arn))
    return {"KeyId": key.arn}


@delivery("kms.deletion")
def end_of_key(call: Call, item: Delivery) -> None:
    """Its material, aliases and grants go with it: what it encrypted is lost."""
    arn = item.payload["key"]
    row = call.store.one(tables.FIND_KEY, (arn,))
    if row is None:
        return
    rotation_timer = row[-1]
    if rotation_timer is not None:
        call.cancel(rotation_timer)
    statements = (tables.DELETE_MATERIALS, tables.DELETE_ALIASES, tables.DELETE_GRANTS, tables.DELETE_KEY)
    for statement in statements:
        call.store.run(statement, (arn,))
    tell(call, "KMS CMK Deletion", arn)
