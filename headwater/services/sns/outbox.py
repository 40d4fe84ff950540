"""What would have left for people and their devices, e-mails, text messages and pushes, is kept here instead."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.sns import tables
from headwater.services.sns.delivery import envelope, give_up
from headwater.spine.deliveries import Delivery, Failed, delivery
from headwater.spine.operations import Call, Request, Result, operation

_KINDS = {"sms": "sms", "email": "email", "email-json": "email-json", "application": "push"}
_MOST = 1000
SENDER = "AWS Notifications"


def post_out(
    call: Call,
    kind: str,
    address: str,
    body: str,
    *,
    sender: str | None = None,
    subject: str | None = None,
    topic: str | None = None,
    message_id: str | None = None,
    attributes: dict[str, Any] | None = None,
) -> None:
    """Keep a message as sent. ``kind``: sms, email, email-json or push."""
    row = (call.new_id(), call.account, call.region, kind, address, sender, subject, body, topic, message_id)
    call.store.run(tables.INSERT_SENT, (*row, orjson.dumps(attributes or {}).decode(), call.now))
    call.signal(("sns", "outbox"))


@delivery("sns.outbox", exhausted=give_up)
def deliver_to_outbox(call: Call, item: Delivery) -> None:
    """A notification for a person's address or a device."""
    payload = item.payload
    members, kind = payload["members"], _KINDS[payload["protocol"]]
    call.span.subject = payload["subscription"]
    common: dict[str, Any] = {"topic": members["TopicArn"], "message_id": members["MessageId"]}
    common["attributes"] = payload["enveloped"]
    if kind == "sms":
        if is_opted_out(call, item.target):
            raise Failed("OptedOut", f"{item.target} is opted out.", retry=False)
        post_out(call, kind, item.target, payload["body"], **common)
        return
    if kind == "push":
        post_out(call, kind, item.target, payload["body"], subject=members.get("Subject"), **common)
        return
    common |= {"sender": payload["sender"] or SENDER, "subject": members.get("Subject") or "AWS Notification Message"}
    body = envelope(call, payload) if kind == "email-json" else _as_email(payload["body"], payload["unsubscribe"])
    post_out(call, kind, item.target, body, **common)


def _as_email(text: str, unsubscribe: str) -> str:
    return f"{text}\n\n--\nTo stop receiving notifications from this topic, visit:\n{unsubscribe}\n"


def is_opted_out(call: Call, number: str) -> bool:
    row = call.store.one(tables.FIND_NUMBER, (call.account, call.region, number))
    return row is not None and bool(row[0])


@operation("sns", "ListOutbox", internal=True, reads=True)
def list_outbox(call: Call, request: Request) -> Result:
    """What was sent, of all accounts and regions, the newest first: ``After`` an id, ``MaxResults`` of them."""
    number = min(request.get("MaxResults") or _MOST, _MOST)
    return {"Messages": [_shown(row) for row in call.store.all(tables.SENT, (request.get("After") or 0, number))]}


@operation("sns", "ClearOutbox", internal=True)
def clear_outbox(call: Call, request: Request) -> Result:
    """Forget what was sent of the ``Kinds``: the one of an ``Id``; or those of the caller's account and region, to the
    ``Address`` alone where there is one; or ``Everywhere``."""
    for kind in request["Kinds"]:
        if identity := request.get("Id"):
            call.store.run(tables.FORGET_ONE_SENT, (identity, kind))
        elif request.get("Everywhere"):
            call.store.run(tables.FORGET_ALL_SENT, (kind,))
        elif address := request.get("Address"):
            call.store.run(tables.FORGET_SENT_TO, (call.account, call.region, kind, address))
        else:
            call.store.run(tables.FORGET_SENT, (call.account, call.region, kind))
    return {}


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    identity, account, region, kind, address, sender, subject, body, topic, message_id, attributes, sent = row
    return {
        "id": str(identity),
        "at": sent,
        "kind": kind,
        "to": address,
        "from": sender,
        "subject": subject,
        "body": body,
        "topic": topic,
        "message": message_id,
        "attributes": orjson.loads(attributes),
        "account": account,
        "region": region,
    }
