"""The role in which a stack's resources are made, changed and deleted, where one was given.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
"""

from __future__ import annotations

from headwater.services.cloudformation.errors import validation_error
from headwater.services.cloudformation.stack import Stack
from headwater.spine.operations import Call, Request
from headwater.spine.permissions import session_of
from headwater.spine.trust import Taker, hand_over

_TAKER = Taker("cloudformation", {})


def take_role(call: Call, request: Request) -> dict[str, str]:
    """The ``RoleARN`` of a request as a setting, if it has one: who asks has to be allowed to pass it, and it has to
    let CloudFormation in. Raises ValidationError."""
    role: str | None = request.get("RoleARN")
    if not role:
        return {}
    hand_over(call, role, _TAKER, lambda _: validation_error(f"Role {role} is invalid or cannot be assumed"))
    return {"RoleARN": role}


def session_of_stack(stack: Stack) -> str | None:
    """Whom the services see; None for the account itself."""
    role: str | None = stack.settings.get("RoleARN")
    return None if role is None else session_of(role, "AWSCloudFormation")
