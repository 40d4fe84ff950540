"""Members of requests and answers that matter seldom, but then much."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.services.test_cloudformation_nested import Family
from tests.settling import settle

QUEUE: dict[str, Any] = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "work"}}
WAIT = {"Type": "AWS::CloudFormation::WaitCondition", "DependsOn": "Nested", "CreationPolicy": {"ResourceSignal": {}}}


def body(*resources: tuple[str, dict[str, Any]], **sections: Any) -> str:
    return json.dumps({"Resources": dict(resources), **sections})


@pytest.mark.parametrize("forced", [False, True])
def test_what_a_nested_stack_cannot_take_back_is_skipped(
    aws: Client, account: str, endpoint: str, forced: bool
) -> None:
    family = Family(aws, account, endpoint)
    cloudformation, sqs = family.cloudformation, aws("sqs")
    cloudformation.create_stack(StackName="shop", TemplateBody=family.body("1"))
    assert family.stack()["StackStatus"] == "CREATE_COMPLETE"
    cloudformation.update_stack(StackName="shop", TemplateBody=family.body("2", Wait=WAIT))
    settle(cloudformation)
    sqs.delete_queue(QueueUrl=sqs.list_queues()["QueueUrls"][0])
    signal = {"LogicalResourceId": "Wait", "UniqueId": "a", "Status": "FAILURE"}
    cloudformation.signal_resource(StackName="shop", **signal)
    assert family.stack()["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    skip = [f"{family.nested()['StackName']}.Queue"]
    with pytest.raises(ClientError, match="You cannot specify both ForceRollback and ResourcesToSkip"):
        cloudformation.continue_update_rollback(StackName="shop", ResourcesToSkip=skip, ForceRollback=True)
    skipping: dict[str, Any] = {"ForceRollback": True} if forced else {"ResourcesToSkip": skip}
    cloudformation.continue_update_rollback(StackName="shop", **skipping)
    assert family.stack()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert family.nested()["StackStatus"] == "UPDATE_COMPLETE"
    assert family.nested()["Parameters"] == [{"ParameterKey": "Delay", "ParameterValue": "1"}]


def test_no_event_tells_what_must_not_be_echoed(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    aws("ssm").put_parameter(Name="/stored", Value="hush", Type="String")
    parameters = {"Word": {"Type": "String", "NoEcho": True, "Default": "xyzzy"}}
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "${Word}-{{resolve:ssm:/stored}}"}}}
    request = {"StackName": "shop", "ChangeSetName": "first", "ChangeSetType": "CREATE"}
    cloudformation.create_change_set(**request, TemplateBody=body(("Topic", topic), Parameters=parameters))
    settle(cloudformation)
    told = cloudformation.describe_change_set(StackName="shop", ChangeSetName="first", IncludePropertyValues=True)
    cloudformation.execute_change_set(StackName="shop", ChangeSetName="first")
    settle(cloudformation)
    cloudformation.delete_stack(StackName=told["StackId"])
    settle(cloudformation)
    events = cloudformation.describe_stack_events(StackName=told["StackId"])["StackEvents"]
    shown = {each["ResourceProperties"] for each in events if each["LogicalResourceId"] == "Topic"}
    assert shown == {'{"DisplayName":"****-{{resolve:ssm:/stored}}"}'}
    everything = json.dumps([told, events], default=str)
    assert "xyzzy" not in everything
    assert "hush" not in everything


def test_a_deployment_config_and_a_policy_at_an_address(aws: Client, account: str, endpoint: str) -> None:
    cloudformation, s3, bucket = aws("cloudformation"), aws("s3"), f"policies-{account}"
    statement = {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="policy", Body=json.dumps({"Statement": [statement]}))
    url, config = f"{endpoint}/{bucket}/policy", {"Mode": "EXPRESS", "DisableRollback": True}
    request = {"StackName": "shop", "DeploymentConfig": config, "StackPolicyURL": url}
    cloudformation.create_stack(**request, TemplateBody=body(("Queue", QUEUE)))
    settle(cloudformation)
    (stack,) = cloudformation.describe_stacks(StackName="shop")["Stacks"]
    assert (stack["DeploymentConfig"], stack["DisableRollback"]) == (config, True)
    assert json.loads(cloudformation.get_stack_policy(StackName="shop")["StackPolicyBody"])["Statement"] == [statement]
    changed = {**QUEUE, "Properties": {"QueueName": "work", "DelaySeconds": 3}}
    cloudformation.update_stack(**request, TemplateBody=body(("Queue", changed)))
    settle(cloudformation)
    (stack,) = cloudformation.describe_stacks(StackName="shop")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_FAILED"
    with pytest.raises(ClientError, match="You cannot specify both StackPolicyURL and StackPolicyBody"):
        cloudformation.set_stack_policy(StackName="shop", StackPolicyURL=url, StackPolicyBody="{}")
    with pytest.raises(ClientError, match="The DeploymentMode of a change set is not implemented"):
        cloudformation.create_change_set(
            StackName="shop", ChangeSetName="a", UsePreviousTemplate=True, DeploymentMode="REVERT_DRIFT"
        )


def test_a_stack_is_its_accounts_alone(aws: Client, endpoint: str, account: str) -> None:
    cloudformation = aws("cloudformation")
    identity = cloudformation.create_stack(StackName="shop", TemplateBody=body(("Queue", QUEUE)))["StackId"]
    settle(cloudformation)
    for other in (client_factory(endpoint, "1" * 12), client_factory(endpoint, account, "eu-west-1")):
        with pytest.raises(ClientError, match="does not exist"):
            other("cloudformation").describe_stacks(StackName=identity)
    with pytest.raises(ClientError, match="Headwater does not implement the Hooks of a template"):
        cloudformation.validate_template(TemplateBody=body(("Queue", QUEUE), Hooks={"Green": {"Type": "x"}}))


def test_resources_come_a_hundred_at_a_time(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    handles = [(f"Handle{number:03d}", {"Type": "AWS::CloudFormation::WaitConditionHandle"}) for number in range(101)]
    cloudformation.create_stack(StackName="shop", TemplateBody=body(*handles))
    settle(cloudformation)
    pages = list(cloudformation.get_paginator("list_stack_resources").paginate(StackName="shop"))
    assert [len(each["StackResourceSummaries"]) for each in pages] == [100, 1]
    assert len(cloudformation.describe_stack_resources(StackName="shop")["StackResources"]) == 100
    with pytest.raises(ClientError, match="NextToken is not valid"):
        cloudformation.list_stack_resources(StackName="shop", NextToken="x")


def test_a_change_set_tells_of_a_nested_stack_as_one(aws: Client, account: str, endpoint: str) -> None:
    family = Family(aws, account, endpoint)
    request = {"StackName": "shop", "ChangeSetName": "first", "ChangeSetType": "CREATE", "IncludeNestedStacks": True}
    family.cloudformation.create_change_set(**request, TemplateBody=family.body("1"))
    settle(family.cloudformation)
    told = family.cloudformation.describe_change_set(StackName="shop", ChangeSetName="first")
    assert (told["Status"], told["IncludeNestedStacks"]) == ("CREATE_COMPLETE", False)
    assert told["StatusReason"].startswith("Headwater tells of a nested stack's changes as one")
    family.cloudformation.execute_change_set(StackName="shop", ChangeSetName="first")
    assert family.stack()["StackStatus"] == family.nested()["StackStatus"] == "CREATE_COMPLETE"
