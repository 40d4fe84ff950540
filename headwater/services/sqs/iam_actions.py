"""What queues' operations ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
"""

from __future__ import annotations

from headwater.services.sqs.queue import arn_of_url, queue_arn
from headwater.spine.authorization import Authorization, by_member, names
from headwater.spine.operations import Call

_BATCHES = ("ChangeMessageVisibility", "DeleteMessage", "SendMessage")
_OF_QUEUES = """
    AddPermission ChangeMessageVisibility DeleteMessage DeleteQueue GetQueueAttributes ListDeadLetterSourceQueues
    ListQueueTags PurgeQueue ReceiveMessage RemovePermission SendMessage SetQueueAttributes TagQueue UntagQueue
"""


def _named(call: Call, name: str) -> str:
    return queue_arn(call.region, call.account, name)


AUTHORIZATION = Authorization(
    {
        **names(arn_of_url, "sqs", QueueUrl=_OF_QUEUES),
        **names(_named, "sqs", QueueName="CreateQueue GetQueueUrl"),
        **{f"{name}Batch": by_member(f"sqs:{name}", "QueueUrl", arn_of_url) for name in _BATCHES},
    }
)
