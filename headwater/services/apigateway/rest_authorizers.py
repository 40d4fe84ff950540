"""Authorizers of REST APIs, as records.

https://docs.aws.amazon.com/apigateway/latest/api/API_Authorizer.html
"""

from __future__ import annotations

from headwater.services.apigateway.authorizer import compile_authorizer
from headwater.services.apigateway.credentials import hand_over_role
from headwater.services.apigateway.errors import bad_request, conflict
from headwater.services.apigateway.patches import apply_patches
from headwater.services.apigateway.store import (
    REST,
    Document,
    find_api,
    find_part,
    new_part_id,
    parts,
    put_part,
    remove_part,
)
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result, operation

AUTHORIZER = "Authorizer"
_DEFAULT_TTL, _LONGEST_TTL = 300, 3600
_PATCHED = (
    "name",
    "authType",
    "authorizerCredentials",
    "authorizerResultTtlInSeconds",
    "authorizerUri",
    "identitySource",
    "identityValidationExpression",
)


def _checked(document: Document) -> Document:
    """AwsError where the authorizer could let nobody in."""
    ttl = document["authorizerResultTtlInSeconds"] = whole(
        str(document["authorizerResultTtlInSeconds"]), 0, _LONGEST_TTL
    )
    if ttl is None:
        raise bad_request("Authorizer result TTL must be between 0 and 3600 seconds")
    if document["type"] == "TOKEN" and not document.get("identitySource"):
        raise bad_request("Identity source is required for TOKEN authorizers")
    if document["type"] == "REQUEST" and ttl and not document.get("identitySource"):
        raise bad_request("At least one identity source is required for REQUEST authorizers when caching is enabled")
    compile_authorizer(document)
    return document


@operation("apigateway", "CreateAuthorizer")
def create_authorizer(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    given = {name: value for name, value in request.items() if value is not None and name != "restApiId"}
    if any(other["name"] == given["name"] for other in parts(call, api.id, AUTHORIZER).values()):
        raise bad_request(f"Authorizer name must be unique. Authorizer {given['name']} already exists in this RestApi.")
    defaults: Document = {"authorizerResultTtlInSeconds": _DEFAULT_TTL, "authType": "custom"}
    document = _checked({**defaults, **given, "id": new_part_id(call, 6)})
    hand_over_role(call, document.get("authorizerCredentials"))
    put_part(call, api.id, AUTHORIZER, document["id"], document)
    return document


@operation("apigateway", "GetAuthorizer", reads=True)
def get_authorizer(call: Call, request: Request) -> Result:
    return find_part(call, find_api(call, request["restApiId"], REST).id, AUTHORIZER, request["authorizerId"])


@operation("apigateway", "GetAuthorizers", reads=True)
def get_authorizers(call: Call, request: Request) -> Result:
    return {"items": list(parts(call, find_api(call, request["restApiId"], REST).id, AUTHORIZER).values())}


@operation("apigateway", "UpdateAuthorizer")
def update_authorizer(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    document = find_part(call, api.id, AUTHORIZER, request["authorizerId"])
    changed = _checked(apply_patches(document, request.get("patchOperations") or [], _PATCHED))
    if changed.get("authorizerCredentials") != document.get("authorizerCredentials"):
        hand_over_role(call, changed.get("authorizerCredentials"))
    put_part(call, api.id, AUTHORIZER, changed["id"], changed)
    return changed


@operation("apigateway", "DeleteAuthorizer")
def delete_authorizer(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    identity = request["authorizerId"]
    for resource in parts(call, api.id, "Resource").values():
        for method in (resource.get("resourceMethods") or {}).values():
            if method.get("authorizerId") == identity:
                raise conflict("Cannot delete authorizer, is referenced in method: " + method["httpMethod"])
    remove_part(call, api.id, AUTHORIZER, identity)
    return {}
