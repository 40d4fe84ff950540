"""What roles may do, for those who weigh it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from headwater.languages.policies import parse_policy
from headwater.languages.policies.permissions import Permissions
from headwater.languages.policies.statements import Statement
from headwater.services.iam import tables
from headwater.services.iam.errors import no_such_entity
from headwater.services.iam.managed import managed_document
from headwater.services.iam.policies import find_policy, find_version
from headwater.services.iam.principals import Principal, arn_of
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_MOST_ATTACHED = 1000
_MOST_REMEMBERED = 10_000
# what requests have that a service makes for another customer's resource, or a user, and a session of a role never
_ABSENT = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceowner", "aws:username")


class PermissionsMemory:
    """Permissions by principals, and the trust policies of roles by their ARNs. Whatever changes a role or a policy
    clears it."""

    def __init__(self) -> None:
        self.permissions: dict[str, Permissions | None] = {}
        self.trust: dict[str, str | None] = {}

    def clear(self) -> None:
        self.permissions.clear()
        self.trust.clear()


@operation("iam", "Permissions", internal=True, reads=True)
def permissions(call: Call, request: Request) -> Result:
    """``{"Permissions": …}`` of the role in which a principal (``arn:aws:sts::…:assumed-role/NAME/SESSION``) is; None
    where there is no such role."""
    principal: str = request["Principal"]
    known: dict[str, Permissions | None] = call.memory.permissions
    if principal not in known:
        if len(known) >= _MOST_REMEMBERED:  # sessions may each have another name
            known.clear()
        known[principal] = _find(call, principal)
    return {"Permissions": known[principal]}


@operation("iam", "TrustPolicy", internal=True, reads=True)
def trust_policy(call: Call, request: Request) -> Result:
    """``{"Policy": …}``, the trust policy of the role ``RoleArn``, of whichever account here; None where there is no
    such role."""
    known: dict[str, str | None] = call.memory.trust
    arn: str = request["RoleArn"]
    if arn not in known:
        if len(known) >= _MOST_REMEMBERED:
            known.clear()
        known[arn] = _find_trust(call, arn)
    return {"Policy": known[arn]}


def _find_trust(call: Call, text: str) -> str | None:
    arn = parse_arn(text)
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        return None
    row = call.store.one(tables.SELECT_PRINCIPAL, (arn.account, "role", arn.name))
    role = None if row is None else Principal(*row)
    # one on another path is another role
    return role.trust if role is not None and f"role{role.path}{role.name}" == arn.resource else None


def _find(call: Call, principal: str) -> Permissions | None:
    arn = parse_arn(principal)
    if arn is None or arn.resource.count("/") < 2:  # of a token that somebody else made
        return None
    _, name, session = arn.resource.split("/", 2)
    row = call.store.one(tables.SELECT_PRINCIPAL, (arn.account, "role", name))
    if row is None:
        return None
    role = Principal(*row)
    there = Call(call.engine, call.caller._replace(account=arn.account), call.now, call.span, call.memory)
    documents = list(_documents(there, name))
    boundary = None if role.boundary is None else _managed(there, role.boundary)
    values = {
        "aws:principalarn": (arn_of(there, "role", role),),
        "aws:principalaccount": (arn.account,),
        "aws:principaltype": ("AssumedRole",),
        "aws:userid": (f"{role.id}:{session}",),
        "aws:securetransport": ("true",),  # as it will be on AWS
        "aws:viaawsservice": ("false",),
        "aws:principalisawsservice": ("false",),
        **dict.fromkeys(_ABSENT, ()),
        "aws:principaltag/": (),
        **{f"aws:principaltag/{key.lower()}": (value,) for key, value in orjson.loads(role.tags).items()},
    }
    return Permissions(
        [each for document in documents if document is not None for each in parse_policy(document)],
        _boundary(role, boundary),
        None not in documents and (role.boundary is None or boundary is not None),
        values,
    )


def _boundary(role: Principal, document: str | None) -> tuple[Statement, ...] | None:
    return None if role.boundary is None or document is None else parse_policy(document)


def _documents(call: Call, role: str) -> Iterator[str | None]:
    """Of the policies of a role, None for one whose document is not known."""
    key = (call.account, "role", role)
    for (name,) in call.store.all(tables.SELECT_INLINE_NAMES, (*key, "", _MOST_ATTACHED)):
        for (document,) in call.store.all(tables.SELECT_INLINE, (*key, name)):
            yield document
    for (arn,) in call.store.all(tables.SELECT_ATTACHED, (*key, "", _MOST_ATTACHED)):
        yield _managed(call, arn)


def _managed(call: Call, arn: str) -> str | None:
    try:
        policy = find_policy(call, arn)
        if policy is None:
            return managed_document(arn)
        return find_version(call, policy, arn, f"v{policy.default_version}")[1]
    except AwsError as error:
        if error.code != no_such_entity("").code:
            raise
        return None  # a boundary that was deleted since
