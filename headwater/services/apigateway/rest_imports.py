"""Resources and methods of REST APIs from OpenAPI, as SAM's Api makes them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.apigateway.credentials import hand_over_role
from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.gateway_responses import STATUSES
from headwater.services.apigateway.gateway_responses import put as put_gateway_response
from headwater.services.apigateway.openapi import ImportedMethod, identity_sources, methods_of, security_schemes
from headwater.services.apigateway.rest_integration import check_status
from headwater.services.apigateway.rest_models import put_model, put_validator
from headwater.services.apigateway.rest_resources import ensure_resource, write_method
from headwater.services.apigateway.store import Api, Document, new_part_id, put_part
from headwater.spine.operations import Call

_AUTHORIZER = "x-amazon-apigateway-authorizer"
_JSON = "application/json"
_PLACES = {"query": "querystring", "header": "header", "path": "path"}


def import_resources(call: Call, api: Api, document: Mapping[str, Any]) -> None:
    """Write the authorizers, resources, methods and gateway responses of a document; what is there stays."""
    for kind, given in (document.get("x-amazon-apigateway-gateway-responses") or {}).items():
        if kind not in STATUSES:
            raise bad_request(f"Invalid response type specified: {kind}")
        put_gateway_response(call, api.id, kind, given)
    authorizers = {
        name: _add_authorizer(call, api, name, scheme) for name, scheme in security_schemes(document).items()
    }
    for name, schema in _schemas(document).items():
        put_model(call, api.id, {"name": name, "schema": orjson.dumps(schema).decode()})
    validators = {
        name: put_validator(call, api.id, {"name": name, **given})["id"]
        for name, given in (document.get("x-amazon-apigateway-request-validators") or {}).items()
    }
    for imported in methods_of(document):
        resource = ensure_resource(call, api, imported.path)
        method: Document = {
            "httpMethod": imported.method,
            "authorizationType": "CUSTOM" if imported.security else _authorization(document, imported.definition),
            "apiKeyRequired": _wants_key(document, imported.definition),
        }
        if imported.security:
            method["authorizerId"] = authorizers[imported.security]
        method |= _asked(call, api, document, imported.definition, validators)
        if operation_name := imported.definition.get("operationId"):
            method["operationName"] = operation_name
        if imported.integration is not None:
            method["methodIntegration"] = _integration(resource, imported)
            hand_over_role(call, imported.integration.get("credentials"))
        write_method(call, api, resource, method)


def _schemas(document: Mapping[str, Any]) -> Mapping[str, Any]:
    schemas: Mapping[str, Any] = document.get("definitions") or (document.get("components") or {}).get("schemas") or {}
    return schemas


def _schemes(document: Mapping[str, Any]) -> Mapping[str, Any]:
    schemes: Mapping[str, Any] = (
        document.get("securityDefinitions") or (document.get("components") or {}).get("securitySchemes") or {}
    )
    return schemes


def _authorization(document: Mapping[str, Any], definition: Mapping[str, Any]) -> str:
    """What protects a method that has no authorizer; AwsError for what we cannot ask for."""
    known = _schemes(document)
    for requirement in definition.get("security", document.get("security")) or []:
        for name in requirement:
            scheme = known.get(name) or {}
            if scheme.get("x-amazon-apigateway-authtype", "").lower() == "awssigv4":
                return "AWS_IAM"
    return "NONE"


def _wants_key(document: Mapping[str, Any], definition: Mapping[str, Any]) -> bool:
    known = _schemes(document)
    requirements = definition.get("security", document.get("security")) or []
    return any(_is_key(known.get(name) or {}) for requirement in requirements for name in requirement)


def _is_key(scheme: Mapping[str, Any]) -> bool:
    own = "x-amazon-apigateway-authorizer" in scheme or "x-amazon-apigateway-authtype" in scheme
    return scheme.get("type") == "apiKey" and str(scheme.get("name", "")).lower() == "x-api-key" and not own


def _asked(
    call: Call, api: Api, document: Mapping[str, Any], definition: Mapping[str, Any], validators: Mapping[str, str]
) -> Document:
    """The parameters and the body that a method declares, and the validator that looks at them."""
    name = definition.get("x-amazon-apigateway-request-validator") or document.get(
        "x-amazon-apigateway-request-validator"
    )
    if name is not None and name not in validators:
        raise bad_request(f"Invalid OpenAPI input. The request validator {name} is not defined.")
    parameters: dict[str, bool] = {}
    models: dict[str, str] = {}
    for parameter in definition.get("parameters") or ():
        place = _PLACES.get(parameter.get("in", ""))
        if place is not None:
            parameters[f"method.request.{place}.{parameter.get('name', '')}"] = bool(parameter.get("required"))
        elif parameter.get("in") == "body" and parameter.get("schema"):
            kinds = definition.get("consumes") or document.get("consumes") or [_JSON]
            models |= dict.fromkeys(kinds, _model_name(call, api, parameter["schema"]))
    for kind, content in ((definition.get("requestBody") or {}).get("content") or {}).items():
        if content.get("schema"):
            models[kind] = _model_name(call, api, content["schema"])
    asked = {"requestParameters": parameters, "requestModels": models}
    made: Document = {key: value for key, value in asked.items() if value}
    return made if name is None else {**made, "requestValidatorId": validators[name]}


def _model_name(call: Call, api: Api, schema: Mapping[str, Any]) -> str:
    """The model that a schema refers to, or one that is made of it."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    name = f"MODEL{new_part_id(call, 6)}"
    return str(put_model(call, api.id, {"name": name, "schema": orjson.dumps(schema).decode()})["name"])


