"""What CloudFormation refuses before a resource's service is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.services.cloudformation.schemas import Schemas
from tests.conftest import Client
from tests.settling import settle, wait_for

ROLE = "arn:aws:iam::000000000000:role/r"


def template(kind: str, **properties: Any) -> str:
    return json.dumps({"Resources": {"One": {"Type": kind, "Properties": properties}}})


@pytest.mark.parametrize(
    ("kind", "properties", "told"),
    [
        ("AWS::SQS::Queue", {"Name": "a"}, "#: extraneous key [Name] is not permitted"),
        ("AWS::Lambda::Function", {"Code": {"ZipFile": ""}}, "#: required key [Role] not found"),
        (
            "AWS::Lambda::Function",
            {"Code": {"Zip": ""}, "Role": [ROLE]},
            "#/Code: extraneous key [Zip] is not permitted, #/Role: expected type: String, found: JSONArray",
        ),
    ],
)
def test_properties_that_do_not_fit(aws: Client, kind: str, properties: dict[str, Any], told: str) -> None:
    cloudformation = aws("cloudformation")
    body = template(kind, **properties)
    late = {"OnFailure": "DO_NOTHING", "DisableValidation": True}
    cloudformation.create_stack(StackName="shop", TemplateBody=body, **late)
    settle(cloudformation)
    (resource,) = cloudformation.describe_stack_resources(StackName="shop")["StackResources"]
    assert resource["ResourceStatus"] == "CREATE_FAILED"
    assert resource["ResourceStatusReason"] == f"Properties validation failed for resource One with message:\n[{told}]"


def test_scalars_of_another_kind_are_converted(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    body = template("AWS::SQS::Queue", QueueName=12345, FifoQueue="false", DelaySeconds="5")
    cloudformation.create_stack(StackName="shop", TemplateBody=body)
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    assert aws("sqs").get_queue_url(QueueName="12345")["QueueUrl"]


@pytest.mark.parametrize(
    "text",
    [
        '{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": %s}}}}',
        "Resources: {T: {Type: AWS::SNS::Topic, Properties: {DisplayName: %s}}}",
    ],
)
def test_a_number_beyond_64_bits_is_kept_as_it_is_written(aws: Client, text: str) -> None:
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="shop", TemplateBody=text % ("9" * 25))
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    (topic,) = aws("sns").list_topics()["Topics"]
    attributes = aws("sns").get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
    assert attributes["DisplayName"] == "9" * 25


@pytest.mark.parametrize(
    ("kind", "properties", "told"),
    [
        ("AWS::Events::EventBusPolicy", {"StatementId": "s", "Statement": "s"}, "Statement must be an object."),
        (
            "AWS::Lambda::LayerVersionPermission",
            {"LayerVersionArn": f"{ROLE}:x", "Principal": "*", "Action": "lambda:GetLayerVersion"},
            "The value at VersionNumber must be an integer.",
        ),
    ],
)
def test_what_the_handler_cannot_read(aws: Client, kind: str, properties: dict[str, Any], told: str) -> None:
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="shop", TemplateBody=template(kind, **properties), OnFailure="DO_NOTHING")
    settle(cloudformation)
    (resource,) = cloudformation.describe_stack_resources(StackName="shop")["StackResources"]
    assert f'message: "{told}"' in resource["ResourceStatusReason"]


def test_what_no_schema_bars_is_held_to_what_the_operation_takes(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    key = [{"AttributeName": "k", "KeyType": "HASH"}]
    names = [{"AttributeName": "k", "AttributeType": "S"}]
    body = template("AWS::DynamoDB::Table", KeySchema=[key], AttributeDefinitions=names, BillingMode="PAY_PER_REQUEST")
    cloudformation.create_stack(StackName="shop", TemplateBody=body, OnFailure="DO_NOTHING")
    settle(cloudformation)
    (resource,) = cloudformation.describe_stack_resources(StackName="shop")["StackResources"]
    assert 'message: "The value at KeySchema.0 must be an object."' in resource["ResourceStatusReason"]


def test_an_update_that_does_not_fit_is_taken_back(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="shop", TemplateBody=template("AWS::SQS::Queue", DelaySeconds="5"))
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    body = template("AWS::SQS::Queue", DelaySeconds=[5])
    cloudformation.update_stack(StackName="shop", TemplateBody=body, DisableValidation=True)
    wait_for(cloudformation, "stack_rollback_complete", StackName="shop")
    events = cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
    told = "Properties validation failed for resource One with message:\n"
    told += "[#/DelaySeconds: expected type: Integer, found: JSONArray]"
    assert [each.get("DetailedStatus") for each in events if each.get("ResourceStatusReason") == told] == [
        "VALIDATION_FAILED"
    ]


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"UserName": "u", "Foo": 1}, "Encountered unsupported property Foo"),
        ({}, "Property UserName cannot be empty."),
        ({"UserName": ["u"]}, "Value of property UserName must be of type String"),
    ],
)
def test_types_older_than_the_registry_have_their_own_words(properties: dict[str, Any], told: str) -> None:
    assert Schemas().problem("AWS::IAM::AccessKey", "Key", properties) == told


def test_a_parameter_that_an_answer_could_not_hold(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    body = json.loads(template("AWS::SQS::Queue"))
    body["Parameters"] = {"Word": {"Type": "String"}}
    request = {"StackName": "shop", "TemplateBody": json.dumps(body)}
    with pytest.raises(ClientError, match="Parameter 'Word' contains invalid characters"):
        cloudformation.create_stack(**request, Parameters=[{"ParameterKey": "Word", "ParameterValue": "a\x01b"}])
    cloudformation.create_stack(**request, Parameters=[{"ParameterKey": "Word", "ParameterValue": "a\tb\r\nc"}])
    (stack,) = cloudformation.describe_stacks(StackName="shop")["Stacks"]
    assert stack["Parameters"] == [{"ParameterKey": "Word", "ParameterValue": "a\tb\r\nc"}]


def test_a_topic_with_an_archive_holds_up_its_stack(aws: Client) -> None:
    """As on AWS: its policy has to be taken away before."""
    cloudformation, properties = aws("cloudformation"), {"FifoTopic": True, "TopicName": "t.fifo"}
    archive = {"ArchivePolicy": {"MessageRetentionPeriod": "1"}}
    cloudformation.create_stack(StackName="shop", TemplateBody=template("AWS::SNS::Topic", **properties, **archive))
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    cloudformation.delete_stack(StackName="shop")
    settle(cloudformation)
    (stack,) = cloudformation.describe_stacks(StackName="shop")["Stacks"]
    assert stack["StackStatus"] == "DELETE_FAILED"
    (resource,) = cloudformation.describe_stack_resources(StackName="shop")["StackResources"]
    assert "Invalid state: Cannot delete a topic with an ArchivePolicy" in resource["ResourceStatusReason"]
    topic = resource["PhysicalResourceId"]
    aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="ArchivePolicy", AttributeValue="{}")
    cloudformation.delete_stack(StackName="shop")
    wait_for(cloudformation, "stack_delete_complete", StackName="shop")


def test_a_change_set_tells_before_anything_is_made(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    resources = {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": []}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::GetAtt": "Queue.QueueName"}}},
    }
    request = {"StackName": "shop", "ChangeSetName": "c", "ChangeSetType": "CREATE"}
    made = cloudformation.create_change_set(**request, TemplateBody=json.dumps({"Resources": resources}))
    settle(cloudformation)
    found = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert found["Status"] == "FAILED"
    assert found["StatusReason"].startswith(
        "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]."
    )
    failed = {"FailedEvents": True}
    (event,) = cloudformation.describe_events(StackName="shop", ChangeSetName="c", Filters=failed)["OperationEvents"]
    told = ("ValidationName", "LogicalResourceId", "ValidationPath", "ValidationStatusReason")
    assert [event[each] for each in told] == [
        "PROPERTY_VALIDATION",
        "Queue",
        "/Resources/Queue/Properties/DelaySeconds",
        "#/DelaySeconds: expected type: Integer, found: JSONArray",
    ]


def test_a_change_set_tells_what_is_replaced(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="shop", TemplateBody=template("AWS::SQS::Queue", QueueName="a"))
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    for change, replacement, recreation in (
        ({"QueueName": "a", "DelaySeconds": 5}, "False", "Never"),
        ({"QueueName": "b"}, "True", "Always"),
    ):
        body = template("AWS::SQS::Queue", **change)
        made = cloudformation.create_change_set(StackName="shop", ChangeSetName="c", TemplateBody=body)
        settle(cloudformation)
        (found,) = cloudformation.describe_change_set(ChangeSetName=made["Id"])["Changes"]
        assert found["ResourceChange"]["Replacement"] == replacement
        (detail,) = found["ResourceChange"]["Details"]
        assert detail["Target"]["RequiresRecreation"] == recreation
        cloudformation.delete_change_set(ChangeSetName=made["Id"])


def test_tags_that_an_answer_could_not_hold(aws: Client) -> None:
    request = {"StackName": "shop", "TemplateBody": template("AWS::SQS::Queue")}
    with pytest.raises(ClientError, match="Tags contain invalid characters"):
        aws("cloudformation").create_stack(**request, Tags=[{"Key": "a", "Value": "\x02"}])


def test_a_custom_resource_takes_whatever_it_is_given() -> None:
    for kind in ("AWS::CloudFormation::CustomResource", "Custom::Thing"):
        assert Schemas().problem(kind, "Mine", {"ServiceToken": "t", "Anything": {"At": ["all"]}}) is None


@pytest.mark.parametrize(
    ("kind", "before", "after", "replaced"),
    [
        ("AWS::IoT::Policy", {"PolicyName": "a"}, {"PolicyName": "b"}, True),
        ("AWS::Lambda::Function", {"MemorySize": 128}, {"MemorySize": 256}, False),
        ("AWS::SQS::Queue", {}, {"FifoQueue": False}, False),
        ("AWS::SQS::Queue", {"FifoQueue": "true"}, {"FifoQueue": True}, False),
        ("AWS::SQS::Queue", {}, {"FifoQueue": True}, True),
        ("Custom::Thing", {"A": 1}, {"A": 2}, False),
    ],
)
def test_what_is_replaced_is_told_by_the_schema(
    kind: str, before: dict[str, Any], after: dict[str, Any], replaced: bool
) -> None:
    assert Schemas().is_replaced(kind, before, after) is replaced


def test_a_name_of_its_own_stands_in_the_way_of_a_replacement(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(
        StackName="shop", TemplateBody=template("AWS::ECR::Repository", RepositoryName="images")
    )
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    encryption = {"EncryptionType": "KMS"}
    body = template("AWS::ECR::Repository", RepositoryName="images", EncryptionConfiguration=encryption)
    cloudformation.update_stack(StackName="shop", TemplateBody=body)
    wait_for(cloudformation, "stack_rollback_complete", StackName="shop")
    events = cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
    assert [each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == "UPDATE_FAILED"] == [
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename images and "
        "update the stack again."
    ]
