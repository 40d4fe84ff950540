"""What roles, users and groups have in common: finding, tags, inline policies, attached policies."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.iam import tables
from headwater.services.iam.documents import check_policy, on_the_wire
from headwater.services.iam.errors import (
    already_exists,
    delete_conflict,
    no_such_entity,
    policy_not_found,
    principal_not_found,
)
from headwater.services.iam.policies import find_policy, split_policy_arn
from headwater.spine.arns import partition_of
from headwater.spine.operations import Call, Request, Result, operation

MEMBERS = {"RoleName": "role", "UserName": "user", "GroupName": "group"}
ID_PREFIXES = {"role": "AROA", "user": "AIDA", "group": "AGPA"}
ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
PAGE = 100
AFTER_ALL_PATHS = "\x7f"


class Principal(NamedTuple):
    """A role, a user or a group; the columns in the tables' order."""

    name: str
    path: str
    id: str
    created: int
    trust: str | None
    description: str | None
    max_session: int | None
    boundary: str | None
    tags: str

    def tag_list(self) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in orjson.loads(self.tags).items()]


def kind_and_name(request: Request) -> tuple[str, str]:
    """Which principal a request names; each operation's input has one of the three members."""
    for member, kind in MEMBERS.items():
        if member in request:
            return kind, request[member]
    raise LookupError("the request names no principal")


def find(call: Call, kind: str, name: str) -> Principal:
    row = call.store.one(tables.SELECT_PRINCIPAL, (call.account, kind, name))
    if row is None:
        raise principal_not_found(kind, name)
    return Principal(*row)


def named(call: Call, request: Request) -> tuple[str, Principal]:
    kind, name = kind_and_name(request)
    return kind, find(call, kind, name)


def add(call: Call, kind: str, request: Request, trust: str | None = None) -> Principal:
    """Make a principal of a Create request. Raises EntityAlreadyExists."""
    _, name = kind_and_name(request)
    made = Principal(
        name,
        request.get("Path") or "/",
        ID_PREFIXES[kind] + call.ids.token(17, ID_ALPHABET),
        call.now,
        trust,
        request.get("Description"),
        request.get("MaxSessionDuration", 3600),
        request.get("PermissionsBoundary"),
        orjson.dumps(tags_of(request)).decode(),
    )
    if not call.store.run(tables.INSERT_PRINCIPAL, (call.account, kind, *made)):
        raise already_exists(f"{kind.capitalize()} with name {name} already exists.")
    call.memory.clear()
    call.span.subject = arn_of(call, kind, made)
    return made


def tags_of(request: Request) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}


def arn_of(call: Call, kind: str, principal: Principal) -> str:
    return f"arn:{partition_of(call.region)}:iam::{call.account}:{kind}{principal.path}{principal.name}"


def page_of(call: Call, kind: str, request: Request) -> tuple[list[Principal], dict[str, Any]]:
    """A page of principals below the request's PathPrefix, and the members that tell of more."""
    prefix = request.get("PathPrefix") or "/"
    limit = request.get("MaxItems") or PAGE
    rows = call.store.all(
        tables.SELECT_PRINCIPALS,
        (call.account, kind, prefix, prefix + AFTER_ALL_PATHS, request.get("Marker", ""), limit + 1),
    )
    return [Principal(*row) for row in rows[:limit]], more([row[0] for row in rows], limit)


def more(names: list[str], limit: int) -> dict[str, Any]:
    if len(names) > limit:
        return {"IsTruncated": True, "Marker": names[limit - 1]}
    return {"IsTruncated": False}


def remove(call: Call, kind: str, name: str) -> None:
    """Delete a principal that has no policies left. Raises NoSuchEntity, DeleteConflict."""
    find(call, kind, name)
    key = (call.account, kind, name)
    if call.store.one(tables.SELECT_ATTACHED, (*key, "", 1)):
        raise delete_conflict("Cannot delete entity, must detach all policies first.")
    if call.store.one(tables.SELECT_INLINE_NAMES, (*key, "", 1)):
        raise delete_conflict("Cannot delete entity, must delete policies first.")
    call.store.run(tables.DELETE_PRINCIPAL, key)
    call.memory.clear()


# ---- permissions boundaries


def shown_boundary(principal: Principal) -> dict[str, str] | None:
    if principal.boundary is None:
        return None
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": principal.boundary}


@operation("iam", "PutRolePermissionsBoundary")
@operation("iam", "PutUserPermissionsBoundary")
@operation("iam", "DeleteRolePermissionsBoundary")
@operation("iam", "DeleteUserPermissionsBoundary")
def set_boundary(call: Call, request: Request) -> Result:
    """A request to delete it has none."""
    kind, principal = named(call, request)
    call.store.run(tables.UPDATE_BOUNDARY, (request.get("PermissionsBoundary"), call.account, kind, principal.name))
    call.memory.clear()
    return {}


