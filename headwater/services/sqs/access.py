"""Who may use a queue: its own account everything, another what the queue's policy allows.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-overview-of-managing-access.html
"""

from __future__ import annotations

from headwater.languages.policies.resource_policies import allows
from headwater.services.sqs.errors import access_denied
from headwater.spine.operations import Call

# What no policy gives to another account.
_OWNERS = frozenset(
    (
        *("AddPermission", "DeleteQueue", "ListQueueTags", "RemovePermission", "SetQueueAttributes", "TagQueue"),
        "UntagQueue",
    )
)
_SHARED = frozenset(
    (
        *("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ListDeadLetterSourceQueues"),
        *("PurgeQueue", "ReceiveMessage", "SendMessage"),
    )
)


def check_access(call: Call, queue: str, policy: str | None) -> None:
    """AwsError unless the account that calls, which is not the queue's, may do what it does."""
    action = call.span.name.removeprefix("sqs:").removesuffix("Batch")
    if action in _OWNERS or (action in _SHARED and not may(call, action, queue, policy)):
        raise access_denied(call.principal, action, queue)


def may(call: Call, action: str, queue: str, policy: str | None) -> bool:
    asked = {"aws:PrincipalAccount": call.account, "aws:PrincipalArn": call.principal}
    return allows(policy, call.account, f"sqs:{action}", queue, asked)
