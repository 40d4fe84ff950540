"""CloudFormation's types of REST APIs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from headwater.services.apigateway.resources_http import definition, drop
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call
from headwater.spine.resource_tags import resource_tags
from headwater.spine.resources import Change, Replace, Resource, resource

_SERVICE = "apigateway"
_API_MEMBERS = ("Name", "Description", "BinaryMediaTypes", "ApiKeySourceType", "DisableExecuteApiEndpoint", "Policy")
_UNSERVED = ("CanarySetting", "ClientCertificateId")
_SETTINGS = MappingProxyType(
    {
        "MetricsEnabled": "metrics/enabled",
        "LoggingLevel": "logging/loglevel",
        "DataTraceEnabled": "logging/dataTrace",
        "CacheDataEncrypted": "caching/dataEncrypted",
        "CacheTtlInSeconds": "caching/ttlInSeconds",
        "CachingEnabled": "caching/enabled",
        "ThrottlingBurstLimit": "throttling/burstLimit",
        "ThrottlingRateLimit": "throttling/rateLimit",
    }
)


def lower_first(value: Any) -> Any:
    """Properties as the API's operations spell them: ``RestApiId`` to ``restApiId``, one level deep."""
    return {name[0].lower() + name[1:]: item for name, item in value.items()}


@resource("AWS::ApiGateway::RestApi")
class RestApiResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        body = definition(call, change.properties)
        settings = self._settings(change)
        if body is None:
            api: Mapping[str, Any] = call.operation(
                _SERVICE, "CreateRestApi", {"name": change.physical_name(128), **settings}
            )
        elif "name" in settings:  # the definition then needs no title
            made = call.operation(_SERVICE, "CreateRestApi", {"name": settings["name"]})
            api = self._put(call, change, made["id"], body)
        else:
            imported = call.operation(_SERVICE, "ImportRestApi", {"body": body, "parameters": _parameters(change)})
            api = self._overlay(call, imported["id"], settings)
        change.physical_id = api["id"]
        change.attributes = {"RestApiId": api["id"], "RootResourceId": api["rootResourceId"]}

    def update(self, call: Call, change: Change) -> None:
        body = definition(call, change.properties)
        if body is not None:
            api = self._put(call, change, change.physical_id, body)
        else:
            api = self._overlay(call, change.physical_id, self._settings(change))
        change.attributes = {"RestApiId": api["id"], "RootResourceId": api["rootResourceId"]}

    def delete(self, call: Call, change: Change) -> None:
        drop(call, _SERVICE, "DeleteRestApi", {"restApiId": change.physical_id})

    def _put(self, call: Call, change: Change, api_id: str, body: bytes) -> Mapping[str, Any]:
        """The definition, then what the resource's other properties say."""
        mode = change.properties.get("Mode", "overwrite")
        request = {"restApiId": api_id, "mode": mode, "body": body, "parameters": _parameters(change)}
        call.operation(_SERVICE, "PutRestApi", request)
        return self._overlay(call, api_id, self._settings(change))

    def _settings(self, change: Change) -> dict[str, Any]:
        given = {name: change.properties[name] for name in _API_MEMBERS if name in change.properties}
        settings: dict[str, Any] = lower_first(given) | {"tags": resource_tags(change)}
        if settings.get("policy"):
            policy = change.properties["Policy"]
            settings["policy"] = policy if isinstance(policy, str) else orjson.dumps(policy).decode()
        else:
            settings.pop("policy", None)  # Serverless Framework writes an empty text where there is none
        if kinds := settings.get("binaryMediaTypes"):
            settings["binaryMediaTypes"] = [kind.replace("~1", "/") for kind in kinds]
        if "apiKeySourceType" in settings:
            settings["apiKeySource"] = settings.pop("apiKeySourceType")
        if endpoint := change.properties.get("EndpointConfiguration"):
            settings["endpointConfiguration"] = lower_first(endpoint)
        return settings

    def _overlay(self, call: Call, identity: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the template says beside the body goes above it."""
        patched = ("name", "description", "apiKeySource", "policy")
        patches = [
            {"op": "replace", "path": f"/{name}", "value": settings[name]} for name in patched if settings.get(name)
        ]
        patches += [
            {"op": "add", "path": f"/binaryMediaTypes/{kind.replace('~', '~0').replace('/', '~1')}"}
            for kind in settings.get("binaryMediaTypes") or ()
        ]
        arn = f"arn:aws:apigateway:{call.region}::/restapis/{identity}"
        call.operation(_SERVICE, "TagResource", {"resourceArn": arn, "tags": settings["tags"]})
        return call.operation(_SERVICE, "UpdateRestApi", {"restApiId": identity, "patchOperations": patches})


def _parameters(change: Change) -> dict[str, str]:
    """Of the import: what the template says beside the body of where the API is reached goes above them."""
    types = (change.properties.get("EndpointConfiguration") or {}).get("Types")
    given: dict[str, str] = change.properties.get("Parameters") or {}
    return {**given, "endpointConfigurationTypes": ",".join(types)} if types else given


@resource("AWS::ApiGateway::Resource")
class ResourceResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        change.physical_id = call.operation(_SERVICE, "CreateResource", lower_first(change.properties))["id"]
        change.attributes = {"ResourceId": change.physical_id}

    def delete(self, call: Call, change: Change) -> None:
        request = {"restApiId": change.properties.get("RestApiId"), "resourceId": change.physical_id}
        drop(call, _SERVICE, "DeleteResource", request)


@resource("AWS::ApiGateway::Method")
class MethodResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = lower_first(change.properties)
        integration = properties.pop("integration", None)
        responses = properties.pop("methodResponses", None) or []
        key = {name: properties[name] for name in ("restApiId", "resourceId", "httpMethod")}
        call.operation(_SERVICE, "PutMethod", {"authorizationType": "NONE", **properties})
        for response in responses:
            call.operation(_SERVICE, "PutMethodResponse", {**key, **_response(response)})
        if integration:
            self._integrate(call, key, lower_first(integration))
        change.physical_id = "-".join(key.values())

    def _integrate(self, call: Call, key: Mapping[str, str], integration: dict[str, Any]) -> None:
        responses = integration.pop("integrationResponses", None) or []
        if "timeoutInMillis" in integration:
            integration["timeoutInMillis"] = int(integration["timeoutInMillis"])
        call.operation(_SERVICE, "PutIntegration", {**key, **integration})
        for response in responses:
            call.operation(_SERVICE, "PutIntegrationResponse", {**key, **_response(response)})

    def update(self, call: Call, change: Change) -> None:
        key = ("RestApiId", "ResourceId", "HttpMethod")
        if any(change.properties.get(name) != change.previous.get(name) for name in key):
            raise Replace
        self.delete(call, change)
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        names = ("RestApiId", "ResourceId", "HttpMethod")
        request = lower_first({name: change.properties.get(name) for name in names})
        drop(call, _SERVICE, "DeleteMethod", request)


def _response(given: Any) -> dict[str, Any]:
    """A method's or an integration's response: templates write its status, and the one it is for, as numbers too."""
    response: dict[str, Any] = lower_first(given)
    codes = {name: str(response[name]) for name in ("statusCode", "selectionPattern") if name in response}
    return response | codes


@resource("AWS::ApiGateway::Deployment")
class DeploymentResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        names = ("RestApiId", "Description", "StageName")
        request = lower_first({name: properties[name] for name in names if properties.get(name)})
        stage = properties.get("StageDescription") or {}
        if stage:
            _check_served(stage, "StageDescription of AWS::ApiGateway::Deployment")
        change.physical_id = call.operation(_SERVICE, "CreateDeployment", request)["id"]
        change.attributes = {"DeploymentId": change.physical_id}
        if "stageName" in request and (patches := self._patches(stage)):
            key = {"restApiId": request["restApiId"], "stageName": request["stageName"]}
            call.operation(_SERVICE, "UpdateStage", key | {"patchOperations": patches})

    def _drop_stage(self, call: Call, properties: Mapping[str, Any], deployment: str) -> None:
        """The stage that came with a deployment goes with it, unless another was deployed to it since."""
        request = {"restApiId": properties.get("RestApiId"), "stageName": properties["StageName"]}
        try:
            stage = call.operation(_SERVICE, "GetStage", request)
        except AwsError:
            return  # gone already, or never made
        if stage.get("deploymentId") == deployment:
            drop(call, _SERVICE, "DeleteStage", request)

    def _patches(self, stage: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What else a description says of its stage: settings of all methods stand beside those of single ones."""
        of_all = {name: stage[name] for name in _SETTINGS if name in stage}
        patches = _observing({**stage, "MethodSettings": [of_all, *(stage.get("MethodSettings") or ())]})
        variables = stage.get("Variables") or {}
        patches += [
            {"op": "replace", "path": f"/variables/{name}", "value": value} for name, value in variables.items()
        ]
        if stage.get("Description"):
            patches.append({"op": "replace", "path": "/description", "value": stage["Description"]})
        if "TracingEnabled" in stage:
            patches.append({"op": "replace", "path": "/tracingEnabled", "value": str(stage["TracingEnabled"]).lower()})
        return patches

    def delete(self, call: Call, change: Change) -> None:
        properties = change.properties
        if properties.get("StageName"):
            self._drop_stage(call, properties, change.physical_id)
        request = {"restApiId": properties.get("RestApiId"), "deploymentId": change.physical_id}
        drop(call, _SERVICE, "DeleteDeployment", request)


@resource("AWS::ApiGateway::Stage")
class StageResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        _check_served(change.properties, "AWS::ApiGateway::Stage")
        names = ("RestApiId", "StageName", "DeploymentId", "Description", "Variables", "TracingEnabled")
        request = lower_first({name: change.properties[name] for name in names if name in change.properties})
        call.operation(_SERVICE, "CreateStage", request | {"tags": resource_tags(change)})
        change.physical_id = request["stageName"]
        if patches := _observing(change.properties):
            key = {"restApiId": request["restApiId"], "stageName": request["stageName"]}
            call.operation(_SERVICE, "UpdateStage", key | {"patchOperations": patches})

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(name) != change.previous.get(name) for name in ("RestApiId", "StageName")):
            raise Replace
        _check_served(change.properties, "AWS::ApiGateway::Stage")
        patches = [
            {"op": "replace", "path": f"/{name[0].lower()}{name[1:]}", "value": change.properties[name]}
            for name in ("DeploymentId", "Description")
            if change.properties.get(name)
        ]
        variables, former = change.properties.get("Variables") or {}, change.previous.get("Variables") or {}
        patches += [{"op": "remove", "path": f"/variables/{name}"} for name in former if name not in variables]
        patches += [
            {"op": "replace", "path": f"/variables/{name}", "value": value} for name, value in variables.items()
        ]
        patches += _observing(change.properties)
        request = {"restApiId": change.properties["RestApiId"], "stageName": change.physical_id}
        call.operation(_SERVICE, "UpdateStage", request | {"patchOperations": patches})

    def delete(self, call: Call, change: Change) -> None:
        request = {"restApiId": change.properties.get("RestApiId"), "stageName": change.physical_id}
        drop(call, _SERVICE, "DeleteStage", request)


