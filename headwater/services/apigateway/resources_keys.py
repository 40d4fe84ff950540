"""CloudFormation's types of API keys, usage plans, and authorizers of REST APIs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.apigateway.resources_http import drop
from headwater.services.apigateway.resources_rest import lower_first
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call
from headwater.spine.resource_tags import resource_tags
from headwater.spine.resources import Change, Replace, Resource, resource

_SERVICE = "apigateway"


@resource("AWS::ApiGateway::ApiKey")
class ApiKeyResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        request = lower_first({name: properties[name] for name in properties if name not in ("StageKeys", "Tags")})
        request.setdefault("name", change.physical_name(128))
        request["enabled"] = str(properties.get("Enabled", "false")).lower() == "true"
        request["stageKeys"] = [lower_first(each) for each in properties.get("StageKeys") or ()]
        request["tags"] = resource_tags(change)
        change.physical_id = call.operation(_SERVICE, "CreateApiKey", request)["id"]
        change.attributes = {"APIKeyId": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(name) != change.previous.get(name) for name in ("Name", "Value")):
            raise Replace
        patches = [
            {"op": "replace", "path": f"/{name}", "value": str(change.properties.get(name.capitalize(), default))}
            for name, default in (("description", ""), ("enabled", "false"))
        ]
        call.operation(_SERVICE, "UpdateApiKey", {"apiKey": change.physical_id, "patchOperations": patches})
        change.attributes = {"APIKeyId": change.physical_id}

    def delete(self, call: Call, change: Change) -> None:
        drop(call, _SERVICE, "DeleteApiKey", {"apiKey": change.physical_id})


@resource("AWS::ApiGateway::UsagePlan")
class UsagePlanResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        request: dict[str, Any] = {
            "name": properties.get("UsagePlanName") or change.physical_name(128),
            "description": properties.get("Description"),
            "apiStages": [_stage(each) for each in properties.get("ApiStages") or ()],
            "throttle": _numbers(properties.get("Throttle")),
            "quota": _numbers(properties.get("Quota")),
            "tags": resource_tags(change),
        }
        given = {name: value for name, value in request.items() if value is not None}
        change.physical_id = call.operation(_SERVICE, "CreateUsagePlan", given)["id"]
        change.attributes = {"Id": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        patches = _stages("remove", change.previous) + _stages("add", change.properties)
        for name in ("Throttle", "Quota"):
            former, wanted = _numbers(change.previous.get(name)) or {}, _numbers(change.properties.get(name)) or {}
            path = name.lower()
            patches += [{"op": "replace", "path": f"/{path}/{key}", "value": value} for key, value in wanted.items()]
            patches += [{"op": "remove", "path": f"/{path}/{key}"} for key in former if key not in wanted]
        if change.properties.get("Description"):
            patches.append({"op": "replace", "path": "/description", "value": change.properties["Description"]})
        call.operation(_SERVICE, "UpdateUsagePlan", {"usagePlanId": change.physical_id, "patchOperations": patches})
        change.attributes = {"Id": change.physical_id}

    def delete(self, call: Call, change: Change) -> None:
        request = {"usagePlanId": change.physical_id}
        patches = _stages("remove", change.properties)
        drop(call, _SERVICE, "UpdateUsagePlan", {**request, "patchOperations": patches})
        drop(call, _SERVICE, "DeleteUsagePlan", request)


def _stages(op: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    stages = given.get("ApiStages") or ()
    return [{"op": op, "path": "/apiStages", "value": f"{stage['ApiId']}:{stage['Stage']}"} for stage in stages]


def _stage(given: dict[str, Any]) -> dict[str, Any]:
    """A stage that a plan is for; limits of single methods are not kept."""
    if given.get("Throttle"):
        raise not_implemented("Throttle of an API stage of AWS::ApiGateway::UsagePlan")
    stage: dict[str, Any] = lower_first(given)
    return stage


def _numbers(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """Limits, which templates may write as texts."""
    if given is None:
        return None
    kinds = {"RateLimit": float, "BurstLimit": int, "Limit": int, "Offset": int}
    typed = {name: kinds[name](value) if name in kinds else value for name, value in given.items()}
    return dict(lower_first(typed))


@resource("AWS::ApiGateway::UsagePlanKey")
class UsagePlanKeyResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        made = call.operation(_SERVICE, "CreateUsagePlanKey", lower_first(change.properties))
        change.physical_id = f"{made['id']}:{change.properties['UsagePlanId']}"
        change.attributes = {"Id": change.physical_id}

    def delete(self, call: Call, change: Change) -> None:
        request = lower_first({name: change.properties.get(name) for name in ("UsagePlanId", "KeyId")})
        drop(call, _SERVICE, "DeleteUsagePlanKey", request)


@resource("AWS::ApiGateway::Authorizer")
class RestAuthorizerResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        change.physical_id = call.operation(_SERVICE, "CreateAuthorizer", self._settings(change))["id"]
        change.attributes = {"AuthorizerId": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(name) != change.previous.get(name) for name in ("RestApiId", "Type")):
            raise Replace
        patches = [
            {"op": "replace", "path": f"/{name}", "value": value}
            for name, value in self._settings(change).items()
            if name not in ("restApiId", "type", "providerARNs")
        ]
        request = {"restApiId": change.properties["RestApiId"], "authorizerId": change.physical_id}
        call.operation(_SERVICE, "UpdateAuthorizer", {**request, "patchOperations": patches})
        change.attributes = {"AuthorizerId": change.physical_id}

    def delete(self, call: Call, change: Change) -> None:
        request = {"restApiId": change.properties.get("RestApiId"), "authorizerId": change.physical_id}
        drop(call, _SERVICE, "DeleteAuthorizer", request)

    def _settings(self, change: Change) -> dict[str, Any]:
        settings: dict[str, Any] = lower_first(change.properties)
        if "authorizerResultTtlInSeconds" in settings:
            settings["authorizerResultTtlInSeconds"] = int(settings["authorizerResultTtlInSeconds"])
        return settings
