"""What roles and users may do, and who may take on a role, for those who weigh it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from headwater.languages.policies import parse_policy
from headwater.languages.policies.permissions import BOUNDARY, IDENTITY, SESSION, Layer, Permissions
from headwater.services.iam import tables
from headwater.services.iam.documents import check_policy
from headwater.services.iam.errors import no_such_entity
from headwater.services.iam.managed import managed_document
from headwater.services.iam.policies import find_policy, find_version
from headwater.services.iam.principals import Principal, arn_of
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.session_tokens import Confined

_MOST_ATTACHED = 1000
_MOST_REMEMBERED = 10_000
# what requests have that a service makes for another customer's resource, and a principal's never
_ABSENT = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceowner")


class PermissionsMemory:
    """Permissions by principals, the trust policies of roles by their ARNs, and users by their access keys. Whatever
    changes a principal, a key or a policy clears it."""

    def __init__(self) -> None:
        self.permissions: dict[object, Permissions | None] = {}
        self.trust: dict[str, str | None] = {}
        self.owners: dict[str, tuple[str, bool] | None] = {}

    def clear(self) -> None:
        self.permissions.clear()
        self.trust.clear()
        self.owners.clear()


@operation("iam", "Permissions", internal=True, reads=True)
def permissions(call: Call, request: Request) -> Result:
    """``{"Permissions": …}`` of a principal: a user, or a session (``arn:aws:sts::…:assumed-role/NAME/SESSION``) by its
    role; None where there is none."""
    principal: str = request["Principal"]
    key: object = principal.key if isinstance(principal, Confined) else principal
    known: dict[object, Permissions | None] = call.memory.permissions
    if key not in known:
        if len(known) >= _MOST_REMEMBERED:  # sessions may each have another name
            known.clear()
        known[key] = _find(call, principal)
    return {"Permissions": known[key]}


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
    role = _principal(call, arn.account, "role", arn.name)
    # one on another path is another role
    return role.trust if role is not None and f"role{role.path}{role.name}" == arn.resource else None


@operation("iam", "CheckPolicy", internal=True, reads=True)
def check_session_policy(call: Call, request: Request) -> Result:
    """MalformedPolicyDocument where a session's ``PolicyDocument`` has not the form of one."""
    check_policy(request["PolicyDocument"])
    return {}


# ---- of principals


def _principal(call: Call, account: str, kind: str, name: str) -> Principal | None:
    row = call.store.one(tables.SELECT_PRINCIPAL, (account, kind, name))
    return None if row is None else Principal(*row)


def _find(call: Call, principal: str) -> Permissions | None:
    arn = parse_arn(principal)
    if arn is None:
        return None
    there = Call(call.engine, call.caller._replace(account=arn.account), call.now, call.span, call.memory)
    session = list(_session_layers(there, principal)) if isinstance(principal, Confined) else []
    kind, _, rest = arn.resource.partition("/")
    if kind == "assumed-role" and "/" in rest:  # otherwise it is of a token that somebody else made
        return _of_role(there, arn, session, principal)
    if kind == "user":
        return _of_user(there, arn, session)
    if isinstance(principal, Confined) and session and (issuer := parse_arn(principal.issuer)) is not None:
        return _of_federated(there, arn, issuer, session)
    return None


def _of_role(call: Call, arn: Arn, layers: list[Layer], principal: str) -> Permissions | None:
    _, name, session = arn.resource.split("/", 2)
    role = _principal(call, arn.account, "role", name)
    if role is None:
        return None
    tags = {**orjson.loads(role.tags), **(principal.tags if isinstance(principal, Confined) else {})}
    values = {
        **_values(arn_of(call, "role", role), "AssumedRole", f"{role.id}:{session}", arn.account, tags),
        "aws:username": (),
    }
    return Permissions([*_layers(call, "role", role), *layers], values)


def _of_user(call: Call, arn: Arn, layers: list[Layer]) -> Permissions | None:
    user = _principal(call, arn.account, "user", arn.name)
    if user is None or arn_of(call, "user", user) != str(arn):
        return None
    values = {
        **_values(str(arn), "User", user.id, arn.account, orjson.loads(user.tags)),
        "aws:username": (user.name,),
    }
    return Permissions([*_layers(call, "user", user), *layers], values)


def _of_federated(call: Call, arn: Arn, issuer: Arn, layers: list[Layer]) -> Permissions | None:
    """By the policies of the user who made the session, and the session's own."""
    values = {
        **_values(str(arn), "FederatedUser", f"{arn.account}:{arn.name}", arn.account, {}),
        "aws:username": (),
    }
    if not issuer.resource.startswith("user/"):
        return Permissions(layers, values)
    user = _principal(call, issuer.account, "user", issuer.name)
    return None if user is None else Permissions([*_layers(call, "user", user), *layers], values)


def _values(arn: str, kind: str, identity: str, account: str, tags: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {
        "aws:principalarn": (arn,),
        "aws:principalaccount": (account,),
        "aws:principaltype": (kind,),
        "aws:userid": (identity,),
        "aws:securetransport": ("true",),  # as it will be on AWS
        "aws:viaawsservice": ("false",),
        "aws:principalisawsservice": ("false",),
        "kms:calleraccount": (account,),
        "kms:viaservice": (),  # but where a service uses a key for somebody, who then says so
        **dict.fromkeys(_ABSENT, ()),
        "aws:principaltag/": (),
        **{f"aws:principaltag/{key.lower()}": (value,) for key, value in tags.items()},
    }


# ---- layers


def _layer(kind: str, documents: Iterable[str | None]) -> Layer:
    """A document is None where it is not known."""
    listed = list(documents)
    statements = [each for document in listed if document is not None for each in parse_policy(document)]
    return Layer(kind, statements, None not in listed)


def _layers(call: Call, kind: str, principal: Principal) -> Iterator[Layer]:
    owners = [(kind, principal.name)]
    if kind == "user":
        owners += [
            ("group", name) for (name,) in call.store.all(tables.SELECT_GROUPS_OF, (call.account, principal.name))
        ]
    yield _layer(IDENTITY, (document for owner in owners for document in _documents(call, *owner)))
    if principal.boundary is not None:
        yield _layer(BOUNDARY, [managed_text(call, principal.boundary)])


def _session_layers(call: Call, principal: Confined) -> Iterator[Layer]:
    documents = [managed_text(call, arn) for arn in principal.policies]
    if principal.policy:
        documents.append(principal.policy)
    # a federated user who is given no policy may do nothing, unless the account's root gave it
    if documents or ":user/" in principal.issuer:
        yield _layer(SESSION, documents)


def _documents(call: Call, kind: str, name: str) -> Iterator[str | None]:
    """Of the policies of a principal, None for one whose document is not known."""
    key = (call.account, kind, name)
    for (policy,) in call.store.all(tables.SELECT_INLINE_NAMES, (*key, "", _MOST_ATTACHED)):
        for (document,) in call.store.all(tables.SELECT_INLINE, (*key, policy)):
            yield document
    for (arn,) in call.store.all(tables.SELECT_ATTACHED, (*key, "", _MOST_ATTACHED)):
        yield managed_text(call, arn)


def managed_text(call: Call, arn: str) -> str | None:
    """The document of a managed policy in force; None where it is not known."""
    try:
        policy = find_policy(call, arn)
        if policy is None:
            return managed_document(arn)
        return find_version(call, policy, arn, f"v{policy.default_version}")[1]
    except AwsError as error:
        if error.code not in (no_such_entity("").code, "ValidationError"):
            raise
        return None  # a boundary that was deleted since
