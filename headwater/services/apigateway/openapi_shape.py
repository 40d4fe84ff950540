"""What an OpenAPI document must be like where it is read at all: mappings, lists and texts in their places.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_TEXT = str
_ALL = "*"
# a type; a mapping by member, _ALL for any other; a list of one for a list of such; a tuple of types that will all do
Form = Any

_TEXTS = (str, list)
_SCALAR = (str, int, float, bool)
_AUTHORIZER = {
    "type": _TEXT,
    "authorizerUri": _TEXT,
    "authorizerCredentials": _TEXT,
    "authorizerPayloadFormatVersion": _SCALAR,
    "authorizerResultTtlInSeconds": _SCALAR,
    "enableSimpleResponses": _SCALAR,
    "identitySource": _TEXTS,
    "identityValidationExpression": _TEXT,
    "jwtConfiguration": {"audience": _TEXTS, "issuer": _TEXT},
}
_SCHEMES = {_ALL: {"x-amazon-apigateway-authtype": _TEXT, "x-amazon-apigateway-authorizer": _AUTHORIZER}}
_SECURITY = [{_ALL: [_TEXT]}]
_RESPONSE = {
    "statusCode": (str, int),
    "responseParameters": {_ALL: _TEXT},
    "responseTemplates": {_ALL: _TEXT},
    "contentHandling": _TEXT,
    "selectionPattern": _TEXT,
}
_INTEGRATION = {
    "type": _TEXT,
    "integrationSubtype": _TEXT,
    "payloadFormatVersion": _SCALAR,
    "credentials": _TEXT,
    "connectionType": _TEXT,
    "timeoutInMillis": (str, int),
    "passthroughBehavior": _TEXT,
    "contentHandling": _TEXT,
    "requestParameters": {_ALL: _TEXT},
    "requestTemplates": {_ALL: _TEXT},
    "responses": {_ALL: _RESPONSE},
    "uri": _TEXT,
    "httpMethod": _TEXT,
    "cacheKeyParameters": [_TEXT],
}
_METHOD = {
    "operationId": _TEXT,
    "parameters": [{"in": _TEXT, "name": _TEXT, "schema": {}}],
    "requestBody": {"content": {_ALL: {"schema": {}}}},
    "consumes": [_TEXT],
    "security": _SECURITY,
    "x-amazon-apigateway-integration": _INTEGRATION,
    "x-amazon-apigateway-request-validator": _TEXT,
}
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method")
_DOCUMENT: Mapping[str, Form] = MappingProxyType(
    {
        "info": {"title": (str, int, float), "description": _TEXT},
        "tags": [{"name": _TEXT}],
        "paths": {_ALL: dict.fromkeys(_METHODS, _METHOD)},
        "security": _SECURITY,
        "consumes": [_TEXT],
        "definitions": {_ALL: {}},
        "securityDefinitions": _SCHEMES,
        "components": {
            "schemas": {_ALL: {}},
            "securitySchemes": _SCHEMES,
            "x-amazon-apigateway-integrations": {_ALL: _INTEGRATION},
        },
        "x-amazon-apigateway-cors": {
            "allowCredentials": (bool, str),
            "maxAge": (int, str),
            **dict.fromkeys(("allowHeaders", "allowMethods", "allowOrigins", "exposeHeaders"), (str, list)),
        },
        "x-amazon-apigateway-gateway-responses": {
            _ALL: {"responseParameters": {_ALL: _TEXT}, "responseTemplates": {_ALL: _TEXT}}
        },
        "x-amazon-apigateway-request-validator": _TEXT,
        "x-amazon-apigateway-request-validators": {
            _ALL: {"validateRequestBody": (bool, str), "validateRequestParameters": (bool, str)}
        },
    }
)


def misfit(document: Mapping[str, Any]) -> str | None:
    """The first place, such as ``paths./a.get``, whose value is of another kind; None where all is well."""
    return _misfit(document, _DOCUMENT, "")


def _misfit(value: Any, form: Form, place: str) -> str | None:
    if value is None:
        return None
    if isinstance(form, Mapping):
        if not isinstance(value, Mapping):
            return place
        pairs = [(item, form.get(key, form.get(_ALL)), f"{place}.{key}") for key, item in value.items()]
    elif isinstance(form, list):
        if not isinstance(value, list):
            return place
        pairs = [(item, form[0], f"{place}[{index}]") for index, item in enumerate(value)]
    else:
        return None if isinstance(value, form) else place
    found = (_misfit(item, below, where) for item, below, where in pairs if below is not None)
    return next((where for where in found if where is not None), None)
