"""Policies of a repository: who may use it, and which images go by themselves. Both are kept as they come.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.ecr.errors import invalid_parameter, policy_not_found
from headwater.services.ecr.repository import Repository, named, save
from headwater.spine.operations import Call, Request, Result, operation

ACCESS = "Repository"
LIFECYCLE = "Lifecycle"
MEMBERS = {ACCESS: "policyText", LIFECYCLE: "lifecyclePolicyText"}


@operation("ecr", "SetRepositoryPolicy")
def set_repository_policy(call: Call, request: Request) -> Result:
    repository = named(call, request)
    policy = _parsed(request["policyText"])
    if not isinstance(policy, dict) or not policy.get("Statement"):
        raise invalid_parameter("PolicyText", "Invalid repository policy provided")
    return _put(call, repository, ACCESS, request)


@operation("ecr", "GetRepositoryPolicy", reads=True)
def get_repository_policy(call: Call, request: Request) -> Result:
    return _shown(call, named(call, request), ACCESS)


@operation("ecr", "DeleteRepositoryPolicy")
def delete_repository_policy(call: Call, request: Request) -> Result:
    return _delete(call, request, ACCESS)


@operation("ecr", "PutLifecyclePolicy")
def put_lifecycle_policy(call: Call, request: Request) -> Result:
    repository = named(call, request)
    policy = _parsed(request["lifecyclePolicyText"])
    if not isinstance(policy, dict) or not isinstance(policy.get("rules"), list):
        raise invalid_parameter("LifecyclePolicyText", "Lifecycle policy validation failure: rules are required")
    return _put(call, repository, LIFECYCLE, request)


@operation("ecr", "GetLifecyclePolicy", reads=True)
def get_lifecycle_policy(call: Call, request: Request) -> Result:
    return _shown(call, named(call, request), LIFECYCLE)


@operation("ecr", "DeleteLifecyclePolicy")
def delete_lifecycle_policy(call: Call, request: Request) -> Result:
    return _delete(call, request, LIFECYCLE)


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _put(call: Call, repository: Repository, kind: str, request: Request) -> Result:
    repository.policies[kind] = request[MEMBERS[kind]]
    save(call, repository)
    return _shown(call, repository, kind)


def _shown(call: Call, repository: Repository, kind: str) -> Result:
    if kind not in repository.policies:
        raise policy_not_found(call, kind, repository.name)
    text = repository.policies[kind]
    return {"registryId": call.account, "repositoryName": repository.name, MEMBERS[kind]: text}


def _delete(call: Call, request: Request, kind: str) -> Result:
    repository = named(call, request)
    result = _shown(call, repository, kind)
    del repository.policies[kind]
    save(call, repository)
    return result
