"""REST APIs: making, finding, changing, deleting and importing them.

https://docs.aws.amazon.com/apigateway/latest/api/API_RestApi.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.openapi import read_document, tags_of, title_of
from headwater.services.apigateway.patches import apply_patches, first_of
from headwater.services.apigateway.rest_imports import import_resources
from headwater.services.apigateway.rest_models import MODEL, VALIDATOR
from headwater.services.apigateway.rest_policies import check_policy
from headwater.services.apigateway.store import (
    REST,
    Api,
    Document,
    add_api,
    find_api,
    list_apis,
    new_part_id,
    parts,
    put_part,
    remove_api,
    remove_parts,
    set_api,
)
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.shapes import failure, validation_error

_MEMBERS = (
    "name",
    "description",
    "version",
    "binaryMediaTypes",
    "minimumCompressionSize",
    "apiKeySource",
    "endpointConfiguration",
    "policy",
    "tags",
    "disableExecuteApiEndpoint",
)
_PATCHED = (
    *("name", "description", "version", "binaryMediaTypes", "disableExecuteApiEndpoint", "apiKeySource", "policy"),
)
_MOST_COMPRESSION = 10_485_760
_KEY_SOURCES = ("AUTHORIZER", "HEADER")
_ENDPOINTS = ("PRIVATE", "EDGE", "REGIONAL")
_ADDRESSES = ("ipv4", "dualstack")
_PAGE = 25
_MOST = 500


def describe(api: Api) -> Document:
    """An API as Create, Get, Update and Put answer it."""
    return api.document | {"id": api.id, "createdDate": api.created}


def _new_api(call: Call, given: Mapping[str, Any]) -> Api:
    defaults: Document = {
        "apiKeySource": "HEADER",
        "disableExecuteApiEndpoint": False,
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "tags": {},
    }
    if given.get("cloneFrom"):
        raise not_implemented("cloneFrom of API Gateway's CreateRestApi")
    document = defaults | {key: given[key] for key in _MEMBERS if given.get(key) is not None}
    if not document.get("name"):
        raise bad_request("No name specified")
    check_policy(document)
    document["endpointConfiguration"].setdefault("ipAddressType", "ipv4")
    _check_enumerated("apiKeySource", document["apiKeySource"], _KEY_SOURCES)
    for kind in document["endpointConfiguration"].get("types") or ():
        _check_enumerated("endpointConfiguration.types", kind, _ENDPOINTS)
    root = new_part_id(call, 10)
    api = add_api(call, REST, document | {"rootResourceId": root})
    put_part(call, api.id, "Resource", root, {"id": root, "path": "/"})
    return api


def _check_enumerated(member: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        constraint = f"Member must satisfy enum value set: [{', '.join(known)}]"
        raise validation_error([failure(value, f"createRestApiInput.{member}", constraint)])


@operation("apigateway", "CreateRestApi")
def create_rest_api(call: Call, request: Request) -> Result:
    return describe(_new_api(call, request))


@operation("apigateway", "GetRestApi", reads=True)
def get_rest_api(call: Call, request: Request) -> Result:
    return describe(find_api(call, request["restApiId"], REST))


@operation("apigateway", "GetRestApis", reads=True)
def get_rest_apis(call: Call, request: Request) -> Result:
    most = min(request.get("limit") or _PAGE, _MOST)
    if most < 1:
        raise bad_request("Invalid limit parameter")
    found = list_apis(call, REST, request.get("position") or "", most + 1)
    position = found[most - 1].id if len(found) > most else None
    return {"items": [describe(api) for api in found[:most]], "position": position}


@operation("apigateway", "UpdateRestApi")
def update_rest_api(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    document, others = api.document, []
    for patch in request.get("patchOperations") or []:
        member = first_of(patch)
        if member == "endpointConfiguration":
            document = document | {member: _patch_endpoint(document[member], patch)}
        elif member == "minimumCompressionSize" and patch.get("op") == "replace":
            document = document | {member: _compression_size(patch.get("value"))}
        else:
            others.append(patch)
    document = apply_patches(document, others, _PATCHED)
    check_policy(document)
    return describe(set_api(call, api, document))


def _patch_endpoint(present: Mapping[str, Any], patch: Mapping[str, Any]) -> Document:
    """A kind of endpoint is replaced by its place (there is one) or by its name."""
    path, value = str(patch.get("path", "")), str(patch.get("value"))
    replaces = patch.get("op") == "replace"
    kinds = ("0", *(present.get("types") or ()))
    if replaces and path in [f"/endpointConfiguration/types/{kind}" for kind in kinds]:
        _check_enumerated("endpointConfiguration.types", value, _ENDPOINTS)
        return {**present, "types": [value]}
    if replaces and path == "/endpointConfiguration/ipAddressType":
        _check_enumerated("endpointConfiguration.ipAddressType", value, _ADDRESSES)
        return {**present, "ipAddressType": value}
    raise bad_request(f"Invalid patch path '{path}' specified for op '{patch.get('op')}'")


def _compression_size(value: str | None) -> int | None:
    """From how many bytes on answers would be compressed; none: never."""
    if not value or value == "null":
        return None
    if not value.isdecimal() or int(value) > _MOST_COMPRESSION:
        raise bad_request(f"Invalid minimum compression size, must be between 0 and {_MOST_COMPRESSION}")
    return int(value)


@operation("apigateway", "DeleteRestApi")
def delete_rest_api(call: Call, request: Request) -> Result:
    remove_api(call, find_api(call, request["restApiId"], REST))
    return {}


@operation("apigateway", "ImportRestApi")
def import_rest_api(call: Call, request: Request) -> Result:
    document = read_document(bytes(request.get("body", b"")))
    api = _new_api(call, _settings(document, named=True) | _parameters(request))
    import_resources(call, api, document)
    return describe(api)


@operation("apigateway", "PutRestApi")
def put_rest_api(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    mode = request.get("mode") or "merge"
    if mode not in ("merge", "overwrite"):
        raise bad_request("Invalid mode, must be one of [merge, overwrite]")
    document = read_document(bytes(request.get("body", b"")))
    if mode == "overwrite":
        root = parts(call, api.id, "Resource")[api.document["rootResourceId"]]
        remove_parts(call, api.id, "Resource")
        for kind in ("Authorizer", "GatewayResponse", MODEL, VALIDATOR):
            remove_parts(call, api.id, kind)
        root.pop("resourceMethods", None)
        put_part(call, api.id, "Resource", root["id"], root)
    api = set_api(call, api, api.document | _settings(document, named=False) | _parameters(request))
    import_resources(call, api, document)
    return describe(api)


def _parameters(request: Request) -> Document:
    """What an import's parameters say: where the API is reached. Documentation is never imported here."""
    given = request.get("parameters") or {}
    if given.get("basepath", "ignore") != "ignore":
        raise not_implemented("The parameter basepath of API Gateway's imports, but ignore,")
    kinds = given.get("endpointConfigurationTypes")
    if not kinds:
        return {}
    for kind in kinds.split(","):
        _check_enumerated("endpointConfiguration.types", kind, _ENDPOINTS)
    return {"endpointConfiguration": {"types": kinds.split(","), "ipAddressType": "ipv4"}}


def _settings(document: Mapping[str, Any], *, named: bool) -> Document:
    """An API's own document from an OpenAPI one. ``named``: it must say the name; an API that is there has one."""
    info = document.get("info") or {}
    settings: Document = {"name": title_of(document)} if named or info.get("title") else {}
    if info.get("description"):
        settings["description"] = info["description"]
    if info.get("version") is not None:
        settings["version"] = str(info["version"])
    if tags := tags_of(document):
        settings["tags"] = tags
    if binary := document.get("x-amazon-apigateway-binary-media-types"):
        settings["binaryMediaTypes"] = binary
    if policy := document.get("x-amazon-apigateway-policy"):
        settings["policy"] = orjson.dumps(policy).decode()
    check_policy(settings)
    return settings
