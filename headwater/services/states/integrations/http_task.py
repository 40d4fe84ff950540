"""`http:invoke`: a request to an endpoint outside, authorised by an EventBridge connection.

https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from headwater.languages.asl.commands import TaskFailed, TaskInput, TaskSucceeded
from headwater.languages.asl.errors import RUNTIME, ArgumentsRefused
from headwater.languages.form_encoding import ARRAY_FORMATS, INDICES, form_encoded
from headwater.services.states.integrations.api_gateway import encoded_query, parsed_body, phrase
from headwater.spine.errors import AwsError
from headwater.spine.outgoing import OutgoingAnswer, Unreachable, send
from headwater.spine.work import Work

SECONDS = 60.0
MOST_BYTES = 262_144
_FIELDS = frozenset(
    {"ApiEndpoint", "Authentication", "Headers", "InvocationConfig", "Method", "QueryParameters", "RequestBody"}
    | {"Transform"}
)
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
_LOCAL = ("localhost", "127.0.0.1", "::1")
# Set by Step Functions alone.
_RESERVED = ("x-forwarded", "x-amz", "x-amzn")
_RESERVED_NAMES = frozenset({"host", "via", "x-forwarded-for", "connection", "content-length", "transfer-encoding"})
_BINARY = ("application/octet-stream", "image/", "video/", "audio/")
_FORM = "application/x-www-form-urlencoded"


def check_http_arguments(arguments: Any) -> dict[str, Any]:
    """The arguments; ArgumentsRefused where they do not fit."""
    if type(arguments) is not dict:
        raise ArgumentsRefused("The Parameters must be a JSON object")
    for name in arguments:
        if name not in _FIELDS:
            raise ArgumentsRefused(f'The field "{name}" is not supported by Step Functions')
    for name in ("ApiEndpoint", "Method"):
        if type(arguments.get(name)) is not str:
            raise ArgumentsRefused(f"The field '{name}' is required but was missing")
    if arguments["Method"] not in _METHODS:
        raise ArgumentsRefused(f"The value for the field 'Method' must be one of {', '.join(_METHODS)}")
    _connection(arguments)
    parts = urlsplit(arguments["ApiEndpoint"])
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        raise ArgumentsRefused("The value for the field 'ApiEndpoint' must be an HTTPS URL")
    for name in arguments.get("Headers") or {}:
        if name.lower() in _RESERVED_NAMES or name.lower().startswith(_RESERVED):
            raise ArgumentsRefused(f"The header '{name}' cannot be set")
    _encoding(arguments)
    return arguments


def _connection(arguments: Mapping[str, Any]) -> str:
    for field in ("Authentication", "InvocationConfig"):
        given = arguments.get(field)
        if type(given) is dict and type(given.get("ConnectionArn")) is str:
            return str(given["ConnectionArn"])
    raise ArgumentsRefused("The field 'ConnectionArn' is required but was missing")


def _encoding(arguments: Mapping[str, Any]) -> str | None:
    """How the arrays of a URL-encoded body are written, None for a JSON body."""
    transform = arguments.get("Transform") or {}
    kind = transform.get("RequestBodyEncoding", "NONE")
    if kind not in ("NONE", "URL_ENCODED"):
        raise ArgumentsRefused("The value for the field 'RequestBodyEncoding' must be one of NONE, URL_ENCODED")
    if kind == "NONE":
        return None
    arrays = (transform.get("RequestEncodingOptions") or {}).get("ArrayFormat", INDICES)
    if arrays not in ARRAY_FORMATS:
        raise ArgumentsRefused(f"The value for the field 'ArrayFormat' must be one of {', '.join(ARRAY_FORMATS)}")
    return str(arrays)


def _request(arguments: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The request before the connection adds to it."""
    url = arguments["ApiEndpoint"]
    query = encoded_query(arguments.get("QueryParameters") or {})
    if query:
        url += ("&" if urlsplit(url).query else "?") + query
    headers = {
        name: ",".join(map(str, value)) if type(value) is list else str(value)
        for name, value in (arguments.get("Headers") or {}).items()
    }
    body = arguments.get("RequestBody")
    arrays = _encoding(arguments)
    data = b"" if body is None else orjson.dumps(body)
    if arrays is not None:
        data = form_encoded(body, arrays).encode()
    known = {name.lower() for name in headers}
    own = {"User-Agent": f"Amazon|StepFunctions|HttpInvoke|{region}", "Range": f"bytes=0-{MOST_BYTES}"}
    if data:
        own["Content-Type"] = "application/json" if arrays is None else _FORM
    headers |= {name: value for name, value in own.items() if name.lower() not in known}
    return {"Method": arguments["Method"], "Url": url, "Headers": headers, "Body": data}


async def invoke_http(
    work: Work, frame: int, ticket: int, arguments: dict[str, Any], told: dict[str, Any] | None = None
) -> TaskInput:
    """Send the request. `told` is given the request and the response as TestState shows them."""
    region = work.call().region
    request = _request(arguments, region)
    try:
        sent, answer = await _exchange(work, _connection(arguments), request)
    except AwsError as error:
        return TaskFailed(frame, ticket, f"EventBridge.{error.code}", error.message)
    except Unreachable as failed:
        return TaskFailed(frame, ticket, "States.Http.Socket", failed.message)
    if told is not None:
        told["sent"], told["plain"], told["answer"] = sent, request, answer
    return _outcome(frame, ticket, answer)


async def _exchange(work: Work, connection: str, request: dict[str, Any]) -> tuple[dict[str, Any], OutgoingAnswer]:
    """The request as it was sent, and its answer. A token that is no longer taken is renewed once."""
    for renew in (False, True):
        asked = {**request, "ConnectionArn": connection, "Renew": renew}
        made = {**request, **await work.operation("events", "AuthorizeRequest", asked)}
        answer = await send(
            made["Method"], made["Url"], made["Headers"], made["Body"], seconds=SECONDS, most=MOST_BYTES + 1
        )
        if answer.status not in (401, 407):
            break
    return made, answer


def _outcome(frame: int, ticket: int, answer: OutgoingAnswer) -> TaskInput:
    kind = answer.headers.get("content-type", "")
    try:
        body = answer.body.decode()
    except UnicodeDecodeError:
        body = None
    if body is None or kind.startswith(_BINARY):
        return TaskFailed(frame, ticket, RUNTIME, f"The response's content type '{kind}' is not supported")
    if answer.status >= 300:
        return TaskFailed(frame, ticket, f"States.Http.StatusCode.{answer.status}", body)
    output = {
        "Headers": {name: [value] for name, value in sorted(answer.headers.items())},
        "ResponseBody": parsed_body(body),
        "StatusCode": answer.status,
        "StatusText": phrase(answer.status),
    }
    return TaskSucceeded(frame, ticket, orjson.dumps(output).decode())


def shown_exchange(told: dict[str, Any], *, reveal: bool) -> dict[str, Any]:
    """inspectionData's request and response. What the connection added is shown only where it is asked for."""
    if "answer" not in told:
        return {}
    sent, answer = told["sent" if reveal else "plain"], told["answer"]
    protocol = urlsplit(sent["Url"]).scheme
    return {
        "request": {
            "protocol": protocol,
            "method": sent["Method"],
            "url": sent["Url"],
            "headers": orjson.dumps(sent["Headers"]).decode(),
            "body": sent["Body"].decode(errors="replace"),
        },
        "response": {
            "protocol": protocol,
            "statusCode": str(answer.status),
            "statusMessage": phrase(answer.status),
            "headers": orjson.dumps(answer.headers).decode(),
            "body": answer.body.decode(errors="replace"),
        },
    }
