"""What a proxy integration makes of a function's result.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.apigateway.exchange import Response

# of the connection, not of the function's answer
_DROPPED = frozenset(
    {"connection", "content-length", "date", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_REST_MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})


class MalformedResult(Exception):
    """The function's result is no response; the text says why."""


def response_2(payload: bytes) -> Response:
    """Format 2.0: a response, or anything else, which is then the body of a 200."""
    result = _parse(payload)
    if not isinstance(result, dict) or "statusCode" not in result:
        body = result.encode() if isinstance(result, str) else payload
        return Response(200, [("content-type", "application/json")], body)
    headers = _headers(result.get("headers"))
    cookies = result.get("cookies") or []
    if not isinstance(cookies, list):
        raise MalformedResult("cookies must be a list")
    headers += [("set-cookie", str(cookie)) for cookie in cookies]
    return _response(result, headers, "text/plain; charset=utf-8", decode=bool(result.get("isBase64Encoded")))


def response_1_http(payload: bytes) -> Response:
    """Format 1.0 of HTTP APIs: the status code must be there."""
    result = _response_object(_parse(payload))
    decode = bool(result.get("isBase64Encoded"))
    return _response(result, _both_headers(result), "text/plain; charset=utf-8", decode)


def response_1_rest(payload: bytes, binary: bool) -> Response:
    """REST APIs. ``binary``: the client accepts one of the API's binary media types."""
    result = _response_object(_parse(payload))
    if unknown := result.keys() - _REST_MEMBERS:
        raise MalformedResult(f"unknown members: {', '.join(sorted(unknown))}")
    decode = binary and bool(result.get("isBase64Encoded"))
    return _response(result, _both_headers(result), "application/json", decode)


def _parse(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise MalformedResult(f"not JSON: {error}") from None


def _response_object(result: Any) -> dict[str, Any]:
    if not isinstance(result, dict) or "statusCode" not in result:
        raise MalformedResult("statusCode is missing")
    return result


def _both_headers(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """``multiValueHeaders`` win over ``headers`` of the same name."""
    many = result.get("multiValueHeaders") or {}
    if not isinstance(many, dict) or not all(isinstance(values, list) for values in many.values()):
        raise MalformedResult("multiValueHeaders must be an object of lists")
    taken = {name.lower() for name in many}
    headers = [pair for pair in _headers(result.get("headers")) if pair[0].lower() not in taken]
    return headers + [(name, _text(value)) for name, values in many.items() for value in values]


def _headers(given: Any) -> list[tuple[str, str]]:
    if given is None:
        return []
    if not isinstance(given, dict):
        raise MalformedResult("headers must be an object")
    return [(name, _text(value)) for name, value in given.items() if value is not None]


def _text(value: Any) -> str:
    """A header's value: JSON's scalars as JSON writes them, and no line breaks."""
    if isinstance(value, dict | list):
        raise MalformedResult("a header's value must be a text, a number or a boolean")
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    if any(character in text for character in "\r\n\0"):
        raise MalformedResult("a header's value must be one line")
    return text


def _response(result: Mapping[str, Any], headers: list[tuple[str, str]], default: str, decode: bool) -> Response:
    if not all(_NAME.match(name) for name, _ in headers):
        raise MalformedResult("a header's name must be a token of HTTP")
    headers = [pair for pair in headers if pair[0].lower() not in _DROPPED]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", default))
    return Response(_status(result["statusCode"]), headers, _body(result.get("body"), decode))


def _status(value: Any) -> int:
    """A number, or a text that is one."""
    try:
        status = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else 0
    except ValueError:
        status = 0
    if not 200 <= status <= 599:
        raise MalformedResult("statusCode must be an HTTP status")
    return status


def _body(value: Any, decode: bool) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        raise MalformedResult("body must be a text")
    if not decode:
        return value.encode()
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise MalformedResult(f"body is not base64: {error}") from None
