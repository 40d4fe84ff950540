"""Grants: kept and shown, with their limits. They are asked for users and roles.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from headwater.services.kms import tables
from headwater.services.kms.errors import (
    invalid_grant_id,
    invalid_grant_token,
    not_found,
    validation,
)
from headwater.services.kms.key import ENABLED, check_not_pending, find_key, own_key
from headwater.services.kms.pages import listed
from headwater.services.kms.using import check_dry_run
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 50
_MOST_ASKED = 1000


class Grant(NamedTuple):
    """A row; operations and constraints as JSON."""

    id: str
    key: str
    token: str
    name: str | None
    grantee: str
    retiring: str | None
    issuer: str
    operations: str
    constraints: str | None
    created: int

    @property
    def listed(self) -> dict[str, Any]:
        return {
            "KeyId": self.key,
            "GrantId": self.id,
            "Name": self.name or "",
            "CreationDate": self.created,
            "GranteePrincipal": self.grantee,
            "RetiringPrincipal": self.retiring,
            "IssuingAccount": self.issuer,
            "Operations": orjson.loads(self.operations),
            "Constraints": None if self.constraints is None else orjson.loads(self.constraints),
        }


@operation("kms", "CreateGrant")
def create_grant(call: Call, request: Request) -> Result:
    """The same again, with a name, is the same grant.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
    """
    key = find_key(call, request["KeyId"])
    if key.account == call.account:
        own_key(call, request["KeyId"], ENABLED)
    grantee = request.get("GranteePrincipal") or request.get("GranteeServicePrincipal")
    if not grantee:
        raise validation("GranteePrincipal or GranteeServicePrincipal is required.")
    check_dry_run(request)
    name, retiring = request.get("Name"), request.get("RetiringPrincipal") or request.get("RetiringServicePrincipal")
    operations = orjson.dumps(request["Operations"]).decode()
    constraints = request.get("Constraints")
    text = orjson.dumps(constraints, option=orjson.OPT_SORT_KEYS).decode() if constraints else None
    if name:
        same = (key.arn, name, grantee, retiring or "", operations, text or "")
        row = call.store.one(tables.FIND_SAME_GRANT, same)
        if row is not None:
            return {"GrantId": row[0], "GrantToken": row[1]}
    identity, token = call.ids.hex(64), f"AQpA{call.ids.token(176)}"
    issuer = f"arn:aws:iam::{call.account}:root"
    granted = (identity, key.arn, token, name, grantee, retiring, issuer, key.region, operations, text, call.now)
    call.store.run(tables.INSERT_GRANT, granted)
    return {"GrantId": identity, "GrantToken": token}


@operation("kms", "ListGrants", reads=True)
def list_grants(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html"""
    key = find_key(call, request["KeyId"])
    check_not_pending(key)
    if request.get("GrantId"):
        row = call.store.one(tables.FIND_GRANT, (key.arn, request["GrantId"]))
        if row is None:
            raise invalid_grant_id()
        return {"Grants": [Grant(*row).listed], "Truncated": False}
    grantee = request.get("GranteePrincipal") or request.get("GranteeServicePrincipal") or ""
    return _listed(call, request, tables.GRANTS_OF_KEY, (key.arn, grantee, grantee))


@operation("kms", "ListRetirableGrants", reads=True)
def list_retirable_grants(call: Call, request: Request) -> Result:
    retiring = request.get("RetiringPrincipal") or request.get("RetiringServicePrincipal")
    if not retiring:
        raise validation("RetiringPrincipal or RetiringServicePrincipal is required.")
    return _listed(call, request, tables.RETIRABLE_GRANTS, (retiring, call.region))


@operation("kms", "GrantedOperations", internal=True, reads=True)
def granted_operations(call: Call, request: Request) -> Result:
    """``{"Operations": …}`` that grants of the ``Key`` give to any of the ``Grantees``, all by their ARNs. Constraints
    are not looked at."""
    rows = [
        row
        for grantee in request["Grantees"]
        for row in call.store.all(tables.GRANTS_OF_KEY, (request["Key"], grantee, grantee, "", _MOST_ASKED))
    ]
    return {"Operations": {name for row in rows for name in orjson.loads(Grant(*row).operations)}}


def _listed(call: Call, request: Request, statement: str, head: tuple[str, ...]) -> Result:
    def fetch(after: str, count: int) -> list[Grant]:
        return [Grant(*row) for row in call.store.all(statement, (*head, after, count))]

    return listed(request, "Grants", _PAGE, fetch, attrgetter("id"), attrgetter("listed"))


@operation("kms", "RevokeGrant")
def revoke_grant(call: Call, request: Request) -> Result:
    key = find_key(call, request["KeyId"])
    if call.store.one(tables.FIND_GRANT, (key.arn, request["GrantId"])) is None:
        raise not_found(f"Grant ID {request['GrantId']} not found")
    check_dry_run(request)
    call.store.run(tables.DELETE_GRANT, (request["GrantId"],))
    return {}


@operation("kms", "RetireGrant")
def retire_grant(call: Call, request: Request) -> Result:
    """By its token, or by key and id. https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html"""
    token, identity, name = request.get("GrantToken"), request.get("GrantId"), request.get("KeyId")
    if token:
        row = call.store.one(tables.FIND_GRANT_BY_TOKEN, (token,))
        if row is None:
            raise invalid_grant_token()
    elif identity and name:
        row = call.store.one(tables.FIND_GRANT, (find_key(call, name).arn, identity))
        if row is None:
            raise not_found(f"Grant ID {identity} not found")
    else:
        raise validation("Either grantToken or keyId and grantId must be specified.")
    check_dry_run(request)
    call.store.run(tables.DELETE_GRANT, (row[0],))
    return {}
