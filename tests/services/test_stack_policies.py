"""Stack policies: what an update may do to which resource."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.conftest import Client
from tests.settling import wait_for

ALLOW = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}


def deny(action: str, **more: Any) -> str:
    resource = {} if "NotResource" in more else {"Resource": "LogicalResourceId/Kept"}
    denied = {"Effect": "Deny", "Action": action, "Principal": "*", **resource, **more}
    return json.dumps({"Statement": [ALLOW, denied]})


def body(kept: dict[str, Any] | None, other: str = "a") -> str:
    resources = {"Other": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": other}}}
    if kept is not None:
        resources["Kept"] = {"Type": "AWS::SQS::Queue", "Properties": kept}
    return json.dumps({"Resources": resources})


@pytest.fixture
def formation(aws: Client) -> Any:
    client = aws("cloudformation")
    client.create_stack(StackName="s", TemplateBody=body({"DelaySeconds": 1}))
    wait_for(client, "stack_create_complete", StackName="s")
    return client


def update(formation: Any, template: str, **more: Any) -> str | None:
    """None where it succeeds, else why the resource did not."""
    formation.update_stack(StackName="s", TemplateBody=template, **more)
    waiter = "stack_update_complete"
    try:
        wait_for(formation, waiter, StackName="s")
    except WaiterError:
        assert formation.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        events = formation.describe_stack_events(StackName="s")["StackEvents"]
        return next(each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == "UPDATE_FAILED")
    return None


def test_what_is_denied_fails_the_update(formation: Any, aws: Client) -> None:
    formation.set_stack_policy(StackName="s", StackPolicyBody=deny("Update:Modify"))
    assert update(formation, body({"DelaySeconds": 2}, "b")) == (
        "Action denied by stack policy: Statement [#2] does not allow [Update:Modify] for resource "
        "[LogicalResourceId/Kept]"
    )
    assert aws("sns").get_topic_attributes(TopicArn=aws("sns").list_topics()["Topics"][0]["TopicArn"])["Attributes"][
        "DisplayName"
    ] == "a"  # fmt: skip
    url = aws("sqs").list_queues()["QueueUrls"][0]
    delay = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
    assert delay == {"DelaySeconds": "1"}
    assert update(formation, body({"DelaySeconds": 1}, "b")) is None, "what stays as it is may stay"


def test_a_policy_for_one_update_only(formation: Any) -> None:
    formation.set_stack_policy(StackName="s", StackPolicyBody=deny("Update:*"))
    open_ = json.dumps({"Statement": [ALLOW]})
    assert update(formation, body({"DelaySeconds": 2}), StackPolicyDuringUpdateBody=open_) is None
    assert "Update:*" in (update(formation, body({"DelaySeconds": 3})) or "")


def test_replacing_and_removing_are_actions_of_their_own(formation: Any) -> None:
    formation.set_stack_policy(StackName="s", StackPolicyBody=deny("Update:Replace"))
    assert update(formation, body({"DelaySeconds": 2})) is None
    renamed = update(formation, body({"DelaySeconds": 2, "QueueName": "named"}))
    assert renamed is not None
    assert "[Update:Replace]" in renamed
    formation.set_stack_policy(StackName="s", StackPolicyBody=deny("Update:Delete"))
    removed = update(formation, body(None))
    assert removed is not None
    assert "[Update:Delete]" in removed
    formation.set_stack_policy(StackName="s", StackPolicyBody=deny("Update:Modify"))
    assert update(formation, body(None)) is None


def test_what_no_statement_allows_is_denied(formation: Any) -> None:
    only = {**ALLOW, "Resource": "LogicalResourceId/Oth*"}
    formation.set_stack_policy(StackName="s", StackPolicyBody=json.dumps({"Statement": only}))
    assert update(formation, body({"DelaySeconds": 1}, "b")) is None
    assert "[LogicalResourceId/Kept]" in (update(formation, body({"DelaySeconds": 2}, "b")) or "")


def test_kinds_of_resources(formation: Any) -> None:
    kinds = {"StringLike": {"ResourceType": ["AWS::SQS::*"]}}
    policy = deny("Update:*", NotResource="LogicalResourceId/None", Condition=kinds)
    formation.set_stack_policy(StackName="s", StackPolicyBody=policy)
    assert update(formation, body({"DelaySeconds": 1}, "b")) is None
    assert update(formation, body({"DelaySeconds": 2}, "b")) is not None


def test_what_is_no_policy(formation: Any) -> None:
    for text in ("{", "[]", '{"Statement": ["a"]}', '{"Statement": {"Condition": {"StringLike": 1}}}'):
        with pytest.raises(ClientError, match="Error validating stack policy: Invalid stack policy"):
            formation.set_stack_policy(StackName="s", StackPolicyBody=text)
    with pytest.raises(ClientError, match="You cannot specify both StackPolicyURL and StackPolicyBody"):
        formation.set_stack_policy(StackName="s", StackPolicyBody="{}", StackPolicyURL="https://a/b")
