"""Responses of routes and of integrations of WebSocket APIs, as records.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes-routeid-routeresponses.html
https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations-integrationid-integrationresponses.html
"""

from __future__ import annotations

from headwater.services.apigateway.deployments import deploy_by_itself
from headwater.services.apigateway.errors import bad_request, conflict
from headwater.services.apigateway.socket_integration import compile_socket_integration
from headwater.services.apigateway.store import (
    VERSION_2,
    WEBSOCKET,
    Api,
    Document,
    find_api,
    find_part,
    new_part_id,
    page,
    parts,
    put_part,
    remove_part,
)
from headwater.spine.operations import Call, Request, Result, operation


def _given(request: Request) -> Document:
    return {key: value for key, value in request.items() if value is not None and key != "ApiId"}


def _socket_api(call: Call, request: Request) -> Api:
    """The API; responses are of WebSocket APIs alone."""
    api = find_api(call, request["ApiId"], *VERSION_2)
    if api.kind != WEBSOCKET:
        raise bad_request("This operation is only supported for WEBSOCKET protocol")
    return api


def _of(call: Call, api: Api, kind: str, owner: str, identity: str) -> list[Document]:
    """The parts of a kind that belong to a route or an integration."""
    return [part for part in parts(call, api.id, kind).values() if part[owner] == identity]


def _put(call: Call, api: Api, kind: str, document: Document) -> Document:
    put_part(call, api.id, kind, document[f"{kind}Id"], document)
    deploy_by_itself(call, api)
    return document


# ---- of routes


def _check_route_response(document: Document) -> None:
    if document.get("RouteResponseKey") != "$default":
        raise bad_request("Currently, only $default is supported as RouteResponseKey")


@operation("apigatewayv2", "CreateRouteResponse")
def create_route_response(call: Call, request: Request) -> Result:
    api, document = _socket_api(call, request), _given(request)
    find_part(call, api.id, "Route", document["RouteId"])
    _check_route_response(document)
    if _of(call, api, "RouteResponse", "RouteId", document["RouteId"]):
        raise conflict("Route response already exists for this route")
    return _put(call, api, "RouteResponse", document | {"RouteResponseId": new_part_id(call)})


@operation("apigatewayv2", "GetRouteResponse", reads=True)
def get_route_response(call: Call, request: Request) -> Result:
    return find_part(call, _socket_api(call, request).id, "RouteResponse", request["RouteResponseId"])


@operation("apigatewayv2", "GetRouteResponses", reads=True)
def get_route_responses(call: Call, request: Request) -> Result:
    return page(request, _of(call, _socket_api(call, request), "RouteResponse", "RouteId", request["RouteId"]))


@operation("apigatewayv2", "UpdateRouteResponse")
def update_route_response(call: Call, request: Request) -> Result:
    api = _socket_api(call, request)
    document = find_part(call, api.id, "RouteResponse", request["RouteResponseId"]) | _given(request)
    _check_route_response(document)
    return _put(call, api, "RouteResponse", document)


@operation("apigatewayv2", "DeleteRouteResponse")
def delete_route_response(call: Call, request: Request) -> Result:
    api = _socket_api(call, request)
    remove_part(call, api.id, "RouteResponse", request["RouteResponseId"])
    deploy_by_itself(call, api)
    return {}


# ---- of integrations


def _check_integration_response(call: Call, api: Api, document: Document) -> None:
    integration = find_part(call, api.id, "Integration", document["IntegrationId"])
    if integration["IntegrationType"].endswith("_PROXY"):
        raise bad_request("Integration responses are not supported for proxy integrations")
    if not document.get("IntegrationResponseKey"):
        raise bad_request("IntegrationResponseKey is required")
    compile_socket_integration(integration, [document])


@operation("apigatewayv2", "CreateIntegrationResponse")
def create_integration_response(call: Call, request: Request) -> Result:
    api, document = _socket_api(call, request), _given(request)
    _check_integration_response(call, api, document)
    others = _of(call, api, "IntegrationResponse", "IntegrationId", document["IntegrationId"])
    if any(other["IntegrationResponseKey"] == document["IntegrationResponseKey"] for other in others):
        raise conflict("Integration response already exists for this integration")
    return _put(call, api, "IntegrationResponse", document | {"IntegrationResponseId": new_part_id(call)})


@operation("apigatewayv2", "GetIntegrationResponse", reads=True)
def get_integration_response(call: Call, request: Request) -> Result:
    return find_part(call, _socket_api(call, request).id, "IntegrationResponse", request["IntegrationResponseId"])


@operation("apigatewayv2", "GetIntegrationResponses", reads=True)
def get_integration_responses(call: Call, request: Request) -> Result:
    api, identity = _socket_api(call, request), request["IntegrationId"]
    return page(request, _of(call, api, "IntegrationResponse", "IntegrationId", identity))


@operation("apigatewayv2", "UpdateIntegrationResponse")
def update_integration_response(call: Call, request: Request) -> Result:
    api = _socket_api(call, request)
    document = find_part(call, api.id, "IntegrationResponse", request["IntegrationResponseId"]) | _given(request)
    _check_integration_response(call, api, document)
    return _put(call, api, "IntegrationResponse", document)


@operation("apigatewayv2", "DeleteIntegrationResponse")
def delete_integration_response(call: Call, request: Request) -> Result:
    api = _socket_api(call, request)
    remove_part(call, api.id, "IntegrationResponse", request["IntegrationResponseId"])
    deploy_by_itself(call, api)
    return {}
