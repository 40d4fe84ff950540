"""What topics' operations ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""

from __future__ import annotations

from collections.abc import Iterable

from headwater.spine.authorization import Access, Authorization, by_member, names
from headwater.spine.operations import Call, Request

_OF_TOPICS = """
    AddPermission ConfirmSubscription DeleteTopic GetDataProtectionPolicy GetTopicAttributes ListSubscriptionsByTopic
    RemovePermission SetTopicAttributes Subscribe
"""


def _as_it_is(call: Call, arn: str) -> str:
    return arn


def _publish(call: Call, request: Request) -> Iterable[Access]:
    """To a topic; a message to a telephone or an endpoint of a platform asks whichever resource."""
    return (Access("sns:Publish", request.get("TopicArn") or request.get("TargetArn") or ""),)


AUTHORIZATION = Authorization(
    {
        **names(_as_it_is, "sns", TopicArn=_OF_TOPICS, ResourceArn="ListTagsForResource TagResource UntagResource"),
        "Publish": _publish,
        "PublishBatch": by_member("sns:Publish", "TopicArn", _as_it_is),
    }
)
