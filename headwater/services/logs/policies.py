"""Resource policies of an account: which services may write to its log groups.

They are kept and told; that EventBridge and the like may write is not asked of them here.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.logs import tables
from headwater.services.logs.errors import invalid_parameter, no_token, not_found
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page
from headwater.spine.resources import Change, Replace, Resource, resource

_MOST = 10
_PAGE = 50


@operation("logs", "PutResourcePolicy")
def put_resource_policy(call: Call, request: Request) -> Result:
    if request.get("resourceArn"):
        raise not_implemented("Policies of single log groups")
    name, text = request.get("policyName") or "", request.get("policyDocument") or ""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict) or not document.get("Statement"):
        raise invalid_parameter("Policy is not valid JSON or lacks a statement")
    policies = _policies(call)
    if name not in policies and len(policies) >= _MOST:
        raise AwsError("LimitExceededException", "Resource limit exceeded.", 400)
    call.store.run(tables.SET_POLICY, (call.account, call.region, name, text, call.now))
    return {"resourcePolicy": _shown(name, text, call.now)}


def _policies(call: Call) -> dict[str, tuple[str, int]]:
    rows = call.store.all(tables.LIST_POLICIES, (call.account, call.region))
    return {name: (text, at) for name, text, at in rows}


def _shown(name: str, text: str, at: int) -> dict[str, Any]:
    return {"policyName": name, "policyDocument": text, "lastUpdatedTime": at, "policyScope": "ACCOUNT"}


@operation("logs", "DescribeResourcePolicies", reads=True)
def describe_resource_policies(call: Call, request: Request) -> Result:
    def fetch(after: str, _: int) -> list[dict[str, Any]]:
        return [_shown(name, *kept) for name, kept in _policies(call).items() if name > after]

    limit = request.get("limit") or _PAGE
    found, token = page(request.get("nextToken"), limit, fetch, lambda policy: str(policy["policyName"]), no_token)
    return {"resourcePolicies": found, "nextToken": token}


@operation("logs", "DeleteResourcePolicy")
def delete_resource_policy(call: Call, request: Request) -> Result:
    if not call.store.run(tables.DELETE_POLICY, (call.account, call.region, request.get("policyName") or "")):
        raise not_found("Policy with name [" + (request.get("policyName") or "") + "] does not exist.")
    return {}


@resource("AWS::Logs::ResourcePolicy")
class ResourcePolicyResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name, document = change.properties["PolicyName"], change.properties["PolicyDocument"]
        text = document if isinstance(document, str) else orjson.dumps(document).decode()
        call.operation("logs", "PutResourcePolicy", {"policyName": name, "policyDocument": text})
        change.physical_id = name

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        name = properties.get("PolicyName")
        there = call.operation("logs", "DescribeResourcePolicies", {})["resourcePolicies"]
        return name if any(each["policyName"] == name for each in there) else None

    def update(self, call: Call, change: Change) -> None:
        if change.properties["PolicyName"] != change.previous.get("PolicyName"):
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("logs", "DeleteResourcePolicy", {"policyName": change.physical_id})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
