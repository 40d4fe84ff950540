"""Trying out what a certificate may do.

https://docs.aws.amazon.com/iot/latest/apireference/API_TestAuthorization.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.iot.certificates.certificate import find_certificate
from headwater.services.iot.errors import invalid_request, not_found
from headwater.services.iot.policies import tables
from headwater.services.iot.policies.device_policies import connection_variables, effective_policies, thing_of
from headwater.services.iot.policies.policies import policy_arn
from headwater.services.iot.policies.policy import ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY, Policy, compile_policy
from headwater.services.iot.policies.targets import check_principal
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_ACTIONS = {
    "PUBLISH": "iot:Publish",
    "SUBSCRIBE": "iot:Subscribe",
    "RECEIVE": "iot:Receive",
    "CONNECT": "iot:Connect",
}
_MOST = 10


@operation("iot", "TestAuthorization", reads=True)
def test_authorization(call: Call, request: Request) -> Result:
    """Each thing that is asked for is weighed by each policy on its own, and by all together."""
    if request.get("cognitoIdentityPoolId"):
        raise not_implemented("The member cognitoIdentityPoolId of TestAuthorization")
    asked = request.get("authInfos") or []
    if not 1 <= len(asked) <= _MOST:
        raise invalid_request(f"authInfos must have 1 to {_MOST} items.")
    documents, variables = _documents(call, request)
    policies = {name: compile_policy([document], variables) for name, document in documents.items()}
    together = compile_policy(documents.values(), variables)
    return {"authResults": [_weighed(call, info, policies, together) for info in asked]}


def _documents(call: Call, request: Request) -> tuple[dict[str, str], dict[str, str]]:
    """The policies' documents by name, and what their variables stand for."""
    documents: dict[str, str] = {}
    variables: dict[str, str] = {}
    client_id: str = request.get("clientId") or ""
    if client_id:
        variables["iot:ClientId"] = client_id
    if request.get("principal"):
        check_principal(call, request["principal"])
        identity = request["principal"].rpartition("/")[2]
        thing = thing_of(call, identity, client_id)
        documents |= effective_policies(call, identity, thing)
        variables |= connection_variables(call, find_certificate(call, identity).pem, thing)
    for name in request.get("policyNamesToAdd") or ():
        row = call.store.one(tables.DEFAULT_DOCUMENT, (call.account, call.region, name))
        if row is None:
            raise not_found(f"Policy {name} not found")
        documents[name] = row[0]
    for name in request.get("policyNamesToSkip") or ():
        documents.pop(name, None)
    return documents, variables


def _weighed(call: Call, info: Mapping[str, Any], policies: Mapping[str, Policy], together: Policy) -> Result:
    action = _ACTIONS.get(info.get("actionType") or "")
    if action is None:
        raise invalid_request("actionType must be PUBLISH, SUBSCRIBE, RECEIVE or CONNECT.")
    resources: list[str] = info.get("resources") or []

    def named(decision: str) -> list[dict[str, str]]:
        """The policies that come to a decision on any of the resources."""
        found = [
            name
            for name, policy in policies.items()
            if any(policy.decision(action, resource) == decision for resource in resources)
        ]
        return [{"policyName": name, "policyArn": policy_arn(call, name)} for name in found]

    decisions = {together.decision(action, resource) for resource in resources}
    decision = next((each for each in (EXPLICIT_DENY, IMPLICIT_DENY) if each in decisions), ALLOWED)
    denied = {"implicitDeny": {"policies": named(IMPLICIT_DENY)}, "explicitDeny": {"policies": named(EXPLICIT_DENY)}}
    return {
        "authInfo": info,
        "allowed": {"policies": named(ALLOWED)},
        "denied": denied,
        "authDecision": decision,
        "missingContextValues": [],
    }
