"""Models and request validators of REST APIs.

https://docs.aws.amazon.com/apigateway/latest/api/API_Model.html,
https://docs.aws.amazon.com/apigateway/latest/api/API_RequestValidator.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.apigateway.errors import bad_request, conflict, not_found
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
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

VALIDATOR = "RequestValidator"
MODEL = "Model"
_JSON = "application/json"
_NAME = re.compile(r"[A-Za-z0-9]+\Z")


def put_model(call: Call, api: str, given: Mapping[str, Any]) -> Document:
    """Write a model, checked. Its id is its name, by which everything else names it."""
    name = given["name"]
    if not _NAME.match(name):
        raise bad_request("Model name must be alphanumeric: " + name)
    schema = given.get("schema") or "{}"
    try:
        parsed = orjson.loads(schema)
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        raise bad_request("Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema]")
    document: Document = {"id": new_part_id(call, 6), "name": name, "schema": schema}
    document |= {"contentType": given.get("contentType") or _JSON, "description": given.get("description")}
    put_part(call, api, MODEL, name, document)
    return document


def put_validator(call: Call, api: str, given: Mapping[str, Any]) -> Document:
    document: Document = {
        "id": new_part_id(call, 6),
        "name": given.get("name"),
        "validateRequestBody": bool(given.get("validateRequestBody")),
        "validateRequestParameters": bool(given.get("validateRequestParameters")),
    }
    put_part(call, api, VALIDATOR, document["id"], document)
    return document


def _find_model(call: Call, api: str, name: str) -> Document:
    try:
        return find_part(call, api, MODEL, name)
    except AwsError:
        raise not_found(f"Invalid model name specified: {name}") from None


@operation("apigateway", "CreateModel")
def create_model(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    if request["name"] in parts(call, api.id, MODEL):
        raise conflict("Model name already exists for this REST API")
    return put_model(call, api.id, request)


@operation("apigateway", "GetModel", reads=True)
def get_model(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    return _find_model(call, api.id, request["modelName"])


@operation("apigateway", "GetModels", reads=True)
def get_models(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    return {"items": list(parts(call, api.id, MODEL).values())}


@operation("apigateway", "UpdateModel")
def update_model(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    document = _find_model(call, api.id, request["modelName"])
    changed = apply_patches(document, request.get("patchOperations") or [], ("schema", "description"))
    return put_model(call, api.id, changed) | {"id": document["id"]}


@operation("apigateway", "DeleteModel")
def delete_model(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    _find_model(call, api.id, request["modelName"])
    remove_part(call, api.id, MODEL, request["modelName"])
    return {}


@operation("apigateway", "CreateRequestValidator")
def create_request_validator(call: Call, request: Request) -> Result:
    return put_validator(call, find_api(call, request["restApiId"], REST).id, request)


@operation("apigateway", "GetRequestValidator", reads=True)
def get_request_validator(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    return find_part(call, api.id, VALIDATOR, request["requestValidatorId"])


@operation("apigateway", "GetRequestValidators", reads=True)
def get_request_validators(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    return {"items": list(parts(call, api.id, VALIDATOR).values())}


@operation("apigateway", "UpdateRequestValidator")
def update_request_validator(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    document = find_part(call, api.id, VALIDATOR, request["requestValidatorId"])
    allowed = ("name", "validateRequestBody", "validateRequestParameters")
    changed = apply_patches(document, request.get("patchOperations") or [], allowed)
    put_part(call, api.id, VALIDATOR, changed["id"], changed)
    return changed


@operation("apigateway", "DeleteRequestValidator")
def delete_request_validator(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    remove_part(call, api.id, VALIDATOR, request["requestValidatorId"])
    return {}
