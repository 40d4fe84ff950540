"""What CloudFormation finds wrong before it makes anything, and the operations by whose ids it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.settling import settle, wait_for


def template(**resources: tuple[str, dict[str, Any]]) -> str:
    made = {name: {"Type": f"AWS::{kind}", "Properties": properties} for name, (kind, properties) in resources.items()}
    return json.dumps({"Parameters": {"Word": {"Type": "String", "Default": "a"}}, "Resources": made})


def stack(cloudformation: Any) -> dict[str, Any]:
    settle(cloudformation)
    (found,) = cloudformation.describe_stacks(StackName="shop")["Stacks"]
    return dict(found)


def failures(cloudformation: Any, **named: str) -> list[tuple[str, str, str]]:
    events = cloudformation.describe_events(**named, Filters={"FailedEvents": True})["OperationEvents"]
    return [(each["ValidationName"], each["ValidationPath"], each["ValidationStatusReason"]) for each in events]


def test_nothing_is_made_of_a_template_with_a_wrong_property(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    body = template(
        Good=("SQS::Queue", {"QueueName": "good"}),
        Bad=("Lambda::Function", {"Code": {"Zip": ""}, "MemorySize": {"Ref": "Word"}}),
        Later=("SQS::Queue", {"DelaySeconds": "{{resolve:ssm:seconds}}", "Tags": [{"Key": "k"}]}),
    )
    made = cloudformation.create_stack(StackName="shop", TemplateBody=body)
    found = stack(cloudformation)
    assert found["StackStatus"] == "ROLLBACK_COMPLETE"
    begun = [each for each in found["LastOperations"] if each["OperationType"] == "CREATE_STACK"]
    assert [each["OperationId"] for each in begun] == [made["OperationId"]]
    assert failures(cloudformation, OperationId=made["OperationId"]) == [
        ("PROPERTY_VALIDATION", "/Resources/Bad/Properties", "Required property [Role] not found"),
        ("PROPERTY_VALIDATION", "/Resources/Bad/Properties/Code/Zip", "#/Code: extraneous key [Zip] is not permitted"),
        (
            "PROPERTY_VALIDATION",
            "/Resources/Bad/Properties/MemorySize",
            "#/MemorySize: expected type: Integer, found: String",
        ),
        ("PROPERTY_VALIDATION", "/Resources/Later/Properties/Tags/0", "Required property [Value] not found"),
    ]
    assert failures(cloudformation, StackName="shop") == failures(cloudformation, OperationId=made["OperationId"])
    assert cloudformation.describe_stack_resources(StackName="shop")["StackResources"] == []
    reasons = {
        each["ResourceStatus"]: each.get("ResourceStatusReason")
        for each in cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
    }
    told = "Validation failure detected. See the operation's FAILED event for details."
    assert reasons == {"CREATE_IN_PROGRESS": "User Initiated", "ROLLBACK_IN_PROGRESS": told, "ROLLBACK_COMPLETE": None}


def test_an_update_that_is_wrong_leaves_all_as_it_was(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    first = ("SQS::Queue", {"QueueName": "first", "DelaySeconds": 1})
    cloudformation.create_stack(StackName="shop", TemplateBody=template(First=first))
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    changed = ("SQS::Queue", {"QueueName": "first", "DelaySeconds": 2})
    body = template(First=changed, Bad=("SNS::Topic", {"Name": "t"}))
    made = cloudformation.update_stack(StackName="shop", TemplateBody=body)
    assert stack(cloudformation)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert failures(cloudformation, OperationId=made["OperationId"]) == [
        ("PROPERTY_VALIDATION", "/Resources/Bad/Properties/Name", "#: extraneous key [Name] is not permitted")
    ]
    url = aws("sqs").get_queue_url(QueueName="first")["QueueUrl"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
    assert attributes == {"DelaySeconds": "1"}
    assert json.loads(json.dumps(cloudformation.get_template(StackName="shop")["TemplateBody"])) == json.loads(
        template(First=first)
    )


def test_what_is_there_already_is_told(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    aws("ssm").put_parameter(Name="/shop/word", Value="a", Type="String")
    parameter = ("SSM::Parameter", {"Name": "/shop/word", "Type": "String", "Value": "b"})
    body = template(Word=parameter, Queue=("SQS::Queue", {}))
    told = [
        (
            "NAME_CONFLICT_VALIDATION",
            "/Resources/Word",
            "Resource of type 'AWS::SSM::Parameter' with identifier '/shop/word' already exists.",
        )
    ]
    made = cloudformation.create_change_set(
        StackName="shop", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=body
    )
    settle(cloudformation)
    assert failures(cloudformation, ChangeSetName=made["Id"]) == told
    reason = cloudformation.describe_change_set(ChangeSetName=made["Id"])["StatusReason"]
    assert reason.startswith("The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck].")
    cloudformation.delete_stack(StackName="shop")
    settle(cloudformation)
    made = cloudformation.create_stack(StackName="shop", TemplateBody=body)
    assert stack(cloudformation)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert failures(cloudformation, OperationId=made["OperationId"]) == told


def test_an_operation_tells_how_it_went(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    body = template(Rule=("Events::Rule", {"EventPattern": {"source": "shop"}}))
    made = cloudformation.create_stack(StackName="shop", TemplateBody=body, ClientRequestToken="t")
    found = stack(cloudformation)
    assert [each["OperationType"] for each in found["LastOperations"]] == ["ROLLBACK", "CREATE_STACK"]
    events = cloudformation.describe_events(OperationId=made["OperationId"])["OperationEvents"]
    told = [
        (each["EventType"], each.get("OperationStatus") or each["ResourceStatus"], each["ClientRequestToken"])
        for each in events
    ]
    assert told == [
        ("STACK_EVENT", "FAILED", "t"),
        ("PROVISIONING_ERROR", "CREATE_FAILED", "t"),
        ("PROGRESS_EVENT", "CREATE_IN_PROGRESS", "t"),
        ("PROGRESS_EVENT", "CREATE_IN_PROGRESS", "t"),
    ]
    rollback = found["LastOperations"][0]["OperationId"]
    (whole, *_) = cloudformation.describe_events(OperationId=rollback)["OperationEvents"]
    assert (whole["OperationType"], whole["OperationStatus"]) == ("ROLLBACK", "SUCCEEDED")
    with pytest.raises(ClientError, match="One of ChangeSetName, OperationId or StackName must be specified"):
        cloudformation.describe_events()


def test_what_a_request_does_not_allow(aws: Client) -> None:
    cloudformation, body = aws("cloudformation"), template(Queue=("SQS::Queue", {}))
    allowed = ["AWS::SNS::*", "AWS::SSM::Parameter"]
    with pytest.raises(ClientError, match="Resource type AWS::SQS::Queue is not allowed"):
        cloudformation.create_stack(StackName="shop", TemplateBody=body, ResourceTypes=allowed)


@pytest.mark.parametrize("name", ["Nope", "Arn.Nope"])
def test_an_attribute_that_its_type_does_not_have(aws: Client, name: str) -> None:
    cloudformation = aws("cloudformation")
    resources = {"Queue": ("SQS::Queue", {}), "Other": ("SQS::Queue", {"QueueName": {"Fn::GetAtt": f"Queue.{name}"}})}
    told = f"Template error: resource Queue does not support attribute type {name} in Fn::GetAtt"
    with pytest.raises(ClientError, match=told):
        cloudformation.create_stack(StackName="shop", TemplateBody=template(**resources))
