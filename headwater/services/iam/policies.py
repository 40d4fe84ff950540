"""Managed policies and their versions.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.iam import tables
from headwater.services.iam.documents import check_policy, on_the_wire
from headwater.services.iam.errors import (
    already_exists,
    delete_conflict,
    limit_exceeded,
    no_such_entity,
    policy_not_found,
    validation_error,
)
from headwater.services.iam.managed import managed_document, managed_names
from headwater.spine.arns import parse_arn, partition_of
from headwater.spine.operations import Call, Request, Result, operation

MOST_VERSIONS = 5
PAGE = 100
MANAGED_VERSION = "v1"
ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Policy(NamedTuple):
    """A customer managed policy; the columns in the table's order."""

    name: str
    path: str
    id: str
    created: int
    updated: int
    default_version: int
    latest_version: int
    description: str | None
    tags: str


def split_policy_arn(arn: str) -> tuple[str, str]:
    """Account (`aws` for AWS's own) and name. Raises ValidationError."""
    parsed = parse_arn(arn)
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith("policy/"):
        raise validation_error(f"ARN {arn} is not valid.")
    return parsed.account, parsed.name


def find_policy(call: Call, arn: str) -> Policy | None:
    """The customer's policy, None for one of AWS's own (their documents are not kept here)."""
    account, name = split_policy_arn(arn)
    if account == "aws":
        return None
    row = call.store.one(tables.SELECT_POLICY, (call.account, name)) if account == call.account else None
    if row is None or arn_of(call, Policy(*row)) != arn:
        raise policy_not_found(arn)
    return Policy(*row)


def customer_policy(call: Call, arn: str) -> Policy:
    policy = find_policy(call, arn)
    if policy is None:
        raise policy_not_found(arn)
    return policy


def arn_of(call: Call, policy: Policy) -> str:
    return f"arn:{partition_of(call.region)}:iam::{call.account}:policy{policy.path}{policy.name}"


def describe(call: Call, policy: Policy) -> dict[str, Any]:
    arn = arn_of(call, policy)
    attached = call.store.one(tables.COUNT_ENTITIES, (call.account, arn))
    tags = [{"Key": key, "Value": value} for key, value in orjson.loads(policy.tags).items()]
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": arn,
        "Path": policy.path,
        "DefaultVersionId": f"v{policy.default_version}",
        "AttachmentCount": attached[0] if attached else 0,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "Description": policy.description,
        "CreateDate": policy.created,
        "UpdateDate": policy.updated,
        "Tags": tags or None,
    }


def describe_managed(call: Call, arn: str) -> dict[str, Any]:
    """One of AWS's own that is known here; AwsError for another. Its id, dates and history are not."""
    if managed_document(arn) is None:
        raise policy_not_found(arn)
    attached = call.store.one(tables.COUNT_ENTITIES, (call.account, arn))
    path, _, name = arn.partition(":policy")[2].rpartition("/")
    return {
        "PolicyName": name,
        "Arn": arn,
        "Path": f"{path}/",
        "DefaultVersionId": MANAGED_VERSION,
        "AttachmentCount": attached[0] if attached else 0,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
    }


@operation("iam", "CreatePolicy")
def create_policy(call: Call, request: Request) -> Result:
    document = check_policy(request["PolicyDocument"])
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}
    policy = Policy(
        request["PolicyName"],
        request.get("Path") or "/",
        "ANPA" + call.ids.token(17, ID_ALPHABET),
        call.now,
        call.now,
        1,
        1,
        request.get("Description"),
        orjson.dumps(tags).decode(),
    )
    if not call.store.run(tables.INSERT_POLICY, (call.account, *policy)):
        raise already_exists(f"A policy called {policy.name} already exists. Duplicate names are not allowed.")
    call.store.run(tables.INSERT_VERSION, (call.account, policy.name, 1, document, call.now))
    return {"Policy": describe(call, policy)}


@operation("iam", "GetPolicy")
def get_policy(call: Call, request: Request) -> Result:
    arn = request["PolicyArn"]
    policy = find_policy(call, arn)
    return {"Policy": describe_managed(call, arn) if policy is None else describe(call, policy)}


@operation("iam", "ListPolicies")
def list_policies(call: Call, request: Request) -> Result:
    """The customer's own, and on the last page those of AWS's that are known here."""
    limit = request.get("MaxItems") or PAGE
    scope = request.get("Scope")
    rows = call.store.all(tables.SELECT_POLICIES, (call.account, request.get("Marker", ""), limit + 1))
    if scope == "AWS":
        rows = []
    described = [describe(call, Policy(*row)) for row in rows[:limit]]
    if scope != "Local" and len(rows) <= limit:
        prefix = f"arn:{partition_of(call.region)}:iam::aws:policy/"
        described += [describe_managed(call, prefix + name) for name in managed_names()]
    prefix, attached = request.get("PathPrefix", "/"), request.get("OnlyAttached")
    result: Result = {
        "Policies": [
            {key: value for key, value in each.items() if key not in ("Tags", "Description")}
            for each in described
            if each["Path"].startswith(prefix) and (not attached or each["AttachmentCount"])
        ],
        "IsTruncated": len(rows) > limit,
    }
    if len(rows) > limit:
        result["Marker"] = rows[limit - 1][0]
    return result


