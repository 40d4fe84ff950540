"""Whether somebody may take on a role: by the role's trust policy, and by their own policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.decisions import Decision
from headwater.languages.policies.permissions import Permissions
from headwater.languages.policies.trust import ASSUME, decide_trust, refused_by, service_names
from headwater.spine.arns import Arn, parse_arn, partition_of
from headwater.spine.authorization import Access
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request
from headwater.spine.permissions import is_refused, lacks, told

_SERVICE = ".amazonaws.com"
# Members of the request, and the action that a trust policy must allow beside.
_BESIDE = {"Tags": "sts:TagSession", "SourceIdentity": "sts:SetSourceIdentity"}


class _Caller(NamedTuple):
    """``own``: the names that are nobody else's; ``shared``: its account's. ``known``: whether that is all of them."""

    own: tuple[str, ...]
    shared: tuple[str, ...]
    known: bool
    permissions: Permissions | None


def check_caller(call: Call, role: Arn, request: Request) -> None:
    """Note that AWS would not let the caller take on the role; AccessDenied where policies are enforced."""
    for action, why in _refusals(call, str(role), role.account, request):
        if is_refused(call, told(call.principal, action, str(role), why)):
            raise not_authorized(call.principal, action, role, why)
        return


def not_authorized(principal: str, action: str, role: Arn, why: str = "") -> AwsError:
    """AWS gives a reason only where something says no."""
    reason = f" {why}" if why.startswith("with") else ""
    text = f"User: {principal} is not authorized to perform: {action} on resource: {role}{reason}"
    return AwsError("AccessDenied", text, 403)


def _refusals(call: Call, role: str, account: str, request: Request) -> Iterator[tuple[str, str]]:
    policy: str | None = call.ask("iam", "TrustPolicy", {"RoleArn": role})["Policy"]
    if policy is None:
        return
    caller, circumstances = _caller(call), _circumstances(call, request)
    permissions = caller.permissions
    if permissions is not None:
        circumstances = circumstances._replace(values={**permissions.values, **circumstances.values})
    for action in (ASSUME, *(action for member, action in _BESIDE.items() if request.get(member))):
        names, stranger = (*caller.own, *caller.shared), "" if caller.known else call.account
        if why := refused_by(decide_trust(policy, names, circumstances, action, stranger), action):
            yield action, why
        if permissions is None:
            continue
        named = decide_trust(policy, caller.own, circumstances, action) is Decision.ALLOWED
        why = lacks(call, call.principal, Access(action, role))
        # within an account it is enough to be named
        if why and (why.startswith("with") or not named or account != call.account):
            yield action, why


def _circumstances(call: Call, request: Request) -> Circumstances:
    asked = {"sts:externalid": "ExternalId", "sts:rolesessionname": "RoleSessionName"}
    values = {key: (request[name],) if request.get(name) else () for key, name in asked.items()}
    values["sts:sourceidentity"] = (request["SourceIdentity"],) if request.get("SourceIdentity") else ()
    if not call.principal.endswith(_SERVICE):
        values["aws:principalaccount"] = (call.account,)
    return Circumstances(values, complete=False)


def _caller(call: Call) -> _Caller:
    principal = call.principal
    if principal.endswith(_SERVICE):
        return _Caller(service_names(principal.removesuffix(_SERVICE), call.region), (), True, None)
    arn = parse_arn(principal)
    account = call.account if arn is None else arn.account
    shared = (account, f"arn:{partition_of(call.region)}:iam::{account}:root")
    permissions: Permissions | None = call.ask("iam", "Permissions", {"Principal": principal})["Permissions"]
    if permissions is None:
        return _Caller((), shared, False, None)
    return _Caller((principal, *permissions.values["aws:principalarn"]), shared, True, permissions)
