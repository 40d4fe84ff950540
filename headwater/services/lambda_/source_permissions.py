"""Whether a function's role may read what an event source mapping reads for it.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
"""

from __future__ import annotations

from headwater.services.lambda_.errors import invalid_parameter
from headwater.spine.arns import Arn
from headwater.spine.authorization import Access
from headwater.spine.operations import Call
from headwater.spine.permissions import is_refused, lacks, session_of, told

_STREAM = ("GetRecords", "GetShardIterator", "DescribeStream")
_NEEDED = {
    "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
    "dynamodb": _STREAM,
    "kinesis": _STREAM,
}


def check_role(call: Call, source: Arn, function: str, role: str) -> None:
    """Note what the role lacks; InvalidParameterValueException where policies are enforced."""
    principal = session_of(role, function)
    for name in _NEEDED[source.service]:
        action = f"{source.service}:{name}"
        why = lacks(call, principal, Access(action, str(source)))
        if why is None:
            continue
        if is_refused(call, told(principal, action, str(source), why)):
            raise invalid_parameter(_refusal(source, name))
        return


def _refusal(source: Arn, name: str) -> str:
    if source.service == "sqs":
        return f"The provided execution role does not have permissions to call {name} on SQS"
    listed = "" if source.service == "dynamodb" else "ListShards, "
    return (
        f"Cannot access stream {source}. Please ensure the role can perform the GetRecords, GetShardIterator, "
        f"DescribeStream, {listed}and ListStreams Actions on your stream in IAM."
    )
