"""What a stage serves: a deployment's snapshot, compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from headwater.services.apigateway.access_logs import AccessLog, compile_access_log
from headwater.services.apigateway.authorizer import Authorizer, compile_authorizer, compile_token_authorizer
from headwater.services.apigateway.execution_logs import ExecutionLog, execution_log_of
from headwater.services.apigateway.gateway_responses import GatewayResponses, compile_gateway_responses
from headwater.services.apigateway.integration import Integration, compile_integration, compile_rest_integration
from headwater.services.apigateway.mapping import Selector, compile_mapping
from headwater.services.apigateway.method_settings import setting_key
from headwater.services.apigateway.rest_policies import Policy, compile_policy
from headwater.services.apigateway.rest_validation import Validation, compile_validation
from headwater.services.apigateway.routes import split_route_key
from headwater.services.apigateway.routing import Router
from headwater.services.apigateway.socket_integration import SocketIntegration, compile_socket_integration
from headwater.services.apigateway.store import HTTP, REST, WEBSOCKET, Api, any_api, parts
from headwater.services.apigateway.throttling import Bucket, bucket_of
from headwater.services.apigateway.tokens import TokenAuthorizer
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call


class SocketRoute(NamedTuple):
    """A route of a WebSocket API. ``answers``: what the integration says goes back to the client.
    ``signed``: AWS_IAM."""

    route_key: str
    integration: SocketIntegration | None
    answers: bool
    authorizer: Authorizer | None
    signed: bool
    bucket: Bucket | None


class Endpoint(NamedTuple):
    """Where a route leads. ``integration`` is None for a route without a target. ``signed``: AWS_IAM."""

    route_key: str
    resource: str
    resource_id: str | None
    integration: Integration | None
    authorizer: Authorizer | TokenAuthorizer | None
    bucket: Bucket | None
    execution_log: ExecutionLog | None
    validation: Validation | None = None
    signed: bool = False
    # REST APIs: a key of a usage plan is needed
    keyed: bool = False

    @property
    def identifies(self) -> bool:
        """Whether something beside the API's policy says who may call."""
        signed = self.signed or (self.validation is not None and self.validation.signed)
        return signed or self.authorizer is not None


@dataclass
class ServedStage:
    """One stage, ready to route."""

    name: str
    variables: dict[str, str]
    deployment_id: str
    router: Router[Endpoint]
    access_log: AccessLog | None
    gateway_responses: GatewayResponses
    socket_routes: Mapping[str, SocketRoute] = field(default_factory=dict)


@dataclass
class ServedApi:
    """An API and its stages by name; ``cors`` of HTTP APIs, ``binary_types`` and ``policy`` of REST APIs,
    ``select_route`` of WebSocket APIs."""

    api: Api
    cors: Mapping[str, Any] | None
    binary_types: tuple[str, ...]
    select_route: Selector | None = None
    policy: Policy | None = None
    stages: dict[str, ServedStage] = field(default_factory=dict)


def served_api(call: Call, identity: str) -> ServedApi | None:
    """The compiled API of an id, from memory or from rows."""
    served: ServedApi | None = call.memory.apis.get(identity)
    if served is None:
        api = any_api(call, identity)
        if api is None:
            return None
        served = call.memory.apis[identity] = _compile(call, api)
    return served


def _compile(call: Call, api: Api) -> ServedApi:
    served = ServedApi(api, api.document.get("CorsConfiguration"), tuple(api.document.get("binaryMediaTypes") or ()))
    if api.kind == WEBSOCKET:
        served.select_route = compile_mapping(api.document["RouteSelectionExpression"])
    if api.kind == REST:
        served.policy = compile_policy(api)
    deployments = parts(call, api.id, "Deployment")
    for name, stage in parts(call, api.id, "Stage").items():
        identity = stage.get("DeploymentId") or stage.get("deploymentId") or ""
        snapshot = deployments.get(identity, {}).get("Snapshot", {})
        variables = stage.get("StageVariables") or stage.get("variables") or {}
        router = _rest_router(snapshot, stage, api.id) if api.kind == REST else Router[Endpoint]()
        if api.kind == HTTP:
            router = _http_router(snapshot, stage)
        settings = stage.get("AccessLogSettings") or stage.get("accessLogSettings") or {}
        log = compile_access_log(settings, f"{api.id}/{name}")
        own = compile_gateway_responses(snapshot.get("GatewayResponse", {}))
        sockets = _socket_routes(snapshot, stage) if api.kind == WEBSOCKET else {}
        served.stages[name] = ServedStage(name, variables, identity, router, log, own, sockets)
    return served


