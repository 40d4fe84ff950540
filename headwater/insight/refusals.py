"""What is delivered here and would be refused on AWS, for want of a statement in the target's policy."""

from __future__ import annotations

from typing import Any

from headwater.insight.kept_out import targets_of_rule
from headwater.spine.admission import NOTE, Visitor, refusal
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

_SENDERS = {"rule": "events", "subscription": "sns", "bucket": "s3", "alarm": "cloudwatch"}
_DELIVERIES = {
    "events.target": "rule",
    "monitoring.action": "alarm",
    "s3.notification": "bucket",
    "sns.subscription": "subscription",
}


def warn_of_refusals(call: Call, verdicts: list[dict[str, Any]]) -> None:
    """Add ``warnings`` to the verdicts of rules and subscriptions that took an event."""
    for verdict in verdicts:
        if verdict["state"] == "matched" and verdict["kind"] in _SENDERS:
            told = [
                _told(call, verdict["kind"], verdict["arn"], each["arn"], "role" in each) for each in verdict["targets"]
            ]
            warnings = [f"{NOTE}: {why}" for why in told if why is not None]
            if warnings:
                verdict["warnings"] = warnings
                verdict["reason"] = verdict["reason"] or warnings[0]


def note_refusals(call: Call, spans: list[dict[str, Any]]) -> None:
    """Add a note to each delivery to a target that would not have taken it; ``spans`` are as traces show them, ids as
    numbers."""
    deliveries = {span["id"]: span for span in spans if span["name"] in _DELIVERIES and span["subject"]}
    known: dict[tuple[str, str], str | None] = {}
    for span in spans:
        parent = deliveries.get(span["parent"])
        if parent is None or not span["subject"]:
            continue
        kind, key = _DELIVERIES[parent["name"]], (parent["subject"], span["subject"])
        if key not in known:
            known[key] = _of_delivery(call, kind, *key, parent["account"])
        if known[key] is not None:
            parent["notes"][NOTE] = known[key]


def _of_delivery(call: Call, kind: str, sender: str, target: str, account: str) -> str | None:
    """The same of what a span names: the ARN of who sent, and what took the delivery, without alias."""
    if kind in ("bucket", "alarm"):
        of_nobody = kind == "alarm" and ":lambda:" in target  # functions let others in than topics do
        return None if of_nobody else refusal(call, target, Visitor(_SENDERS[kind], sender, account))
    try:
        if kind == "rule":
            taken = [
                each
                for each in targets_of_rule(call, sender)
                if each["Arn"] == target or each["Arn"].startswith(f"{target}:")
            ]
        else:
            arn = parse_arn(sender)
            assert arn is not None  # SNS made it
            request = {"SubscriptionArn": sender}
            told = call.operation("sns", "GetSubscriptionAttributes", request, arn.account, arn.region)
            taken = [{"Arn": told["Attributes"]["Endpoint"]}]
    except AwsError:
        return None  # it is gone
    why = {_told(call, kind, sender, each["Arn"], "RoleArn" in each) for each in taken}
    return why.pop() if len(why) == 1 else None


def _told(call: Call, kind: str, sender: str, target: str, by_role: bool) -> str | None:
    if by_role:
        return None
    source = sender if kind == "rule" else sender.rpartition(":")[0]
    return refusal(call, target, Visitor(_SENDERS[kind], source, sender.split(":")[4]))
