"""What it takes to read a source in a role, for whichever consumer.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from headwater.spine.arns import Arn
from headwater.spine.authorization import Access
from headwater.spine.operations import Call
from headwater.spine.permissions import lacks, through

_STREAM = ("GetRecords", "GetShardIterator", "DescribeStream")
_ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
        "dynamodb": _STREAM,
        "kinesis": (*_STREAM, "ListShards"),
    }
)


def lacking_to_read(call: Call, source: Arn, principal: str) -> Iterator[tuple[Access, str]]:
    """What a session of a role may not do of it, and why; of a queue's key too."""
    for name in _ACTIONS[source.service]:
        access = Access(f"{source.service}:{name}", str(source))
        if (why := lacks(call, principal, access)) is not None:
            yield access, why
    if source.service == "sqs" and (key := _key_of(call, source)):
        access = Access("kms:Decrypt", key)
        if (why := lacks(call, principal, access, through("sqs", source.region))) is not None:
            yield access, why


def _key_of(call: Call, queue: Arn) -> str | None:
    """The ARN of the key of KMS with which a queue is encrypted; AWS's own lets in whoever comes through SQS."""
    key = call.ask("sqs", "ResourcePolicy", {"Arn": str(queue)}).get("Key")
    if not key or key.startswith("alias/aws/"):
        return None
    told: str | None = call.ask(
        "kms", "ResourcePolicy", {"Arn": key, "Account": queue.account, "Region": queue.region}
    ).get("Arn")
    return told
