"""RollbackStack: what was left as it failed is taken back, as `cdk rollback` asks for."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.test_cloudformation import create, stack
from tests.settling import settle


def queue(seconds: int = 30, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds}, **more}


def body(**resources: Any) -> str:
    return json.dumps({"Resources": resources})


BAD = queue(999_999, DependsOn="Kept")


def test_failed_updates_are_taken_back_to_what_was_whole(aws: Client) -> None:
    stacks, sqs = aws("cloudformation"), aws("sqs")
    create(stacks, body(Kept=queue(10)))
    with pytest.raises(ClientError, match="is in CREATE_COMPLETE state and can not be rolled back"):
        stacks.rollback_stack(StackName="shop")
    retained = queue(DeletionPolicy="Retain", DependsOn="Kept")
    for seconds in (20, 30):
        failing = body(Kept=queue(seconds), New=retained, Bad={**BAD, "DependsOn": "New"})
        stacks.update_stack(StackName="shop", TemplateBody=failing, DisableRollback=True)
        settle(stacks)
        assert stack(stacks)["StackStatus"] == "UPDATE_FAILED"
    assert len(sqs.list_queues()["QueueUrls"]) == 2
    stacks.rollback_stack(StackName="shop", RetainExceptOnCreate=True)
    settle(stacks)
    assert stack(stacks)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    (url,) = sqs.list_queues()["QueueUrls"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"] == "10"
    assert list(stacks.get_template(StackName="shop")["TemplateBody"]["Resources"]) == ["Kept"]
    stacks.update_stack(StackName="shop", TemplateBody=body(Kept=queue(40)))
    settle(stacks)
    assert stack(stacks)["StackStatus"] == "UPDATE_COMPLETE"


@pytest.mark.parametrize(("given", "left"), [({}, 1), ({"RetainExceptOnCreate": True}, 0)])
def test_a_failed_creation_is_taken_back(aws: Client, given: dict[str, Any], left: int) -> None:
    stacks = aws("cloudformation")
    failing = body(Kept=queue(DeletionPolicy="Retain"), Bad=BAD)
    stacks.create_stack(StackName="shop", TemplateBody=failing, DisableRollback=True)
    settle(stacks)
    assert stack(stacks)["StackStatus"] == "CREATE_FAILED"
    stacks.rollback_stack(StackName="shop", **given)
    settle(stacks)
    assert stack(stacks)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert len(aws("sqs").list_queues().get("QueueUrls", ())) == left


def test_a_rollback_that_failed_fails_again_until_what_fails_is_skipped(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")

    def template(delay: int, **others: Any) -> str:
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "work", "DelaySeconds": delay}}
        return json.dumps({"Resources": {"Queue": queue, **others}})

    def status() -> str:
        settle(cloudformation)
        return str(cloudformation.describe_stacks(StackName="shop")["Stacks"][0]["StackStatus"])

    cloudformation.create_stack(StackName="shop", TemplateBody=template(1))
    assert status() == "CREATE_COMPLETE"
    handle = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    properties = {"Handle": {"Ref": "Handle"}, "Timeout": "90"}
    wait = {"Type": "AWS::CloudFormation::WaitCondition", "DependsOn": "Queue", "Properties": properties}
    cloudformation.update_stack(StackName="shop", TemplateBody=template(2, Handle=handle, Wait=wait))
    settle(cloudformation)
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="work")["QueueUrl"])
    detail = cloudformation.describe_stack_resource(StackName="shop", LogicalResourceId="Handle")["StackResourceDetail"]
    said = json.dumps({"Status": "FAILURE", "UniqueId": "a", "Reason": "no"}).encode()
    request = urllib.request.Request(detail["PhysicalResourceId"], said, {"Content-Type": ""}, method="PUT")
    urllib.request.urlopen(request).close()
    assert status() == "UPDATE_ROLLBACK_FAILED"
    cloudformation.continue_update_rollback(StackName="shop")
    assert status() == "UPDATE_ROLLBACK_FAILED"
    with pytest.raises(ClientError, match=r"Resources \[Other\] did not fail to be rolled back"):
        cloudformation.continue_update_rollback(StackName="shop", ResourcesToSkip=["Other"])
    cloudformation.continue_update_rollback(StackName="shop", ResourcesToSkip=["Queue"])
    assert status() == "UPDATE_ROLLBACK_COMPLETE"
    (resource,) = cloudformation.describe_stack_resources(StackName="shop")["StackResources"]
    assert resource["ResourceStatus"] == "UPDATE_COMPLETE"


@pytest.mark.parametrize(
    ("kind", "name"),
    [("AWS::SQS::Queue", "QueueName"), ("AWS::SNS::Topic", "TopicName"), ("AWS::Events::Rule", "Name")],
)
def test_what_a_stack_has_is_not_taken_for_new(aws: Client, kind: str, name: str) -> None:
    """Were it taken for the new resource, it would go with the old one."""
    cloudformation = aws("cloudformation")
    more = {"EventPattern": {"source": ["a"]}} if kind == "AWS::Events::Rule" else {}

    def template(logical_id: str) -> str:
        return json.dumps({"Resources": {logical_id: {"Type": kind, "Properties": {name: "fixed", **more}}}})

    cloudformation.create_stack(StackName="shop", TemplateBody=template("Old"))
    settle(cloudformation)
    stack_id = cloudformation.describe_stacks(StackName="shop")["Stacks"][0]["StackId"]
    cloudformation.update_stack(StackName="shop", TemplateBody=template("New"))
    settle(cloudformation)
    (stack,) = cloudformation.describe_stacks(StackName="shop")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
    (reason,) = [each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == "CREATE_FAILED"]
    assert reason.endswith(f"fixed already exists in stack {stack_id}")
    (resource,) = cloudformation.describe_stack_resources(StackName="shop")["StackResources"]
    assert resource["LogicalResourceId"] == "Old"
