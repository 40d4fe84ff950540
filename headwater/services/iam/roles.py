"""Roles.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.iam import tables
from headwater.services.iam.documents import check_trust_policy, on_the_wire
from headwater.services.iam.principals import Principal, add, arn_of, find, page_of, remove, shown_boundary
from headwater.spine.operations import Call, Request, Result, operation


def describe(call: Call, role: Principal, listed: bool = False) -> dict[str, Any]:
    """A role as GetRole gives it; listings leave tags and the boundary out."""
    described: dict[str, Any] = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": arn_of(call, "role", role),
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": on_the_wire(role.trust or ""),
        "Description": role.description,
        "MaxSessionDuration": role.max_session,
    }
    if listed:
        return described
    described["PermissionsBoundary"] = shown_boundary(role)
    described["Tags"] = role.tag_list() or None
    described["RoleLastUsed"] = {}
    return described


@operation("iam", "CreateRole")
def create_role(call: Call, request: Request) -> Result:
    trust = check_trust_policy(request["AssumeRolePolicyDocument"])
    described = describe(call, add(call, "role", request, trust))
    del described["RoleLastUsed"]
    return {"Role": described}


@operation("iam", "GetRole", reads=True)
def get_role(call: Call, request: Request) -> Result:
    return {"Role": describe(call, find(call, "role", request["RoleName"]))}


@operation("iam", "ListRoles", reads=True)
def list_roles(call: Call, request: Request) -> Result:
    roles, more = page_of(call, "role", request)
    return {"Roles": [describe(call, role, listed=True) for role in roles], **more}


@operation("iam", "DeleteRole")
def delete_role(call: Call, request: Request) -> Result:
    remove(call, "role", request["RoleName"])
    return {}


@operation("iam", "ListInstanceProfilesForRole", reads=True)
def list_instance_profiles_for_role(call: Call, request: Request) -> Result:
    """None: profiles are for machines, which are not here. Who deletes a role asks first."""
    find(call, "role", request["RoleName"])
    return {"InstanceProfiles": [], "IsTruncated": False}


@operation("iam", "UpdateRole")
def update_role(call: Call, request: Request) -> Result:
    role = find(call, "role", request["RoleName"])
    write(
        call,
        role._replace(
            description=request.get("Description", role.description),
            max_session=request.get("MaxSessionDuration", role.max_session),
        ),
    )
    return {}


@operation("iam", "UpdateRoleDescription")
def update_role_description(call: Call, request: Request) -> Result:
    role = find(call, "role", request["RoleName"])._replace(description=request["Description"])
    write(call, role)
    return {"Role": describe(call, role)}


@operation("iam", "UpdateAssumeRolePolicy")
def update_assume_role_policy(call: Call, request: Request) -> Result:
    trust = check_trust_policy(request["PolicyDocument"])
    write(call, find(call, "role", request["RoleName"])._replace(trust=trust))
    return {}


def write(call: Call, role: Principal) -> None:
    changed = (role.trust, role.description, role.max_session, role.boundary)
    call.store.run(tables.UPDATE_ROLE, (*changed, call.account, role.name))
    call.memory.clear()
