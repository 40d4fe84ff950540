"""Services that delivered here and that AWS would not let in: what policies of queues, topics, functions and keys lack.

Deliveries of late tell which rules, subscriptions and buckets there are; whether their targets let them in is asked
anew.
"""

from __future__ import annotations

from typing import Any

from headwater.spine.admission import Visitor, refused_to
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

_DELIVERED = """
SELECT name, subject, account, count(*), max(started), max(trace)
FROM (SELECT name, subject, account, started, trace FROM spans ORDER BY id DESC LIMIT ?) AS newest
WHERE name IN ('events.target', 'sns.subscription', 's3.notification') AND subject IS NOT NULL
GROUP BY name, subject, account
"""
_SERVICES = {"events.target": "events", "sns.subscription": "sns", "s3.notification": "s3"}
_DESTINATIONS = (
    ("QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "TopicArn"),
    ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
)


def kept_out(call: Call, most: int) -> list[dict[str, Any]]:
    """Each resource whose policy lacks a statement, as ``role``, with the ``sources`` that it is to let in; by the
    newest so many spans."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for name, subject, account, times, at, trace in call.store.all(_DELIVERED, (most,)):
        service = _SERVICES[name]
        source = subject.rpartition(":")[0] if service == "sns" else subject
        visitor = Visitor(service, source, account)
        for target in _targets(call, service, subject):
            refused = refused_to(call, target, visitor)
            if refused is None:
                continue
            what = {"role": refused.resource, "sessions": [visitor.principal], "action": refused.action}
            reason = f"because no resource-based policy allows the {refused.action} action"
            told = {"refused": call.engine.enforces_policies, "times": 0, "trace": trace, "at": at, "sources": []}
            key = (refused.resource, refused.action, service)
            entry = found.setdefault(key, {**what, "resource": refused.resource, "reason": reason, **told})
            entry["times"] += times
            entry["trace"], entry["at"] = max((entry["trace"], entry["at"]), (trace, at), key=lambda each: each[1])
            if source not in entry["sources"]:
                entry["sources"].append(source)
    return list(found.values())


def _targets(call: Call, service: str, subject: str) -> list[str]:
    """The ARNs to which it is delivered by the service itself, in nobody's role; none once the sender is gone."""
    arn = parse_arn(subject)
    try:
        if arn is None:
            return []
        if service == "events":
            return _of_rule(call, subject)
        if service == "sns":
            request = {"SubscriptionArn": subject}
            told = call.operation("sns", "GetSubscriptionAttributes", request, arn.account, arn.region)
            return [told["Attributes"]["Endpoint"]]
        told = call.operation("s3", "GetBucketNotificationConfiguration", {"Bucket": arn.resource})
        return [each[member] for kind, member in _DESTINATIONS for each in told.get(kind, ())]
    except AwsError:
        return []


def _of_rule(call: Call, rule: str) -> list[str]:
    return [each["Arn"] for each in targets_of_rule(call, rule) if "RoleArn" not in each]


def targets_of_rule(call: Call, rule: str) -> list[dict[str, Any]]:
    """The targets of a rule, by its ARN."""
    arn = parse_arn(rule)
    assert arn is not None  # EventBridge made it
    bus, _, name = arn.resource.removeprefix("rule/").rpartition("/")
    request = {"Rule": name, "EventBusName": bus or "default"}
    answer = call.operation("events", "ListTargetsByRule", request, arn.account, arn.region)
    targets: list[dict[str, Any]] = answer["Targets"]
    return targets
