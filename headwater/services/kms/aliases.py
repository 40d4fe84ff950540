"""Aliases: names of keys that can be given to other ones.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import Any

from headwater.services.kms import tables
from headwater.services.kms.errors import (
    alias_exists,
    no_such_alias,
    reserved_alias,
    validation,
)
from headwater.services.kms.key import PENDING_DELETION, Key, find_key, own_key
from headwater.services.kms.managed import PREFIX, PROTECTED
from headwater.services.kms.pages import among, listed
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.operations import Call, Request, Result, operation

_NAME = re.compile(r"alias/[a-zA-Z0-9/_-]+\Z")
_PAGE = 50
Entry = dict[str, Any]


def _checked_arn(call: Call, name: str) -> str:
    """The ARN of an alias that users may make, change or take away."""
    if not name.startswith("alias/"):
        raise validation(
            'Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
        )
    if name.startswith(PREFIX):
        raise reserved_alias()
    if not _NAME.match(name):
        raise validation(f"{name} contains invalid characters for an alias")
    return make_arn("kms", call.region, call.account, name)


def _target(call: Call, name: str) -> Key:
    parsed = parse_arn(name)
    if (name if parsed is None else parsed.resource).startswith("alias/"):
        raise validation("Aliases must refer to keys. Not aliases")
    return own_key(call, name, PENDING_DELETION)


@operation("kms", "CreateAlias")
def create_alias(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html"""
    name = request["AliasName"]
    arn = _checked_arn(call, name)
    key = _target(call, request["TargetKeyId"])
    if call.store.one(tables.FIND_ALIAS, (arn,)) is not None:
        raise alias_exists(arn)
    call.store.run(tables.INSERT_ALIAS, (arn, call.account, call.region, name, key.arn, call.now, call.now))
    return {}


@operation("kms", "UpdateAlias")
def update_alias(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html"""
    arn = _checked_arn(call, request["AliasName"])
    row = call.store.one(tables.FIND_ALIAS, (arn,))
    if row is None:
        raise no_such_alias(arn)
    former, key = find_key(call, str(row[0])), _target(call, request["TargetKeyId"])
    if (former.usage, former.spec == "SYMMETRIC_DEFAULT") != (key.usage, key.spec == "SYMMETRIC_DEFAULT"):
        raise validation("The current and new KMS keys must be the same type and have the same key usage.")
    call.store.run(tables.RETARGET_ALIAS, (key.arn, call.now, arn))
    return {}


@operation("kms", "DeleteAlias")
def delete_alias(call: Call, request: Request) -> Result:
    arn = _checked_arn(call, request["AliasName"])
    if not call.store.run(tables.DELETE_ALIAS, (arn,)):
        raise no_such_alias(arn)
    return {}


@operation("kms", "ListAliases", reads=True)
def list_aliases(call: Call, request: Request) -> Result:
    """Those of AWS managed keys that nobody has used yet have no key.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html
    """
    if request.get("KeyId"):
        entries = _entries(call, tables.ALIASES_OF_KEY, (find_key(call, request["KeyId"]).arn,))
    else:
        entries = _of_account(call)
    by_name = itemgetter("AliasName")
    return listed(request, "Aliases", _PAGE, among(entries, by_name), by_name, dict)


def _of_account(call: Call) -> list[Entry]:
    made = _entries(call, tables.LIST_ALIASES, (call.account, call.region))
    present = {entry["AliasName"] for entry in made}
    names = (f"{PREFIX}{service}" for service in PROTECTED)
    unused = [
        {"AliasName": name, "AliasArn": make_arn("kms", call.region, call.account, name)}
        for name in names
        if name not in present
    ]
    return sorted(made + unused, key=lambda entry: str(entry["AliasName"]))


def _entries(call: Call, statement: str, parameters: tuple[str, ...]) -> list[Entry]:
    return [
        {
            "AliasName": name,
            "AliasArn": arn,
            "TargetKeyId": key.rpartition("/")[2],
            "CreationDate": created,
            "LastUpdatedDate": updated,
        }
        for name, arn, key, created, updated in call.store.all(statement, parameters)
    ]
