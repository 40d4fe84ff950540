"""Updates: what they do beside the template's changes, and how they and creations end early."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import settle, wait_for


def template(delay: Any = 0, **others: Any) -> str:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "work", "DelaySeconds": delay}}
    return json.dumps({"Resources": {"Queue": queue, **others}})


def test_the_stacks_tags_reach_its_resources_and_outlive_a_rollback(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")

    def put(verb: str, waiter: str, team: str, body: str) -> dict[str, str]:
        tags = [{"Key": "team", "Value": team}]
        getattr(cloudformation, f"{verb}_stack")(StackName="shop", TemplateBody=body, Tags=tags)
        wait_for(cloudformation, f"stack_{waiter}_complete", StackName="shop")
        url = sqs.get_queue_url(QueueName="work")["QueueUrl"]
        found: dict[str, str] = sqs.list_queue_tags(QueueUrl=url)["Tags"]
        return found

    assert put("create", "create", "a", template()) == {"team": "a"}
    assert put("update", "update", "b", template()) == {"team": "b"}
    assert put("update", "rollback", "c", template(5, Wrong=WRONG)) == {"team": "b"}


WRONG: dict[str, Any] = {
    "Type": "AWS::Events::Rule",
    "DependsOn": "Queue",
    "Properties": {"EventPattern": {"source": "x"}},
}
WAITING: dict[str, Any] = {
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Wait": {
        "Type": "AWS::CloudFormation::WaitCondition",
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "90"},
    },
    "Later": {"Type": "AWS::SQS::Queue", "DependsOn": "Wait", "Properties": {"QueueName": "later"}},
}


def status(cloudformation: Any) -> str:
    settle(cloudformation)
    return str(cloudformation.describe_stacks(StackName="shop")["Stacks"][0]["StackStatus"])


def test_a_creation_that_was_left_as_it_failed_is_gone_on_with(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")
    cloudformation.create_stack(StackName="shop", TemplateBody=template(Wrong=WRONG), DisableRollback=True)
    assert status(cloudformation) == "CREATE_FAILED"
    cloudformation.update_stack(StackName="shop", TemplateBody=template(Wrong=WRONG), DisableRollback=True)
    assert status(cloudformation) == "UPDATE_FAILED"
    right = {**WRONG, "Properties": {"EventPattern": {"source": ["x"]}}}
    cloudformation.update_stack(StackName="shop", TemplateBody=template(Wrong=right))
    assert status(cloudformation) == "UPDATE_COMPLETE"
    assert sqs.get_queue_url(QueueName="work")
    cloudformation.create_stack(StackName="other", TemplateBody=json.dumps({"Resources": {"Rule": {
        **WRONG, "DependsOn": []}}}), OnFailure="DO_NOTHING")  # fmt: skip
    settle(cloudformation)
    with pytest.raises(ClientError, match=r"because it contains \[on-failure: DO_NOTHING\]"):
        cloudformation.update_stack(StackName="other", TemplateBody=template())


def test_an_update_of_what_never_was_whole_leaves_nothing_where_it_fails(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")
    cloudformation.create_stack(StackName="shop", TemplateBody=template(Wrong=WRONG), DisableRollback=True)
    assert status(cloudformation) == "CREATE_FAILED"
    cloudformation.update_stack(StackName="shop", TemplateBody=template(5, Wrong=WRONG))
    assert status(cloudformation) == "ROLLBACK_COMPLETE"
    assert "QueueUrls" not in sqs.list_queues()


def test_an_update_is_cancelled(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")
    cloudformation.create_stack(StackName="shop", TemplateBody=template())
    assert status(cloudformation) == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="CancelUpdateStack cannot be called from current stack status"):
        cloudformation.cancel_update_stack(StackName="shop")
    cloudformation.update_stack(StackName="shop", TemplateBody=template(5, **WAITING))
    settle(cloudformation)
    detail = cloudformation.describe_stack_resource(StackName="shop", LogicalResourceId="Handle")["StackResourceDetail"]
    handle = detail["PhysicalResourceId"]
    cloudformation.cancel_update_stack(StackName="shop")
    body = json.dumps({"Status": "SUCCESS", "UniqueId": "a"}).encode()
    urllib.request.urlopen(urllib.request.Request(handle, body, {"Content-Type": ""}, method="PUT")).close()
    assert status(cloudformation) == "UPDATE_ROLLBACK_COMPLETE"
    (url,) = sqs.list_queues()["QueueUrls"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"] == {
        "DelaySeconds": "0"
    }


def test_a_stack_that_takes_too_long(timed: ServerThread) -> None:
    cloudformation = client_factory(timed.endpoint, "000000000000")("cloudformation")
    cloudformation.create_stack(StackName="shop", TemplateBody=template(**WAITING), TimeoutInMinutes=1)
    settle(cloudformation)
    timed.advance(60_000)
    timed.advance(30_000)  # what was begun is awaited
    assert status(cloudformation) == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
    assert "Later" not in {each["LogicalResourceId"] for each in events}
    (reason,) = [each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == "ROLLBACK_IN_PROGRESS"]
    assert reason.startswith("Stack creation time exceeded the specified timeout. ")


def test_new_resources_are_not_kept_where_that_is_said(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")
    kept = {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain", "Properties": {"QueueName": "kept"}}
    body = json.dumps({"Resources": {"Queue": kept, "Wrong": WRONG}})
    cloudformation.create_stack(StackName="shop", TemplateBody=body, RetainExceptOnCreate=True)
    assert status(cloudformation) == "ROLLBACK_COMPLETE"
    assert "QueueUrls" not in sqs.list_queues()


def test_a_stack_that_cannot_be_deleted_is_let_go_by_force(aws: Client, account: str) -> None:
    cloudformation, s3, bucket = aws("cloudformation"), aws("s3"), f"full-{account}"
    body = json.dumps({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}}}})
    stack_id = cloudformation.create_stack(StackName="shop", TemplateBody=body)["StackId"]
    assert status(cloudformation) == "CREATE_COMPLETE"
    s3.put_object(Bucket=bucket, Key="a", Body=b"")
    cloudformation.delete_stack(StackName="shop")
    assert status(cloudformation) == "DELETE_FAILED"
    cloudformation.delete_stack(StackName="shop", DeletionMode="FORCE_DELETE_STACK")
    settle(cloudformation)
    (stack,) = cloudformation.describe_stacks(StackName=stack_id)["Stacks"]
    assert stack["StackStatus"] == "DELETE_COMPLETE"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
