"""Statements of a queue's policy, added and removed by label. Another account is held to them.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from headwater.services.sqs import tables
from headwater.services.sqs.errors import (
    invalid_parameter,
    missing_parameter,
    too_many_actions,
    too_many_statements,
)
from headwater.services.sqs.policies import MOST_STATEMENTS
from headwater.services.sqs.queue import Queue, find_queue, queue_by_arn
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call, Request, Result, operation

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")
_ACCOUNT = re.compile(r"\d{12}\Z")
_MOST_ACTIONS = 7
_ACTIONS = frozenset(
    (
        *("*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"),
        *("GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue"),
    )
)
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-customer-managed-policy-examples.html
_OF_THE_OWNER = frozenset(
    (
        *("AddPermission", "CancelMessageMoveTask", "CreateQueue", "DeleteQueue", "ListMessageMoveTasks", "ListQueues"),
        *("ListQueueTags", "RemovePermission", "SetQueueAttributes", "StartMessageMoveTask", "TagQueue", "UntagQueue"),
    )
)


@operation("sqs", "AddPermission")
def add_permission(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    label, accounts, actions = _checked(request)
    policy = _policy(queue)
    if any(statement.get("Sid") == label for statement in policy["Statement"]):
        raise invalid_parameter("Label", label, "Already exists.")
    if len(policy["Statement"]) >= MOST_STATEMENTS:
        raise too_many_statements(len(policy["Statement"]) + 1, MOST_STATEMENTS)
    arn = parse_arn(queue.arn)
    partition = arn.partition if arn else "aws"
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_all([f"arn:{partition}:iam::{account}:root" for account in accounts])},
        "Action": _one_or_all([f"SQS:{action}" for action in actions]),
        "Resource": queue.arn,
    }
    _save(call, queue, {**policy, "Statement": [*policy["Statement"], statement]})
    return {}


def _checked(request: Request) -> tuple[str, list[str], list[str]]:
    label = request.get("Label") or ""
    accounts, actions = request.get("AWSAccountIds") or [], request.get("Actions") or []
    for name, value in (("Label", label), ("AWSAccountIds", accounts), ("Actions", actions)):
        if not value:
            raise missing_parameter(name)
    if not _LABEL.match(label):
        raise invalid_parameter(
            "Label", label, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
        )
    if len(actions) > _MOST_ACTIONS:
        raise too_many_actions(len(actions), _MOST_ACTIONS)
    for action in actions:
        if action in _OF_THE_OWNER:
            reason = "Only the queue owner is allowed to invoke this action."
            raise invalid_parameter("ActionName", f"SQS:{action}", reason)
        if action not in _ACTIONS:
            raise invalid_parameter(
                "ActionName", f"SQS:{action}", "Please refer to the appropriate WSDL for a list of valid actions."
            )
    for account in accounts:
        if not _ACCOUNT.match(account):
            raise invalid_parameter("PrincipalId", f"[{account}]", "Unable to verify.")
    return label, accounts, actions


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


@operation("sqs", "RemovePermission")
def remove_permission(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    label = request.get("Label")
    if not label:
        raise missing_parameter("Label")
    policy = _policy(queue)
    kept = [statement for statement in policy["Statement"] if statement.get("Sid") != label]
    if len(kept) == len(policy["Statement"]):
        raise invalid_parameter("Label", label, "can't find label.")
    _save(call, queue, {**policy, "Statement": kept})
    return {}


def _policy(queue: Queue) -> dict[str, Any]:
    """The policy, its statements as a list; an empty one where the queue has none."""
    text = queue.attributes.get("Policy")
    if not text:
        return {"Version": "2008-10-17", "Id": f"{queue.arn}/SQSDefaultPolicy", "Statement": []}
    policy: dict[str, Any] = orjson.loads(text)
    if isinstance(policy["Statement"], dict):
        policy["Statement"] = [policy["Statement"]]
    return policy


def _save(call: Call, queue: Queue, policy: dict[str, Any]) -> None:
    text = orjson.dumps(policy).decode() if policy["Statement"] else ""
    attributes = orjson.dumps({**queue.attributes, "Policy": text}).decode()
    call.store.run(tables.SET_ATTRIBUTES, (attributes, call.now, queue.id))
    call.memory.drop(queue.arn)


@operation("sqs", "ResourcePolicy", internal=True, reads=True)
def resource_policy(call: Call, request: Request) -> Result:
    """The ``Policy`` and the ``Key`` of the queue of an ``Arn``, None where it has none; nothing where there is no
    queue."""
    queue = queue_by_arn(call, request["Arn"])
    return {} if queue is None else {"Policy": queue.attributes.get("Policy"), "Key": queue.key}
