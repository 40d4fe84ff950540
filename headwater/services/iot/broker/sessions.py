"""Sessions: from CONNECT to their end, with wills and expiry.

https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-persistent-sessions
"""

from __future__ import annotations

import base64
from typing import Any

import orjson

from headwater.languages.mqtt import Reason
from headwater.languages.mqtt.limits import AWS_LIMITS
from headwater.languages.mqtt.packets import VERSION_5, Connect, Will
from headwater.languages.mqtt.pushes import CHANNEL, Eject
from headwater.services.iot.authentication.authorizing import Identity, authorize, authorizer_for, authorizer_home
from headwater.services.iot.authentication.device_identity import certificate_home, identity_by_certificate
from headwater.services.iot.broker import tables
from headwater.services.iot.broker.memory import Broker, Session, broker_of
from headwater.services.iot.broker.messages import Publication, properties_of, properties_text
from headwater.services.iot.broker.presence import tell_connected, tell_disconnected
from headwater.services.iot.broker.publishing import check_allowed, publish
from headwater.services.iot.errors import unauthorized
from headwater.spine.deliveries import FOREVER, Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.work import Work


@operation("iot-mqtt", "Connect", internal=True)
def connect(call: Call, request: Request) -> Answer:
    """A client's CONNECT. UnauthorizedException where an authorizer or its policies refuse it.

    Request: ConnectionId (the gateway's name for the socket), Packet, Http (None, or QueryString and Headers of a
    WebSocket's request), Signed (whether that was signed with AWS credentials), SourceIp, ServerName, Certificate (DER,
    of the one that the client has shown, if it has). Result:
    SessionId, ClientId, SessionPresent, Expiry (seconds), Lifetime (seconds until the authorizer wants it ended),
    Account and Region, which are the authorizer's where the client's request does not tell.
    """
    shown = request["Certificate"]
    home = authorizer_home(call, request) if shown is None else certificate_home(call, shown)
    if home is not None and home != (call.account, call.region):
        return call.work.operation("iot-mqtt", "Connect", request, *home)
    if shown is not None:
        if home is None:
            return call.work.operation("iot-mqtt", "RegisterShown", {"Certificate": shown})
        return open_session(call, request, identity_by_certificate(call, shown, request["Packet"].client_id))
    authorizer = authorizer_for(call, request)
    if authorizer is None:
        return open_session(call, request, Identity(call.principal.rpartition(":")[2], None, None))
    return _authorize_and_open(call.work, request, authorizer)


async def _authorize_and_open(work: Work, request: Request, authorizer: dict[str, Any]) -> Result:
    identity = await authorize(work, request, authorizer)
    return await work.transact(open_session, request, identity)


def open_session(call: Call, request: Request, identity: Identity) -> Result:
    packet: Connect = request["Packet"]
    broker = broker_of(call)
    client_id = packet.client_id or call.ids.uuid()
    connection: str = request["ConnectionId"]
    call.span.subject = f"{broker.prefix}client/{client_id}"
    present = _take_over(call, broker, client_id, packet.clean_start)
    session = Session(
        present.id if present else call.new_id(),
        client_id,
        connection,
        _expiry(packet),
        identity.principal,
        identity.policies,
        request["SourceIp"],
        present.version + 1 if present else 0,
        broker.prefix,
    )
    _check(session, packet.will)
    will = _will_text(packet.will) if packet.will else None
    known = (session.principal, session.policy_text, session.source, session.version)
    if present:
        call.store.run(tables.RESUME_SESSION, (connection, session.expiry, will, *known, session.id))
    else:
        row = (session.id, call.account, call.region, client_id, connection, session.expiry, will, *known)
        call.store.run(tables.INSERT_SESSION, row)
    call.memory.connections.add(connection)
    if present:
        present.resume(session)
    else:
        broker.add_session(session)
    tell_connected(call, broker, session)
    return {
        "SessionId": session.id,
        "ClientId": client_id,
        "SessionPresent": present is not None,
        "Expiry": session.expiry,
        "Lifetime": identity.lifetime,
        "Account": call.account,
        "Region": call.region,
    }


def _expiry(packet: Connect) -> int:
    """Seconds that the session is to outlive its connection."""
    if packet.version == VERSION_5:
        return AWS_LIMITS.session_expiry(packet.properties.get("session_expiry_interval"))
    return 0 if packet.clean_start else AWS_LIMITS.session_expiry_default


def _check(session: Session, will: Will | None) -> None:
    if not session.may("iot:Connect", "client", session.client_id):
        raise unauthorized(f"Not authorized to connect as {session.client_id}.")
    if will is not None:
        check_allowed(session, Publication(will.topic, will.payload, will.qos, will.retain))


def _take_over(call: Call, broker: Broker, client_id: str, clean_start: bool) -> Session | None:
    """End the client's former connection; gives the session that goes on, None where there is none."""
    session = broker.clients.get(client_id)
    if session is None:
        return None
    will, timer, will_timer = call.store.one(tables.SESSION_TIMERS, (session.id,)) or (None, None, None)
    for identity in (timer, will_timer):
        if identity is not None:
            call.cancel(identity)
    if session.connection is not None:
        call.announce(CHANNEL, Eject(session.connection, Reason.SESSION_TAKEN_OVER))
        call.memory.connections.discard(session.connection)
        tell_disconnected(call, broker, session, session.connection, Reason.SESSION_TAKEN_OVER)
        if will is not None:
            _publish_will(call, broker, session, will)
    if clean_start:
        end_session(call, broker, session)
        return None
    return session


