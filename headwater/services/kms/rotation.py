"""Rotation: new material for a key, by the clock or at once. What the former ones encrypted they still decrypt.

https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from headwater.services.kms import tables
from headwater.services.kms.errors import limit_exceeded, unsupported
from headwater.services.kms.key import ENABLED, PENDING_DELETION, Key, find_key, own_key
from headwater.services.kms.pages import among, listed
from headwater.services.kms.specs import SYMMETRIC, secret_of
from headwater.services.kms.telling import tell
from headwater.spine.deliveries import Again, Delivery, delivery
from headwater.spine.operations import Call, Request, Result, operation

_DAY = 86_400_000
_PERIOD = 365
_MOST_ON_DEMAND = 25
_PAGE = 100


@operation("kms", "EnableKeyRotation")
def enable_key_rotation(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html"""
    key = _rotating_key(call, request)
    period = request.get("RotationPeriodInDays") or key.period or _PERIOD
    if key.rotation_timer is not None:
        call.cancel(key.rotation_timer)
    due = call.now + period * _DAY
    timer = call.deliver("kms.rotation", {"key": key.arn}, target=key.arn, due=due)
    call.store.run(tables.SET_ROTATION, (period, due, timer, key.arn))
    return {}


@operation("kms", "DisableKeyRotation")
def disable_key_rotation(call: Call, request: Request) -> Result:
    key = _rotating_key(call, request)
    if key.rotation_timer is not None:
        call.cancel(key.rotation_timer)
    call.store.run(tables.SET_ROTATION, (None, None, None, key.arn))
    return {}


def _rotating_key(call: Call, request: Request) -> Key:
    key = own_key(call, request["KeyId"], ENABLED)
    _check_symmetric(key)
    return key


def _check_symmetric(key: Key) -> None:
    if key.spec != SYMMETRIC:
        raise unsupported()


@operation("kms", "GetKeyRotationStatus", reads=True)
def get_key_rotation_status(call: Call, request: Request) -> Result:
    """A key that is to be deleted is not rotated; a disabled one is when it is enabled again."""
    key = find_key(call, request["KeyId"])
    _check_symmetric(key)
    rotates = key.manager == "AWS" or (key.period is not None and key.state != PENDING_DELETION)
    result: Result = {"KeyId": key.arn, "KeyRotationEnabled": rotates}
    if rotates:
        result |= {"RotationPeriodInDays": key.period or _PERIOD, "NextRotationDate": key.rotates}
    return result


@operation("kms", "RotateKeyOnDemand")
def rotate_key_on_demand(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html"""
    key = _rotating_key(call, request)
    if (call.store.one(tables.COUNT_ON_DEMAND, (key.arn,)) or (0,))[0] >= _MOST_ON_DEMAND:
        raise limit_exceeded(f"The on-demand rotations limit has been reached for {key.arn}.")
    _rotate(call, key.arn, "ON_DEMAND")
    tell(call, "KMS CMK Rotation", key.arn)
    return {"KeyId": key.arn}


@delivery("kms.rotation")
def rotation_is_due(call: Call, item: Delivery) -> Again | None:
    arn = item.payload["key"]
    row = call.store.one(tables.FIND_KEY, (arn,))
    key = None if row is None else Key(*row)
    if key is None or key.period is None:
        return None
    if key.state == ENABLED:
        _rotate(call, arn, "AUTOMATIC")
        tell(call, "KMS CMK Rotation", arn)
    due = (key.rotates or call.now) + key.period * _DAY
    call.store.run(tables.SET_NEXT_ROTATION, (due, arn))
    return Again(due)


def _rotate(call: Call, arn: str, kind: str) -> None:
    material = call.ids.hex(64)
    secret = secret_of(SYMMETRIC, call.ids)
    call.store.run(tables.INSERT_MATERIAL, (arn, material, secret, kind, call.now))
    call.store.run(tables.SET_MATERIAL, (material, arn))


@operation("kms", "ListKeyRotations", reads=True)
def list_key_rotations(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html"""
    key = find_key(call, request["KeyId"])
    _check_symmetric(key)
    whole = request.get("IncludeKeyMaterial") == "ALL_KEY_MATERIAL"
    rows = call.store.all(tables.MATERIALS, (key.arn,))
    shown = [(f"{at:06d}", _rotation(key, row)) for at, row in enumerate(rows) if whole or row[1] != "CREATED"]
    place: Callable[[tuple[str, dict[str, Any]]], str] = itemgetter(0)
    return listed(request, "Rotations", _PAGE, among(shown, place), place, lambda each: each[1])


def _rotation(key: Key, row: tuple[Any, ...]) -> dict[str, Any]:
    identity, kind, created = row
    made = {
        "KeyId": key.arn,
        "KeyMaterialId": identity,
        "KeyMaterialState": "CURRENT" if identity == key.material else "NON_CURRENT",
    }
    return made if kind == "CREATED" else {**made, "RotationDate": created, "RotationType": kind}