@operation("iam", "DeletePolicy")
def delete_policy(call: Call, request: Request) -> Result:
    arn = request["PolicyArn"]
    policy = customer_policy(call, arn)
    if describe(call, policy)["AttachmentCount"]:
        raise delete_conflict("Cannot delete a policy attached to entities.")
    if len(call.store.all(tables.SELECT_VERSIONS, (call.account, policy.name))) > 1:
        raise delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
    call.store.run(tables.DELETE_VERSIONS, (call.account, policy.name))
    call.store.run(tables.DELETE_POLICY, (call.account, policy.name))
    call.memory.clear()
    return {}


# ---- versions


@operation("iam", "CreatePolicyVersion")
def create_policy_version(call: Call, request: Request) -> Result:
    policy = customer_policy(call, request["PolicyArn"])
    document = check_policy(request["PolicyDocument"])
    if len(call.store.all(tables.SELECT_VERSIONS, (call.account, policy.name))) >= MOST_VERSIONS:
        raise limit_exceeded(
            f"A managed policy can have up to {MOST_VERSIONS} versions. Before you create a new version, you "
            "must delete an existing version."
        )
    number = policy.latest_version + 1
    default = number if request.get("SetAsDefault") else policy.default_version
    call.store.run(tables.INSERT_VERSION, (call.account, policy.name, number, document, call.now))
    call.store.run(tables.UPDATE_POLICY, (default, number, call.now, call.account, policy.name))
    call.memory.clear()
    described = describe_version(default, number, document, call.now)
    del described["Document"]
    return {"PolicyVersion": described}


def describe_version(default: int, number: int, document: str, created: int) -> dict[str, Any]:
    return {
        "Document": on_the_wire(document),
        "VersionId": f"v{number}",
        "IsDefaultVersion": number == default,
        "CreateDate": created,
    }


def find_version(call: Call, policy: Policy, arn: str, version: str) -> tuple[int, str, int]:
    for number, document, created in call.store.all(tables.SELECT_VERSIONS, (call.account, policy.name)):
        if f"v{number}" == version:
            return number, document, created
    raise no_such_entity(f"Policy {arn} version {version} does not exist or is not attachable.")


@operation("iam", "GetPolicyVersion")
def get_policy_version(call: Call, request: Request) -> Result:
    policy = find_policy(call, request["PolicyArn"])
    if policy is None:
        return {"PolicyVersion": _managed_version(request["PolicyArn"], request["VersionId"])}
    found = find_version(call, policy, request["PolicyArn"], request["VersionId"])
    return {"PolicyVersion": describe_version(policy.default_version, *found)}


def _managed_version(arn: str, version: str) -> dict[str, Any]:
    document = managed_document(arn)
    if document is None:
        raise policy_not_found(arn)
    if version != MANAGED_VERSION:
        raise no_such_entity(f"Policy {arn} version {version} does not exist or is not attachable.")
    return {"Document": on_the_wire(document), "VersionId": version, "IsDefaultVersion": True}


@operation("iam", "ListPolicyVersions")
def list_policy_versions(call: Call, request: Request) -> Result:
    policy = customer_policy(call, request["PolicyArn"])
    versions = [
        describe_version(policy.default_version, *row)
        for row in call.store.all(tables.SELECT_VERSIONS, (call.account, policy.name))
    ]
    for version in versions:
        del version["Document"]
    return {"Versions": versions, "IsTruncated": False}


@operation("iam", "DeletePolicyVersion")
def delete_policy_version(call: Call, request: Request) -> Result:
    policy = customer_policy(call, request["PolicyArn"])
    number, _, _ = find_version(call, policy, request["PolicyArn"], request["VersionId"])
    if number == policy.default_version:
        raise delete_conflict("Cannot delete the default version of a policy.")
    call.store.run(tables.DELETE_VERSION, (call.account, policy.name, number))
    return {}


@operation("iam", "SetDefaultPolicyVersion")
def set_default_policy_version(call: Call, request: Request) -> Result:
    policy = customer_policy(call, request["PolicyArn"])
    number, _, _ = find_version(call, policy, request["PolicyArn"], request["VersionId"])
    latest = policy.latest_version
    call.store.run(tables.UPDATE_POLICY, (number, latest, call.now, call.account, policy.name))
    call.memory.clear()
    return {}


@operation("iam", "ListEntitiesForPolicy")
def list_entities_for_policy(call: Call, request: Request) -> Result:
    arn = request["PolicyArn"]
    find_policy(call, arn)
    result: Result = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": [], "IsTruncated": False}
    for kind, name, identity in call.store.all(tables.SELECT_ENTITIES, (call.account, arn)):
        title = kind.capitalize()
        result[f"Policy{title}s"].append({f"{title}Name": name, f"{title}Id": identity})
    return result


# ---- tags


@operation("iam", "TagPolicy")
def tag_policy(call: Call, request: Request) -> Result:
    policy = customer_policy(call, request["PolicyArn"])
    given = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    _write_tags(call, policy, orjson.loads(policy.tags) | given)
    return {}


@operation("iam", "UntagPolicy")
def untag_policy(call: Call, request: Request) -> Result:
    policy = customer_policy(call, request["PolicyArn"])
    kept = {key: value for key, value in orjson.loads(policy.tags).items() if key not in request["TagKeys"]}
    _write_tags(call, policy, kept)
    return {}


def _write_tags(call: Call, policy: Policy, tags: dict[str, str]) -> None:
    call.store.run(tables.UPDATE_POLICY_TAGS, (orjson.dumps(tags).decode(), call.account, policy.name))


@operation("iam", "ListPolicyTags")
def list_policy_tags(call: Call, request: Request) -> Result:
    """None for one of AWS's own."""
    policy = find_policy(call, request["PolicyArn"])
    tags = orjson.loads(policy.tags) if policy else {}
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()], "IsTruncated": False}
