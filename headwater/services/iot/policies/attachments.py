"""Policies attached to certificates: the operations of today, and those of old that ask by principal.

https://docs.aws.amazon.com/iot/latest/developerguide/attach-to-cert.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.iot.errors import check_name, not_found
from headwater.services.iot.listing import marked_page
from headwater.services.iot.policies import tables
from headwater.services.iot.policies.devices import targets_changed
from headwater.services.iot.policies.policies import NAME, policy_arn
from headwater.services.iot.policies.targets import check_target
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 250
_MOST_POLICIES = 10


@operation("iot", "AttachPolicy")
def attach_policy(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPolicy.html"""
    return _attach(call, request, request.get("target") or "")


@operation("iot", "AttachPrincipalPolicy")
def attach_principal_policy(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPrincipalPolicy.html"""
    return _attach(call, request, request.get("principal") or "")


def _attach(call: Call, request: Request, target: str) -> Result:
    name = _existing(call, request)
    check_target(call, target)
    call.span.subject = target
    place = (call.account, call.region, target)
    there = [attached for (attached,) in call.store.all(tables.ATTACHED_POLICIES, (*place, "", _MOST_POLICIES))]
    if name not in there and len(there) >= _MOST_POLICIES:
        message = f"The maximum number of policies ({_MOST_POLICIES}) is attached to {target} already"
        raise AwsError("LimitExceededException", message, 410)
    call.store.run(tables.ATTACH_POLICY, (*place, name))
    targets_changed(call, [target])
    return {}


@operation("iot", "DetachPolicy")
def detach_policy(call: Call, request: Request) -> Result:
    """What is not attached is detached already.

    https://docs.aws.amazon.com/iot/latest/apireference/API_DetachPolicy.html
    """
    return _detach(call, check_name(request, "policyName", NAME), request.get("target") or "")


@operation("iot", "DetachPrincipalPolicy")
def detach_principal_policy(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DetachPrincipalPolicy.html"""
    return _detach(call, _existing(call, request), request.get("principal") or "")


def _detach(call: Call, name: str, target: str) -> Result:
    call.span.subject = target
    call.store.run(tables.DETACH_POLICY, (call.account, call.region, target, name))
    targets_changed(call, [target])
    return {}


@operation("iot", "ListAttachedPolicies", reads=True)
def list_attached_policies(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListAttachedPolicies.html"""
    return _policies_of(call, request, request.get("target") or "")


@operation("iot", "ListPrincipalPolicies", reads=True)
def list_principal_policies(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListPrincipalPolicies.html"""
    return _policies_of(call, request, request.get("principal") or "")


def _policies_of(call: Call, request: Request, target: str) -> Result:
    check_target(call, target)
    names, marker = _page(call, request, tables.ATTACHED_POLICIES, target)
    policies = [{"policyName": name, "policyArn": policy_arn(call, name)} for name in names]
    return {"policies": policies, "nextMarker": marker}


@operation("iot", "ListTargetsForPolicy", reads=True)
def list_targets_for_policy(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListTargetsForPolicy.html"""
    targets, marker = _page(call, request, tables.POLICY_TARGETS, _existing(call, request))
    return {"targets": targets, "nextMarker": marker}


@operation("iot", "ListPolicyPrincipals", reads=True)
def list_policy_principals(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListPolicyPrincipals.html"""
    targets, marker = _page(call, request, tables.POLICY_TARGETS, _existing(call, request))
    return {"principals": [target for target in targets if ":cert/" in target], "nextMarker": marker}


def _page(call: Call, request: Request, statement: str, key: str) -> tuple[list[str], str | None]:
    def fetch(after: str, count: int) -> list[str]:
        rows: list[tuple[Any, ...]] = call.store.all(statement, (call.account, call.region, key, after, count))
        return [text for (text,) in rows]

    return marked_page(request, fetch, str, _PAGE)


def _existing(call: Call, request: Request) -> str:
    """The name of a policy that is there."""
    name = check_name(request, "policyName", NAME)
    if call.store.one(tables.DEFAULT_DOCUMENT, (call.account, call.region, name)) is None:
        raise not_found(f"Policy {name} not found")
    return name
