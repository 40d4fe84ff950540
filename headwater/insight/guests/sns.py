"""What would have left for phones, devices and mailboxes, in the shapes in which helpers of tests read it.

https://docs.localstack.cloud/aws/services/sns/, https://docs.localstack.cloud/aws/services/ses/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from headwater.insight.doors import caller_of
from headwater.insight.guests.host import Host, Pages
from headwater.spine.engine import SYSTEM
from headwater.spine.errors import AwsError
from headwater.spine.numbers import whole
from headwater.spine.operations import Caller

_MOST = 1000
_EMAILS = ("email", "email-json")


async def _pushes(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    caller, endpoint = _caller(query), query.get("endpointArn")
    told: dict[str, list[dict[str, Any]]] = {} if endpoint is None else {endpoint: []}
    async for sent in _sent(host, caller, "push"):
        if endpoint in (None, sent["to"]):
            told.setdefault(sent["to"], []).append({"TargetArn": sent["to"], **_message(sent)})
    return {"platform_endpoint_messages": told, "region": caller.region}


async def _texts(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    caller, number = _caller(query), _number(query)
    told: dict[str, list[dict[str, Any]]] = {} if number is None else {number: []}
    async for sent in _sent(host, caller, "sms"):
        if number in (None, sent["to"]):
            message = {"PhoneNumber": sent["to"], "SubscriptionArn": None, **_message(sent)}
            told.setdefault(sent["to"], []).append(message)
    return {"sms_messages": told, "region": caller.region}


async def _forget_pushes(host: Host, query: Mapping[str, str], body: Any) -> None:
    await _forget(host, _caller(query), "push", query.get("endpointArn"))


async def _forget_texts(host: Host, query: Mapping[str, str], body: Any) -> None:
    await _forget(host, _caller(query), "sms", _number(query))


async def _token(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """By which a subscription is confirmed that waits for it."""
    arn = query["arn"]
    found = await host.engine.call("sns", "GetSubscriptionToken", {"SubscriptionArn": arn}, SYSTEM, None)
    if found["Token"] is None:
        raise AwsError("NotFound", f"The subscription {arn} has no token: it needs no confirmation.", 404)
    return {"subscription_token": found["Token"], "subscription_arn": arn}


async def _opt_out(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """A phone answers STOP."""
    asked = {**query, **(body if isinstance(body, dict) else {})}
    number = asked.get("phoneNumber")
    if not isinstance(number, str):
        raise AwsError("BadRequest", "Give a phoneNumber.")
    await host.engine.call("sns", "OptOutPhoneNumber", {"phoneNumber": number}, _caller(asked), None)
    return {"phoneNumber": number, "accountId": _caller(asked).account}


async def _emails(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """The e-mails of SNS's subscriptions, which LocalStack sends by SES; ``id``, and ``email``: the sender."""
    found = [sent for kind in _EMAILS async for sent in _sent(host, None, kind)]
    identity, sender = query.get("id"), query.get("email")
    return {
        "messages": [
            _email(sent)
            for sent in sorted(found, key=lambda sent: int(sent["id"]))
            if identity in (None, sent["id"]) and sender in (None, sent["from"])
        ]
    }


async def _forget_emails(host: Host, query: Mapping[str, str], body: Any) -> None:
    asked: dict[str, Any] = {"Kinds": _EMAILS, "Everywhere": True}
    if "id" in query:
        if (identity := whole(query["id"])) is None:
            raise AwsError("BadRequest", "The id is a message's, as it was told.")
        asked = {"Kinds": _EMAILS, "Id": identity}
    await host.engine.call("sns", "ClearOutbox", asked, SYSTEM, None)


async def _sent(host: Host, caller: Caller | None, kind: str) -> Any:
    """The latest of a kind, the oldest first; of one account and region, or of all."""
    told = await host.engine.call("sns", "ListOutbox", {"MaxResults": _MOST}, SYSTEM, None)
    for sent in _of(told["Messages"], caller, kind):
        yield sent


def _of(messages: list[dict[str, Any]], caller: Caller | None, kind: str) -> Iterator[dict[str, Any]]:
    for sent in reversed(messages):
        place = sent["account"], sent["region"]
        if sent["kind"] == kind and (caller is None or place == (caller.account, caller.region)):
            yield sent


async def _forget(host: Host, caller: Caller, kind: str, address: str | None) -> None:
    await host.engine.call("sns", "ClearOutbox", {"Kinds": (kind,), "Address": address}, caller, None)


def _caller(query: Mapping[str, Any]) -> Caller:
    return caller_of({"account": query.get("accountId"), "region": query.get("region")})


def _number(query: Mapping[str, str]) -> str | None:
    """A plus sign that was not encoded has become a blank."""
    number = query.get("phoneNumber")
    return None if number is None else number.replace(" ", "+")


def _message(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "TopicArn": sent["topic"],
        "MessageId": sent["message"],
        "Message": sent["body"],
        "MessageAttributes": sent["attributes"],
        "MessageStructure": None,
        "Subject": sent["subject"],
    }


def _email(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Id": sent["id"],
        "Region": sent["region"],
        "Timestamp": datetime.fromtimestamp(sent["at"] / 1000, UTC).replace(tzinfo=None).isoformat(),
        "Source": sent["from"],
        "Destination": {"ToAddresses": [sent["to"]]},
        "Subject": sent["subject"],
        "Body": {"text_part": sent["body"], "html_part": None},
    }


PAGES: Pages = {
    ("GET", "/_aws/sns/platform-endpoint-messages"): _pushes,
    ("DELETE", "/_aws/sns/platform-endpoint-messages"): _forget_pushes,
    ("GET", "/_aws/sns/sms-messages"): _texts,
    ("DELETE", "/_aws/sns/sms-messages"): _forget_texts,
    ("GET", "/_aws/sns/subscription-tokens/{arn}"): _token,
    ("POST", "/_aws/sns/phone-opt-outs"): _opt_out,
    ("GET", "/_aws/ses"): _emails,
    ("DELETE", "/_aws/ses"): _forget_emails,
}
