"""Why the subscriptions of a topic took a message, or which field said no; computed when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.languages.patterns import SNS_ATTRIBUTES, SNS_BODY, InvalidPattern, compile_pattern
from headwater.services.sns import tables
from headwater.services.sns.errors import invalid
from headwater.services.sns.message_attributes import filterable, packed, unpacked
from headwater.services.sns.topic import SubscriptionRow
from headwater.spine import versions
from headwater.spine.operations import Call, Request, Result, operation

_MEMBERS = ("Subject", "MessageGroupId", "MessageDeduplicationId")


def recorded(message: Mapping[str, Any], text: str) -> str:
    """A message as its record keeps it, its ``default`` text being what filters see."""
    kept: dict[str, Any] = {"Message": text}
    for name in _MEMBERS:
        if (value := message.get(name)) is not None:
            kept[name] = value
    if attributes := message.get("MessageAttributes"):
        kept["MessageAttributes"] = packed(attributes)
    return orjson.dumps(kept).decode()


def visible(text: str) -> dict[str, Any] | None:
    """What filters of a body see: the message where it is a JSON object."""
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return parsed if type(parsed) is dict else None


def keep_version(call: Call, topic: str, arn: str) -> None:
    """A subscription has changed: messages to come are explained by what stands now."""
    row = call.store.one(tables.FIND_SUBSCRIPTION, (arn,))
    versions.keep(call, topic, arn, None if row is None else _definition(SubscriptionRow(*row)))


def _definition(row: SubscriptionRow) -> dict[str, Any]:
    attributes = orjson.loads(row.attributes)
    return {
        "protocol": row.protocol,
        "endpoint": row.endpoint,
        "filter": attributes.get("FilterPolicy"),
        "scope": attributes.get("FilterPolicyScope"),
        "confirmed": bool(row.confirmed),
    }


@operation("sns", "ExplainMessage", internal=True, reads=True)
def explain_message(call: Call, request: Request) -> Result:
    """What each subscription says of a ``Message`` (as :func:`recorded`, parsed) to a topic: of those that stood when
    the row of the id ``At`` was written, or that stand now. Those that said no come nearest first."""
    call.span.kept = False
    topic, at = request["TopicArn"], request.get("At")
    rows = [SubscriptionRow(*row) for row in call.store.all(tables.SUBSCRIPTIONS_OF_TOPIC, (topic,))]
    now = {row.arn: _definition(row) for row in rows}
    standing = now if at is None else versions.standing_at(call.store, topic, at, now)
    verdicts = [_verdict(arn, definition, request["Message"]) for arn, definition in standing.items()]
    verdicts.sort(key=lambda verdict: (verdict["state"] != "matched", verdict["failed"], verdict["arn"]))
    result: Result = {"Channel": topic, "Verdicts": verdicts, "Count": len(verdicts)}
    if call.store.one(tables.FIND_TOPIC, (topic,)) is None:
        result["Problem"] = f"There is no topic {topic}."
    return result


def _verdict(arn: str, definition: dict[str, Any], message: Mapping[str, Any]) -> dict[str, Any]:
    verdict: dict[str, Any] = {
        "kind": "subscription",
        "arn": arn,
        "name": arn.rpartition(":")[2],
        "targets": [{"id": definition["protocol"], "arn": definition["endpoint"]}],
        "failed": 0,
    }
    if not definition["confirmed"]:
        return verdict | {"state": "not confirmed", "reason": "the subscription is not confirmed"}
    if not definition["filter"] or definition["filter"] == "{}":
        return verdict | {"state": "matched", "reason": ""}
    return verdict | _by_filter(definition["filter"], definition["scope"], message)


def _by_filter(policy: str, scope: str | None, message: Mapping[str, Any]) -> dict[str, Any]:
    body = scope == "MessageBody"
    pattern = compile_pattern(policy, SNS_BODY if body else SNS_ATTRIBUTES)
    attributes = message.get("MessageAttributes") or {}
    seen = visible(message["Message"]) if body else filterable(unpacked(attributes))
    if seen is None:
        fields = sum(len(branch.fields) for branch in pattern.branches)
        return {"state": "not matched", "reason": "the message is no JSON object", "failed": fields}
    explanation = pattern.explain(seen)
    state = "matched" if explanation.matched else "not matched"
    told = {"failed": explanation.failed, "explanation": explanation.shown()}
    return {"state": state, "reason": explanation.reason(), **told}


@operation("sns", "TryFilterPolicy", internal=True, reads=True)
def try_filter_policy(call: Call, request: Request) -> Result:
    """What a ``FilterPolicy`` says of ``Messages`` (as :func:`recorded`, parsed), one after the other."""
    call.span.kept = False
    policy, scope = request["FilterPolicy"], request.get("FilterPolicyScope")
    try:
        compile_pattern(policy, SNS_BODY if scope == "MessageBody" else SNS_ATTRIBUTES)
    except InvalidPattern as refusal:
        raise invalid(refusal.message) from None
    found = [_by_filter(policy, scope, message) for message in request["Messages"]]
    return {"Verdicts": [verdict | {"matched": verdict["state"] == "matched"} for verdict in found]}
