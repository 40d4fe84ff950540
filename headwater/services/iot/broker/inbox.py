"""What persistent sessions are owed: QoS 1 messages that their clients have not acknowledged."""

from __future__ import annotations

from headwater.services.iot.broker import tables
from headwater.services.iot.broker.memory import Session
from headwater.services.iot.broker.messages import Publication, properties_of, properties_text
from headwater.spine.operations import Call, Request, Result, operation


def put_in_inbox(call: Call, session: Session, message: Publication, retain: bool) -> int:
    """Keep a message for a session; gives the row's id, by which it is acknowledged."""
    identity = call.new_id()
    properties = properties_text(message.properties)
    row = (identity, session.id, message.topic, message.payload, int(retain), properties, message.expires(call.now))
    call.store.run(tables.INSERT_INBOX, row)
    return identity


@operation("iot-mqtt", "Receive", internal=True, atomic=True)
def receive(call: Call, request: Request) -> Result:
    """Messages kept for a session, oldest first.

    Request: SessionId, After (the id of the last message that was sent, 0: none), Limit. Result: Messages, each
    with Id, Topic, Payload, Retain, Properties.
    """
    session, after, limit = request["SessionId"], request["After"], request["Limit"]
    call.store.run(tables.EXPIRE_INBOX, (session, call.now))
    rows = call.store.all(tables.READ_INBOX, (session, after, limit))
    return {
        "Messages": [
            {
                "Id": identity,
                "Topic": topic,
                "Payload": payload,
                "Retain": bool(retain),
                "Properties": properties_of(properties, expires, call.now),
            }
            for identity, topic, payload, retain, properties, expires in rows
        ]
    }


@operation("iot-mqtt", "Acknowledge", internal=True, atomic=True)
def acknowledge(call: Call, request: Request) -> Result:
    """A client's PUBACK: the message is its own now. Request: SessionId, Id."""
    call.store.run(tables.ACKNOWLEDGE, (request["SessionId"], request["Id"]))
    return {}
