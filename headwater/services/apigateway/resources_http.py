"""CloudFormation's types of HTTP and WebSocket APIs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGatewayV2.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, read_object, resource

_SERVICE = "apigatewayv2"
_API_MEMBERS = (
    "CorsConfiguration",
    "CredentialsArn",
    "Description",
    "DisableExecuteApiEndpoint",
    "IpAddressType",
    "Name",
    "ProtocolType",
    "RouteKey",
    "RouteSelectionExpression",
    "Tags",
    "Target",
    "Version",
)


def drop(call: Call, service: str, name: str, request: Mapping[str, Any]) -> None:
    """Delete; what is gone is gone."""
    try:
        call.operation(service, name, request)
    except AwsError as error:
        if error.code != "NotFoundException":
            raise


def definition(call: Call, properties: Mapping[str, Any]) -> bytes | None:
    """An API's ``Body`` as text, or the object that ``BodyS3Location`` names; None where the template has neither."""
    if properties.get("BodyS3Location"):
        return read_object(call, properties["BodyS3Location"]).encode()
    body = properties.get("Body")
    if body is None:
        return None
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


def typed(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties with the booleans and numbers that templates may write as texts."""
    request = dict(properties)
    for name in ("AutoDeploy", "DisableExecuteApiEndpoint", "ApiKeyRequired", "EnableSimpleResponses"):
        if isinstance(request.get(name), str):
            request[name] = request[name].lower() == "true"
    for name in ("TimeoutInMillis", "AuthorizerResultTtlInSeconds"):
        if request.get(name) is not None:
            request[name] = int(request[name])
    return request


@resource("AWS::ApiGatewayV2::Api")
class ApiResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        body = definition(call, change.properties)
        if body is None:
            api = call.operation(_SERVICE, "CreateApi", self._settings(change))
        else:
            api = call.operation(_SERVICE, "ImportApi", {"Body": body.decode()})
        change.physical_id = api["ApiId"]
        if body is not None:
            self._overlay(call, change)
        self._describe(call, change, api)

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("ProtocolType") != change.previous.get("ProtocolType"):
            raise Replace
        body = definition(call, change.properties)
        if body is None:
            if change.previous.get("CorsConfiguration") and not change.properties.get("CorsConfiguration"):
                call.operation(_SERVICE, "DeleteCorsConfiguration", {"ApiId": change.physical_id})
            self._overlay(call, change)
        else:
            call.operation(_SERVICE, "ReimportApi", {"ApiId": change.physical_id, "Body": body.decode()})
            self._overlay(call, change)
        self._describe(call, change, call.operation(_SERVICE, "GetApi", {"ApiId": change.physical_id}))

    def delete(self, call: Call, change: Change) -> None:
        drop(call, _SERVICE, "DeleteApi", {"ApiId": change.physical_id})

    def _settings(self, change: Change) -> dict[str, Any]:
        properties = typed(change.properties)
        settings = {name: properties[name] for name in _API_MEMBERS if name in properties}
        return settings | {"Tags": change.tags | settings.get("Tags", {})}

    def _overlay(self, call: Call, change: Change) -> None:
        """What the template says beside the body goes above it."""
        settings = {name: value for name, value in self._settings(change).items() if name not in ("Target", "RouteKey")}
        api = call.operation(_SERVICE, "UpdateApi", {"ApiId": change.physical_id, **settings})
        if settings["Tags"]:
            arn = f"arn:aws:apigateway:{call.region}::/apis/{api['ApiId']}"
            call.operation(_SERVICE, "TagResource", {"ResourceArn": arn, "Tags": settings["Tags"]})

    def _describe(self, call: Call, change: Change, api: Mapping[str, Any]) -> None:
        arn = make_arn("execute-api", call.region, call.account, api["ApiId"])
        change.attributes = {"ApiId": api["ApiId"], "ApiEndpoint": api["ApiEndpoint"], "ExecuteApiArn": arn}


class _Part(Resource):
    """Routes, integrations, authorizers and deployments: the same four operations under different names."""

    noun = ""
    owner = "ApiId"  # what a part belongs to, beside the API

    @property
    def key(self) -> str:
        return f"{self.noun}Id"

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """What the properties are as an operation's input."""
        return typed(properties)

    def create(self, call: Call, change: Change) -> None:
        made = call.operation(_SERVICE, f"Create{self.noun}", self.request(change.properties))
        change.physical_id = made[self.key]
        change.attributes = {self.key: change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(name) != change.previous.get(name) for name in ("ApiId", self.owner)):
            raise Replace
        request = {**self.request(change.properties), self.key: change.physical_id}
        call.operation(_SERVICE, f"Update{self.noun}", request)
        change.attributes = {self.key: change.physical_id}

    def delete(self, call: Call, change: Change) -> None:
        owners = {name: change.properties.get(name) for name in ("ApiId", self.owner)}
        request = {**owners, self.key: change.physical_id}
        drop(call, _SERVICE, f"Delete{self.noun}", request)


@resource("AWS::ApiGatewayV2::Route")
class RouteResource(_Part):
    noun = "Route"


@resource("AWS::ApiGatewayV2::Integration")
class IntegrationResource(_Part):
    noun = "Integration"

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """A template lists, by status, what the operation takes as a mapping."""
        request = super().request(properties)
        answers = request.get("ResponseParameters") or {}
        request["ResponseParameters"] = {
            str(status): {pair["Destination"]: str(pair["Source"]) for pair in given.get("ResponseParameters") or ()}
            for status, given in answers.items()
        } or None
        return request


@resource("AWS::ApiGatewayV2::Authorizer")
class AuthorizerResource(_Part):
    noun = "Authorizer"


@resource("AWS::ApiGatewayV2::RouteResponse")
class RouteResponseResource(_Part):
    noun = "RouteResponse"
    owner = "RouteId"


@resource("AWS::ApiGatewayV2::IntegrationResponse")
class IntegrationResponseResource(_Part):
    noun = "IntegrationResponse"
    owner = "IntegrationId"


@resource("AWS::ApiGatewayV2::Deployment")
class DeploymentResource(_Part):
    noun = "Deployment"

    def update(self, call: Call, change: Change) -> None:
        raise Replace


@resource("AWS::ApiGatewayV2::Stage")
class StageResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        request = typed(change.properties)
        request["Tags"] = change.tags | (request.get("Tags") or {})
        call.operation(_SERVICE, "CreateStage", request)
        change.physical_id = request["StageName"]

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(name) != change.previous.get(name) for name in ("ApiId", "StageName")):
            raise Replace
        request = {name: value for name, value in typed(change.properties).items() if name != "Tags"}
        former, variables = change.previous.get("StageVariables") or {}, request.get("StageVariables") or {}
        request["StageVariables"] = dict.fromkeys(former, "") | variables
        call.operation(_SERVICE, "UpdateStage", request)

    def delete(self, call: Call, change: Change) -> None:
        request = {"ApiId": change.properties.get("ApiId"), "StageName": change.physical_id}
        drop(call, _SERVICE, "DeleteStage", request)
