"""Users, their access keys, and groups.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.iam import tables
from headwater.services.iam.errors import delete_conflict, limit_exceeded, no_such_entity
from headwater.services.iam.principals import Principal, add, arn_of, find, page_of, remove, shown_boundary
from headwater.spine.access_keys import make_access_key
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

MOST_KEYS = 2


def describe_user(call: Call, user: Principal) -> dict[str, Any]:
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": arn_of(call, "user", user),
        "CreateDate": user.created,
        "PermissionsBoundary": shown_boundary(user),
        "Tags": user.tag_list() or None,
    }


@operation("iam", "CreateUser")
def create_user(call: Call, request: Request) -> Result:
    return {"User": describe_user(call, add(call, "user", request))}


@operation("iam", "GetUser", reads=True)
def get_user(call: Call, request: Request) -> Result:
    """A user; without a name the caller, who may be the account's root user."""
    if name := request.get("UserName") or caller_name(call):
        return {"User": describe_user(call, find(call, "user", name))}
    root = f"arn:aws:iam::{call.account}:root"
    return {"User": {"Path": "/", "UserId": call.account, "UserName": "root", "Arn": root, "CreateDate": 0}}


@operation("iam", "ListUsers", reads=True)
def list_users(call: Call, request: Request) -> Result:
    users, more = page_of(call, "user", request)
    unlisted = {"Tags": None, "PermissionsBoundary": None}
    return {"Users": [{**describe_user(call, user), **unlisted} for user in users], **more}


@operation("iam", "DeleteUser")
def delete_user(call: Call, request: Request) -> Result:
    name = request["UserName"]
    if call.store.one(tables.SELECT_KEYS, (call.account, name)):
        raise delete_conflict("Cannot delete entity, must delete access keys first.")
    if call.store.one(tables.SELECT_GROUPS_OF, (call.account, name)):
        raise delete_conflict("Cannot delete entity, must remove users from group first.")
    remove(call, "user", name)
    return {}


# ---- access keys


def _named(call: Call, request: Request) -> str:
    """Whose keys; without a name those of the caller."""
    name = request.get("UserName") or caller_name(call)
    if name is None:
        raise not_implemented("Access keys of the root user: a request without UserName")
    return name


def caller_name(call: Call) -> str | None:
    """The name of the user that calls; None where it is the account's root user, or in a role."""
    return call.principal.rpartition("/")[2] if ":user/" in call.principal else None


@operation("iam", "KeyOwner", internal=True, reads=True)
def key_owner(call: Call, request: Request) -> Result:
    """``{"User": ARN, "Active": …}`` of the user to whom an ``AccessKeyId`` was given; nothing of another."""
    identity: str = request["AccessKeyId"]
    owners: dict[str, tuple[str, bool] | None] = call.memory.owners
    if identity not in owners:
        owners[identity] = _owner(call, identity)
    owner = owners[identity]
    return {} if owner is None else {"User": owner[0], "Active": owner[1]}


def _owner(call: Call, identity: str) -> tuple[str, bool] | None:
    row = call.store.one(tables.FIND_KEY, (call.account, identity))
    return None if row is None else (arn_of(call, "user", find(call, "user", row[0])), row[1] == "Active")


@operation("iam", "CreateAccessKey")
def create_access_key(call: Call, request: Request) -> Result:
    user = find(call, "user", _named(call, request)).name
    if len(call.store.all(tables.SELECT_KEYS, (call.account, user))) >= MOST_KEYS:
        raise limit_exceeded(f"Cannot exceed quota for AccessKeysPerUser: {MOST_KEYS}")
    identity = make_access_key("AKIA", call.account, call.ids)
    call.store.run(tables.INSERT_KEY, (call.account, user, identity, "Active", call.now))
    call.memory.clear()
    return {
        "AccessKey": {
            "UserName": user,
            "AccessKeyId": identity,
            "Status": "Active",
            "SecretAccessKey": call.engine.keyring.secret_of(identity),
            "CreateDate": call.now,
        }
    }


@operation("iam", "ListAccessKeys", reads=True)
def list_access_keys(call: Call, request: Request) -> Result:
    user = find(call, "user", _named(call, request)).name
    keys = [
        {"UserName": user, "AccessKeyId": identity, "Status": status, "CreateDate": created}
        for identity, status, created in call.store.all(tables.SELECT_KEYS, (call.account, user))
    ]
    return {"AccessKeyMetadata": keys, "IsTruncated": False}


@operation("iam", "UpdateAccessKey")
def update_access_key(call: Call, request: Request) -> Result:
    key = (call.account, _named(call, request), request["AccessKeyId"])
    if not call.store.run(tables.UPDATE_KEY, (request["Status"], *key)):
        raise key_not_found(request["AccessKeyId"])
    call.memory.clear()
    return {}


@operation("iam", "DeleteAccessKey")
def delete_access_key(call: Call, request: Request) -> Result:
    user = find(call, "user", _named(call, request)).name
    if not call.store.run(tables.DELETE_KEY, (call.account, user, request["AccessKeyId"])):
        raise key_not_found(request["AccessKeyId"])
    call.memory.clear()
    return {}


def key_not_found(identity: str) -> Exception:
    return no_such_entity(f"The Access Key with id {identity} cannot be found.")


# ---- groups


def describe_group(call: Call, group: Principal) -> dict[str, Any]:
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": arn_of(call, "group", group),
        "CreateDate": group.created,
    }


@operation("iam", "CreateGroup")
def create_group(call: Call, request: Request) -> Result:
    return {"Group": describe_group(call, add(call, "group", request))}


@operation("iam", "GetGroup", reads=True)
def get_group(call: Call, request: Request) -> Result:
    group = find(call, "group", request["GroupName"])
    members = call.store.all(tables.SELECT_MEMBERS, (call.account, group.name))
    users = [describe_user(call, find(call, "user", name)) for (name,) in members]
    return {"Group": describe_group(call, group), "Users": users, "IsTruncated": False}


@operation("iam", "ListGroups", reads=True)
def list_groups(call: Call, request: Request) -> Result:
    groups, more = page_of(call, "group", request)
    return {"Groups": [describe_group(call, group) for group in groups], **more}


@operation("iam", "DeleteGroup")
def delete_group(call: Call, request: Request) -> Result:
    if call.store.one(tables.SELECT_MEMBERS, (call.account, request["GroupName"])):
        raise delete_conflict("Cannot delete entity, must remove users from group first.")
    remove(call, "group", request["GroupName"])
    return {}


@operation("iam", "AddUserToGroup")
def add_user_to_group(call: Call, request: Request) -> Result:
    group, user = find(call, "group", request["GroupName"]), find(call, "user", request["UserName"])
    call.store.run(tables.ADD_MEMBER, (call.account, group.name, user.name))
    call.memory.clear()
    return {}


@operation("iam", "RemoveUserFromGroup")
def remove_user_from_group(call: Call, request: Request) -> Result:
    group, user = find(call, "group", request["GroupName"]), find(call, "user", request["UserName"])
    call.store.run(tables.REMOVE_MEMBER, (call.account, group.name, user.name))
    call.memory.clear()
    return {}


@operation("iam", "ListGroupsForUser", reads=True)
def list_groups_for_user(call: Call, request: Request) -> Result:
    user = find(call, "user", request["UserName"])
    names = call.store.all(tables.SELECT_GROUPS_OF, (call.account, user.name))
    groups = [describe_group(call, find(call, "group", name)) for (name,) in names]
    return {"Groups": groups, "IsTruncated": False}
