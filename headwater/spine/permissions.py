"""Whether whoever acts in a role may do on AWS what it does here.

A function, an execution, a pipe acts in a role, and so does a client that has assumed one. What the role's policies do
not allow is noted where it was done; with ``Engine.enforces_policies`` it is refused. Nobody else is asked: not a
role that IAM does not have, and no client with keys of no role.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from copy import copy
from functools import lru_cache

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.permissions import Permissions
from headwater.languages.policies.statements import parse_policy
from headwater.spine.admission import NOTE
from headwater.spine.arns import parse_arn
from headwater.spine.authorization import Access
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Operation, Request

# what a span says of what was refused, in words that are the same for all services
REFUSED = "refused"
_ROLE = ":assumed-role/"
# Whose resources have policies of their own, which may let a role of the same account in without its own policies.
_WITH_POLICIES = frozenset({"lambda", "s3", "secretsmanager", "sns", "sqs"})
_BAD_REQUEST = frozenset(  # services that answer 400 where others answer 403
    {"dynamodb", "dynamodbstreams", "events", "kinesis", "kms", "logs", "secretsmanager", "ssm", "states"}
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
        why = lacks(call, call.principal, access)
        if why is None:
            continue
        enforced = call.engine.enforces_policies
        call.span.note(REFUSED if enforced else NOTE, told(call.principal, access.action, access.resource or "*", why))
        if enforced:
            raise _refusal(call.principal, operation.service, access, why)
        return


def told(principal: str, action: str, resource: str, why: str) -> str:
    return f"{principal} is not authorized to perform: {action} on resource: {resource} {why}"


def lacks(call: Call, principal: str, access: Access) -> str | None:
    """Why a session of a role may not; None where it may, where that is not known, and where IAM has no such role."""
    if not is_in_role(principal) or not call.engine.catalogue.loaded("iam"):
        return None
    permissions: Permissions | None = call.ask("iam", "Permissions", {"Principal": principal})["Permissions"]
    why = None if permissions is None else permissions.lacks(*access)
    if permissions is None or why is None:
        return None
    return None if why.startswith("because") and _is_let_in(call, principal, access, permissions) else why


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


def _is_let_in(call: Call, principal: str, access: Access, permissions: Permissions) -> bool:
    """Whether the resource's own policy names the role, the session or everybody: within an account that is enough."""
    arn = parse_arn(access.resource)
    if arn is None or arn.service not in _WITH_POLICIES:
        return False
    policy: str | None = call.ask(arn.service, "ResourcePolicy", {"Arn": access.resource}).get("Policy")
    if not policy:
        return False
    circumstances = Circumstances(permissions.values, complete=False)
    return any(
        each.allows
        and any(_is_named(name, principal) for name in each.principals or ())
        and each.concerns(access.action, access.resource, circumstances) is not False
        for each in parse_policy(policy)
    )


def _is_named(principal: str, session: str) -> bool:
    """Whether a policy's principal is everybody, the session, or its role."""
    if principal in ("*", session):
        return True
    named, own = parse_arn(principal), parse_arn(session)
    if named is None or own is None or named.account != own.account or not named.resource.startswith("role/"):
        return False
    return named.name == own.resource.split("/")[1]
