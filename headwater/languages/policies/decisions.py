"""What policies come to.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.statements import Statement


class Decision(Enum):
    ALLOWED = "allowed"
    IMPLICITLY_DENIED = "implicitDeny"
    EXPLICITLY_DENIED = "explicitDeny"
    UNDECIDED = "undecided"


def decide(statements: Iterable[Statement], action: str, resource: str, circumstances: Circumstances) -> Decision:
    """Whether statements, each for whoever asks, allow an action (``sqs:SendMessage``) on a resource (its ARN).
    Undecided where it hangs on circumstances of which nothing is known."""
    allowed: bool | None = False
    hindered = False
    for statement in statements:
        concerned = statement.concerns(action, resource, circumstances)
        if concerned is False:
            continue
        if statement.allows:
            allowed = True if concerned or allowed else None
        elif concerned:
            return Decision.EXPLICITLY_DENIED
        else:
            hindered = True
    if allowed is False:
        return Decision.IMPLICITLY_DENIED
    return Decision.UNDECIDED if allowed is None or hindered else Decision.ALLOWED
