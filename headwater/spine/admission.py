"""Whether the policy of a queue, topic or function, and that of its key, let another AWS service use it, in whatever
account.

Where AWS asks no such policy (a role is assumed), nobody asks here. Without ``Engine.enforces_policies`` an answer of
no is told by whoever explains, and hinders nothing.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
"""

from __future__ import annotations

from typing import NamedTuple

from headwater.languages.policies.resource_policies import allows, allows_on_condition
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

# what a span or verdict says of what works here and would not there
NOTE = "AWS would refuse this"
_REGIONAL = frozenset({"logs"})  # services that policies may also name with a region
_FOR_OWNERS = frozenset({"cloudwatch"})  # that come as whoever owns what they come for
KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
"""What it takes to send to something that is encrypted."""
_ACTIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}


class Visitor(NamedTuple):
    """Who comes: a service (``events``), for a resource of its own (the ARN of a rule), of an account."""

    service: str
    source: str
    account: str

    @property
    def principal(self) -> str:
        return f"{self.service}.amazonaws.com"


class Refusal(NamedTuple):
    """What a visitor may not do, to what (an ARN), and why."""

    action: str
    resource: str
    why: str


def admit(call: Call, target: str, visitor: Visitor) -> None:
    """AwsError where policies are enforced and the target's, or its key's, does not let the visitor in."""
    if call.engine.enforces_policies and (refused := refused_to(call, target, visitor)) is not None:
        action, resource, _ = refused
        raise AwsError(
            "AccessDenied" if resource == target else "KmsAccessDenied",
            f"User: {visitor.principal} is not authorized to perform: {action} on resource: {resource} because no "
            f"resource-based policy allows the {action} action",
            403,
        )


def refusal(call: Call, target: str, visitor: Visitor) -> str | None:
    """Why a policy does not let the visitor in, and what it lacks; None where it does, or where there is no target."""
    refused = refused_to(call, target, visitor)
    return None if refused is None else refused.why


def refused_to(call: Call, target: str, visitor: Visitor) -> Refusal | None:
    """What the visitor may not do there; None where it may, or where there is no target."""
    arn = parse_arn(target)
    if arn is None or arn.service not in _ACTIONS:
        return None
    told = call.ask(arn.service, "ResourcePolicy", {"Arn": target})
    if not told:
        return None
    asked, names = _asked(visitor), _names(visitor, arn.region)
    policy, action = told["Policy"], _ACTIONS[arn.service]
    if not any(allows(policy, name, action, target, asked) for name in names):
        if any(allows_on_condition(policy, name, action, target) for name in names):
            why = f"the policy of {target} lets {visitor.principal} in, but not for {visitor.source}"
        else:
            why = f"the policy of {target} allows no {visitor.principal} ({action} for {visitor.source})"
        return Refusal(action, target, why)
    return refused_by_key(call, arn, told["Key"], visitor) if told.get("Key") else None


def _asked(visitor: Visitor) -> dict[str, str]:
    asked = {
        "aws:SourceArn": visitor.source,
        "aws:SourceAccount": visitor.account,
        "aws:PrincipalServiceName": visitor.principal,
        "aws:PrincipalIsAWSService": "true",
        "aws:SecureTransport": "true",
    }
    if visitor.service in _FOR_OWNERS:
        asked["aws:SourceOwner"] = visitor.account
    return asked


def _names(visitor: Visitor, region: str) -> list[str]:
    regional = visitor.service in _REGIONAL
    return [visitor.principal, *([f"{visitor.service}.{region}.amazonaws.com"] if regional else [])]


def refused_by_key(
    call: Call, target: Arn, key: str, visitor: Visitor, actions: tuple[str, ...] = KEY_ACTIONS
) -> Refusal | None:
    """The key of KMS with which the target is encrypted has to let the visitor in as well.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    """
    told = call.ask("kms", "ResourcePolicy", {"Arn": key, "Account": target.account, "Region": target.region})
    if not told:
        return None  # there is none, of which KMS tells
    policy, resource, principal = told["Policy"], told["Arn"], visitor.principal
    names = _names(visitor, target.region)
    asked = {
        **_asked(visitor),
        "kms:ViaService": f"{target.service}.{target.region}.amazonaws.com",
        f"kms:EncryptionContext:aws:{target.service}:arn": str(target),
        f"kms:EncryptionContext:aws:{target.service}:topicArn": str(target),
    }
    lacking = [each for each in actions if not any(allows(policy, name, each, resource, asked) for name in names)]
    if not lacking:
        return None
    if key.startswith("alias/aws/"):
        why = f"{target} is encrypted with {key}, AWS's own key, which lets no service in: take a key of your own"
    elif any(allows_on_condition(policy, name, lacking[0], resource) for name in names):
        why = f"the policy of {resource}, the key of {target}, lets {principal} in, but not for {visitor.source}"
    else:
        why = f"the policy of {resource}, the key of {target}, allows no {principal} ({', '.join(lacking)})"
    return Refusal(lacking[0], resource, why)
