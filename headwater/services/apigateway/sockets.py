"""WebSocket APIs: from a client's coming, message or going to its route, and back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.apigateway import tables
from headwater.services.apigateway.access_logs import Served, append
from headwater.services.apigateway.connections import (
    MOST_MESSAGE_BYTES,
    Connection,
    add_connection,
    find_connection,
    remove_connection,
    touch,
)
from headwater.services.apigateway.exchange import Exchange, Message, Response
from headwater.services.apigateway.invoke import EXTENDED_ID, authorize, execution_arn
from headwater.services.apigateway.mapping import as_text
from headwater.services.apigateway.rest_validation import is_signed
from headwater.services.apigateway.serving import ServedApi, ServedStage, SocketRoute, served_api
from headwater.services.apigateway.socket_integration import (
    SocketAnswer,
    SocketFailure,
    SocketIntegration,
    run_socket_integration,
)
from headwater.services.apigateway.store import WEBSOCKET
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.work import Work

_PROTOCOL = "sec-websocket-protocol"


# ---- a client comes


@operation("execute-api", "Connect", internal=True)
def connect(call: Call, request: Request) -> Answer:
    """``ApiId``, ``Path``, ``Query``, ``Headers`` (lower-case names), ``SourceIp``, ``Host`` as for Invoke. Answers
    ``Status``, and for one below 300 the ``ConnectionId`` and the ``Protocol`` that was chosen, if any."""
    served = served_api(call, request["ApiId"])
    name = request["Path"].strip("/")
    if served is None or served.api.kind != WEBSOCKET or name not in served.stages:
        return {"Status": 403}
    stage = served.stages[name]
    identity = call.ids.token(15, EXTENDED_ID) + "="
    document = {
        "headers": dict(request["Headers"]),
        "source_ip": request["SourceIp"],
        "domain": request["Host"] or f"{served.api.id}.execute-api.{served.api.region}.amazonaws.com",
        "authorizer": None,
    }
    api = served.api
    connection = Connection(identity, api.id, name, api.account, api.region, call.now, call.now, 0, document)
    exchange = _exchange(call, stage, connection, Message("CONNECT", identity, call.now), query=request["Query"])
    route = stage.socket_routes.get("$connect")
    _tell(call, exchange, "$connect")
    if route is None:
        add_connection(call, connection)
        return {"Status": 200, "ConnectionId": identity}
    if route.signed and (request.get("Refused") or not is_signed(exchange)):
        return {"Status": 403}
    if route.bucket is not None and not route.bucket.take(call.now):
        return {"Status": 429}
    return _connect(call.work, stage, route, exchange, connection)


async def _connect(
    work: Work, stage: ServedStage, route: SocketRoute, exchange: Exchange, connection: Connection
) -> Result:
    answer = SocketAnswer(200, {}, b"")
    if route.authorizer is not None:
        refused = await authorize(work, route.authorizer, exchange, execution_arn(exchange, "$connect"))
        if refused is not None:
            return {"Status": _finish(work, stage, exchange, refused.status)}
        connection.document["authorizer"] = exchange.authorizer
    if route.integration is not None:
        try:
            answer = await run_socket_integration(work, route.integration, exchange)
        except SocketFailure as failure:
            exchange.problem = str(failure)
            return {"Status": _finish(work, stage, exchange, 502)}
    status = _finish(work, stage, exchange, answer.status)
    if not 200 <= status < 300:
        return {"Status": status}
    await work.transact(add_connection, connection)
    return {"Status": status, "ConnectionId": connection.id, "Protocol": answer.headers.get(_PROTOCOL)}


# ---- a message comes


@operation("execute-api", "Receive", internal=True)
def receive(call: Call, request: Request) -> Answer:
    """``ConnectionId``, ``Body`` (bytes). Answers the ``Body`` that goes back to the client, None where none does,
    or ``Close``, the code that the connection ends with."""
    connection = find_connection(call, request["ConnectionId"])
    served = served_api(call, connection.api) if connection is not None else None
    if connection is None or served is None or connection.stage not in served.stages:
        return {"Close": 1001}
    if len(request["Body"]) > MOST_MESSAGE_BYTES:
        return {"Close": 1009}
    touch(call, connection.id)
    stage = served.stages[connection.stage]
    message = Message("MESSAGE", connection.id, connection.connected, call.ids.token(15, EXTENDED_ID) + "=")
    exchange = _exchange(call, stage, connection, message, body=request["Body"])
    route = _select(served, stage, exchange)
    _tell(call, exchange, route.route_key if route else "$default")
    if route is None or route.integration is None:
        exchange.problem = "no route is for this message"
        return _refuse(call.work, stage, exchange, 403, "Forbidden")
    if route.bucket is not None and not route.bucket.take(call.now):
        return _refuse(call.work, stage, exchange, 429, "Too Many Requests")
    return _receive(call.work, stage, route.integration, route.answers, exchange)


def _select(served: ServedApi, stage: ServedStage, exchange: Exchange) -> SocketRoute | None:
    """The route that the message names, else the default one."""
    assert served.select_route is not None
    key = as_text(served.select_route(exchange))
    named = stage.socket_routes.get(key) if key and not key.startswith("$") else None
    return named or stage.socket_routes.get("$default")


async def _receive(
    work: Work, stage: ServedStage, integration: SocketIntegration, answers: bool, exchange: Exchange
) -> Result:
    try:
        answer = await run_socket_integration(work, integration, exchange)
    except SocketFailure as failure:
        exchange.problem = str(failure)
        return _refuse(work, stage, exchange, 500, "Internal server error")
    _finish(work, stage, exchange, answer.status, answer.body)
    return {"Body": answer.body if answers and answer.body else None}


def _refuse(work: Work, stage: ServedStage, exchange: Exchange, status: int, text: str) -> Result:
    """API Gateway's own message to the client."""
    assert exchange.message is not None
    told = {"message": text, "connectionId": exchange.message.connection, "requestId": exchange.extended_id}
    _finish(work, stage, exchange, status)
    return {"Body": orjson.dumps(told)}


