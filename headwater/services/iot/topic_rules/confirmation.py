"""Asking an endpoint whether it wants to be a topic rule destination, and its answer.

https://docs.aws.amazon.com/iot/latest/developerguide/http-action-destination.html
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson

from headwater.services.iot.errors import invalid_request
from headwater.services.iot.topic_rules import tables
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.outgoing import NOTED_BYTES, Unreachable, note_answer, send
from headwater.spine.spans import Span
from headwater.spine.timestamps import iso8601_milliseconds

IN_PROGRESS = "IN_PROGRESS"
_MESSAGE_TYPE = "DestinationConfirmation"
_SECONDS, _PATIENCE = 4.0, 0.5
_TOKEN_MILLISECONDS = 3 * 86_400_000


def leave_confirmation(call: Call, arn: str, url: str, token: str) -> str:
    """Leave the request to be sent, and the end of its token, after three days. Gives the reason of the status."""
    asked = {"arn": arn, "token": token, "sent": iso8601_milliseconds(call.now)}
    call.deliver("iot.confirmation", asked, target=url)
    call.deliver("iot.confirmation_end", asked, target=arn, due=call.now + _TOKEN_MILLISECONDS)
    return _awaiting(asked, "; no response received from the endpoint.")


def _awaiting(asked: dict[str, str], outcome: str) -> str:
    return f"Awaiting confirmation. Confirmation message sent on {asked['sent']}{outcome}"


@delivery("iot.confirmation")
def ask_for_confirmation(call: Call, item: Delivery) -> Coroutine[Any, Any, Callable[[Call], None]]:
    """Once: for another request the destination's status is set to IN_PROGRESS anew."""
    asked = item.payload
    call.span.subject = asked["arn"]
    enable = f"{call.endpoint}/confirmdestination/{asked['token']}"
    return _ask(call.span, item.target, asked, enable)


async def _ask(span: Span, url: str, asked: dict[str, str], enable: str) -> Callable[[Call], None]:
    arn, token = asked["arn"], asked["token"]
    headers = {
        "x-amz-rules-engine-message-type": _MESSAGE_TYPE,
        "x-amz-rules-engine-destination-arn": arn,
        "Content-Type": "application/json",
    }
    body = {"arn": arn, "confirmationToken": token, "enableUrl": enable, "messageType": _MESSAGE_TYPE}
    address = f"{url.removesuffix('/')}/?confirmationToken={token}"
    try:
        answer = await send(
            "POST", address, headers, orjson.dumps(body), seconds=_SECONDS, most=NOTED_BYTES, patience=_PATIENCE
        )
    except Unreachable as error:
        span.note("no answer", error.message)
        return lambda call: None
    note_answer(span, answer.status, answer.body)
    reason = _awaiting(asked, f". The destination responded with HTTP status code - {answer.status}.")
    return lambda call: _tell(call, asked, IN_PROGRESS, reason)


@delivery("iot.confirmation_end")
def end_confirmation(call: Call, item: Delivery) -> None:
    """Nobody has confirmed a destination as long as its token held."""
    call.span.subject = item.payload["arn"]
    _tell(call, item.payload, "ERROR", "The confirmation has timed out.")


def _tell(call: Call, asked: dict[str, str], status: str, reason: str | None) -> None:
    """Of a destination that still waits to be confirmed by that very token."""
    place = (call.account, call.region, asked["arn"].rpartition("/")[2])
    call.store.run(tables.TELL_OF_CONFIRMATION, (status, reason, call.now, *place, asked["token"]))


@operation("iot", "ConfirmTopicRuleDestination")
def confirm_topic_rule_destination(call: Call, request: Request) -> Result:
    """By the API, or by the link in the request, which nobody signs: the token tells whose destination it is.

    What is confirmed is DISABLED until it is enabled.
    https://docs.aws.amazon.com/iot/latest/apireference/API_ConfirmTopicRuleDestination.html
    """
    token = request.get("confirmationToken") or ""
    row = call.store.one(tables.DESTINATION_OF_TOKEN, (token,))
    if row is None:
        raise invalid_request("The confirmation token is not valid.")
    *place, status = row
    if status == "ERROR":
        raise invalid_request("The confirmation token has expired.")
    call.store.run(tables.TELL_OF_CONFIRMATION, ("DISABLED", None, call.now, *place, token))
    return {}
