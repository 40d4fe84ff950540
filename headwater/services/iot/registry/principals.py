"""Which certificates a thing has, and which things a certificate.

https://docs.aws.amazon.com/iot/latest/developerguide/attach-cert-thing.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headwater.services.iot.certificates.certificate import chosen
from headwater.services.iot.errors import check_name, invalid_request, not_found
from headwater.services.iot.listing import first, list_page
from headwater.services.iot.policies.devices import targets_changed
from headwater.services.iot.policies.targets import check_principal
from headwater.services.iot.registry import tables
from headwater.services.iot.registry.things import NAME, find_thing, is_thing
from headwater.spine.operations import Call, Request, Result, operation

Shown = Callable[[str, str], Any]
"""What a list tells of an attachment: of its other side, and its kind."""

_PAGE = 250
_EXCLUSIVE = "EXCLUSIVE_THING"
_KINDS = (_EXCLUSIVE, "NON_EXCLUSIVE_THING")


@operation("iot", "AttachThingPrincipal")
def attach_thing_principal(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_AttachThingPrincipal.html"""
    thing, principal = _thing(call, request), request.get("principal") or ""
    kind = chosen(request, "thingPrincipalType", _KINDS, _KINDS[1])
    check_principal(call, principal)
    call.span.subject = principal
    others = [row for row in _things(call, principal) if row[0] != thing]
    if others and (kind == _EXCLUSIVE or others[0][1] == _EXCLUSIVE):
        raise invalid_request(f"The principal {principal} is attached to another thing, {others[0][0]}.")
    call.store.run(tables.ATTACH_THING, (call.account, call.region, thing, principal, kind))
    targets_changed(call, [principal])
    return {}


@operation("iot", "DetachThingPrincipal")
def detach_thing_principal(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DetachThingPrincipal.html"""
    thing, principal = _thing(call, request), request.get("principal") or ""
    check_principal(call, principal)
    call.span.subject = principal
    call.store.run(tables.DETACH_THING, (call.account, call.region, thing, principal))
    targets_changed(call, [principal])
    return {}


def _thing(call: Call, request: Request) -> str:
    name = check_name(request, "thingName", NAME)
    find_thing(call, name)
    return name


def _things(call: Call, principal: str) -> list[tuple[str, str]]:
    rows = call.store.all(tables.PRINCIPAL_THINGS, (call.account, call.region, principal, "", "", "", _PAGE))
    return [(thing, kind) for thing, kind in rows]


@operation("iot", "ListThingPrincipals", reads=True)
def list_thing_principals(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingPrincipals.html"""
    return _principals(call, request, "principals", lambda principal, kind: principal)


@operation("iot", "ListThingPrincipalsV2", reads=True)
def list_thing_principals_v2(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingPrincipalsV2.html"""
    return _principals(
        call,
        request,
        "thingPrincipalObjects",
        lambda principal, kind: {"principal": principal, "thingPrincipalType": kind},
    )


def _principals(call: Call, request: Request, member: str, shown: Shown) -> Result:
    """It has words of its own for a thing that is not there."""
    name = check_name(request, "thingName", NAME)
    if not is_thing(call, name):
        message = f"Failed to list principals for thing {name} because the thing does not exist in your account"
        raise not_found(message)
    return _page(call, request, tables.THING_PRINCIPALS, name, member, shown)


@operation("iot", "ListPrincipalThings", reads=True)
def list_principal_things(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListPrincipalThings.html"""
    return _things_of(call, request, "things", lambda thing, kind: thing)


@operation("iot", "ListPrincipalThingsV2", reads=True)
def list_principal_things_v2(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListPrincipalThingsV2.html"""
    return _things_of(
        call, request, "principalThingObjects", lambda thing, kind: {"thingName": thing, "thingPrincipalType": kind}
    )


def _things_of(call: Call, request: Request, member: str, shown: Shown) -> Result:
    principal: str = request.get("principal") or ""
    check_principal(call, principal)
    return _page(call, request, tables.PRINCIPAL_THINGS, principal, member, shown)


def _page(call: Call, request: Request, statement: str, key: str, member: str, shown: Shown) -> Result:
    kind = request.get("thingPrincipalType") or ""

    def fetch(after: str, count: int) -> list[tuple[Any, ...]]:
        return call.store.all(statement, (call.account, call.region, key, after, kind, kind, count))

    rows, token = list_page(request, fetch, first, _PAGE)
    return {member: [shown(name, kind) for name, kind in rows], "nextToken": token}
