"""Integrations of HTTP and WebSocket APIs: what a route leads to.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html
"""

from __future__ import annotations

from headwater.services.apigateway.credentials import hand_over_role
from headwater.services.apigateway.deployments import deploy_by_itself
from headwater.services.apigateway.errors import bad_request, conflict
from headwater.services.apigateway.integration import check_integration
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

_LONGEST_TIMEOUT = 30_000
_LONGEST_OF_SOCKETS = 29_000


def add_integration(call: Call, api: Api, request: Request) -> Document:
    """Write an integration, checked, with AWS's defaults."""
    given = {key: value for key, value in request.items() if value is not None and key != "ApiId"}
    identity = new_part_id(call)
    longest = _LONGEST_OF_SOCKETS if api.kind == WEBSOCKET else _LONGEST_TIMEOUT
    document = _checked(api, {"ConnectionType": "INTERNET", "TimeoutInMillis": longest, **given})
    document["IntegrationId"] = identity
    hand_over_role(call, document.get("CredentialsArn"))
    put_part(call, api.id, "Integration", identity, document)
    return document


def _checked(api: Api, document: Document) -> Document:
    timeout = document["TimeoutInMillis"]
    if api.kind == WEBSOCKET:
        if not 50 <= timeout <= _LONGEST_OF_SOCKETS:
            raise bad_request("Timeout should be between 50 ms and 29000 ms")
        document.setdefault("PassthroughBehavior", "WHEN_NO_MATCH")
        document.setdefault("PayloadFormatVersion", "1.0")
        if document.get("IntegrationType") != "AWS_PROXY":
            document.setdefault("IntegrationResponseSelectionExpression", "${integration.response.statuscode}")
        compile_socket_integration(document)
        return document
    if not 50 <= timeout <= _LONGEST_TIMEOUT:
        raise bad_request("Timeout should be between 50 ms and 30000 ms")
    document.setdefault("PayloadFormatVersion", "1.0")
    if document.get("IntegrationSubtype") is None and document.get("IntegrationType") != "HTTP_PROXY":
        document.setdefault("IntegrationMethod", "POST")
    check_integration(document)
    return document


@operation("apigatewayv2", "CreateIntegration")
def create_integration(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    document = add_integration(call, api, request)
    deploy_by_itself(call, api)
    return document


@operation("apigatewayv2", "GetIntegration", reads=True)
def get_integration(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    return find_part(call, api.id, "Integration", request["IntegrationId"])


@operation("apigatewayv2", "GetIntegrations", reads=True)
def get_integrations(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    return page(request, list(parts(call, api.id, "Integration").values()))


@operation("apigatewayv2", "UpdateIntegration")
def update_integration(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    document = find_part(call, api.id, "Integration", request["IntegrationId"])
    # an empty value takes a request parameter away
    parameters = (document.get("RequestParameters") or {}) | (request.get("RequestParameters") or {})
    changes = {key: value for key, value in request.items() if value is not None and key != "ApiId"}
    document |= changes
    if parameters:
        document["RequestParameters"] = {key: value for key, value in parameters.items() if value}
    checked = _checked(api, document)
    hand_over_role(call, request.get("CredentialsArn"))
    put_part(call, api.id, "Integration", request["IntegrationId"], checked)
    deploy_by_itself(call, api)
    return document


@operation("apigatewayv2", "DeleteIntegration")
def delete_integration(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    identity = request["IntegrationId"]
    for route in parts(call, api.id, "Route").values():
        if route.get("Target") == f"integrations/{identity}":
            raise conflict(f"Cannot delete Integration '{identity}' because it is used by Route '{route['RouteId']}'")
    remove_part(call, api.id, "Integration", identity)
    deploy_by_itself(call, api)
    return {}
