"""Whether a function's role may do what Lambda does in it: read sources, write to destinations and dead letters. AWS
asks when these are configured.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headwater.services.lambda_.errors import invalid_parameter
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.authorization import Access
from headwater.spine.operations import Call
from headwater.spine.permissions import is_refused, lacks, session_of, told
from headwater.spine.polling.accesses import lacking_to_read

_WRITES = {"sqs": "SendMessage", "sns": "Publish", "lambda": "InvokeFunction", "events": "PutEvents"}


def check_source(call: Call, source: Arn, configuration: dict[str, Any]) -> None:
    """Note what the role of a function lacks to read a source; InvalidParameterValueException where policies are
    enforced, here and below."""
    principal = _principal(configuration)
    for access, why in lacking_to_read(call, source, principal):
        if not is_refused(call, told(principal, *access, why)):
            continue
        if access.action == "kms:Decrypt":
            raise invalid_parameter(
                "Error occurred while ReceiveMessage. SQS Error Code: KMS.AccessDeniedException. SQS Error Message: "
                f"User: {told(principal, *access, why)}"
            )
        if source.service == "sqs":
            raise invalid_parameter(
                f"The function execution role does not have permissions to call {_name(access)} on SQS"
            )
        listed = "" if source.service == "dynamodb" else "ListShards, "
        raise invalid_parameter(
            f"Cannot access stream {source}. Please ensure the role can perform the GetRecords, GetShardIterator, "
            f"DescribeStream, {listed}and ListStreams Actions on your stream in IAM."
        )


def check_destination(call: Call, destination: Arn, configuration: dict[str, Any], folder: str) -> None:
    """``folder``: where its records will lie, if it is a bucket."""
    arn = str(destination)
    if destination.service == "s3":
        needed = [Access("s3:PutObject", f"{arn}/aws/lambda/{folder}/*"), Access("s3:ListBucket", arn)]
    else:
        needed = [Access(f"{destination.service}:{_WRITES[destination.service]}", arn)]
    if refused := _refused(call, configuration, needed):
        raise invalid_parameter(
            f"The function's execution role does not have permissions to call {_name(refused)} on {arn}"
        )


def check_dead_letters(call: Call, configuration: dict[str, Any]) -> None:
    """The same for a function's DeadLetterConfig, if it has one."""
    target = parse_arn((configuration.get("DeadLetterConfig") or {}).get("TargetArn") or "")
    if target is None or target.service not in ("sqs", "sns"):
        return
    needed = Access(f"{target.service}:{_WRITES[target.service]}", str(target))
    if refused := _refused(call, configuration, (needed,)):
        raise invalid_parameter(
            f"The provided execution role does not have permissions to call {_name(refused)} on "
            f"{target.service.upper()}"
        )


def _refused(call: Call, configuration: dict[str, Any], needed: Iterable[Access]) -> Access | None:
    """The first that a function's role may not do and that is to be refused; all of it is noted."""
    principal = _principal(configuration)
    for access in needed:
        why = lacks(call, principal, access)
        if why is not None and is_refused(call, told(principal, *access, why)):
            return access
    return None


def _principal(configuration: dict[str, Any]) -> str:
    return session_of(configuration["Role"], configuration["FunctionName"])


def _name(access: Access) -> str:
    return access.action.partition(":")[2]
