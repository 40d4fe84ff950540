"""Whether the policy of a queue, topic or function lets another AWS service use it, in whatever account.

Where AWS asks no such policy (a role is assumed), nobody asks here. Without ``Engine.enforces_policies`` an answer of
no is told by whoever explains, and hinders nothing.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
"""

from __future__ import annotations

from typing import NamedTuple

from headwater.languages.policies.resource_policies import allows, allows_on_condition
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

# what a span or verdict says of what works here and would not there
NOTE = "AWS would refuse this"
_REGIONAL = frozenset({"logs"})  # services that policies may also name with a region
_ACTIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}


class Visitor(NamedTuple):
    """Who comes: a service (``events``), for a resource of its own (the ARN of a rule), of an account."""

    service: str
    source: str
    account: str

    @property
    def principal(self) -> str:
        return f"{self.service}.amazonaws.com"


def admit(call: Call, target: str, visitor: Visitor) -> None:
    """AwsError where policies are enforced and the target's does not let the visitor in."""
    if call.engine.enforces_policies and refusal(call, target, visitor) is not None:
        action = _ACTIONS[target.split(":")[2]]
        raise AwsError(
            "AccessDenied",
            f"User: {visitor.principal} is not authorized to perform: {action} on resource: {target} because no "
            f"resource-based policy allows the {action} action",
            403,
        )


def refusal(call: Call, target: str, visitor: Visitor) -> str | None:
    """Why a policy does not let the visitor in, and what it lacks; None where it does, or where there is no target."""
    arn = parse_arn(target)
    if arn is None or arn.service not in _ACTIONS:
        return None
    told = call.ask(arn.service, "ResourcePolicy", {"Arn": target})
    if not told:
        return None
    policy, action = told["Policy"], _ACTIONS[arn.service]
    asked = {
        "aws:SourceArn": visitor.source,
        "aws:SourceAccount": visitor.account,
        "aws:PrincipalServiceName": visitor.principal,
        "aws:PrincipalIsAWSService": "true",
        "aws:SecureTransport": "true",
    }
    names = [visitor.principal]
    if visitor.service in _REGIONAL:
        names.append(f"{visitor.service}.{arn.region}.amazonaws.com")
    if any(allows(policy, name, action, target, asked) for name in names):
        return None
    if any(allows_on_condition(policy, name, action, target) for name in names):
        return f"the policy of {target} lets {visitor.principal} in, but not for {visitor.source}"
    return f"the policy of {target} allows no {visitor.principal} ({action} for {visitor.source})"
