"""The events by which a WebSocket API hands connections and messages to a function, and what templates are told.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.apigateway.exchange import Exchange, body_as_text
from headwater.services.apigateway.function_events import clf_time, titled


def socket_context(exchange: Exchange) -> dict[str, Any]:
    """``requestContext`` of events, ``$context`` of templates."""
    message = exchange.message
    assert message is not None
    context: dict[str, Any] = {"routeKey": exchange.route_key}
    if exchange.authorizer is not None:
        context["authorizer"] = exchange.authorizer
    if message.identity:
        context["messageId"] = message.identity
    if message.kind == "DISCONNECT":
        context |= {"disconnectStatusCode": message.code, "disconnectReason": message.reason}
    return context | {
        "eventType": message.kind,
        "extendedRequestId": exchange.extended_id,
        "requestTime": clf_time(exchange.at),
        "messageDirection": "IN",
        "stage": exchange.stage,
        "connectedAt": message.connected,
        "requestTimeEpoch": exchange.at,
        "identity": {"userAgent": exchange.headers.get("user-agent"), "sourceIp": exchange.source_ip},
        "requestId": exchange.extended_id,
        "domainName": exchange.domain,
        "connectionId": message.connection,
        "apiId": exchange.api_id,
    }


def _spelled(name: str) -> str:
    """As clients write it: ``Sec-WebSocket-Protocol``."""
    return titled(name).replace("Websocket", "WebSocket")


def socket_event(exchange: Exchange) -> dict[str, Any]:
    """A connection's coming brings its headers and query, its end its headers, a message its body."""
    message = exchange.message
    assert message is not None
    event: dict[str, Any] = {}
    if message.kind != "MESSAGE":
        headers = {_spelled(name): value for name, value in exchange.headers.items()}
        event |= {"headers": headers, "multiValueHeaders": {name: [value] for name, value in headers.items()}}
    if message.kind == "CONNECT" and exchange.queries:
        many: dict[str, list[str]] = {}
        for name, value in exchange.queries:
            many.setdefault(name, []).append(value)
        event["queryStringParameters"] = {name: values[-1] for name, values in many.items()}
        event["multiValueQueryStringParameters"] = many
    event["requestContext"] = socket_context(exchange)
    if exchange.stage_variables:
        event["stageVariables"] = exchange.stage_variables
    encoded = False
    if message.kind == "MESSAGE":
        event["body"], encoded = body_as_text(exchange.body, True)
    return event | {"isBase64Encoded": encoded}
