"""Connections of WebSocket APIs: rows while they last, and what backends do with them by their ids.

A connection ends after ten minutes without a message, and after two hours in any case. Its socket is not in the rows:
those that are left when a cloud starts are connections that its former end has cut.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.apigateway import tables
from headwater.spine.deliveries import Again, Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.sockets import CHANNEL, Drop, Push

MOST_MESSAGE_BYTES = 128 * 1024
_IDLE = 10 * 60_000
_LONGEST = 2 * 3_600_000
_GOING_AWAY = 1001
_MOST_LISTED = 200


class Connection(NamedTuple):
    """``connected`` and ``active`` in ms; ``timer``: the delivery that ends it. ``document``: the headers, address,
    domain and authorizer's context of its beginning."""

    id: str
    api: str
    stage: str
    account: str
    region: str
    connected: int
    active: int
    timer: int
    document: dict[str, Any]


def add_connection(call: Call, connection: Connection) -> None:
    timer = call.deliver("execute-api.end", connection.id, target=connection.id, due=call.now + _IDLE)
    row = (*connection[:7], timer, orjson.dumps(connection.document).decode())
    call.store.run(tables.INSERT_CONNECTION, row)


def find_connection(call: Call, identity: str) -> Connection | None:
    row = call.store.one(tables.FIND_CONNECTION, (identity,))
    if row is None:
        return None
    *columns, document = row
    return Connection._make((*columns, orjson.loads(document)))


def remove_connection(call: Call, identity: str) -> Connection | None:
    """The connection as it was; None where it is gone already."""
    connection = find_connection(call, identity)
    if connection is not None:
        call.store.run(tables.DELETE_CONNECTION, (identity,))
        call.cancel(connection.timer)
    return connection


def touch(call: Call, identity: str) -> None:
    """The connection is in use."""
    call.store.run(tables.TOUCH_CONNECTION, (call.now, identity))


@delivery("execute-api.end")
def end(call: Call, item: Delivery) -> Again | None:
    """The timer of a connection: ends it when it has been idle or open for too long, else waits on."""
    connection = find_connection(call, item.payload)
    if connection is None:
        return None
    due = min(connection.active + _IDLE, connection.connected + _LONGEST)
    if due > call.now:
        return Again(due)
    call.announce(CHANNEL, Drop(connection.id, _GOING_AWAY, "Going away"))
    return None


def _own(call: Call, request: Request) -> Connection:
    connection = find_connection(call, request["ConnectionId"])
    if connection is None:
        raise AwsError("GoneException", "", 410)
    if connection.account != call.account:
        raise AwsError("ForbiddenException", "Forbidden", 403)
    arn = f"arn:aws:execute-api:{connection.region}:{connection.account}:{connection.api}/{connection.stage}"
    call.span.subject = f"{arn}/@connections/{connection.id}"
    return connection


@operation("execute-api", "PostToConnection")
def post_to_connection(call: Call, request: Request) -> Result:
    connection = _own(call, request)
    data = bytes(request.get("Data") or b"")
    if len(data) > MOST_MESSAGE_BYTES:
        raise AwsError("PayloadTooLargeException", "Message too long", 413)
    touch(call, connection.id)
    call.announce(CHANNEL, Push(connection.id, data))
    return {}


@operation("execute-api", "ListConnections", internal=True, reads=True)
def list_connections(call: Call, request: Request) -> Result:
    """The newest ``Connections`` of the API ``ApiId``; AWS lists none: whoever needs them keeps them."""
    call.span.kept = False
    found = call.store.all(tables.CONNECTIONS_OF_API, (call.account, call.region, request["ApiId"], _MOST_LISTED))
    names = ("ConnectionId", "Stage", "ConnectedAt", "LastActiveAt")
    return {"Connections": [dict(zip(names, row, strict=True)) for row in found]}


@operation("execute-api", "GetConnection", reads=True)
def get_connection(call: Call, request: Request) -> Result:
    connection = _own(call, request)
    agent = connection.document["headers"].get("user-agent")
    return {
        "ConnectedAt": connection.connected,
        "Identity": {"SourceIp": connection.document["source_ip"], "UserAgent": agent},
        "LastActiveAt": connection.active,
    }


@operation("execute-api", "DeleteConnection")
def delete_connection(call: Call, request: Request) -> Result:
    connection = _own(call, request)
    call.announce(CHANNEL, Drop(connection.id, 1000))
    return {}
