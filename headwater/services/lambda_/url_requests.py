"""HTTP requests to function URLs.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import base64
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.function import find_setting
from headwater.services.lambda_.relay import Relay
from headwater.services.lambda_.urls import KIND
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.work import Work

_TEXT = ("text/", "application/json", "application/javascript", "application/xml", "application/x-www-form-urlencoded")


_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


@operation("lambda", "InvokeUrl", internal=True)
def invoke_url(call: Call, request: Request) -> Result | Coroutine[Any, Any, Result]:
    """A request that has arrived: ``UrlId``, ``Method``, ``Path`` and ``Query`` as sent, ``Headers`` with names in
    lower case, ``Body``, ``SourceIp``, ``Host``. Gives ``Status``, ``Headers`` as a list of pairs, ``Body``; or, where
    the function streams, ``Streamed`` after all has gone to ``Begin(status, headers)`` and ``Send(bytes)``."""
    row = call.store.one(tables.FIND_URL, (request["UrlId"],))
    stored = find_setting(call, row[0], KIND, row[1]) if row else None
    if stored is None:
        return _message(404, "Not Found")
    call.span.subject = stored["FunctionArn"]
    cors = _cors_headers(stored.get("Cors") or {}, request)
    if request["Method"] == "OPTIONS" and "access-control-request-method" in request["Headers"] and stored.get("Cors"):
        return {"Status": 200, "Headers": cors, "Body": b""}
    if stored.get("AuthType") == "AWS_IAM" and (refusal := _refusal(request)) is not None:
        return refusal | {"Headers": [*refusal["Headers"], *cors]}
    event = _event(call, request)
    if stored.get("InvokeMode") == "RESPONSE_STREAM":
        relay = Relay(request["Begin"], request["Send"], cors)
        return _stream(call.work, stored["FunctionArn"], event, relay)
    return _answer(call.work, stored["FunctionArn"], event, cors)


def _refusal(request: Request) -> Result | None:
    """The answer to a request that is not signed, or in a way that the gateway says no to (``Refused``: AWS's code and
    message)."""
    if refused := request.get("Refused"):
        code, text = refused
        body = orjson.dumps({"message": text})
        return {
            "Status": 403,
            "Headers": [("content-type", "application/json"), ("x-amzn-ErrorType", code)],
            "Body": body,
        }
    authorization = request["Headers"].get("authorization", "")
    if authorization.startswith("AWS4-") or "X-Amz-Signature=" in request["Query"]:
        return None
    refusal = _message(403, _FORBIDDEN)
    return refusal | {"Headers": [*refusal["Headers"], ("x-amzn-ErrorType", "AccessDeniedException")]}


async def _answer(work: Work, arn: str, event: dict[str, Any], cors: list[tuple[str, str]]) -> Result:
    invoke = {"FunctionName": arn, "Payload": orjson.dumps(event)}
    account, region = arn.split(":")[4], arn.split(":")[3]
    try:
        result = await work.operation("lambda", "Invoke", invoke, account, region)
    except AwsError as error:
        status = 429 if error.code == "TooManyRequestsException" else 502
        return _message(status, "Rate Exceeded." if status == 429 else "Internal Server Error")
    if result.get("FunctionError"):
        return _message(502, "Internal Server Error")
    answer = read_response(bytes(result["Payload"]))
    work.span.note("status", answer["Status"])
    return answer | {"Headers": [*answer["Headers"], *cors]}


async def _stream(work: Work, arn: str, event: dict[str, Any], relay: Relay) -> Result:
    """Hand the answer on as it comes; that of a function which streams nothing is the body as it is."""
    invoke = {"FunctionName": arn, "Payload": orjson.dumps(event), "Sink": relay}
    account, region = arn.split(":")[4], arn.split(":")[3]
    try:
        result = await work.operation("lambda", "Stream", invoke, account, region)
    except AwsError as error:
        status = 429 if error.code == "TooManyRequestsException" else 502
        return _message(status, "Rate Exceeded." if status == 429 else "Internal Server Error")
    if relay.status:
        work.span.note("status", relay.status)
        return {"Streamed": True}
    if result.get("FunctionError"):
        return _message(502, "Internal Server Error")
    headers = [("content-type", "application/octet-stream"), *relay.cors]
    return {"Status": 200, "Headers": headers, "Body": bytes(result["Payload"])}


def _event(call: Call, request: Request) -> dict[str, Any]:
    headers: dict[str, str] = dict(request["Headers"])
    cookies = headers.pop("cookie", "")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request["Path"],
        "rawQueryString": request["Query"],
    }
    if cookies:
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    event["headers"] = headers
    queries: dict[str, str] = {}
    for name, value in parse_qsl(request["Query"], keep_blank_values=True):
        queries[name] = f"{queries[name]},{value}" if name in queries else value
    if queries:
        event["queryStringParameters"] = queries
    event["requestContext"] = _context(call, request)
    body = bytes(request.get("Body") or b"")
    encoded = False
    if body:
        event["body"], encoded = _body(body, headers.get("content-type", ""))
    event["isBase64Encoded"] = encoded
    return event


def _context(call: Call, request: Request) -> dict[str, Any]:
    at = datetime.fromtimestamp(call.now // 1000, UTC)
    return {
        "accountId": "anonymous",
        "apiId": request["UrlId"],
        "domainName": request["Host"],
        "domainPrefix": request["UrlId"],
        "http": {
            "method": request["Method"],
            "path": request["Path"],
            "protocol": "HTTP/1.1",
            "sourceIp": request["SourceIp"],
            "userAgent": request["Headers"].get("user-agent", ""),
        },
        "requestId": call.ids.uuid(),
        "routeKey": "$default",
        "stage": "$default",
        "time": at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": call.now,
    }


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    if not content_type or content_type.startswith(_TEXT):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def read_response(payload: bytes) -> Result:
    """A function's answer as HTTP: an object with ``statusCode``, or anything else as the body of a 200."""
    try:
        value = orjson.loads(payload or b"null")
    except orjson.JSONDecodeError:
        return _message(502, "Internal Server Error")
    if not isinstance(value, dict) or "statusCode" not in value:
        body = value.encode() if isinstance(value, str) else payload
        return {"Status": 200, "Headers": [("content-type", "application/json")], "Body": body}
    status = value["statusCode"]
    if not isinstance(status, int) or not 100 <= status <= 599:
        return _message(502, "Internal Server Error")
    headers = {str(name).lower(): str(given) for name, given in (value.get("headers") or {}).items()}
    headers.setdefault("content-type", "application/json")
    pairs = [*headers.items(), *(("set-cookie", str(cookie)) for cookie in value.get("cookies") or ())]
    text = value.get("body")
    body = b"" if text is None else text.encode() if isinstance(text, str) else orjson.dumps(text)
    if value.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body)
        except ValueError:
            return _message(502, "Internal Server Error")
    return {"Status": status, "Headers": pairs, "Body": body}


def _message(status: int, text: str) -> Result:
    return {
        "Status": status,
        "Headers": [("content-type", "application/json")],
        "Body": orjson.dumps({"Message": text}),
    }


def _cors_headers(cors: Mapping[str, Any], request: Request) -> list[tuple[str, str]]:
    """What a browser is told. https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html"""
    origin = request["Headers"].get("origin")
    allowed = cors.get("AllowOrigins") or ()
    if not origin or not ("*" in allowed or origin in allowed):
        return []
    headers = [("access-control-allow-origin", "*" if "*" in allowed else origin)]
    if cors.get("AllowCredentials"):
        headers.append(("access-control-allow-credentials", "true"))
    if cors.get("ExposeHeaders"):
        headers.append(("access-control-expose-headers", ",".join(cors["ExposeHeaders"])))
    if request["Method"] == "OPTIONS":
        headers.append(("access-control-allow-methods", ",".join(cors.get("AllowMethods") or ())))
        headers.append(("access-control-allow-headers", ",".join(cors.get("AllowHeaders") or ())))
        headers.append(("access-control-max-age", str(cors.get("MaxAge") or 0)))
    return headers
