"""The events by which a proxy integration hands a request to a function.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from headwater.services.apigateway.exchange import Exchange, body_as_text, is_text

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HTTP_IDENTITY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
)
_REST_IDENTITY = (
    "cognitoIdentityPoolId",
    "accountId",
    "cognitoIdentityId",
    "caller",
    "principalOrgId",
    "accessKey",
    "cognitoAuthenticationType",
    "cognitoAuthenticationProvider",
    "userArn",
    "user",
)


def event_2(exchange: Exchange) -> dict[str, Any]:
    """Payload format 2.0 of HTTP APIs."""
    headers = dict(exchange.headers)
    cookies = headers.pop("cookie", "")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": exchange.route_key,
        "rawPath": exchange.staged_path,
        "rawQueryString": exchange.query,
    }
    if cookies:
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    event["headers"] = headers
    if exchange.queries:
        event["queryStringParameters"] = _joined(exchange)
    event["requestContext"] = _context_2(exchange)
    if exchange.parameters:
        event["pathParameters"] = exchange.parameters
    encoded = False
    if exchange.body:
        event["body"], encoded = body_as_text(exchange.body, is_text(headers.get("content-type", "")))
    event["isBase64Encoded"] = encoded
    if exchange.stage_variables:
        event["stageVariables"] = exchange.stage_variables
    return event


def _joined(exchange: Exchange) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in exchange.queries:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _context_2(exchange: Exchange) -> dict[str, Any]:
    context: dict[str, Any] = {"accountId": exchange.account, "apiId": exchange.api_id}
    if exchange.authorizer is not None:
        context["authorizer"] = {"jwt": exchange.authorizer} if exchange.by_token else exchange.authorizer
    return context | {
        "domainName": exchange.domain,
        "domainPrefix": exchange.domain_prefix,
        "http": {
            "method": exchange.method,
            "path": exchange.staged_path,
            "protocol": exchange.protocol,
            "sourceIp": exchange.source_ip,
            "userAgent": exchange.headers.get("user-agent", ""),
        },
        "requestId": exchange.extended_id,
        "routeKey": exchange.route_key,
        "stage": exchange.stage,
        "time": clf_time(exchange.at),
        "timeEpoch": exchange.at,
    }


def event_1_http(exchange: Exchange) -> dict[str, Any]:
    """Payload format 1.0 of HTTP APIs."""
    context = _context_1(exchange) | {
        "identity": dict.fromkeys(_HTTP_IDENTITY)
        | {"sourceIp": exchange.source_ip, "userAgent": exchange.headers.get("user-agent", "")},
        "requestId": exchange.extended_id,
        "resourceId": exchange.route_key,
        "resourcePath": exchange.resource,
    }
    body = is_text(exchange.headers.get("content-type", ""))
    return {"version": "1.0", **_event_1(exchange, exchange.staged_path, context, body)}


def event_1_rest(exchange: Exchange, binary: bool) -> dict[str, Any]:
    """The event of REST APIs. ``binary``: the body's type is one of the API's binary media types."""
    return _event_1(exchange, exchange.decoded_path, rest_context(exchange), not binary)


def rest_context(exchange: Exchange) -> dict[str, Any]:
    """What events and templates of REST APIs are told beside the request."""
    return _context_1(exchange) | {
        "resourceId": exchange.resource_id,
        "resourcePath": exchange.resource,
        "requestId": exchange.request_id,
        "deploymentId": exchange.deployment_id,
        "identity": dict.fromkeys(_REST_IDENTITY)
        | {"sourceIp": exchange.source_ip, "userAgent": exchange.headers.get("user-agent")}
        | (dict(zip(("apiKey", "apiKeyId"), exchange.api_key, strict=True)) if exchange.api_key else {}),
    }


def _context_1(exchange: Exchange) -> dict[str, Any]:
    context: dict[str, Any] = {
        "accountId": exchange.account,
        "apiId": exchange.api_id,
        "domainName": exchange.domain,
        "domainPrefix": exchange.domain_prefix,
        "extendedRequestId": exchange.extended_id,
        "httpMethod": exchange.method,
        "path": exchange.staged_path,
        "protocol": exchange.protocol,
        "requestTime": clf_time(exchange.at),
        "requestTimeEpoch": exchange.at,
        "stage": exchange.stage,
    }
    if exchange.authorizer is not None:
        context["authorizer"] = exchange.authorizer
    return context


def _event_1(exchange: Exchange, path: str, context: dict[str, Any], text: bool) -> dict[str, Any]:
    headers = {titled(name): value for name, value in exchange.headers.items()}
    many: dict[str, list[str]] = {}
    for name, value in exchange.queries:
        many.setdefault(name, []).append(value)
    body, encoded = body_as_text(exchange.body, text) if exchange.body else (None, False)
    return {
        "resource": exchange.resource,
        "path": path,
        "httpMethod": exchange.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in many.items()} or None,
        "multiValueQueryStringParameters": many or None,
        "pathParameters": exchange.parameters or None,
        "stageVariables": exchange.stage_variables or None,
        "requestContext": context,
        "body": body,
        "isBase64Encoded": encoded,
    }


def titled(name: str) -> str:
    """Format 1.0 keeps the case in which clients write header names, which is nearly always this one."""
    return "-".join(part.capitalize() for part in name.split("-"))


def clf_time(at: int) -> str:
    """An instant as access logs write it: ``12/Mar/2020:19:03:58 +0000``, whatever the locale."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment.day:02}/{_MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0000"
