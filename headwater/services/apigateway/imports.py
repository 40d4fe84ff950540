"""Importing HTTP APIs from OpenAPI, as SAM's HttpApi makes them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.apigateway.apis import check_cors, describe, new_document
from headwater.services.apigateway.authorizers import add_authorizer
from headwater.services.apigateway.deployments import deploy_by_itself
from headwater.services.apigateway.integrations import add_integration
from headwater.services.apigateway.openapi import (
    ImportedMethod,
    identity_sources,
    methods_of,
    read_document,
    security_schemes,
    tags_of,
    title_of,
)
from headwater.services.apigateway.routes import add_route
from headwater.services.apigateway.store import HTTP, VERSION_2, Api, Document, add_api, find_api, remove_parts, set_api
from headwater.spine.operations import Call, Request, Result, operation

_AUTHORIZER = "x-amazon-apigateway-authorizer"


@operation("apigatewayv2", "ImportApi")
def import_api(call: Call, request: Request) -> Result:
    document = read_document(request.get("Body", ""))
    api = add_api(call, HTTP, _settings(document, {}))
    _add_parts(call, api, document)
    return describe(call, api)


@operation("apigatewayv2", "ReimportApi")
def reimport_api(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    document = read_document(request.get("Body", ""))
    kept = {key: value for key, value in api.document.items() if key not in ("CorsConfiguration", "Description")}
    api = set_api(call, api, kept | _settings(document, kept))
    for kind in ("Route", "Integration", "Authorizer"):
        remove_parts(call, api.id, kind)
    _add_parts(call, api, document)
    deploy_by_itself(call, api)
    return describe(call, api)


def _settings(document: Mapping[str, Any], former: Document) -> Document:
    """An API's own document from an OpenAPI one."""
    info = document.get("info") or {}
    cors = document.get("x-amazon-apigateway-cors")
    settings = new_document(
        {
            "Name": title_of(document),
            "Description": info.get("description"),
            "Version": str(info["version"]) if info.get("version") is not None else None,
            "Tags": former.get("Tags", {}) | tags_of(document),
            "CorsConfiguration": _capitalised(cors) if cors else None,
        }
    )
    check_cors(settings.get("CorsConfiguration"))
    return settings


def _add_parts(call: Call, api: Api, document: Mapping[str, Any]) -> None:
    authorizers = {
        name: add_authorizer(call, api, _authorizer(name, scheme))
        for name, scheme in security_schemes(document).items()
    }
    for imported in methods_of(document):
        default = imported.path.strip("/") == "$default"
        route: Document = {"RouteKey": "$default" if default else f"{imported.method} {imported.path}"}
        if imported.integration is not None:
            integration = add_integration(call, api, _integration(imported))
            route["Target"] = f"integrations/{integration['IntegrationId']}"
        if imported.security is not None:
            authorizer = authorizers[imported.security]
            kind = "JWT" if authorizer["AuthorizerType"] == "JWT" else "CUSTOM"
            route |= {"AuthorizationType": kind, "AuthorizerId": authorizer["AuthorizerId"]}
            if kind == "JWT" and imported.scopes:
                route["AuthorizationScopes"] = list(imported.scopes)
        route["OperationName"] = imported.definition.get("operationId")
        add_route(call, api, route)


def _integration(imported: ImportedMethod) -> Document:
    given = dict(imported.integration or {})
    document = {
        "IntegrationType": str(given.get("type", "")).upper(),
        "IntegrationMethod": given.get("httpMethod"),
        "IntegrationUri": given.get("uri"),
        "IntegrationSubtype": given.get("integrationSubtype"),
        "PayloadFormatVersion": given.get("payloadFormatVersion"),
        "CredentialsArn": given.get("credentials"),
        "RequestParameters": given.get("requestParameters"),
        "ResponseParameters": given.get("responseParameters"),
        "TimeoutInMillis": _typed(given.get("timeoutInMillis")),
        "ConnectionType": given.get("connectionType"),
    }
    return {key: value for key, value in document.items() if value is not None}


def _authorizer(name: str, scheme: Mapping[str, Any]) -> Document:
    given = scheme[_AUTHORIZER]
    kind = str(given.get("type", "")).upper()
    return {
        "Name": name,
        "AuthorizerType": kind,
        "AuthorizerUri": given.get("authorizerUri"),
        "AuthorizerCredentialsArn": given.get("authorizerCredentials"),
        "AuthorizerPayloadFormatVersion": given.get("authorizerPayloadFormatVersion"),
        "AuthorizerResultTtlInSeconds": _typed(given.get("authorizerResultTtlInSeconds")),
        "EnableSimpleResponses": _typed(given.get("enableSimpleResponses")),
        "IdentitySource": identity_sources(given),
        "JwtConfiguration": _jwt(given["jwtConfiguration"]) if given.get("jwtConfiguration") else None,
    }


def _jwt(given: Mapping[str, Any]) -> Document:
    audience = given.get("audience")
    return {"Issuer": given.get("issuer"), "Audience": [audience] if isinstance(audience, str) else audience}


def _capitalised(cors: Mapping[str, Any]) -> Document:
    """``allowOrigins`` to ``AllowOrigins``, and so on; a single text where a list belongs is one of one."""
    document: Document = {}
    for key, value in cors.items():
        name = key[0].upper() + key[1:]
        wanted_list = name not in ("AllowCredentials", "MaxAge")
        if wanted_list:
            document[name] = [value] if isinstance(value, str) else value
        else:
            document[name] = _typed(value)
    return document


def _typed(value: Any) -> Any:
    """Numbers and booleans as such: a template's parameters bring them as text."""
    if value in ("true", "false"):
        return value == "true"
    return int(value) if isinstance(value, str) and value.isdecimal() else value