@operation("execute-api", "Touch", internal=True)
def touched(call: Call, request: Request) -> Result:
    """``ConnectionId``: a ping keeps it from being idle."""
    call.span.kept = False
    touch(call, request["ConnectionId"])
    return {}


# ---- a client goes


@operation("execute-api", "Disconnect", internal=True)
def disconnect(call: Call, request: Request) -> Result:
    """``ConnectionId``, and the ``Code`` and ``Reason`` of its end: ``$disconnect`` is told, once."""
    connection = remove_connection(call, request["ConnectionId"])
    served = served_api(call, connection.api) if connection is not None else None
    if connection is None or served is None or connection.stage not in served.stages:
        return {}
    if "$disconnect" in served.stages[connection.stage].socket_routes:
        payload = {"connection": connection._asdict(), "code": request["Code"], "reason": request["Reason"]}
        target = f"arn:aws:execute-api:{connection.region}:{connection.account}:{connection.api}/{connection.stage}"
        call.deliver(
            "execute-api.disconnected",
            payload,
            target=f"{target}/$disconnect",
            account=connection.account,
            region=connection.region,
        )
    return {}


@delivery("execute-api.disconnected")
def deliver_disconnect(call: Call, item: Delivery) -> Any:
    connection = Connection(**item.payload["connection"])
    served = served_api(call, connection.api)
    stage = served.stages.get(connection.stage) if served is not None else None
    route = stage.socket_routes.get("$disconnect") if stage is not None else None
    if stage is None or route is None or route.integration is None:
        return None
    code, reason = item.payload["code"], item.payload["reason"]
    message = Message("DISCONNECT", connection.id, connection.connected, code=code, reason=reason)
    exchange = _exchange(call, stage, connection, message)
    exchange.route_key = "$disconnect"
    return _disconnect(call.work, stage, route.integration, exchange)


async def _disconnect(work: Work, stage: ServedStage, integration: SocketIntegration, exchange: Exchange) -> None:
    """As good as it goes: AWS does not try it again."""
    try:
        answer = await run_socket_integration(work, integration, exchange)
        _finish(work, stage, exchange, answer.status)
    except SocketFailure as failure:
        exchange.problem = str(failure)
        _finish(work, stage, exchange, 500)


async def start(work: Work) -> None:
    """Connections that are left from before are over: their sockets went with the process or the universe."""
    await work.transact(_end_all)


def _end_all(call: Call) -> None:
    for (identity,) in call.store.all(tables.LIST_CONNECTIONS):
        request = {"ConnectionId": identity, "Code": 1006, "Reason": "Connection Closed Abnormally"}
        call.operation("execute-api", "Disconnect", request)


# ---- what all of them share


def _exchange(
    call: Call, stage: ServedStage, connection: Connection, message: Message, query: str = "", body: bytes = b""
) -> Exchange:
    document = connection.document
    return Exchange(
        api_id=connection.api,
        rest=False,
        account=connection.account,
        region=connection.region,
        stage=stage.name,
        stage_variables=stage.variables,
        method="",
        path="",
        query=query,
        headers=document["headers"],
        body=body,
        source_ip=document["source_ip"],
        domain=document["domain"],
        request_id=call.ids.uuid(),
        extended_id=call.ids.token(15, EXTENDED_ID) + "=",
        at=call.now,
        authorizer=document["authorizer"],
        deployment_id=stage.deployment_id,
        message=message,
    )


def _tell(call: Call, exchange: Exchange, route_key: str) -> None:
    exchange.route_key = route_key
    call.span.account, call.span.region = exchange.account, exchange.region
    call.span.subject = execution_arn(exchange, route_key)


def _finish(work: Work, stage: ServedStage, exchange: Exchange, status: int, body: bytes = b"") -> int:
    """Note what came of it, in the span and in the stage's access log."""
    work.span.note("status", status)
    if exchange.problem:
        work.span.note("problem", exchange.problem)
    if stage.access_log is not None:
        served = Served(exchange, Response(status, [], body), work.now - exchange.at)
        work.spawn(append(work, stage.access_log, served))
    return status
