"""Authorizers of HTTP APIs, as records.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html
"""

from __future__ import annotations

from headwater.services.apigateway.authorizer import compile_authorizer, compile_token_authorizer
from headwater.services.apigateway.deployments import deploy_by_itself
from headwater.services.apigateway.errors import bad_request, conflict
from headwater.services.apigateway.store import (
    HTTP,
    VERSION_2,
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


def add_authorizer(call: Call, api: Api, request: Request) -> Document:
    """Write an authorizer, checked."""
    document: Document = {key: value for key, value in request.items() if value is not None and key != "ApiId"}
    if not document.get("Name"):
        raise bad_request("Name is required")
    _check(api, document)
    document["AuthorizerId"] = new_part_id(call, 6)
    put_part(call, api.id, "Authorizer", document["AuthorizerId"], document)
    return document


def _check(api: Api, document: Document) -> None:
    if document.get("AuthorizerType") != "JWT":
        compile_authorizer(document)
    elif api.kind == HTTP:
        compile_token_authorizer(document)
    else:
        raise bad_request("Only REQUEST authorizers are supported for WEBSOCKET protocol APIs")


@operation("apigatewayv2", "CreateAuthorizer")
def create_authorizer(call: Call, request: Request) -> Result:
    return add_authorizer(call, find_api(call, request["ApiId"], *VERSION_2), request)


@operation("apigatewayv2", "GetAuthorizer", reads=True)
def get_authorizer(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    return find_part(call, api.id, "Authorizer", request["AuthorizerId"])


@operation("apigatewayv2", "GetAuthorizers", reads=True)
def get_authorizers(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    return page(request, list(parts(call, api.id, "Authorizer").values()))


@operation("apigatewayv2", "UpdateAuthorizer")
def update_authorizer(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    document = find_part(call, api.id, "Authorizer", request["AuthorizerId"])
    document |= {key: value for key, value in request.items() if value is not None and key != "ApiId"}
    _check(api, document)
    put_part(call, api.id, "Authorizer", request["AuthorizerId"], document)
    deploy_by_itself(call, api)
    return document


@operation("apigatewayv2", "DeleteAuthorizer")
def delete_authorizer(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    identity = request["AuthorizerId"]
    if any(route.get("AuthorizerId") == identity for route in parts(call, api.id, "Route").values()):
        raise conflict("Cannot delete authorizer, is referenced in a route")
    remove_part(call, api.id, "Authorizer", identity)
    return {}
