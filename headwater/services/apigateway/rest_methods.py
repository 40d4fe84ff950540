"""Methods of REST APIs with their integrations; their responses are in ``rest_responses``.

https://docs.aws.amazon.com/apigateway/latest/api/API_Method.html
"""

from __future__ import annotations

import re

from headwater.services.apigateway.addresses import address_of
from headwater.services.apigateway.credentials import hand_over_role
from headwater.services.apigateway.errors import bad_request, conflict, not_found, unknown_part
from headwater.services.apigateway.patches import apply_patches
from headwater.services.apigateway.rest_models import VALIDATOR
from headwater.services.apigateway.rest_resources import write_method
from headwater.services.apigateway.store import REST, Api, Document, find_api, find_part, put_part
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "ANY"})
_TYPES = frozenset({"AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"})
_KEYS = frozenset({"restApiId", "resourceId"})
_ACTION = re.compile(r"arn:[\w-]+:apigateway:[^:]*:([^:]+):(?:path|action)/.")
_PATCHED = (
    "apiKeyRequired",
    "authorizationType",
    "authorizerId",
    "operationName",
    "requestModels",
    "requestParameters",
    "requestValidatorId",
)
_INTEGRATION_PATCHED = (
    "cacheKeyParameters",
    "cacheNamespace",
    "connectionId",
    "connectionType",
    "contentHandling",
    "credentials",
    "httpMethod",
    "passthroughBehavior",
    "requestParameters",
    "requestTemplates",
    "timeoutInMillis",
    "type",
    "uri",
)


def find_method(call: Call, request: Request) -> tuple[Api, Document, Document]:
    """API, resource and method that a request names."""
    api = find_api(call, request["restApiId"], REST)
    resource = find_part(call, api.id, "Resource", request["resourceId"])
    method = (resource.get("resourceMethods") or {}).get(request["httpMethod"])
    if method is None:
        raise unknown_part("Method")
    return api, resource, method


def integration_of(method: Document) -> Document:
    integration: Document | None = method.get("methodIntegration")
    if integration is None:
        raise not_found("No integration defined for method")
    return integration


def given_in(request: Request) -> Document:
    return {key: value for key, value in request.items() if value is not None and key not in _KEYS}


@operation("apigateway", "PutMethod")
def put_method(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    resource = find_part(call, api.id, "Resource", request["resourceId"])
    name = request["httpMethod"]
    if name not in _METHODS:
        raise bad_request(f"Invalid HttpMethod specified. Valid options are {','.join(sorted(_METHODS))}")
    if name in (resource.get("resourceMethods") or {}):
        raise conflict("Method already exists for this resource")
    method = {"apiKeyRequired": False, **given_in(request)}
    _check(call, api, method)
    write_method(call, api, resource, method)
    return method


def _check(call: Call, api: Api, method: Document) -> None:
    if method["authorizationType"] not in ("NONE", "CUSTOM", "AWS_IAM"):
        raise not_implemented(f"The authorization type {method['authorizationType']} of API Gateway")
    if method["authorizationType"] == "CUSTOM":
        find_part(call, api.id, "Authorizer", method.get("authorizerId") or "")
    if validator := method.get("requestValidatorId"):
        find_part(call, api.id, VALIDATOR, validator)


@operation("apigateway", "UpdateMethod")
def update_method(call: Call, request: Request) -> Result:
    api, resource, method = find_method(call, request)
    changed = apply_patches(method, request.get("patchOperations") or [], _PATCHED, flags=("requestParameters",))
    _check(call, api, changed)
    write_method(call, api, resource, changed)
    return changed


@operation("apigateway", "GetMethod", reads=True)
def get_method(call: Call, request: Request) -> Result:
    return find_method(call, request)[2]


@operation("apigateway", "DeleteMethod")
def delete_method(call: Call, request: Request) -> Result:
    api, resource, _ = find_method(call, request)
    methods = {name: kept for name, kept in resource["resourceMethods"].items() if name != request["httpMethod"]}
    put_part(call, api.id, "Resource", resource["id"], resource | {"resourceMethods": methods})
    return {}


@operation("apigateway", "PutIntegration")
def put_integration(call: Call, request: Request) -> Result:
    api, resource, method = find_method(call, request)
    if request["type"] not in _TYPES:
        raise bad_request(f"Enum value for Integration type must be one of {', '.join(sorted(_TYPES))}")
    given = given_in(request)
    given["httpMethod"] = given.pop("integrationHttpMethod", None)
    given.setdefault("passthroughBehavior", "WHEN_NO_MATCH")
    given.setdefault("timeoutInMillis", 29_000)
    given.setdefault("cacheNamespace", resource["id"])
    given.setdefault("cacheKeyParameters", [])
    _check_integration(given)
    hand_over_role(call, given.get("credentials"))
    write_method(call, api, resource, method | {"methodIntegration": given})
    return given


def _check_integration(given: Document) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html"""
    kind, uri = given["type"], given.get("uri") or ""
    if kind == "MOCK":
        return
    if not given["httpMethod"]:
        raise bad_request("Enumeration value for HttpMethod must be non-empty")
    if kind.startswith("HTTP"):
        address_of(uri)
        return
    service = _ACTION.match(uri)
    if service is None:
        raise bad_request("AWS ARN for integration must contain path or action")
    if kind == "AWS_PROXY" and service[1] not in ("lambda", "firehose"):
        raise bad_request(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
        )
    if service[1] != "lambda" and not given.get("credentials"):
        raise bad_request("Role ARN must be specified for AWS integrations")


@operation("apigateway", "UpdateIntegration")
def update_integration(call: Call, request: Request) -> Result:
    api, resource, method = find_method(call, request)
    patches = request.get("patchOperations") or []
    former = integration_of(method)
    changed = apply_patches(former, patches, _INTEGRATION_PATCHED)
    if changed["type"] not in _TYPES:
        raise bad_request(f"Enum value for Integration type must be one of {', '.join(sorted(_TYPES))}")
    _check_integration(changed)
    if changed.get("credentials") != former.get("credentials"):
        hand_over_role(call, changed.get("credentials"))
    write_method(call, api, resource, method | {"methodIntegration": changed})
    return changed


@operation("apigateway", "GetIntegration", reads=True)
def get_integration(call: Call, request: Request) -> Result:
    return integration_of(find_method(call, request)[2])


@operation("apigateway", "DeleteIntegration")
def delete_integration(call: Call, request: Request) -> Result:
    api, resource, method = find_method(call, request)
    integration_of(method)
    write_method(call, api, resource, {key: kept for key, kept in method.items() if key != "methodIntegration"})
    return {}
