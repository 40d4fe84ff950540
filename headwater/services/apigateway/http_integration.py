"""Integrations that hand a request on to an HTTP endpoint, and its answer back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from headwater.services.apigateway.addresses import address_of, filled
from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.exchange import Exchange, Response, message
from headwater.services.apigateway.parameter_changes import Changes, compile_changes
from headwater.services.apigateway.rest_integration import failure, unreachable
from headwater.services.apigateway.rest_parameters import RequestMapping, request_mappings
from headwater.spine.outgoing import Unreachable, send

_MOST_BODY_BYTES = 10 * 1024 * 1024
# of one connection alone
_OF_CONNECTION = frozenset({
    "connection", "content-length", "expect", "host", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
    "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip


class HttpIntegration(NamedTuple):
    """``method`` is ``ANY`` for the request's own; ``timeout`` in seconds; ``mappings`` of REST APIs."""

    method: str
    uri: str
    timeout: float
    changes: Changes | None
    mappings: tuple[RequestMapping, ...] = ()


def compile_http(document: Mapping[str, Any]) -> HttpIntegration:
    """Compile an ``HTTP_PROXY`` integration of an HTTP API; AwsError where it cannot be."""
    if document.get("PayloadFormatVersion", "1.0") != "1.0":
        raise bad_request("PayloadFormatVersion must be 1.0 for HTTP_PROXY integrations")
    method = document.get("IntegrationMethod")
    if not method:
        raise bad_request("IntegrationMethod is required for HTTP_PROXY integrations")
    changes = compile_changes(document.get("RequestParameters") or {}, document.get("ResponseParameters") or {})
    timeout = document.get("TimeoutInMillis", 30_000) / 1000
    return HttpIntegration(method, address_of(document.get("IntegrationUri")), timeout, changes)


def compile_rest_http(document: Mapping[str, Any]) -> HttpIntegration:
    """Compile ``methodIntegration`` of type ``HTTP_PROXY``."""
    return HttpIntegration(
        document.get("httpMethod") or "ANY",
        address_of(document.get("uri")),
        int(document.get("timeoutInMillis") or 29_000) / 1000,
        None,
        request_mappings(document.get("requestParameters") or {}),
    )


async def run_http(integration: HttpIntegration, exchange: Exchange, came: Exchange) -> Response:
    """Hand a request on, as it was changed from the one that ``came``."""
    places: dict[str, dict[str, str]] = {
        "header": {},
        "querystring": {},
        "path": {} if exchange.rest else dict(exchange.parameters),
    }
    for mapping in integration.mappings:
        value = mapping.source(exchange)
        if value is not None:
            places[mapping.place][mapping.name.lower() if mapping.place == "header" else mapping.name] = value
    url = filled(integration.uri, exchange.stage_variables, places["path"])
    if exchange.path != came.path:
        parts = urlsplit(url)
        url = f"{parts.scheme}://{parts.netloc}{exchange.path}" + (f"?{parts.query}" if parts.query else "")
    query = "&".join(part for part in (exchange.query, urlencode(places["querystring"])) if part)
    if query:
        url += ("&" if "?" in url else "?") + query
    method = exchange.method if integration.method == "ANY" else integration.method
    try:
        answer = await send(
            method, url, _headers(exchange) | places["header"], exchange.body,
            seconds=integration.timeout, most=_MOST_BODY_BYTES,
        )  # fmt: skip
    except Unreachable as error:
        came.problem = f"{method} {url}: {error.message}"
        return _unreachable(exchange.rest, error.timed_out)
    headers = [(name, value) for name, value in answer.headers.items() if name not in _OF_CONNECTION]
    return Response(answer.status, headers, answer.body)


def _headers(exchange: Exchange) -> dict[str, str]:
    handed = {name: value for name, value in exchange.headers.items() if name not in _OF_CONNECTION}
    if not exchange.rest:
        handed["forwarded"] = f"for={exchange.source_ip};host={exchange.domain};proto=https"
        handed["via"] = "HTTP/1.1 AmazonAPIGateway"
    return handed


def _unreachable(rest: bool, timed_out: bool) -> Response:
    if not rest:
        return message(504, "Gateway Timeout") if timed_out else message(503, "Service Unavailable")
    if timed_out:
        return failure(504, "INTEGRATION_TIMEOUT", "Endpoint request timed out")
    return unreachable()
