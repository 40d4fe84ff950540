"""`apigateway:invoke`: a request to one of our APIs, and its answer as the state sees it.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson

from headwater.languages.asl.commands import TaskFailed, TaskInput
from headwater.languages.asl.errors import ArgumentsRefused
from headwater.services.states.integrations.answers import answered
from headwater.services.states.integrations.catalogue import Target
from headwater.spine.errors import AwsError
from headwater.spine.operations import Result
from headwater.spine.store.blobs import Blob
from headwater.spine.work import Work

_FIELDS = frozenset(
    {
        "AllowNullValues",
        "ApiEndpoint",
        "AuthType",
        "Headers",
        "Method",
        "Path",
        "QueryParameters",
        "RequestBody",
        "Stage",
    }
)
_REQUIRED = ("ApiEndpoint", "Method")
_SIGNED = ("IAM_ROLE", "RESOURCE_POLICY")
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")


def check_api_arguments(arguments: Any) -> dict[str, Any]:
    """The arguments; ArgumentsRefused where they do not fit."""
    if type(arguments) is not dict:
        raise ArgumentsRefused("The Parameters must be a JSON object")
    for name in arguments:
        if name not in _FIELDS:
            raise ArgumentsRefused(f'The field "{name}" is not supported by Step Functions')
    for name in _REQUIRED:
        if name not in arguments:
            raise ArgumentsRefused(f"The field '{name}' is required but was missing")
    if arguments["Method"] not in _METHODS:
        raise ArgumentsRefused(f"The value for the field 'Method' must be one of {', '.join(_METHODS)}")
    return arguments


async def invoke_api(work: Work, target: Target, frame: int, ticket: int, arguments: dict[str, Any]) -> TaskInput:
    try:
        answer = await work.operation("execute-api", "Invoke", _request(arguments))
    except AwsError as error:
        return TaskFailed(frame, ticket, f"ApiGateway.{error.code}", error.message, calling=True)
    status, body = answer["Status"], _text(answer)
    if status >= 400:
        return TaskFailed(frame, ticket, f"ApiGateway.{status}", body, calling=True)
    output = {
        "Headers": _headers(answer["Headers"]),
        "ResponseBody": parsed_body(body),
        "StatusCode": status,
        "StatusText": phrase(status),
    }
    return answered(target, frame, ticket, orjson.dumps(output).decode())


def _request(arguments: Mapping[str, Any]) -> dict[str, Any]:
    host = str(arguments["ApiEndpoint"]).partition("://")[2] or str(arguments["ApiEndpoint"])
    host = host.partition("/")[0]
    segments = [str(arguments.get(name) or "").strip("/") for name in ("Stage", "Path")]
    headers = {
        str(name).lower(): ",".join(map(_shown, value)) if type(value) is list else _shown(value)
        for name, value in (arguments.get("Headers") or {}).items()
    }
    headers.setdefault("host", host)
    body = b""
    if "RequestBody" in arguments:
        given = arguments["RequestBody"]
        kept = given if arguments.get("AllowNullValues") else _without_nulls(given)
        body = b"" if given is None else (kept if type(kept) is str else orjson.dumps(kept).decode()).encode()
        headers.setdefault("content-type", "application/json")
    return {
        "ApiId": host.partition(".")[0],
        "Method": arguments["Method"],
        "Path": "/" + "/".join(quote(segment, safe="/") for segment in segments if segment),
        "Query": encoded_query(arguments.get("QueryParameters") or {}),
        "Headers": headers,
        "Body": body,
        "SourceIp": "127.0.0.1",
        "Host": host,
        "Vouched": arguments.get("AuthType") in _SIGNED,
    }


def encoded_query(parameters: Mapping[str, Any]) -> str:
    pairs = [
        f"{quote(str(name), safe='')}={quote(_shown(each), safe='')}"
        for name, value in parameters.items()
        for each in (value if type(value) is list else [value])
    ]
    return "&".join(pairs)


def _shown(value: Any) -> str:
    return value if type(value) is str else orjson.dumps(value).decode()


def _without_nulls(value: Any) -> Any:
    if type(value) is dict:
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if type(value) is list else value


def _text(answer: Result) -> str:
    body = answer.get("Body") or b""
    data = body.read() if isinstance(body, Blob) else bytes(body)
    return data.decode(errors="replace")


def parsed_body(body: str) -> Any:
    """JSON as JSON, anything else as text."""
    try:
        return orjson.loads(body) if body else {}
    except orjson.JSONDecodeError:
        return body


def _headers(headers: Any) -> dict[str, list[str]]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).extend(value if type(value) is list else [value])
    return {name: found[name] for name in sorted(found)}


def phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
