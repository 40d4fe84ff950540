"""The policies that a queue has as attributes: who may use it, where its messages go that fail, whose it takes.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from headwater.services.sqs.errors import invalid_attribute_value, invalid_parameter, too_many_statements
from headwater.services.sqs.queue import queue_by_arn
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

MOST_STATEMENTS = 20
_VERSIONS = ("2008-10-17", "2012-10-17")
_INTEGER = re.compile(r"-?\d{1,18}\Z")
_MOST_SOURCES = 10
_UNSUPPORTED = "Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format."
_PERMISSIONS = ("allowAll", "denyAll", "byQueue")


def _object(text: str) -> dict[str, Any] | None:
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return parsed if type(parsed) is dict else None


def check_policy(text: str) -> str:
    """A resource policy; it is kept and shown as it came."""
    policy = _object(text)
    if policy is None or policy.get("Version", _VERSIONS[0]) not in _VERSIONS:
        raise invalid_attribute_value("Policy")
    statements = policy.get("Statement")
    found = statements if isinstance(statements, list) else [statements]
    if not found or not all(_is_statement(statement) for statement in found):
        raise invalid_attribute_value("Policy")
    if len(found) > MOST_STATEMENTS:
        raise too_many_statements(len(found), MOST_STATEMENTS)
    return text


def _is_statement(statement: Any) -> bool:
    return (
        isinstance(statement, dict)
        and statement.get("Effect") in ("Allow", "Deny")
        and ("Action" in statement or "NotAction" in statement)
        and ("Principal" in statement or "NotPrincipal" in statement)
    )


def check_redrive_policy(call: Call, text: str, queue: str, fifo: bool) -> str:
    """The policy of the queue with that ARN, as it is told again: the count is a number, whatever it came as."""
    policy = _object(text)
    if policy is None:
        raise invalid_attribute_value("RedrivePolicy", "Redrive policy is not a valid JSON map.")
    reason = _redrive_fault(policy) or _target_fault(call, str(policy["deadLetterTargetArn"]), queue, fifo)
    if reason:
        raise invalid_parameter("RedrivePolicy", text, reason)
    return orjson.dumps({**policy, "maxReceiveCount": int(policy["maxReceiveCount"])}).decode()


def _redrive_fault(policy: dict[str, Any]) -> str | None:
    for name in ("maxReceiveCount", "deadLetterTargetArn"):
        if name not in policy:
            return f"Redrive policy does not contain mandatory attribute: {name}."
    count = str(policy["maxReceiveCount"])
    if not _INTEGER.match(count) or not 1 <= int(count) <= 1000:
        return f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive."
    if parse_arn(str(policy["deadLetterTargetArn"])) is None:
        return "Invalid value for deadLetterTargetArn."
    if len(policy) > 2:
        return "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn]."
    return None


def _target_fault(call: Call, target: str, queue: str, fifo: bool) -> str | None:
    arn = parse_arn(target)
    if arn is None or arn.service != "sqs":
        return "Only SQS queues are valid resources for deadLetterTargetArn."
    if target.endswith(".fifo") != fifo:
        return "Dead-letter queue must be same type of queue as the source.."
    found = queue_by_arn(call, target)
    if found is None:
        return "Dead letter target does not exist."
    if not _takes(found.attributes.get("RedriveAllowPolicy"), queue):
        return "The redrive allow policy of the dead-letter queue does not allow this source queue."
    return None


def _takes(allow_policy: str | None, queue: str) -> bool:
    policy = orjson.loads(allow_policy) if allow_policy else {}
    permission = policy.get("redrivePermission", "allowAll")
    return permission == "allowAll" or (permission == "byQueue" and queue in policy["sourceQueueArns"])


def check_redrive_allow_policy(text: str) -> str:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""
    policy = _object(text)
    if (
        policy is None
        or policy.get("redrivePermission") not in _PERMISSIONS
        or not policy.keys() <= {"redrivePermission", "sourceQueueArns"}
    ):
        raise invalid_attribute_value("RedriveAllowPolicy", _UNSUPPORTED)
    sources = policy.get("sourceQueueArns")
    if sources is not None and not (isinstance(sources, list) and all(isinstance(source, str) for source in sources)):
        raise invalid_attribute_value("RedriveAllowPolicy", _UNSUPPORTED)
    if sources and policy["redrivePermission"] != "byQueue":
        raise _no_allow_policy(
            text, "To specify one or more source queue ARNs, you must set redrivePermission to byQueue."
        )
    if policy["redrivePermission"] == "byQueue":
        if not sources:
            raise _no_allow_policy(
                text,
                "When you specify the byQueue permission type, you must also specify one or more "
                "sourceQueueArns values.",
            )
        if len(sources) > _MOST_SOURCES:
            raise _no_allow_policy(text, f"The maximum number of source queue ARNs you can specify is {_MOST_SOURCES}.")
    return text


def _no_allow_policy(text: str, why: str) -> AwsError:
    return invalid_parameter("RedriveAllowPolicy", text, f"Amazon SQS can't create the redrive allow policy. {why}")
