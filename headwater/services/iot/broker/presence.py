"""Lifecycle events: the broker's own messages about who comes, goes and listens.

https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.languages.mqtt import Reason
from headwater.services.iot.broker.memory import Broker, Session
from headwater.services.iot.broker.messages import Publication
from headwater.services.iot.broker.publishing import publish
from headwater.spine.operations import Call

_PREFIX = "$aws/events/"
_DISCONNECT_REASONS: Mapping[int, str] = {
    Reason.SUCCESS: "CLIENT_INITIATED_DISCONNECT",
    Reason.DISCONNECT_WITH_WILL: "CLIENT_INITIATED_DISCONNECT",
    Reason.SESSION_TAKEN_OVER: "DUPLICATE_CLIENTID",
    Reason.KEEP_ALIVE_TIMEOUT: "MQTT_KEEP_ALIVE_TIMEOUT",
    Reason.MAXIMUM_CONNECT_TIME: "CUSTOMAUTH_TTL_EXPIRATION",
    Reason.ADMINISTRATIVE_ACTION: "API_INITIATED_DISCONNECT",
    Reason.NOT_AUTHORIZED: "AUTH_ERROR",
    Reason.SERVER_UNAVAILABLE: "SERVER_ERROR",
    Reason.UNSPECIFIED_ERROR: "CONNECTION_LOST",
}


def tell_connected(call: Call, broker: Broker, session: Session) -> None:
    more = {"versionNumber": session.version, "ipAddress": session.source}
    _tell(call, broker, session, "presence/connected", session.connection, more)


def tell_disconnected(call: Call, broker: Broker, session: Session, connection: str, reason: int) -> None:
    """`reason` is MQTT 5's; what has no name of its own is the client's error."""
    why = _DISCONNECT_REASONS.get(reason, "CLIENT_ERROR")
    more = {
        "clientInitiatedDisconnect": why == "CLIENT_INITIATED_DISCONNECT",
        "disconnectReason": why,
        "versionNumber": session.version,
    }
    _tell(call, broker, session, "presence/disconnected", connection, more)


def tell_topics(call: Call, broker: Broker, session: Session, event: str, topics: list[str]) -> None:
    """`event` is subscribed or unsubscribed."""
    if topics:
        _tell(call, broker, session, f"subscriptions/{event}", session.connection, {"topics": topics})


def _tell(
    call: Call, broker: Broker, session: Session, kind: str, connection: str | None, more: dict[str, Any]
) -> None:
    topic = f"{_PREFIX}{kind}/{session.client_id}"
    if not broker.has_listeners(topic):
        return
    event = {
        "clientId": session.client_id,
        "timestamp": call.now,
        "eventType": kind.rpartition("/")[2],
        "sessionIdentifier": connection,
        "principalIdentifier": session.principal,
        **more,
    }
    publish(call, broker, Publication(topic, orjson.dumps(event)))