def _http_router(snapshot: Mapping[str, Any], stage: Mapping[str, Any]) -> Router[Endpoint]:
    router: Router[Endpoint] = Router()
    defaults, settings = stage.get("DefaultRouteSettings") or {}, stage.get("RouteSettings") or {}
    integrations, authorizers = snapshot.get("Integration", {}), snapshot.get("Authorizer", {})
    for route in snapshot.get("Route", {}).values():
        integration = integrations.get((route.get("Target") or "").removeprefix("integrations/"))
        authorizer = authorizers.get(route.get("AuthorizerId"))
        split = split_route_key(route["RouteKey"])
        endpoint = Endpoint(
            route["RouteKey"],
            split[1] if split else "/$default",
            None,
            compile_integration(integration) if integration else None,
            _authorizer_of(route, authorizer) if authorizer else None,
            bucket_of(defaults | settings.get(route["RouteKey"], {})),
            None,
            signed=route["AuthorizationType"] == "AWS_IAM",
        )
        if split is None:
            router.default = endpoint
        else:
            router.add(*split, endpoint)
    return router


def _authorizer_of(route: Mapping[str, Any], document: Mapping[str, Any]) -> Authorizer | TokenAuthorizer | None:
    if route["AuthorizationType"] == "JWT":
        return compile_token_authorizer(document, tuple(route.get("AuthorizationScopes") or ()))
    return compile_authorizer(document) if route["AuthorizationType"] == "CUSTOM" else None


def _socket_routes(snapshot: Mapping[str, Any], stage: Mapping[str, Any]) -> dict[str, SocketRoute]:
    defaults, settings = stage.get("DefaultRouteSettings") or {}, stage.get("RouteSettings") or {}
    integrations, authorizers = snapshot.get("Integration", {}), snapshot.get("Authorizer", {})
    answered = {response["RouteId"] for response in snapshot.get("RouteResponse", {}).values()}
    responses = list(snapshot.get("IntegrationResponse", {}).values())
    routes = {}
    for identity, route in snapshot.get("Route", {}).items():
        target = (route.get("Target") or "").removeprefix("integrations/")
        integration = integrations.get(target)
        authorizer = authorizers.get(route.get("AuthorizerId")) if route["AuthorizationType"] == "CUSTOM" else None
        own = [response for response in responses if response["IntegrationId"] == target]
        routes[route["RouteKey"]] = SocketRoute(
            route["RouteKey"],
            compile_socket_integration(integration, own) if integration else None,
            identity in answered,
            compile_authorizer(authorizer)._replace(form="socket") if authorizer else None,
            route["AuthorizationType"] == "AWS_IAM",
            bucket_of(defaults | settings.get(route["RouteKey"], {})),
        )
    return routes


def _rest_router(snapshot: Mapping[str, Any], stage: Mapping[str, Any], api: str) -> Router[Endpoint]:
    router: Router[Endpoint] = Router(by_resource=True)
    settings = stage.get("methodSettings") or {}
    authorizers = snapshot.get("Authorizer", {})
    for resource in snapshot.get("Resource", {}).values():
        for method, document in (resource.get("resourceMethods") or {}).items():
            integration = document.get("methodIntegration")
            authorizer = authorizers.get(document.get("authorizerId"))
            setting = settings.get("*/*", {}) | settings.get(setting_key(resource["path"], method), {})
            router.add(
                method,
                resource["path"],
                Endpoint(
                    f"{method} {resource['path']}",
                    resource["path"],
                    resource["id"],
                    _lenient(integration) if integration else None,
                    compile_authorizer(authorizer) if authorizer else None,
                    bucket_of(setting),
                    execution_log_of(setting, api, stage["stageName"]),
                    compile_validation(document, snapshot),
                    keyed=bool(document.get("apiKeyRequired")),
                ),
            )
    return router


def _lenient(document: Mapping[str, Any]) -> Integration | None:
    """REST APIs hold what they cannot serve; it was refused when it was deployed."""
    try:
        return compile_rest_integration(document)
    except AwsError:
        return None
