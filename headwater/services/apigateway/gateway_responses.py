"""What REST APIs answer by themselves: the defaults by kind of failure, and what an API says in their place.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from headwater.languages.vtl import Template, TemplateError, compile_template
from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.exchange import Exchange, Response
from headwater.services.apigateway.patches import apply_patches
from headwater.services.apigateway.rest_parameters import RequestSource, request_source
from headwater.services.apigateway.rest_variables import context_of, variables
from headwater.services.apigateway.store import REST, Document, find_api, parts, put_part, remove_part
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_STATUS = re.compile(r"[1-5]\d\d", re.ASCII)
STATUSES: Mapping[str, str | None] = MappingProxyType(
    {
        "ACCESS_DENIED": "403",
        "API_CONFIGURATION_ERROR": "500",
        "AUTHORIZER_CONFIGURATION_ERROR": "500",
        "AUTHORIZER_FAILURE": "500",
        "BAD_REQUEST_BODY": "400",
        "BAD_REQUEST_PARAMETERS": "400",
        "DEFAULT_4XX": None,
        "DEFAULT_5XX": None,
        "EXPIRED_TOKEN": "403",
        "INTEGRATION_FAILURE": "504",
        "INTEGRATION_TIMEOUT": "504",
        "INVALID_API_KEY": "403",
        "INVALID_SIGNATURE": "403",
        "MISSING_AUTHENTICATION_TOKEN": "403",
        "QUOTA_EXCEEDED": "429",
        "REQUEST_TOO_LARGE": "413",
        "RESOURCE_NOT_FOUND": "404",
        "THROTTLED": "429",
        "UNAUTHORIZED": "401",
        "UNSUPPORTED_MEDIA_TYPE": "415",
        "WAF_FILTERED": "403",
    }
)
"""The kinds and their statuses, as AWS documents them."""
_JSON = "application/json"
_DEFAULT_TEMPLATE = '{"message":$context.error.messageString}'
_HEADER = "gatewayresponse.header."


class GatewayResponse(NamedTuple):
    """An API's own answer to a kind of failure; ``status`` None: the failure's."""

    status: int | None
    headers: tuple[tuple[str, RequestSource], ...]
    templates: Mapping[str, Template]


GatewayResponses = Mapping[str, GatewayResponse]


def compile_gateway_responses(documents: Mapping[str, Document]) -> GatewayResponses:
    """By kind; AwsError for what names nothing."""
    return {kind: _compiled(document) for kind, document in documents.items()}


def _compiled(document: Mapping[str, Any]) -> GatewayResponse:
    headers = []
    for target, expression in (document.get("responseParameters") or {}).items():
        if not target.startswith(_HEADER):
            raise bad_request(f"Invalid mapping expression parameter specified: {target}")
        headers.append((target.removeprefix(_HEADER), request_source(expression)))
    try:
        given = document.get("responseTemplates") or {}
        templates = {kind.lower(): compile_template(text) for kind, text in given.items()}
    except TemplateError as error:
        raise bad_request(f"Invalid mapping template specified: {error}") from None
    status = document.get("statusCode")
    if status and not _STATUS.fullmatch(str(status)):
        raise bad_request(f"Invalid status code specified: {status}")
    return GatewayResponse(int(status) if status else None, tuple(headers), templates)


def access_denied(explicitly: bool) -> Response:
    """What an authorizer's policy did not allow. Its member has a capital, alone of all."""
    text = "User is not authorized to access this resource" + (" with an explicit deny" if explicitly else "")
    headers = [("content-type", _JSON), ("x-amzn-ErrorType", "AccessDeniedException")]
    return Response(403, headers, orjson.dumps({"Message": text}), "ACCESS_DENIED")


def answer(responses: GatewayResponses, exchange: Exchange, response: Response) -> Response:
    """A failure's answer, in the API's own words where it has some for it."""
    kind = response.kind
    default = "DEFAULT_4XX" if response.status < 500 else "DEFAULT_5XX"
    own = responses.get(kind) or responses.get(default)
    if own is None:
        return response
    headers = dict(response.headers)
    body = response.body
    if own.templates:
        accepted = exchange.headers.get("accept", _JSON).partition(",")[0].partition(";")[0].strip().lower()
        media_type = next((each for each in (accepted, _JSON) if each in own.templates), next(iter(own.templates)))
        headers["content-type"] = media_type
        body = _rendered(own.templates[media_type], exchange, response)
    for name, source in own.headers:
        value = source(exchange)
        if value is not None:
            headers[name.lower()] = value
    return Response(own.status or response.status, list(headers.items()), body)


def _rendered(template: Template, exchange: Exchange, response: Response) -> bytes:
    body = orjson.loads(response.body)
    text = body.get("message", body.get("Message", ""))
    error = {"message": text, "messageString": orjson.dumps(text).decode(), "responseType": response.kind}
    if response.kind.startswith("BAD_REQUEST"):
        error["validationErrorString"] = exchange.problem
    context = {**context_of(exchange), "error": error}
    try:
        return template.render(variables(exchange, exchange.body.decode(errors="replace"), context)).encode()
    except TemplateError:
        return response.body


# ---- operations


def _kind(request: Mapping[str, Any]) -> str:
    kind: str = request["responseType"]
    if kind not in STATUSES:
        raise bad_request(f"Invalid response type specified: {kind}")
    return kind


def put(call: Call, api: str, kind: str, given: Mapping[str, Any]) -> Document:
    """Write an API's answer to a kind, checked."""
    document: Document = {
        "responseType": kind,
        "statusCode": str(given["statusCode"]) if given.get("statusCode") else STATUSES[kind],
        "responseParameters": given.get("responseParameters") or {},
        "responseTemplates": given.get("responseTemplates") or {_JSON: _DEFAULT_TEMPLATE},
        "defaultResponse": False,
    }
    _compiled(document)
    put_part(call, api, "GatewayResponse", kind, document)
    return document


def _default(kind: str) -> Document:
    return {
        "responseType": kind,
        "statusCode": STATUSES[kind],
        "responseParameters": {},
        "responseTemplates": {_JSON: _DEFAULT_TEMPLATE},
        "defaultResponse": True,
    }


@operation("apigateway", "PutGatewayResponse")
def put_gateway_response(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    return put(call, api.id, _kind(request), request)


@operation("apigateway", "UpdateGatewayResponse")
def update_gateway_response(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    kind = _kind(request)
    present = parts(call, api.id, "GatewayResponse").get(kind) or _default(kind)
    allowed = ("responseParameters", "responseTemplates", "statusCode")
    return put(call, api.id, kind, apply_patches(present, request.get("patchOperations") or [], allowed))


@operation("apigateway", "GetGatewayResponse", reads=True)
def get_gateway_response(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    kind = _kind(request)
    return parts(call, api.id, "GatewayResponse").get(kind) or _default(kind)


@operation("apigateway", "GetGatewayResponses", reads=True)
def get_gateway_responses(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    own = parts(call, api.id, "GatewayResponse")
    return {"items": [own.get(kind) or _default(kind) for kind in STATUSES]}


@operation("apigateway", "DeleteGatewayResponse")
def delete_gateway_response(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    kind = _kind(request)
    try:
        remove_part(call, api.id, "GatewayResponse", kind)
    except AwsError:
        raise AwsError("NotFoundException", "Gateway response type not defined on api", 404) from None
    return {}
