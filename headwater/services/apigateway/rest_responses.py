"""Responses of REST APIs' methods, and of their integrations.

https://docs.aws.amazon.com/apigateway/latest/api/API_MethodResponse.html,
https://docs.aws.amazon.com/apigateway/latest/api/API_IntegrationResponse.html
"""

from __future__ import annotations

from headwater.services.apigateway.errors import not_found
from headwater.services.apigateway.patches import apply_patches
from headwater.services.apigateway.rest_integration import check_status
from headwater.services.apigateway.rest_methods import find_method, given_in, integration_of
from headwater.services.apigateway.rest_resources import write_method
from headwater.services.apigateway.store import Api, Document
from headwater.spine.operations import Call, Request, Result, operation

_METHOD_PATCHED = ("responseModels", "responseParameters")
_INTEGRATION_PATCHED = ("contentHandling", "responseParameters", "responseTemplates", "selectionPattern")


def _response_of(owner: Document, kind: str, code: str) -> Document:
    """A method's or an integration's response for a status; AwsError where there is none."""
    response: Document | None = (owner.get(kind) or {}).get(code)
    if response is None:
        raise not_found("Invalid Response status code specified")
    return response


def _without(owner: Document, kind: str, code: str) -> Document:
    _response_of(owner, kind, code)
    return owner | {kind: {status: kept for status, kept in owner[kind].items() if status != code}}


def _with(owner: Document, kind: str, response: Document) -> Document:
    return owner | {kind: (owner.get(kind) or {}) | {response["statusCode"]: response}}


def _new(request: Request) -> Document:
    response = given_in(request)
    response.pop("httpMethod")
    check_status(response["statusCode"])
    return response


# ---- of methods


@operation("apigateway", "PutMethodResponse")
def put_method_response(call: Call, request: Request) -> Result:
    api, resource, method = find_method(call, request)
    response = _new(request)
    write_method(call, api, resource, _with(method, "methodResponses", response))
    return response


@operation("apigateway", "GetMethodResponse", reads=True)
def get_method_response(call: Call, request: Request) -> Result:
    return _response_of(find_method(call, request)[2], "methodResponses", request["statusCode"])


@operation("apigateway", "UpdateMethodResponse")
def update_method_response(call: Call, request: Request) -> Result:
    api, resource, method = find_method(call, request)
    response = _response_of(method, "methodResponses", request["statusCode"])
    patches = request.get("patchOperations") or []
    changed = apply_patches(response, patches, _METHOD_PATCHED, flags=("responseParameters",))
    write_method(call, api, resource, _with(method, "methodResponses", changed))
    return changed


@operation("apigateway", "DeleteMethodResponse")
def delete_method_response(call: Call, request: Request) -> Result:
    api, resource, method = find_method(call, request)
    write_method(call, api, resource, _without(method, "methodResponses", request["statusCode"]))
    return {}


# ---- of integrations


def _write(call: Call, api: Api, resource: Document, method: Document, integration: Document) -> None:
    write_method(call, api, resource, method | {"methodIntegration": integration})


@operation("apigateway", "PutIntegrationResponse")
def put_integration_response(call: Call, request: Request) -> Result:
    api, resource, method = find_method(call, request)
    integration = integration_of(method)
    response = _new(request)
    _write(call, api, resource, method, _with(integration, "integrationResponses", response))
    return response


@operation("apigateway", "GetIntegrationResponse", reads=True)
def get_integration_response(call: Call, request: Request) -> Result:
    integration = integration_of(find_method(call, request)[2])
    return _response_of(integration, "integrationResponses", request["statusCode"])


@operation("apigateway", "UpdateIntegrationResponse")
def update_integration_response(call: Call, request: Request) -> Result:
    api, resource, method = find_method(call, request)
    integration = integration_of(method)
    response = _response_of(integration, "integrationResponses", request["statusCode"])
    changed = apply_patches(response, request.get("patchOperations") or [], _INTEGRATION_PATCHED)
    _write(call, api, resource, method, _with(integration, "integrationResponses", changed))
    return changed


@operation("apigateway", "DeleteIntegrationResponse")
def delete_integration_response(call: Call, request: Request) -> Result:
    api, resource, method = find_method(call, request)
    integration = _without(integration_of(method), "integrationResponses", request["statusCode"])
    _write(call, api, resource, method, integration)
    return {}
