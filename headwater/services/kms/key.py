"""A key as its row has it, found by what names it: its id, its ARN, an alias or an alias's ARN.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from headwater.languages.policies.resource_policies import allows
from headwater.services.kms import tables
from headwater.services.kms.errors import (
    access_denied,
    disabled,
    invalid_arn,
    invalid_key_id,
    invalid_state,
    no_such_alias,
    no_such_key,
    not_found,
)
from headwater.services.kms.managed import make_managed
from headwater.services.kms.specs import ALGORITHMS, ENCRYPT_DECRYPT, SIGN_VERIFY
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

ENABLED, DISABLED, PENDING_DELETION = "Enabled", "Disabled", "PendingDeletion"
_ID = re.compile(r"(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|mrk-[0-9a-f]{32})\Z")


class Key(NamedTuple):
    """A row: times in ms, ``tags`` as JSON, ``period`` in days."""

    arn: str
    account: str
    region: str
    id: str
    spec: str
    usage: str
    description: str
    state: str
    manager: str
    multi_region: int
    policy: str
    tags: str
    created: int
    material: str
    deletes: int | None
    deletion_timer: int | None
    period: int | None
    rotates: int | None
    rotation_timer: int | None

    @property
    def algorithms(self) -> tuple[str, ...]:
        return ALGORITHMS[self.spec][self.usage]

    @property
    def metadata(self) -> dict[str, Any]:
        """AWS's KeyMetadata."""
        kind = {ENCRYPT_DECRYPT: "EncryptionAlgorithms", SIGN_VERIFY: "SigningAlgorithms"}
        region = {"Arn": self.arn, "Region": self.region}
        replicas = {"MultiRegionKeyType": "PRIMARY", "PrimaryKey": region, "ReplicaKeys": []}
        return {
            "AWSAccountId": self.account,
            "KeyId": self.id,
            "Arn": self.arn,
            "CreationDate": self.created,
            "Enabled": self.state == ENABLED,
            "Description": self.description,
            "KeyUsage": self.usage,
            "KeyState": self.state,
            "DeletionDate": self.deletes,
            "Origin": "AWS_KMS",
            "KeyManager": self.manager,
            "CustomerMasterKeySpec": self.spec,
            "KeySpec": self.spec,
            kind.get(self.usage, "MacAlgorithms"): list(self.algorithms),
            "MultiRegion": bool(self.multi_region),
            "MultiRegionConfiguration": replicas if self.multi_region else None,
        }


def find_key(
    call: Call, name: str, aliases: bool = False, action: str | None = None, makes_managed: bool = False
) -> Key:
    """The key of an id or ARN, or also of an alias; NotFoundException, InvalidArnException, AccessDeniedException where
    it belongs to an account whose key policy does not give it to ours (``action``: the present operation).
    ``makes_managed``: where an alias is one of AWS's own that has no key yet, it gets one."""
    key = _find(call, _arn_of(call, name, aliases, makes_managed))
    call.span.subject = key.arn
    if key.account != call.account:
        check_access(call, key, action)
    return key


def look_up(call: Call, name: str) -> Key | None:
    """The same of an id, an ARN or an alias, whoever asks; None where there is none."""
    try:
        return _find(call, _arn_of(call, name, aliases=True, makes_managed=False))
    except AwsError:
        return None


def _find(call: Call, arn: str) -> Key:
    row = call.store.one(tables.FIND_KEY, (arn,))
    if row is None:
        raise no_such_key(arn)
    return Key(*row)


def _arn_of(call: Call, name: str, aliases: bool, makes_managed: bool) -> str:
    parsed = parse_arn(name)
    resource = name if parsed is None else parsed.resource
    if parsed is None and name.startswith("arn:"):
        raise invalid_arn(name)
    if parsed is not None:
        if parsed.service != "kms":
            raise invalid_arn(name)
        if parsed.region != call.region:
            raise not_found(f"Invalid arn {parsed.region}")
    account = call.account if parsed is None else parsed.account
    if aliases and resource.startswith("alias/"):
        return _arn_of_alias(call, account, resource, makes_managed)
    identity = resource.removeprefix("key/") if parsed is not None else name
    if not _ID.match(identity) or (parsed is not None and not resource.startswith("key/")):
        raise invalid_key_id(identity if parsed is None else resource)
    return make_arn("kms", call.region, account, f"key/{identity}")


def _arn_of_alias(call: Call, account: str, name: str, makes_managed: bool) -> str:
    arn = make_arn("kms", call.region, account, name)
    row = call.store.one(tables.FIND_ALIAS, (arn,))
    if row is not None:
        return str(row[0])
    made = make_managed(call, name) if makes_managed and account == call.account else None
    if made is None:
        raise no_such_alias(arn)
    return made


def check_access(call: Call, key: Key, action: str | None = None) -> None:
    action = action or call.span.name.removeprefix("kms:")
    asked = {"kms:CallerAccount": call.account, "aws:PrincipalAccount": call.account}
    if not allows(key.policy, call.account, f"kms:{action}", key.arn, asked):
        raise access_denied(call.principal, action, key.arn)


def own_key(call: Call, name: str, state: str | None = None) -> Key:
    """A key that its account may change: no alias, none of AWS's own. ``state``: it must not be waiting to be deleted
    (``PendingDeletion``), or must be enabled (``Enabled``)."""
    key = find_key(call, name)
    if key.manager == "AWS":
        raise access_denied(call.principal, call.span.name.removeprefix("kms:"), key.arn)
    if state is not None:
        check_not_pending(key)
    if state == ENABLED and key.state == DISABLED:
        raise disabled(key.arn)
    return key


def check_not_pending(key: Key) -> None:
    if key.state == PENDING_DELETION:
        raise invalid_state(key.arn, "is pending deletion")


def check_enabled(key: Key) -> None:
    check_not_pending(key)
    if key.state == DISABLED:
        raise disabled(key.arn)
