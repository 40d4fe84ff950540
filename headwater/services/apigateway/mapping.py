"""Request parameters of service integrations: what of a request, or of its context, goes where.

``$request.header.name``, ``$request.querystring.name``, ``$request.path.name``, ``$request.path``,
``$request.body``, ``$request.body.a.b[0]``, ``$context.x``, ``$stageVariables.x``, and of what came back
``$response.header.name``, ``$response.body.a``; several of them and plain text as
``${request.header.a}-${context.requestId}``; anything else is itself.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import jsonpath
import orjson

from headwater.services.apigateway.exchange import Exchange, Response
from headwater.services.apigateway.function_events import clf_time

Selector = Callable[[Exchange], Any]
"""Gives a parameter's value for a request; None where the request has none."""

_NOTHING = Response(0, [], b"")
_EMBEDDED = re.compile(r"\$\{([^}]*)\}")
_ROOTS = ("request.", "response.", "context.", "stageVariables.")

CONTEXT: Mapping[str, Selector] = MappingProxyType(
    {
        "accountId": lambda exchange: exchange.account,
        "apiId": lambda exchange: exchange.api_id,
        "domainName": lambda exchange: exchange.domain,
        "domainPrefix": lambda exchange: exchange.domain_prefix,
        "extendedRequestId": lambda exchange: exchange.extended_id,
        "httpMethod": lambda exchange: exchange.method,
        "identity.apiKey": lambda exchange: exchange.api_key[0] if exchange.api_key else None,
        "identity.apiKeyId": lambda exchange: exchange.api_key[1] if exchange.api_key else None,
        "identity.sourceIp": lambda exchange: exchange.source_ip,
        "identity.userAgent": lambda exchange: exchange.headers.get("user-agent"),
        "path": lambda exchange: exchange.staged_path,
        "protocol": lambda exchange: exchange.protocol,
        "requestId": lambda exchange: exchange.extended_id,
        "requestTime": lambda exchange: clf_time(exchange.at),
        "requestTimeEpoch": lambda exchange: str(exchange.at),
        "routeKey": lambda exchange: exchange.route_key,
        "stage": lambda exchange: exchange.stage,
        # of WebSocket APIs
        "connectedAt": lambda exchange: str(exchange.message.connected) if exchange.message else None,
        "connectionId": lambda exchange: exchange.message.connection if exchange.message else None,
        "eventType": lambda exchange: exchange.message.kind if exchange.message else None,
        "messageId": lambda exchange: (exchange.message.identity or None) if exchange.message else None,
    }
)


class InvalidMapping(Exception):
    """An expression that names nothing."""


def compile_mapping(expression: str) -> Selector:
    """Compile a parameter's expression; InvalidMapping where it is none."""
    if _EMBEDDED.search(expression):
        return _compile_template(expression)
    if expression.startswith("$") and expression[1:].startswith(_ROOTS):
        return _compile_selection(expression[1:])
    return lambda exchange: expression


def _compile_template(expression: str) -> Selector:
    pieces = _EMBEDDED.split(expression)
    compiled = [_compile_selection(piece) if place % 2 else piece for place, piece in enumerate(pieces)]

    def fill(exchange: Exchange) -> str:
        return "".join(piece if isinstance(piece, str) else _as_text(piece(exchange)) for piece in compiled)

    return fill


def _compile_selection(selection: str) -> Selector:
    root, _, rest = selection.partition(".")
    if root == "request":
        return _compile_request(rest)
    if root == "response":
        return _compile_response(rest)
    if root == "stageVariables" and rest:
        return lambda exchange: exchange.stage_variables.get(rest)
    if root == "context":
        if rest.startswith("authorizer."):
            return _path_of(lambda exchange: exchange.authorizer, rest.removeprefix("authorizer."))
        if rest in CONTEXT:
            return CONTEXT[rest]
    raise InvalidMapping(f"Invalid mapping expression specified: ${selection}")


def _compile_request(selection: str) -> Selector:
    place, _, name = selection.partition(".")
    if place == "body":
        if not name:
            return lambda exchange: exchange.body.decode(errors="replace") or None
        return _path_of(_parsed_body, name)
    if place == "path" and not name:
        return lambda exchange: exchange.decoded_path
    if place == "path":
        return lambda exchange: exchange.parameters.get(name)
    if place == "header" and name:
        lowered = name.lower()
        return lambda exchange: exchange.headers.get(lowered)
    if place == "querystring" and name:
        return lambda exchange: ",".join(value for key, value in exchange.queries if key == name) or None
    raise InvalidMapping(f"Invalid mapping expression specified: $request.{selection}")


def _compile_response(selection: str) -> Selector:
    place, _, name = selection.partition(".")
    if place == "header" and name:
        lowered = name.lower()
        return lambda exchange: ",".join(v for k, v in _answer(exchange).headers if k.lower() == lowered) or None
    if place == "body" and not name:
        return lambda exchange: _answer(exchange).body.decode(errors="replace") or None
    if place == "body":
        return _path_of(lambda exchange: _parsed(_answer(exchange).body), name)
    raise InvalidMapping(f"Invalid mapping expression specified: $response.{selection}")


def _answer(exchange: Exchange) -> Response:
    return exchange.answer or _NOTHING


def _path_of(source: Selector, path: str) -> Selector:
    try:
        compiled = jsonpath.compile(f"$.{path}")
    except jsonpath.JSONPathError as error:
        raise InvalidMapping(f"Invalid mapping expression specified: {path}: {error}") from None

    def select(exchange: Exchange) -> Any:
        document = source(exchange)
        if not isinstance(document, dict | list):
            return None
        match = compiled.match(document)
        return match.obj if match is not None else None

    return select


def _parsed_body(exchange: Exchange) -> Any:
    return _parsed(exchange.body)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def as_text(value: Any) -> str | None:
    """A selected value as a parameter: text as it is, the rest as JSON, None where nothing was selected."""
    return None if value is None else _as_text(value)
