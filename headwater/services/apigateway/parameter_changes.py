"""Parameter mapping of HTTP APIs: what is changed on a request before the integration sees it, and on its answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.exchange import Exchange, Response
from headwater.services.apigateway.mapping import InvalidMapping, Selector, as_text, compile_mapping

_KEY = re.compile(r"(append|overwrite|remove):(?:(header|querystring)\.(.+)|(path|statuscode))\Z")
_STATUS = re.compile(r"[2-5]\d\d\Z")
_RESERVED = re.compile(
    r"(access-control-|apigw-|x-amzn?-).*|authorization|connection|content-(encoding|length|location)|forwarded|keep-alive"
    r"|origin|proxy-authenticate|proxy-authorization|te|trailers?|transfer-encoding|upgrade|via|x-forwarded-(for|host|proto)"
)


class Change(NamedTuple):
    """``action`` is append, overwrite or remove; ``place`` header, querystring, path or statuscode."""

    action: str
    place: str
    name: str
    source: Selector


class Changes(NamedTuple):
    """``answers`` by status, as text."""

    request: tuple[Change, ...]
    answers: Mapping[str, tuple[Change, ...]]


def compile_changes(request: Mapping[str, str], answers: Mapping[str, Mapping[str, str]]) -> Changes | None:
    """None where nothing is to be changed; AwsError for what cannot be."""
    for status in answers:
        if not _STATUS.match(status):
            raise bad_request(f"Invalid response parameters status code: {status}")
    if not request and not answers:
        return None
    return Changes(
        _compile(request, ("header", "querystring", "path")),
        {status: _compile(given, ("header", "statuscode")) for status, given in answers.items()},
    )


def _compile(given: Mapping[str, str], places: tuple[str, ...]) -> tuple[Change, ...]:
    changes = []
    for key, value in given.items():
        match = _KEY.match(key)
        place = (match[2] or match[4]) if match else ""
        whole = place in ("path", "statuscode")
        if match is None or place not in places or (whole and match[1] != "overwrite"):
            raise bad_request(f"Invalid parameter mapping key specified: {key}")
        name = (match[3] or "").lower() if place == "header" else match[3] or ""
        if place == "header" and _RESERVED.fullmatch(name):
            raise bad_request(f"Operations on header {name} are restricted")
        try:
            changes.append(Change(match[1], place, name, compile_mapping(value)))
        except InvalidMapping as error:
            raise bad_request(str(error)) from None
    return tuple(changes)


def changed_request(changes: tuple[Change, ...], exchange: Exchange) -> Exchange:
    """The request as the integration is to see it; every value is selected from the one that came."""
    headers, queries, path = dict(exchange.headers), list(exchange.queries), exchange.path
    for change in changes:
        value = as_text(change.source(exchange))
        if change.action != "remove" and value is None:
            continue
        if change.place == "path":
            path = quote(value or "", safe="/%:@!$&'()*+,;=~")
        elif change.place == "header":
            _change_header(headers, change, value)
        else:
            if change.action != "append":
                queries = [pair for pair in queries if pair[0] != change.name]
            if change.action != "remove":
                queries.append((change.name, value or ""))
    changed = replace(exchange, headers=headers, path=path)
    if queries != exchange.queries:
        changed = replace(changed, query=urlencode(queries))
    return changed


def _change_header(headers: dict[str, str], change: Change, value: str | None) -> None:
    if change.action == "remove":
        headers.pop(change.name, None)
    elif change.action == "append" and change.name in headers:
        headers[change.name] += f",{value}"
    else:
        headers[change.name] = value or ""


def changed_answer(changes: Changes, exchange: Exchange, response: Response) -> Response:
    """The answer with what is to be changed for its status."""
    own = changes.answers.get(str(response.status))
    if not own:
        return response
    exchange.answer = response
    status: Any = response.status
    headers = list(response.headers)
    for change in own:
        value = as_text(change.source(exchange))
        if change.place == "statuscode":
            status = int(value) if value and _STATUS.match(value) else status
            continue
        if change.action != "append":
            headers = [header for header in headers if header[0].lower() != change.name]
        if change.action != "remove" and value is not None:
            headers.append((change.name, value))
    return response._replace(status=status, headers=headers)