def _check_served(properties: Mapping[str, Any], where: str) -> None:
    for name in _UNSERVED:
        if properties.get(name):
            raise not_implemented(f"{name} of {where}")


def _observing(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Access log and method settings of a stage, as patch operations."""
    patches = [
        {"op": "replace", "path": f"/accessLogSettings/{name[0].lower()}{name[1:]}", "value": value}
        for name, value in (properties.get("AccessLogSetting") or {}).items()
    ]
    for setting in properties.get("MethodSettings") or ():
        path = setting.get("ResourcePath", "/*")
        resource_path = "*" if path == "/*" else path.replace("~", "~0").replace("/", "~1")
        method = f"/{resource_path}/{setting.get('HttpMethod', '*')}"
        for name, member in _SETTINGS.items():
            if name in setting:
                patches.append({"op": "replace", "path": f"{method}/{member}", "value": str(setting[name])})
    return patches


@resource("AWS::ApiGateway::GatewayResponse")
class GatewayResponseResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        request = lower_first(change.properties)
        if "statusCode" in request:
            request["statusCode"] = str(request["statusCode"])
        call.operation(_SERVICE, "PutGatewayResponse", request)
        change.physical_id = f"{request['restApiId']}-{request['responseType']}"
        change.attributes = {"Id": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(name) != change.previous.get(name) for name in ("RestApiId", "ResponseType")):
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        request = lower_first({name: change.properties.get(name) for name in ("RestApiId", "ResponseType")})
        drop(call, _SERVICE, "DeleteGatewayResponse", request)


@resource("AWS::ApiGateway::RequestValidator")
class RequestValidatorResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        request = lower_first(change.properties)
        for name in ("validateRequestBody", "validateRequestParameters"):
            if name in request:
                request[name] = str(request[name]).lower() == "true"
        change.physical_id = call.operation(_SERVICE, "CreateRequestValidator", request)["id"]
        change.attributes = {"RequestValidatorId": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        new, old = change.properties, change.previous
        if any(new.get(name) != old.get(name) for name in ("Name", "RestApiId")):
            raise Replace
        patches = [
            {"op": "replace", "path": f"/{name[0].lower()}{name[1:]}", "value": str(new.get(name, "false")).lower()}
            for name in ("ValidateRequestBody", "ValidateRequestParameters")
        ]
        request = {"restApiId": new["RestApiId"], "requestValidatorId": change.physical_id}
        call.operation(_SERVICE, "UpdateRequestValidator", {**request, "patchOperations": patches})

    def delete(self, call: Call, change: Change) -> None:
        request = {"restApiId": change.properties.get("RestApiId"), "requestValidatorId": change.physical_id}
        drop(call, _SERVICE, "DeleteRequestValidator", request)


@resource("AWS::ApiGateway::Model")
class ModelResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        request = lower_first(change.properties)
        if "Schema" in change.properties:
            request["schema"] = self._schema(change)
        # names of models are letters and digits alone
        name = request.get("name") or "".join(filter(str.isalnum, change.physical_name(128)))
        call.operation(_SERVICE, "CreateModel", {"contentType": "application/json", **request, "name": name})
        change.physical_id = name

    def update(self, call: Call, change: Change) -> None:
        new, old = change.properties, change.previous
        if any(new.get(name) != old.get(name) for name in ("Name", "RestApiId", "ContentType")):
            raise Replace
        values = {"schema": self._schema(change), "description": str(new.get("Description", ""))}
        patches = [{"op": "replace", "path": f"/{name}", "value": value} for name, value in values.items()]
        request = {"restApiId": new["RestApiId"], "modelName": change.physical_id}
        call.operation(_SERVICE, "UpdateModel", {**request, "patchOperations": patches})

    def _schema(self, change: Change) -> str:
        schema = change.properties.get("Schema", {})
        return schema if isinstance(schema, str) else orjson.dumps(schema).decode()

    def delete(self, call: Call, change: Change) -> None:
        request = {"restApiId": change.properties.get("RestApiId"), "modelName": change.physical_id}
        drop(call, _SERVICE, "DeleteModel", request)


@resource("AWS::ApiGateway::Account")
class AccountResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        role = change.properties.get("CloudWatchRoleArn")
        patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
        call.operation(_SERVICE, "UpdateAccount", {"patchOperations": [patch]})
        change.physical_id = change.physical_id or change.physical_name(128)
        change.attributes = {"Id": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        """CloudFormation leaves the account's setting as it is."""
