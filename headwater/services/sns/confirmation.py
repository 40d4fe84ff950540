"""Asking an HTTP endpoint whether it wants to be subscribed.

https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-confirmation-json.html
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlencode

from headwater.services.sns.notification import layout, timestamp
from headwater.services.sns.outgoing import post
from headwater.services.sns.signing import find_signer
from headwater.spine.deliveries import Delivery, Policy, delivery
from headwater.spine.operations import Call

_POLICY = Policy(attempts=4, backoff=20_000, rate=1.0, most=20_000)


def ask_for_confirmation(call: Call, topic: str, subscription: str, endpoint: str, token: str) -> None:
    payload = {"topic": topic, "subscription": subscription, "token": token, "message": call.ids.uuid()}
    call.deliver("sns.confirmation", payload, target=endpoint, policy=_POLICY)


@delivery("sns.confirmation")
def deliver_confirmation(call: Call, item: Delivery) -> Coroutine[Any, Any, None]:
    topic, token = item.payload["topic"], item.payload["token"]
    call.span.subject = item.payload["subscription"]
    query = urlencode({"Action": "ConfirmSubscription", "TopicArn": topic, "Token": token})
    members = {
        "Type": "SubscriptionConfirmation",
        "MessageId": item.payload["message"],
        "Token": token,
        "TopicArn": topic,
        "Message": f"You have chosen to subscribe to the topic {topic}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message.",
        "SubscribeURL": f"{call.endpoint}/?{query}",
        "Timestamp": timestamp(call.now),
    }
    members |= {
        "SignatureVersion": "1",
        "Signature": find_signer(call).sign(members, "1"),
        "SigningCertURL": f"{call.endpoint}/SimpleNotificationService.pem",
    }
    headers = {
        "x-amz-sns-message-type": "SubscriptionConfirmation",
        "x-amz-sns-message-id": item.payload["message"],
        "x-amz-sns-topic-arn": topic,
    }
    return post(item.target, headers, layout(members))
