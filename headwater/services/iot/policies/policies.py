"""IoT policies with their versions; `attachments.py` has to what they are attached.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
"""

from __future__ import annotations

import re
from typing import Any

from headwater.services.iot.errors import already_exists, check_name, invalid_request, not_found
from headwater.services.iot.listing import marked_page
from headwater.services.iot.policies import tables
from headwater.services.iot.policies.devices import policy_changed
from headwater.services.iot.policies.policy import PolicyError, compile_policy
from headwater.services.iot.tags import forget_tags, set_tags
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

NAME = re.compile(r"[\w+=,.@-]+")
_MOST_VERSIONS = 5
_PAGE = 250


def policy_arn(call: Call, name: str) -> str:
    return make_arn("iot", call.region, call.account, f"policy/{name}")


def _versions(call: Call, name: str) -> list[tuple[Any, ...]]:
    """(version, document, is default, created) of a policy, oldest first."""
    rows = call.store.all(tables.POLICY_VERSIONS, (call.account, call.region, name))
    if not rows:
        raise not_found(f"Policy {name} not found")
    return rows


def _document(request: Request) -> str:
    document = request.get("policyDocument")
    if not document:
        raise invalid_request("The policy has no policyDocument.")
    try:
        compile_policy([document], {})
    except PolicyError as error:
        raise AwsError("MalformedPolicyException", f"Policy document is malformed: {error}") from error
    return str(document)


@operation("iot", "CreatePolicy")
def create_policy(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicy.html"""
    name, document = check_name(request, "policyName", NAME), _document(request)
    key = (call.account, call.region, name)
    if call.store.all(tables.POLICY_VERSIONS, key):
        message = f"Policy cannot be created - name already exists (name={name})"
        raise already_exists(message, name, policy_arn(call, name))
    call.store.run(tables.INSERT_POLICY, (*key, 1, document, 1, call.now))
    set_tags(call, policy_arn(call, name), request.get("tags") or ())
    described = {"policyName": name, "policyArn": policy_arn(call, name), "policyDocument": document}
    return described | {"policyVersionId": "1"}


@operation("iot", "GetPolicy", reads=True)
def get_policy(call: Call, request: Request) -> Result:
    name = check_name(request, "policyName", NAME)
    versions = _versions(call, name)
    version, document, _, _ = next(row for row in versions if row[2])
    return {
        "policyName": name,
        "policyArn": policy_arn(call, name),
        "policyDocument": document,
        "defaultVersionId": str(version),
        "creationDate": versions[0][3],
        "lastModifiedDate": versions[-1][3],
        "generationId": str(len(versions)),
    }


@operation("iot", "ListPolicies", reads=True)
def list_policies(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListPolicies.html"""

    def fetch(after: str, count: int) -> list[str]:
        return [name for (name,) in call.store.all(tables.POLICIES, (call.account, call.region, after, count))]

    names, marker = marked_page(request, fetch, str, _PAGE)
    listed = [{"policyName": name, "policyArn": policy_arn(call, name)} for name in names]
    return {"policies": listed, "nextMarker": marker}


@operation("iot", "CreatePolicyVersion")
def create_policy_version(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicyVersion.html"""
    name, document = check_name(request, "policyName", NAME), _document(request)
    versions = _versions(call, name)
    if len(versions) >= _MOST_VERSIONS:
        raise AwsError(
            "VersionsLimitExceededException",
            f"The policy {name} already has the maximum number of versions ({_MOST_VERSIONS})",
            409,
        )
    key, version = (call.account, call.region, name), versions[-1][0] + 1
    call.store.run(tables.INSERT_POLICY, (*key, version, document, 0, call.now))
    is_default = bool(request.get("setAsDefault"))
    if is_default:
        call.store.run(tables.SET_DEFAULT_VERSION, (version, *key))
        policy_changed(call, name)
    described = {"policyArn": policy_arn(call, name), "policyDocument": document, "policyVersionId": str(version)}
    return described | {"isDefaultVersion": is_default}


@operation("iot", "ListPolicyVersions", reads=True)
def list_policy_versions(call: Call, request: Request) -> Result:
    versions = _versions(call, check_name(request, "policyName", NAME))
    return {
        "policyVersions": [
            {"versionId": str(version), "isDefaultVersion": bool(is_default), "createDate": created}
            for version, _, is_default, created in reversed(versions)
        ]
    }


def _version(call: Call, request: Request) -> tuple[str, tuple[Any, ...]]:
    """The policy's name, and what `_versions` has of the version that a request names."""
    name, wanted = check_name(request, "policyName", NAME), request.get("policyVersionId")
    for row in _versions(call, name):
        if str(row[0]) == wanted:
            return name, row
    raise not_found(f"Policy version {wanted} of {name} not found")


@operation("iot", "GetPolicyVersion", reads=True)
def get_policy_version(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_GetPolicyVersion.html"""
    name, (version, document, is_default, created) = _version(call, request)
    return {
        "policyArn": policy_arn(call, name),
        "policyName": name,
        "policyDocument": document,
        "policyVersionId": str(version),
        "isDefaultVersion": bool(is_default),
        "creationDate": created,
        "lastModifiedDate": created,
        "generationId": str(version),
    }


@operation("iot", "SetDefaultPolicyVersion")
def set_default_policy_version(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_SetDefaultPolicyVersion.html"""
    name, (version, *_) = _version(call, request)
    call.store.run(tables.SET_DEFAULT_VERSION, (version, call.account, call.region, name))
    policy_changed(call, name)
    return {}


@operation("iot", "DeletePolicyVersion")
def delete_policy_version(call: Call, request: Request) -> Result:
    name, (version, _, is_default, _) = _version(call, request)
    if is_default:
        message = f"Cannot delete the default version of policy {name}"
        raise AwsError("DeleteConflictException", message, 409)
    call.store.run(tables.DELETE_POLICY_VERSION, (call.account, call.region, name, version))
    return {}


@operation("iot", "DeletePolicy")
def delete_policy(call: Call, request: Request) -> Result:
    name = check_name(request, "policyName", NAME)
    if len(_versions(call, name)) > 1:
        message = "Cannot delete the policy because it has one or more policy versions attached to it"
        raise AwsError("DeleteConflictException", f"{message} (name={name})", 409)
    if call.store.all(tables.POLICY_TARGETS, (call.account, call.region, name, "", 1)):
        message = "The policy cannot be deleted as the policy is attached to one or more principals"
        raise AwsError("DeleteConflictException", f"{message} (name={name})", 409)
    call.store.run(tables.DELETE_POLICY, (call.account, call.region, name))
    forget_tags(call, policy_arn(call, name))
    return {}
