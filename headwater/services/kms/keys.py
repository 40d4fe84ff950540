"""Making, describing and changing keys.

https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import orjson

from headwater.services.kms import tables
from headwater.services.kms.errors import validation
from headwater.services.kms.key import DISABLED, ENABLED, PENDING_DELETION, Key, find_key, own_key
from headwater.services.kms.policies import checked_policy
from headwater.services.kms.specs import (
    ALGORITHMS,
    ENCRYPT_DECRYPT,
    SYMMETRIC,
    TAKES_LONG,
    private_key,
    secret_of,
)
from headwater.services.kms.tags import checked_tags
from headwater.spine.arns import make_arn
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.work import Work


@operation("kms", "CreateKey")
def create_key(call: Call, request: Request) -> Answer:
    """A pair of RSA is made beside everything else; the answer comes when it is there."""
    spec, _ = _kind(request)
    checked_tags(request.get("Tags") or (), {})
    if spec in TAKES_LONG:
        return _create_slowly(call.work, request, spec)
    return _create(call, request, secret_of(spec, call.ids))


def _create_slowly(work: Work, request: Request, spec: str) -> Coroutine[Any, Any, Result]:
    async def create() -> Result:
        secret = await asyncio.to_thread(private_key, spec)
        return await work.transact(_create, request, secret)

    return create()


def _kind(request: Request) -> tuple[str, str]:
    """Spec and usage."""
    if (request.get("Origin") or "AWS_KMS") != "AWS_KMS":
        raise not_implemented(f"Origin {request['Origin']} of CreateKey")
    if request.get("CustomKeyStoreId") or request.get("XksKeyId"):
        raise not_implemented("Custom key stores of KMS")
    old, new = request.get("CustomerMasterKeySpec"), request.get("KeySpec")
    if old and new:
        raise validation(
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. Please use KeySpec."
        )
    spec = new or old or SYMMETRIC
    usages = ALGORITHMS.get(spec)
    if usages is None:
        raise not_implemented(f"KeySpec {spec} of CreateKey")
    usage = request.get("KeyUsage")
    if usage is None:
        if spec != SYMMETRIC:
            raise validation("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
        usage = ENCRYPT_DECRYPT
    if usage in ("KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"):
        raise not_implemented(f"KeyUsage {usage} of CreateKey")
    if usage not in usages:
        raise validation(f"KeyUsage {usage} is not compatible with KeySpec {spec}")
    return spec, usage


def _create(call: Call, request: Request, secret: bytes) -> Result:
    spec, usage = _kind(request)
    multi_region = bool(request.get("MultiRegion"))
    identity = f"mrk-{call.ids.hex(32)}" if multi_region else call.ids.uuid()
    arn = make_arn("kms", call.region, call.account, f"key/{identity}")
    call.span.subject = arn
    policy = checked_policy(call, arn, request)
    tags = orjson.dumps(checked_tags(request.get("Tags") or (), {})).decode()
    material = call.ids.hex(64)
    named = (arn, call.account, call.region, identity, spec, usage, request.get("Description") or "", ENABLED)
    call.store.run(tables.INSERT_KEY, (*named, "CUSTOMER", int(multi_region), policy, tags, call.now, material))
    call.store.run(tables.INSERT_MATERIAL, (arn, material, secret, "CREATED", call.now))
    return {"KeyMetadata": _described(find_key(call, arn))}


def _described(key: Key) -> dict[str, Any]:
    symmetric = key.spec == SYMMETRIC and key.manager == "CUSTOMER"
    return key.metadata | {"CurrentKeyMaterialId": key.material if symmetric else None}


@operation("kms", "DescribeKey")
def describe_key(call: Call, request: Request) -> Result:
    """It makes an AWS managed key that is asked for by its alias and not there yet, as on AWS."""
    return {"KeyMetadata": _described(find_key(call, request["KeyId"], aliases=True, makes_managed=True))}


@operation("kms", "UpdateKeyDescription")
def update_key_description(call: Call, request: Request) -> Result:
    key = own_key(call, request["KeyId"], PENDING_DELETION)
    call.store.run(tables.SET_DESCRIPTION, (request["Description"], key.arn))
    return {}


@operation("kms", "EnableKey")
def enable_key(call: Call, request: Request) -> Result:
    key = own_key(call, request["KeyId"], PENDING_DELETION)
    call.store.run(tables.SET_STATE, (ENABLED, key.arn))
    return {}


@operation("kms", "DisableKey")
def disable_key(call: Call, request: Request) -> Result:
    key = own_key(call, request["KeyId"], PENDING_DELETION)
    call.store.run(tables.SET_STATE, (DISABLED, key.arn))
    return {}