@operation("iot-mqtt", "Disconnect", internal=True)
def disconnect(call: Call, request: Request) -> Result:
    """A connection has ended. Nothing happens where another has taken the session over.

    Request: SessionId, ConnectionId, Reason (MQTT 5's; only SUCCESS keeps the will from being published), Expiry
    (seconds, None: as before).
    """
    broker = broker_of(call)
    session = broker.sessions.get(request["SessionId"])
    call.memory.connections.discard(request["ConnectionId"])
    if session is None or session.connection != request["ConnectionId"]:
        return {}
    call.span.subject = f"{broker.prefix}client/{session.client_id}"
    if request["Expiry"] is not None:
        session.expiry = AWS_LIMITS.session_expiry(request["Expiry"])
    leave(call, broker, session, request["Reason"], with_will=request["Reason"] != Reason.SUCCESS)
    return {}


def leave(call: Call, broker: Broker, session: Session, reason: int, with_will: bool) -> None:
    """A connected session loses its connection: its will is published, and the session ends or begins to wait."""
    expiry, connection = session.expiry, session.connection or ""
    (will, _, _) = call.store.one(tables.SESSION_TIMERS, (session.id,)) or (None, None, None)
    delay = 0
    if not with_will:
        will = None
    elif will is not None:
        delay = min(_will_delay(will), expiry)
        if not delay:
            _publish_will(call, broker, session, will)
            will = None
    tell_disconnected(call, broker, session, connection, reason)
    if not expiry:
        end_session(call, broker, session)
        return
    payload = {"session": session.id}
    timer = call.deliver("iot-mqtt.expire", payload, due=call.now + expiry * 1000, policy=FOREVER)
    will_timer = None
    if delay:
        will_timer = call.deliver("iot-mqtt.will", payload, due=call.now + delay * 1000, policy=FOREVER)
    call.store.run(tables.PAUSE_SESSION, (expiry, will, timer, will_timer, session.id))
    session.connection = None


@delivery("iot-mqtt.will")
def publish_delayed_will(call: Call, item: Delivery) -> None:
    """The will of a client that did not come back within its delay."""
    broker = broker_of(call)
    session = broker.sessions.get(item.payload["session"])
    row = call.store.one(tables.SESSION_TIMERS, (item.payload["session"],))
    if session is None or row is None or row[0] is None or session.connection is not None:
        return
    call.store.run(tables.PAUSE_SESSION, (session.expiry, None, row[1], None, session.id))
    _publish_will(call, broker, session, row[0])


@delivery("iot-mqtt.expire")
def expire(call: Call, item: Delivery) -> None:
    """The end of a session whose client did not come back."""
    broker = broker_of(call)
    session = broker.sessions.get(item.payload["session"])
    if session is None or session.connection is not None:
        return
    (will, timer, _) = call.store.one(tables.SESSION_TIMERS, (session.id,)) or (None, None, None)
    if timer != item.id:
        return
    if will is not None:
        _publish_will(call, broker, session, will)
    end_session(call, broker, session)


def end_session(call: Call, broker: Broker, session: Session) -> None:
    for statement in (
        tables.DELETE_SESSION_SUBSCRIPTIONS,
        tables.DELETE_SESSION_INBOX,
        tables.DELETE_SESSION,
    ):
        call.store.run(statement, (session.id,))
    broker.remove_session(session)


async def end_stale_connections(work: Work) -> None:
    """After a start: connections of the former process are gone without a word, so that their wills are due."""
    for identity, account, region, connection in await work.transact(_stale_sessions):
        lost = {"Reason": Reason.UNSPECIFIED_ERROR, "Expiry": None}
        request = {"SessionId": identity, "ConnectionId": connection, **lost}
        try:
            await work.operation("iot-mqtt", "Disconnect", request, account, region)
        except AwsError as error:
            work.span.note(connection, error.code)


def _stale_sessions(call: Call) -> list[tuple[Any, ...]]:
    return [row for row in call.store.all(tables.STALE_SESSIONS) if row[3] not in call.memory.connections]


def _will_text(will: Will) -> str:
    return orjson.dumps(
        {
            "topic": will.topic,
            "payload": base64.b64encode(will.payload).decode(),
            "qos": will.qos,
            "retain": will.retain,
            "properties": properties_text(will.properties),
        }
    ).decode()


def _will_delay(text: str) -> int:
    return int(properties_of(orjson.loads(text)["properties"]).get("will_delay_interval", 0))


def _publish_will(call: Call, broker: Broker, session: Session, text: str) -> None:
    will = orjson.loads(text)
    properties = properties_of(will["properties"])
    properties.pop("will_delay_interval", None)
    payload = base64.b64decode(will["payload"])
    call.span.note("will", will["topic"])
    publish(
        call,
        broker,
        Publication(
            will["topic"],
            payload,
            will["qos"],
            will["retain"],
            properties,
            session.client_id,
            session.principal,
            session.source,
        ),
        session,
    )
