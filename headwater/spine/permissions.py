"""Whether whoever acts in a role, or is a user, may do on AWS what it does here.

A function, an execution, a pipe acts in a role, and so does a client that has assumed one; a client with a user's
access key is that user. What their policies do not allow is noted where it was done; with ``Engine.enforces_policies``
it is refused. Nobody else is asked: not a role or user that IAM does not have, and no client with keys of nobody's.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import lru_cache
from types import MappingProxyType

from headwater.languages.policies.permissions import Permissions
from headwater.spine.admission import NOTE
from headwater.spine.arns import parse_arn
from headwater.spine.authorization import Access
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Operation, Request
from headwater.spine.resource_permissions import Says, what_resource_says
from headwater.spine.session_tokens import Confined

# what a span says of what was refused, in words that are the same for all services
REFUSED = "refused"
# the access key of a request that AWS would refuse for its signature
SIGNED_WITH = "signed with"
_ROLE, _USER = ":assumed-role/", ":user/"
_NOTHING: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_BAD_REQUEST = frozenset(  # services that answer 400 where others answer 403
    {"dynamodb", "dynamodbstreams", "events", "firehose", "kinesis", "kms", "logs", "secretsmanager", "ssm", "states"}
)


@lru_cache(maxsize=4096)
def session_of(role: str, name: str) -> str:
    """The principal that a service is in a customer's role (its ARN): the ARN of a session of that name."""
    arn = parse_arn(role)
    if arn is None:
        return role  # no role, which gives nobody anything to weigh
    return str(arn._replace(service="sts", resource=f"assumed-role/{arn.name}/{name}"))


def is_in_role(principal: str) -> bool:
    return _ROLE in principal


def is_weighed(principal: str) -> bool:
    """Whether IAM may know what somebody may do: sessions of roles, users, and the sessions that these made."""
    return _ROLE in principal or _USER in principal or isinstance(principal, Confined)


def in_role(operation: Operation) -> Operation:
    """The operation as one in a role is given it: its twin, which looks first whether it may."""
    if operation.needs is None:
        return operation
    if operation.in_role is None:

        def handler(call: Call, request: Request) -> Answer:
            weigh(call, operation, request)
            if operation.validate is not None:
                operation.validate(request)
            return operation.handler(call, request)

        operation.in_role = twin = copy(operation)
        twin.handler, twin.validate = handler, None
    return operation.in_role


def weigh(call: Call, operation: Operation, request: Request) -> None:
    """Note on the call's span what its principal may not do; AwsError where policies are enforced."""
    for access in operation.needs(call, request) if operation.needs else ():
        by_service = access.action.startswith("kms:") and operation.service != "kms"
        why = lacks(call, call.principal, access, through(operation.service, call.region) if by_service else _NOTHING)
        if why is not None:
            _hold_against(call, operation.service, access, why)
            return


@lru_cache(maxsize=256)
def through(service: str, region: str) -> Mapping[str, tuple[str, ...]]:
    """What a request to KMS has that a service makes for its caller, as condition keys."""
    return MappingProxyType({"kms:viaservice": (f"{service}.{region}.amazonaws.com",)})


def check_passing(call: Call, role: str, service: str) -> None:
    """Whether who calls may hand a role (its ARN) to a service (``states``) at that service's API; noted or refused.
    Of a role that is not here nothing is said.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    if not is_weighed(call.principal) or not call.engine.catalogue.loaded("iam"):
        return
    if call.ask("iam", "TrustPolicy", {"RoleArn": role})["Policy"] is None:
        return
    access = Access("iam:PassRole", role)
    why = lacks(call, call.principal, access, {"iam:passedtoservice": (f"{service}.amazonaws.com",)})
    if why is not None:
        _hold_against(call, service, access, why)


def _hold_against(call: Call, service: str, access: Access, why: str) -> None:
    if is_refused(call, told(call.principal, access.action, access.resource or "*", why)):
        raise _refusal(call.principal, service, access, why)


def is_refused(call: Call, text: str) -> bool:
    """Note on the call's span, a line each, what AWS would refuse; whether it is to be refused here too."""
    enforced = call.engine.enforces_policies
    name = REFUSED if enforced else NOTE
    lines = str((call.span.notes or {}).get(name) or "").splitlines()
    if text not in lines:
        call.span.note(name, "\n".join([*lines, text]))
    return enforced


def told(principal: str, action: str, resource: str, why: str) -> str:
    return f"{principal} is not authorized to perform: {action} on resource: {resource} {why}"


def lacks(call: Call, principal: str, access: Access, asked: Mapping[str, tuple[str, ...]] = _NOTHING) -> str | None:
    """Why a user, or a session of a role, may not; None where it may, where that is not known, and where IAM has no
    such user or role. ``asked`` are condition keys of the request."""
    if not is_weighed(principal) or not call.engine.catalogue.loaded("iam"):
        return None
    permissions: Permissions | None = call.ask("iam", "Permissions", {"Principal": principal})["Permissions"]
    if permissions is None:
        return None
    why = permissions.lacks(*access, asked)
    if why is not None and why.startswith("with"):
        return why
    said = what_resource_says(call, principal, access, permissions, asked)
    if said is Says.SHUTS_OUT:
        return str(said.value)
    if said is Says.KEEPS_OUT:
        why = f"because no resource-based policy allows the {access.action} action"
    if said is Says.LETS_ROLE_IN and why is not None and is_in_role(principal):
        return permissions.limits(*access)
    if why is None or said not in (Says.NOTHING, Says.KEEPS_OUT) or _is_granted(call, principal, permissions, access):
        return None
    return why


def _is_granted(call: Call, principal: str, permissions: Permissions, access: Access) -> bool:
    """Whether a grant of KMS gives it, which counts beside all policies."""
    service, _, name = access.action.partition(":")
    if service != "kms" or not access.resource:
        return False
    asked = {"Key": access.resource, "Grantees": [principal, *permissions.values["aws:principalarn"]]}
    return name in call.ask("kms", "GrantedOperations", asked)["Operations"]


def _refusal(principal: str, service: str, access: Access, why: str) -> AwsError:
    """As each service says it, and spells its actions and resources."""
    action, resource, code, status = access.action, access.resource or "*", "AccessDeniedException", 403
    match service:
        case "iotdata":
            return AwsError("ForbiddenException", "Forbidden", 403)
        case "sns":
            action, code = action.replace("sns:", "SNS:", 1), "AuthorizationError"
        case "sqs":
            action, code = action.lower(), "AccessDenied"
        case "s3":
            resource, code = f'"{resource}"', "AccessDenied"
        case "cloudformation" | "iam" | "sts":
            code = "AccessDenied"
        case _ if service in _BAD_REQUEST:
            status = 400
    return AwsError(code, "User: " + told(principal, action, resource, why.replace(access.action, action)), status)
