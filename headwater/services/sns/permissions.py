"""Statements of a topic's policy, added and removed by label. Another account is held to them."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.sns import tables
from headwater.services.sns.errors import invalid, required
from headwater.services.sns.topic import TopicRow, topic_row
from headwater.services.sns.topics import default_policy, save_attributes
from headwater.spine.arns import partition_of
from headwater.spine.operations import Call, Request, Result, operation


@operation("sns", "AddPermission")
def add_permission(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html"""
    topic = topic_row(call, request.get("TopicArn"))
    policy = _policy(topic)
    label = required(request, "Label")
    if any(statement.get("Sid") == label for statement in policy["Statement"]):
        raise invalid("Statement already exists")
    principals = [
        f"arn:{partition_of(call.region)}:iam::{account}:root" for account in required(request, "AWSAccountId")
    ]
    actions = [f"SNS:{action}" for action in required(request, "ActionName")]
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": principals if len(principals) > 1 else principals[0]},
        "Action": actions if len(actions) > 1 else actions[0],
        "Resource": topic.arn,
    }
    _save(call, topic, {**policy, "Statement": [*policy["Statement"], statement]})
    return {}


@operation("sns", "RemovePermission")
def remove_permission(call: Call, request: Request) -> Result:
    topic = topic_row(call, request.get("TopicArn"))
    policy = _policy(topic)
    kept = [statement for statement in policy["Statement"] if statement.get("Sid") != required(request, "Label")]
    _save(call, topic, {**policy, "Statement": kept})
    return {}


def _policy(topic: TopicRow) -> dict[str, Any]:
    policy: dict[str, Any] = orjson.loads(topic.attributes.get("Policy") or default_policy(topic))
    return policy


def _save(call: Call, topic: TopicRow, policy: dict[str, Any]) -> None:
    save_attributes(call, topic, topic.attributes | {"Policy": orjson.dumps(policy).decode()})


@operation("sns", "ResourcePolicy", internal=True, reads=True)
def resource_policy(call: Call, request: Request) -> Result:
    """The ``Policy`` of the topic of an ``Arn``, and its ``Key``, None where it has none; nothing where there is no
    topic."""
    row = call.store.one(tables.FIND_TOPIC, (request["Arn"],))
    if row is None:
        return {}
    topic = TopicRow(row[0], row[1], orjson.loads(row[2]), {}, row[4])
    key = topic.attributes.get("KmsMasterKeyId") or None
    return {"Policy": topic.attributes.get("Policy") or default_policy(topic), "Key": key}
