"""HTTP and WebSocket APIs: making, finding, changing and deleting them.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.mapping import InvalidMapping, compile_mapping
from headwater.services.apigateway.store import (
    HTTP,
    VERSION_2,
    WEBSOCKET,
    Api,
    Document,
    add_api,
    find_api,
    list_apis,
    page,
    put_part,
    remove_api,
    set_api,
)
from headwater.spine.operations import Call, Request, Result, operation

_MEMBERS = (
    "ApiKeySelectionExpression",
    "CorsConfiguration",
    "Description",
    "DisableExecuteApiEndpoint",
    "IpAddressType",
    "Name",
    "RouteSelectionExpression",
    "Tags",
    "Version",
)
_MOST_APIS = 600


def describe(call: Call, api: Api) -> Document:
    """An API as Create, Get, Update and Import answer it."""
    return api.document | {"ApiId": api.id, "ApiEndpoint": endpoint(call, api), "CreatedDate": api.created}


def endpoint(call: Call, api: Api) -> str:
    """Where the API is reached: below our own address, so that no name needs resolving."""
    base = call.endpoint.replace("http", "ws", 1) if api.kind == WEBSOCKET else call.endpoint
    return f"{base}/_aws/execute-api/{api.id}"


def new_document(request: Request) -> Document:
    """An API's document: what the request says, and AWS's defaults."""
    kind = request.get("ProtocolType", HTTP)
    if kind not in VERSION_2:
        raise bad_request("Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]")
    name = request.get("Name")
    if not name or len(name) > 128:
        raise bad_request("Name is required and must be at most 128 characters long")
    defaults: Document = {
        "ApiKeySelectionExpression": "$request.header.x-api-key",
        "DisableExecuteApiEndpoint": False,
        "IpAddressType": "ipv4",
        "ProtocolType": kind,
        "RouteSelectionExpression": "$request.method $request.path" if kind == HTTP else None,
        "Tags": {},
    }
    document = defaults | {key: request[key] for key in _MEMBERS if request.get(key) is not None}
    if kind == WEBSOCKET:
        _check_socket(document, request)
    check_cors(document.get("CorsConfiguration"))
    return document


def _check_socket(document: Document, request: Request) -> None:
    """What only HTTP APIs have is refused; what WebSocket APIs select by must be there."""
    if not document["RouteSelectionExpression"]:
        raise bad_request("RouteSelectionExpression is required for WEBSOCKET protocol")
    for name in ("CorsConfiguration", "CredentialsArn", "RouteKey", "Target"):
        if request.get(name) is not None:
            raise bad_request(f"{name} is not supported for WEBSOCKET protocol")
    try:
        compile_mapping(document["RouteSelectionExpression"])
    except InvalidMapping as error:
        raise bad_request(str(error)) from None


def check_cors(cors: dict[str, Any] | None) -> None:
    if cors and cors.get("AllowCredentials") and "*" in (cors.get("AllowOrigins") or ()):
        raise bad_request("allow-credentials is not supported when allow-origin is set to '*'")


@operation("apigatewayv2", "CreateApi")
def create_api(call: Call, request: Request) -> Result:
    document = new_document(request)
    api = add_api(call, document["ProtocolType"], document)
    if request.get("Target"):
        _quick_create(call, api, request)
    return describe(call, api)


def _quick_create(call: Call, api: Api, request: Request) -> None:
    """``Target``: an integration, a route to it, and a default stage that deploys by itself."""
    target = request["Target"]
    managed = {"ApiGatewayManaged": True}
    is_http = target.startswith("http")
    integration = call.operation(
        "apigatewayv2",
        "CreateIntegration",
        {
            "ApiId": api.id,
            "IntegrationType": "HTTP_PROXY" if is_http else "AWS_PROXY",
            "IntegrationMethod": "ANY" if is_http else None,
            "IntegrationUri": target,
            "PayloadFormatVersion": "1.0" if is_http else "2.0",
            "CredentialsArn": request.get("CredentialsArn"),
        },
    )
    put_part(call, api.id, "Integration", integration["IntegrationId"], integration | managed)
    route = {"ApiId": api.id, "RouteKey": request.get("RouteKey") or "$default"}
    route["Target"] = f"integrations/{integration['IntegrationId']}"
    made = call.operation("apigatewayv2", "CreateRoute", route)
    put_part(call, api.id, "Route", made["RouteId"], made | managed)
    stage = {"ApiId": api.id, "StageName": "$default", "AutoDeploy": True}
    put_part(call, api.id, "Stage", "$default", call.operation("apigatewayv2", "CreateStage", stage) | managed)


@operation("apigatewayv2", "GetApi", reads=True)
def get_api(call: Call, request: Request) -> Result:
    return describe(call, find_api(call, request["ApiId"], *VERSION_2))


@operation("apigatewayv2", "GetApis", reads=True)
def get_apis(call: Call, request: Request) -> Result:
    found = [describe(call, api) for kind in VERSION_2 for api in list_apis(call, kind, "", _MOST_APIS)]
    return page(request, sorted(found, key=lambda api: (api["CreatedDate"], api["ApiId"])))


@operation("apigatewayv2", "UpdateApi")
def update_api(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    changes = {key: request[key] for key in _MEMBERS if request.get(key) is not None and key != "Tags"}
    check_cors(changes.get("CorsConfiguration"))
    return describe(call, set_api(call, api, api.document | changes))


@operation("apigatewayv2", "DeleteApi")
def delete_api(call: Call, request: Request) -> Result:
    remove_api(call, find_api(call, request["ApiId"], *VERSION_2))
    return {}


@operation("apigatewayv2", "DeleteCorsConfiguration")
def delete_cors_configuration(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    document = {key: value for key, value in api.document.items() if key != "CorsConfiguration"}
    set_api(call, api, document)
    return {}