def _integration(resource: Document, imported: ImportedMethod) -> Document:
    given = dict(imported.integration or {})
    document = {
        "type": str(given.get("type", "")).upper(),
        "httpMethod": given.get("httpMethod"),
        "uri": given.get("uri"),
        "credentials": given.get("credentials"),
        "connectionType": given.get("connectionType"),
        "connectionId": given.get("connectionId"),
        "requestParameters": given.get("requestParameters"),
        "requestTemplates": given.get("requestTemplates"),
        "passthroughBehavior": str(given.get("passthroughBehavior", "WHEN_NO_MATCH")).upper(),
        "contentHandling": given.get("contentHandling"),
        "timeoutInMillis": given.get("timeoutInMillis", 29_000),
        "cacheNamespace": resource["id"],
        "cacheKeyParameters": given.get("cacheKeyParameters", []),
        "integrationResponses": _responses(given.get("responses") or {}),
    }
    return {key: value for key, value in document.items() if value is not None}


def _responses(given: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Document]:
    """By status code; the key in OpenAPI is the pattern that selects it, ``default`` for none."""
    responses: dict[str, Document] = {}
    for pattern, response in given.items():
        given_response = response or {}
        status = str(given_response.get("statusCode", "200"))
        check_status(status)
        chosen = {key: value for key, value in given_response.items() if value is not None} | {"statusCode": status}
        responses[status] = chosen if pattern == "default" else chosen | {"selectionPattern": pattern}
    return responses


def _add_authorizer(call: Call, api: Api, name: str, scheme: Mapping[str, Any]) -> str:
    given = scheme[_AUTHORIZER]
    kind = str(given.get("type", "")).upper()
    header = f"method.request.header.{scheme.get('name', 'Authorization')}"
    document = {
        "id": new_part_id(call, 6),
        "name": name,
        "type": kind,
        "authorizerUri": given.get("authorizerUri"),
        "authorizerResultTtlInSeconds": given.get("authorizerResultTtlInSeconds", 300),
        "identitySource": ",".join(identity_sources(given)) or (header if kind == "TOKEN" else ""),
        "authType": scheme.get("x-amazon-apigateway-authtype", "custom"),
    }
    if expression := given.get("identityValidationExpression"):
        document["identityValidationExpression"] = expression
    put_part(call, api.id, "Authorizer", document["id"], document)
    identity: str = document["id"]
    return identity
