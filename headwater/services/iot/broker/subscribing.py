"""SUBSCRIBE and UNSUBSCRIBE, and the retained messages that a new subscription is given."""

from __future__ import annotations

from headwater.languages.mqtt import Reason
from headwater.languages.mqtt.limits import AWS_LIMITS
from headwater.languages.mqtt.packets import Subscribe, Subscription
from headwater.languages.mqtt.topics import SHARE_PREFIX, filter_problem, has_wildcard, split_shared
from headwater.services.iot.broker import tables
from headwater.services.iot.broker.inbox import put_in_inbox
from headwater.services.iot.broker.memory import Broker, Session, broker_of
from headwater.services.iot.broker.messages import Publication, properties_of
from headwater.services.iot.broker.presence import tell_topics
from headwater.services.iot.errors import unauthorized
from headwater.spine.operations import Call, Request, Result, operation


@operation("iot-mqtt", "Subscribe", internal=True)
def subscribe(call: Call, request: Request) -> Result:
    """A client's SUBSCRIBE.

    Request: SessionId, Packet. Result: Reasons, one for each filter (granted QoS or failure); Retained, messages
    to be sent now (Topic, Payload, Qos, Properties); Backlog, whether the inbox has something new.
    """
    packet: Subscribe = request["Packet"]
    broker = broker_of(call)
    session = broker.sessions.get(request["SessionId"])
    if session is None:
        raise unauthorized("The session has ended.")
    reasons: list[int] = []
    retained: list[Result] = []
    backlog = False
    for wanted in packet.subscriptions:
        refusal = _refusal(broker, session, wanted)
        if refusal is not None:
            reasons.append(refusal)
            call.span.note(wanted.filter, refusal.name)
            continue
        options = (wanted.qos, int(wanted.no_local), int(wanted.retain_as_published))
        call.store.run(tables.SUBSCRIBE, (session.id, wanted.filter, *options))
        is_new = broker.subscribe(session, wanted.filter, wanted.qos, wanted.no_local, wanted.retain_as_published)
        reasons.append(wanted.qos)
        message = _retained_for(call, session, wanted, is_new)
        if message is None:
            continue
        if message.qos and session.expiry:
            put_in_inbox(call, session, message, retain=True)
            backlog = True
        else:
            told = {"Topic": message.topic, "Payload": message.payload, "Qos": message.qos}
            retained.append(told | {"Properties": message.properties})
    granted = [item.filter for item, reason in zip(packet.subscriptions, reasons, strict=True) if reason < 0x80]
    tell_topics(call, broker, session, "subscribed", granted)
    return {"Reasons": reasons, "Retained": retained, "Backlog": backlog}


def _refusal(broker: Broker, session: Session, wanted: Subscription) -> Reason | None:
    if filter_problem(wanted.filter):
        return Reason.TOPIC_FILTER_INVALID
    if not session.may("iot:Subscribe", "topicfilter", split_shared(wanted.filter).filter):
        return Reason.NOT_AUTHORIZED
    filters = broker.filters_of(session)
    if wanted.filter not in filters and len(filters) >= AWS_LIMITS.subscriptions_per_connection:
        return Reason.QUOTA_EXCEEDED
    return None


def _retained_for(call: Call, session: Session, wanted: Subscription, is_new: bool) -> Publication | None:
    """The retained message that a subscription is due: only where its filter is the very topic."""
    if wanted.retain_handling == 2 or (wanted.retain_handling == 1 and not is_new):
        return None
    if wanted.filter.startswith(SHARE_PREFIX) or has_wildcard(wanted.filter):
        return None
    if not session.may("iot:Receive", "topic", wanted.filter):
        return None
    row = call.store.one(tables.RETAINED, (call.account, call.region, wanted.filter, call.now))
    if row is None:
        return None
    payload, qos, properties, _, expires = row
    return Publication(wanted.filter, payload, min(qos, wanted.qos), True, properties_of(properties, expires, call.now))


@operation("iot-mqtt", "Unsubscribe", internal=True)
def unsubscribe(call: Call, request: Request) -> Result:
    """A client's UNSUBSCRIBE. Request: SessionId, Filters. Result: Reasons."""
    broker = broker_of(call)
    session = broker.sessions.get(request["SessionId"])
    if session is None:
        raise unauthorized("The session has ended.")
    reasons: list[int] = []
    for given in request["Filters"]:
        existed = call.store.run(tables.UNSUBSCRIBE, (session.id, given)) > 0
        broker.unsubscribe(session, given)
        reasons.append(Reason.SUCCESS if existed else Reason.NO_SUBSCRIPTION_EXISTED)
    gone = [given for given, reason in zip(request["Filters"], reasons, strict=True) if reason == Reason.SUCCESS]
    tell_topics(call, broker, session, "unsubscribed", gone)
    return {"Reasons": reasons}
