"""Asking whether somebody wants to be subscribed, and telling that a subscription has ended.

https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-confirmation-json.html
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlencode

import orjson

from headwater.services.sns import tables
from headwater.services.sns.explaining import keep_version
from headwater.services.sns.notification import layout, timestamp
from headwater.services.sns.outbox import SENDER, post_out
from headwater.services.sns.outgoing import post
from headwater.services.sns.signing import certificate_url, find_signer
from headwater.services.sns.topic import SubscriptionRow
from headwater.spine.deliveries import Delivery, Policy, delivery
from headwater.spine.operations import Call

_POLICY = Policy(attempts=4, backoff=20_000, rate=1.0, most=20_000)
# https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html: tokens are valid for two days
_TOKEN_MILLISECONDS = 2 * 86_400_000
_CONFIRM, _CANCELLED = "SubscriptionConfirmation", "UnsubscribeConfirmation"


def expire_later(call: Call, subscription: str) -> int:
    """The timer after which a subscription that nobody has confirmed goes."""
    payload = {"subscription": subscription}
    return call.deliver("sns.expiry", payload, target=subscription, due=call.now + _TOKEN_MILLISECONDS)


@delivery("sns.expiry")
def expire(call: Call, item: Delivery) -> None:
    row = call.store.one(tables.FIND_SUBSCRIPTION, (item.payload["subscription"],))
    if row is not None and not SubscriptionRow(*row).confirmed:
        call.store.run(tables.DELETE_SUBSCRIPTION, (row[0],))
        keep_version(call, SubscriptionRow(*row).topic, row[0])


def ask_for_confirmation(call: Call, row: SubscriptionRow) -> None:
    """Of an HTTP endpoint by a request, of a person by an e-mail."""
    _leave(call, row, _CONFIRM, row.token or "")


def tell_of_cancellation(call: Call, row: SubscriptionRow) -> None:
    """So that what was not meant can be undone: with the new token the subscription comes back."""
    token = call.ids.hex(320)
    restored = orjson.dumps([*row]).decode()
    call.store.run(tables.INSERT_CANCELLED, (token, row.topic, restored))
    _leave(call, row, _CANCELLED, token)


def _leave(call: Call, row: SubscriptionRow, kind: str, token: str) -> None:
    payload = {
        "topic": row.topic,
        "subscription": row.arn,
        "token": token,
        "message": call.ids.uuid(),
        "type": kind,
        "protocol": row.protocol,
    }
    call.deliver("sns.confirmation", payload, target=row.endpoint, policy=_POLICY)


@delivery("sns.confirmation")
def deliver_confirmation(call: Call, item: Delivery) -> Coroutine[Any, Any, None] | None:
    payload = item.payload
    call.span.subject = payload["subscription"]
    members = _members(call, payload)
    if payload["protocol"].startswith("email"):
        _send_email(call, item, members)
        return None
    headers = {
        "x-amz-sns-message-type": payload["type"],
        "x-amz-sns-message-id": payload["message"],
        "x-amz-sns-topic-arn": payload["topic"],
    }
    return post(call.span, item.target, headers, layout(members))


def _members(call: Call, payload: dict[str, Any]) -> dict[str, str]:
    topic, token = payload["topic"], payload["token"]
    query = urlencode({"Action": "ConfirmSubscription", "TopicArn": topic, "Token": token})
    text = (
        f"You have chosen to subscribe to the topic {topic}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    )
    if payload["type"] == _CANCELLED:
        text = (
            f"You have chosen to deactivate subscription {payload['subscription']}.\n"
            "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
        )
    members = {
        "Type": payload["type"],
        "MessageId": payload["message"],
        "Token": token,
        "TopicArn": topic,
        "Message": text,
        "SubscribeURL": f"{call.endpoint}/?{query}",
        "Timestamp": timestamp(call.now),
    }
    return members | {
        "SignatureVersion": "1",
        "Signature": find_signer(call).sign(members, "1"),
        "SigningCertURL": certificate_url(call),
    }


def _send_email(call: Call, item: Delivery, members: dict[str, str]) -> None:
    payload = item.payload
    subject = "AWS Notification - " + (
        "Subscription Confirmation" if payload["type"] == _CONFIRM else "Unsubscribe Confirmation"
    )
    body = layout(members)
    if payload["protocol"] == "email":
        first = members["Message"].partition("\n")[0]
        body = f"{first}\n\nTo confirm, visit the link below:\n{members['SubscribeURL']}\n"
        if payload["type"] == _CANCELLED:
            body = f"{first}\n\nTo restore the subscription, visit the link below:\n{members['SubscribeURL']}\n"
    names = {"sender": SENDER, "subject": subject, "topic": payload["topic"], "message_id": payload["message"]}
    post_out(call, payload["protocol"], item.target, body, **names)
