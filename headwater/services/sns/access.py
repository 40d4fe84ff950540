"""Who may use a topic: its own account everything, another what the topic's policy allows.

https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
"""

from __future__ import annotations

from headwater.languages.policies.resource_policies import allows
from headwater.services.sns.errors import access_denied
from headwater.spine.operations import Call

# Of operations that have another name than the action that they need.
_ACTIONS = {"PublishBatch": "Publish"}
_CHECKED = frozenset(
    (
        *("AddPermission", "DeleteTopic", "GetTopicAttributes", "ListSubscriptionsByTopic", "Publish", "PublishBatch"),
        *("RemovePermission", "SetTopicAttributes", "Subscribe"),
    )
)


def check_access(call: Call, topic: str, policy: str | None) -> None:
    """AwsError unless the account that calls, which is not the topic's, may do what it does."""
    name = call.span.name.removeprefix("sns:")
    if name not in _CHECKED:
        return
    action = _ACTIONS.get(name, name)
    asked = {"aws:PrincipalAccount": call.account, "aws:PrincipalArn": call.principal}
    if not allows(policy, call.account, f"sns:{action}", topic, asked):
        raise access_denied(call.principal, action, topic)
