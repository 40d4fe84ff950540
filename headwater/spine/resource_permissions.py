"""What the policy of a resource itself says of a principal of the same account: it may let one in whom IAM gives
nothing, and shut out whoever it names.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.permissions import Permissions
from headwater.languages.policies.statements import Statement, parse_policy
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.authorization import Access
from headwater.spine.operations import Call

_MOST_REMEMBERED = 10_000
_WITH_POLICIES = frozenset({"dynamodb", "events", "kms", "lambda", "s3", "secretsmanager", "sns", "sqs"})


class Says(Enum):
    NOTHING = ""
    LETS_IN = "lets in"
    LETS_ROLE_IN = "lets in the session's role, which its boundary and its own policies still limit"
    SHUTS_OUT = "with an explicit deny in a resource-based policy"
    KEEPS_OUT = "does not let IAM's policies decide, as policies of keys have to"


def what_resource_says(
    call: Call, principal: str, access: Access, permissions: Permissions, asked: Mapping[str, tuple[str, ...]]
) -> Says:
    """``permissions`` are the principal's, which remember what one policy said once; ``asked``: condition keys of the
    request. Where something is not known it is taken to let in, and not to shut out."""
    arn = parse_arn(access.resource) if access.resource else None
    if arn is None or arn.service not in _WITH_POLICIES:
        return Says.NOTHING
    policy: str | None = call.ask(arn.service, "ResourcePolicy", {"Arn": access.resource}).get("Policy")
    if not policy:
        return Says.NOTHING
    key = (policy, access, *asked.items())
    said: Says | None = permissions.said.get(key)
    if said is None:
        values = {**permissions.values, **asked} if asked else permissions.values
        said = _weigh(policy, principal, access, arn, values)
        if len(permissions.said) < _MOST_REMEMBERED:
            permissions.said[key] = said
    return said


def _weigh(policy: str, principal: str, access: Access, arn: Arn, values: Mapping[str, tuple[str, ...]]) -> Says:
    (own,) = values["aws:principalarn"]
    (account,) = values["aws:principalaccount"]
    circumstances = Circumstances(values, complete=False)
    everybody = (principal, own, account, f"arn:{arn.partition}:iam::{account}:root")
    # a key is its account's only where its policy says so
    said = Says.KEEPS_OUT if arn.service == "kms" else Says.NOTHING
    for each in _of_principals(policy):
        if not each.is_for(*everybody):
            continue
        concerned = each.concerns(access.action, access.resource, circumstances)
        if not each.allows:
            if concerned:
                return Says.SHUTS_OUT
        elif concerned is not False and said is not Says.LETS_IN:
            if each.is_for(principal):
                said = Says.LETS_IN
            elif each.is_for(own):
                said = Says.LETS_ROLE_IN
            elif said is Says.KEEPS_OUT:
                said = Says.NOTHING
    # in another account it takes the principal's own policies too
    return Says.NOTHING if arn.account not in ("", account) else said


@lru_cache(maxsize=1024)
def _of_principals(policy: str) -> tuple[Statement, ...]:
    """The statements that may be for others than services."""
    return tuple(
        each
        for each in parse_policy(policy)
        if each.excepts_principals or not all(name.endswith(".amazonaws.com") for name in each.principals or ())
    )
