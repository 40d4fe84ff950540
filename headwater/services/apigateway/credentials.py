"""The role of an integration, which API Gateway takes on when it asks the service behind it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
"""

from __future__ import annotations

from typing import NamedTuple

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.permissions import check_passing, session_of
from headwater.spine.trust import Taker, check_trust
from headwater.spine.work import Work

_GATEWAY = Taker("apigateway", {})


class Credentials(NamedTuple):
    """``role``: its ARN; ``principal``: what API Gateway is to a service in it, a session."""

    role: str
    principal: str


class NotTrusted(Exception):
    """The role does not let API Gateway in."""


def credentials_of(role: str | None) -> Credentials | None:
    return Credentials(role, session_of(role, "BackplaneAssumeRoleSession")) if role else None


def hand_over_role(call: Call, role: str | None) -> None:
    """Who gives API Gateway a role has to be allowed to. ``arn:aws:iam::*:user/*``, the caller's own, is none."""
    if role:
        check_passing(call, role, "apigateway")


async def principal_of(work: Work, credentials: Credentials | None) -> str | None:
    """Whom a service is asked as. NotTrusted where policies are enforced and the role does not let API Gateway in."""
    if credentials is None:
        return None
    if work.engine.catalogue.loaded("iam"):
        try:
            await work.transact(check_trust, credentials.role, _GATEWAY, _refusal)
        except AwsError:
            text = "Execution failed due to configuration error: API Gateway does not have permission to assume the"
            raise NotTrusted(f"{text} provided role {credentials.role}") from None
    return credentials.principal


def _refusal(why: str) -> AwsError:
    return AwsError("AccessDenied", why, 403)
