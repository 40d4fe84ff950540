"""Routes of HTTP and WebSocket APIs.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html
"""

from __future__ import annotations

import re

from headwater.services.apigateway.deployments import deploy_by_itself
from headwater.services.apigateway.errors import bad_request, conflict
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
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_ROUTE_KEY = re.compile(r"(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) (/.*)\Z")
_SEGMENT = re.compile(r"(\{[A-Za-z0-9._:$-]+\+?\}|[^{}/?#\s]*)\Z")


def split_route_key(key: str) -> tuple[str, str] | None:
    """Method and path of a route key; None for ``$default``; AwsError where it is neither."""
    if key == "$default":
        return None
    match = _ROUTE_KEY.match(key)
    if match is None:
        raise bad_request(
            "The provided route key is not formatted properly for HTTP protocol. "
            'Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
        )
    segments = match[2][1:].split("/")
    if not all(_SEGMENT.match(segment) for segment in segments) or any("+}" in segment for segment in segments[:-1]):
        raise bad_request(f"The provided route key is not valid: {key}")
    return match[1], match[2]


def add_route(call: Call, api: Api, request: Request) -> Document:
    """Write a route, checked, with AWS's defaults."""
    given = {key: value for key, value in request.items() if value is not None and key != "ApiId"}
    document: Document = {"ApiKeyRequired": False, "AuthorizationType": "NONE", **given}
    document["RouteId"] = new_part_id(call)
    _check(call, api, document)
    put_part(call, api.id, "Route", document["RouteId"], document)
    return document


def _check(call: Call, api: Api, document: Document) -> None:
    if api.kind == WEBSOCKET:
        _check_socket(document)
    else:
        split_route_key(document["RouteKey"])
    for route in parts(call, api.id, "Route").values():
        if route["RouteKey"] == document["RouteKey"] and route["RouteId"] != document["RouteId"]:
            raise conflict(f"Route with key {document['RouteKey']} already exists for this API")
    if target := document.get("Target"):
        folder, _, identity = target.partition("/")
        if folder != "integrations" or not identity:
            raise bad_request(f"Invalid target: {target}")
        find_part(call, api.id, "Integration", identity)
    kind = document["AuthorizationType"]
    if kind not in ("NONE", "CUSTOM", "JWT", "AWS_IAM"):
        raise bad_request("Invalid authorization type specified. Must be one of [NONE, AWS_IAM, CUSTOM, JWT]")
    if kind in ("CUSTOM", "JWT"):
        find_part(call, api.id, "Authorizer", document.get("AuthorizerId") or "")


def _check_socket(document: Document) -> None:
    """A route key of a WebSocket API is a word of the clients' messages; only ``$connect`` asks who comes."""
    key = document["RouteKey"]
    if not key or len(key) > 128 or (key.startswith("$") and key not in ("$connect", "$disconnect", "$default")):
        raise bad_request(f"The provided route key is not valid: {key}")
    if document["AuthorizationType"] != "NONE" and key != "$connect":
        raise bad_request("Currently, authorization is restricted to the $connect route only")
    if document["AuthorizationType"] == "JWT":
        raise bad_request("Invalid authorization type specified. Must be one of [NONE, AWS_IAM, CUSTOM]")
    if document["ApiKeyRequired"]:
        raise not_implemented("ApiKeyRequired of a WebSocket API's route")


@operation("apigatewayv2", "CreateRoute")
def create_route(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    document = add_route(call, api, request)
    deploy_by_itself(call, api)
    return document


@operation("apigatewayv2", "GetRoute", reads=True)
def get_route(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    return find_part(call, api.id, "Route", request["RouteId"])


@operation("apigatewayv2", "GetRoutes", reads=True)
def get_routes(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    return page(request, list(parts(call, api.id, "Route").values()))


@operation("apigatewayv2", "UpdateRoute")
def update_route(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    document = find_part(call, api.id, "Route", request["RouteId"])
    document |= {key: value for key, value in request.items() if value is not None and key != "ApiId"}
    _check(call, api, document)
    put_part(call, api.id, "Route", request["RouteId"], document)
    deploy_by_itself(call, api)
    return document


@operation("apigatewayv2", "DeleteRoute")
def delete_route(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    remove_part(call, api.id, "Route", request["RouteId"])
    deploy_by_itself(call, api)
    return {}