# ---- tags


@operation("iam", "TagRole")
@operation("iam", "TagUser")
def tag(call: Call, request: Request) -> Result:
    kind, principal = named(call, request)
    write_tags(call, kind, principal, {**orjson.loads(principal.tags), **tags_of(request)})
    return {}


@operation("iam", "UntagRole")
@operation("iam", "UntagUser")
def untag(call: Call, request: Request) -> Result:
    kind, principal = named(call, request)
    kept = {k: v for k, v in orjson.loads(principal.tags).items() if k not in request["TagKeys"]}
    write_tags(call, kind, principal, kept)
    return {}


def write_tags(call: Call, kind: str, principal: Principal, tags: dict[str, str]) -> None:
    call.store.run(tables.UPDATE_TAGS, (orjson.dumps(tags).decode(), call.account, kind, principal.name))
    call.memory.clear()


@operation("iam", "ListRoleTags")
@operation("iam", "ListUserTags")
def list_tags(call: Call, request: Request) -> Result:
    return {"Tags": named(call, request)[1].tag_list(), "IsTruncated": False}


# ---- inline policies


@operation("iam", "PutRolePolicy")
@operation("iam", "PutUserPolicy")
@operation("iam", "PutGroupPolicy")
def put_inline_policy(call: Call, request: Request) -> Result:
    kind, principal = named(call, request)
    document = check_policy(request["PolicyDocument"])
    call.store.run(tables.PUT_INLINE, (call.account, kind, principal.name, request["PolicyName"], document))
    call.memory.clear()
    return {}


@operation("iam", "GetRolePolicy")
@operation("iam", "GetUserPolicy")
@operation("iam", "GetGroupPolicy")
def get_inline_policy(call: Call, request: Request) -> Result:
    kind, principal = named(call, request)
    name = request["PolicyName"]
    row = call.store.one(tables.SELECT_INLINE, (call.account, kind, principal.name, name))
    if row is None:
        raise no_such_entity(f"The {kind} policy with name {name} cannot be found.")
    member = f"{kind.capitalize()}Name"
    return {member: principal.name, "PolicyName": name, "PolicyDocument": on_the_wire(row[0])}


@operation("iam", "ListRolePolicies")
@operation("iam", "ListUserPolicies")
@operation("iam", "ListGroupPolicies")
def list_inline_policies(call: Call, request: Request) -> Result:
    kind, principal = named(call, request)
    limit = request.get("MaxItems") or PAGE
    marker = request.get("Marker", "")
    rows = call.store.all(tables.SELECT_INLINE_NAMES, (call.account, kind, principal.name, marker, limit + 1))
    names = [row[0] for row in rows]
    return {"PolicyNames": names[:limit], **more(names, limit)}


@operation("iam", "DeleteRolePolicy")
@operation("iam", "DeleteUserPolicy")
@operation("iam", "DeleteGroupPolicy")
def delete_inline_policy(call: Call, request: Request) -> Result:
    kind, principal = named(call, request)
    name = request["PolicyName"]
    if not call.store.run(tables.DELETE_INLINE, (call.account, kind, principal.name, name)):
        raise no_such_entity(f"The {kind} policy with name {name} cannot be found.")
    call.memory.clear()
    return {}


# ---- attached policies


@operation("iam", "AttachRolePolicy")
@operation("iam", "AttachUserPolicy")
@operation("iam", "AttachGroupPolicy")
def attach_policy(call: Call, request: Request) -> Result:
    kind, principal = named(call, request)
    find_policy(call, request["PolicyArn"])
    call.store.run(tables.ATTACH, (call.account, kind, principal.name, request["PolicyArn"]))
    call.memory.clear()
    return {}


@operation("iam", "DetachRolePolicy")
@operation("iam", "DetachUserPolicy")
@operation("iam", "DetachGroupPolicy")
def detach_policy(call: Call, request: Request) -> Result:
    kind, principal = named(call, request)
    arn = request["PolicyArn"]
    if not call.store.run(tables.DETACH, (call.account, kind, principal.name, arn)):
        raise policy_not_found(arn)
    call.memory.clear()
    return {}


@operation("iam", "ListAttachedRolePolicies")
@operation("iam", "ListAttachedUserPolicies")
@operation("iam", "ListAttachedGroupPolicies")
def list_attached_policies(call: Call, request: Request) -> Result:
    kind, principal = named(call, request)
    limit = request.get("MaxItems") or PAGE
    rows = call.store.all(
        tables.SELECT_ATTACHED, (call.account, kind, principal.name, request.get("Marker", ""), limit + 1)
    )
    arns = [row[0] for row in rows]
    listed = [{"PolicyName": split_policy_arn(arn)[1], "PolicyArn": arn} for arn in arns[:limit]]
    return {"AttachedPolicies": listed, **more(arns, limit)}
