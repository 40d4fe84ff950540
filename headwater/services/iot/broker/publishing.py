"""A message arrives: it is retained, given to subscribers, and shown to the rules.

https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
"""

from __future__ import annotations

from headwater.languages.mqtt.packets import Publish
from headwater.languages.mqtt.pushes import CHANNEL, Push, Receiver
from headwater.languages.mqtt.topics import basic_ingest_rule, is_reserved, provisioning_request, shadow_request
from headwater.services.iot.broker import tables
from headwater.services.iot.broker.inbox import put_in_inbox
from headwater.services.iot.broker.memory import Broker, Session, Subscriber, broker_of
from headwater.services.iot.broker.messages import Publication, properties_text
from headwater.services.iot.errors import unauthorized
from headwater.services.iot.topic_rules.engine import run_rules
from headwater.spine.operations import Call, Request, Result, operation

_MOST_NAMED = 5  # receivers that a span tells by name


@operation("iot-mqtt", "Publish", internal=True, atomic=True)
def publish_packet(call: Call, request: Request) -> Result:
    """A client's PUBLISH. UnauthorizedException where its policies or the topic's kind do not allow it.

    Request: SessionId, Packet (`languages.mqtt.packets.Publish`). Result: Receivers, how many sessions get it.
    """
    packet: Publish = request["Packet"]
    broker = broker_of(call)
    session = broker.sessions.get(request["SessionId"])
    if session is None:
        raise unauthorized("The session has ended.")
    call.span.subject = f"{broker.prefix}topic/{packet.topic}"
    message = Publication(
        packet.topic,
        packet.payload,
        packet.qos,
        packet.retain,
        packet.properties,
        session.client_id,
        session.principal,
        session.source,
    )
    check_allowed(session, message)
    return {"Receivers": publish(call, broker, message, session)}


def check_allowed(session: Session, message: Publication) -> None:
    """Reserved topics are AWS's own; the rest is for the session's policies to say."""
    if is_reserved(message.topic):
        raise unauthorized(f"The topic {message.topic} is reserved.")
    if not session.may("iot:Publish", "topic", message.topic):
        raise unauthorized(f"Not authorized to publish to {message.topic}.")
    if message.retain and not session.may("iot:RetainPublish", "topic", message.topic):
        raise unauthorized(f"Not authorized to retain a message on {message.topic}.")


def publish(call: Call, broker: Broker, message: Publication, sender: Session | None = None) -> int:
    """Take in a message; gives the number of sessions that it goes to."""
    ingest = basic_ingest_rule(message.topic)
    if ingest is not None:
        run_rules(call, broker, message, ingest)
        return 0
    if message.retain:
        _retain(call, message)
    receivers = _receivers(call, _subscribers(call, broker, message, sender), message)
    if receivers:
        call.announce(CHANNEL, Push(Publish(message.topic, message.payload, properties=message.properties), receivers))
    run_rules(call, broker, message, None)
    if message.topic.startswith("$"):
        _answer(call, message)
    return len(receivers)


def _answer(call: Call, message: Publication) -> None:
    """What a reserved topic asks for, if it asks for anything."""
    if (asked := shadow_request(message.topic)) is not None:
        call.operation("iot-mqtt", "AnswerShadow", {"Asked": asked, "Payload": message.payload})
    elif (wanted := provisioning_request(message.topic)) is not None:
        sender = {"ClientId": message.client_id, "Principal": message.principal}
        call.operation("iot-mqtt", "AnswerProvisioning", {"Asked": wanted, "Payload": message.payload, **sender})


def _retain(call: Call, message: Publication) -> None:
    key = (call.account, call.region, message.topic)
    if not message.payload:
        call.store.run(tables.FORGET_RETAINED, key)
        return
    row = (*key, message.payload, message.qos, properties_text(message.properties), call.now)
    call.store.run(tables.RETAIN, (*row, message.expires(call.now)))


def _subscribers(call: Call, broker: Broker, message: Publication, sender: Session | None) -> list[Subscriber]:
    """Who is to get the message: each session once, by the subscription of the highest QoS."""
    chosen: dict[int, Subscriber] = {}
    groups: dict[str, list[Subscriber]] = {}
    for subscriber in broker.subscribers(message.topic):
        session = subscriber.session
        if subscriber.no_local and session is sender:
            continue
        if not session.may("iot:Receive", "topic", message.topic):
            call.span.note(f"withheld from {session.client_id}", "its policies do not allow iot:Receive")
            continue
        if subscriber.group is not None:
            groups.setdefault(subscriber.group, []).append(subscriber)
        elif session.id not in chosen or chosen[session.id].qos < subscriber.qos:
            chosen[session.id] = subscriber
    return [*chosen.values(), *(_member(call, members) for members in groups.values())]


def _member(call: Call, members: list[Subscriber]) -> Subscriber:
    """One of a share group: by chance, but rather one that is connected."""
    candidates = [member for member in members if member.session.connection is not None] or members
    return candidates[int(call.ids.random() * len(candidates))]


def _receivers(call: Call, subscribers: list[Subscriber], message: Publication) -> tuple[Receiver, ...]:
    """How they get it. Who is away and would get it at QoS 0 does not."""
    receivers: list[Receiver] = []
    names: list[str] = []
    for subscriber in subscribers:
        receiver = _receiver(call, message, subscriber)
        if receiver is not None:
            receivers.append(receiver)
            names.append(subscriber.session.client_id)
    rest = len(names) - _MOST_NAMED
    told = ", ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
    call.span.note("received by", told or "nobody")
    return tuple(receivers)


def _receiver(call: Call, message: Publication, subscriber: Subscriber) -> Receiver | None:
    """How one session gets the message; None where it is away and at QoS 0 misses it."""
    session = subscriber.session
    qos = min(message.qos, subscriber.qos)
    retain = message.retain and subscriber.retain_as_published
    queued = 0
    if qos and session.expiry:
        queued = put_in_inbox(call, session, message, retain)
    elif session.connection is None:
        return None
    return Receiver(session.connection or "", qos, retain, queued)
