"""Integrations that hand a request on to an HTTP address, and its answer back (HTTP_PROXY).

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.exchange import Exchange, Response, message
from headwater.services.apigateway.mapping import InvalidMapping, Selector, as_text, compile_mapping
from headwater.services.apigateway.rest_integration import failure
from headwater.services.apigateway.rest_parameters import request_mappings
from headwater.spine.errors import not_implemented
from headwater.spine.outgoing import Unreachable, send
from headwater.spine.work import Work

_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
_PLACE = re.compile(r"\{([^}+]+)\+?\}")
# of the connection, not of the request or the answer
_DROPPED = frozenset({"connection", "content-length", "host", "keep-alive", "te", "transfer-encoding", "upgrade"})
_MOST_BYTES = 10 * 1024 * 1024


class Change(NamedTuple):
    """``verb`` is overwrite, append or remove; ``place`` header, querystring or path."""

    verb: str
    place: str
    name: str
    source: Selector


class HttpProxyIntegration(NamedTuple):
    """``method`` ANY: the client's. ``timeout`` in seconds. ``rest``: path variables come by mappings alone."""

    uri: str
    method: str
    timeout: float
    changes: tuple[Change, ...]
    rest: bool


def compile_http_proxy(document: Mapping[str, Any]) -> HttpProxyIntegration:
    """Of an HTTP API; AwsError where it cannot be."""
    changes = tuple(_change(target, source) for target, source in (document.get("RequestParameters") or {}).items())
    timeout = document.get("TimeoutInMillis", 30_000) / 1000
    method = document.get("IntegrationMethod") or "ANY"
    return HttpProxyIntegration(_checked(document.get("IntegrationUri")), method, timeout, changes, False)


def compile_rest_http_proxy(document: Mapping[str, Any]) -> HttpProxyIntegration:
    """Of a REST API's method."""
    mappings = request_mappings(document.get("requestParameters") or {})
    changes = tuple(Change("overwrite", each.place, each.name, each.source) for each in mappings)
    timeout = int(document.get("timeoutInMillis") or 29_000) / 1000
    method = document.get("httpMethod") or "ANY"
    return HttpProxyIntegration(_checked(document.get("uri")), method, timeout, changes, True)


def _checked(uri: str | None) -> str:
    plain = _VARIABLE.sub("x", uri or "")
    if urlsplit(plain).scheme not in ("http", "https"):
        raise bad_request("Invalid HTTP endpoint specified for URI")
    return uri or ""


def _change(target: str, source: str) -> Change:
    """``append:header.name``, ``overwrite:querystring.name``, ``remove:header.name``, ``overwrite:path``."""
    verb, _, where = target.partition(":")
    place, _, name = where.partition(".")
    fits = (place in ("header", "querystring") and name) or (place, verb) == ("path", "overwrite")
    if verb not in ("append", "overwrite", "remove") or not fits:
        raise bad_request(f"Invalid mapping expression specified: {target}")
    if place == "path" and name:
        raise not_implemented(f"{target} of API Gateway's parameter mapping")
    try:
        return Change(verb, place, name, compile_mapping(source))
    except InvalidMapping as error:
        raise bad_request(str(error)) from None


async def hand_on(work: Work, integration: HttpProxyIntegration, exchange: Exchange) -> Response:
    """The answer of the address, or API Gateway's own where there is none."""
    method, uri, headers = _outgoing(integration, exchange)
    try:
        answer = await send(method, uri, headers, exchange.body, seconds=integration.timeout, most=_MOST_BYTES)
    except Unreachable as error:
        exchange.problem = error.message
        if integration.rest and error.timed_out:
            return failure(504, "INTEGRATION_TIMEOUT", "Endpoint request timed out")
        if integration.rest:
            return failure(502, "INTEGRATION_FAILURE")
        return message(504, "Gateway Timeout") if error.timed_out else message(503, "Service Unavailable")
    kept = [(name, value) for name, value in answer.headers.items() if name not in _DROPPED]
    return Response(answer.status, kept, answer.body)


def _outgoing(integration: HttpProxyIntegration, exchange: Exchange) -> tuple[str, str, dict[str, str]]:
    """Method, address and headers, after the parameter mappings."""
    headers = {name: value for name, value in exchange.headers.items() if name not in _DROPPED}
    query = list(exchange.queries)
    places = {} if integration.rest else dict(exchange.parameters)
    path: str | None = None
    for change in integration.changes:
        value = as_text(change.source(exchange))
        if change.place == "path" and change.name:
            places[change.name] = value or ""
        elif change.place == "path":
            path = value
        elif change.place == "header":
            _change_header(headers, change, value)
        else:
            kept = query if change.verb == "append" else [pair for pair in query if pair[0] != change.name]
            query = kept if change.verb == "remove" or value is None else [*kept, (change.name, value)]
    uri = _VARIABLE.sub(lambda found: exchange.stage_variables.get(found[1], ""), integration.uri)
    uri = _PLACE.sub(lambda found: quote(places.get(found[1], ""), safe="/"), uri)
    if path is not None:
        parts = urlsplit(uri)
        uri = f"{parts.scheme}://{parts.netloc}/{path.removeprefix('/')}"
    if query:
        uri += ("&" if "?" in uri else "?") + urlencode(query)
    method = exchange.method if integration.method == "ANY" else integration.method
    return method, uri, headers


def _change_header(headers: dict[str, str], change: Change, value: str | None) -> None:
    name = change.name.lower()
    if change.verb == "remove":
        headers.pop(name, None)
    elif value is not None:
        former = headers.get(name) if change.verb == "append" else None
        headers[name] = f"{former},{value}" if former else value
