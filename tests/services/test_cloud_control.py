"""Cloud Control: single resources by their types' schemas, beside those of stacks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.settling import settle, wait_for

QUEUE = "AWS::SQS::Queue"


def done(control: Any, event: dict[str, Any]) -> dict[str, Any]:
    """The progress of a request once it is over."""
    settle(control)
    status = control.get_resource_request_status(RequestToken=event["ProgressEvent"]["RequestToken"])
    found: dict[str, Any] = status["ProgressEvent"]
    return found


def made(control: Any, kind: str, **properties: Any) -> str:
    event = control.create_resource(TypeName=kind, DesiredState=json.dumps(properties))
    assert event["ProgressEvent"]["OperationStatus"] in ("IN_PROGRESS", "SUCCESS")
    found = done(control, event)
    assert found["OperationStatus"] == "SUCCESS", found["StatusMessage"]
    return str(found["Identifier"])


def present(control: Any, kind: str, identifier: str) -> dict[str, Any]:
    described = control.get_resource(TypeName=kind, Identifier=identifier)["ResourceDescription"]
    assert described["Identifier"] == identifier
    found: dict[str, Any] = json.loads(described["Properties"])
    return found


def patched(control: Any, kind: str, identifier: str, *operations: dict[str, Any]) -> dict[str, Any]:
    request = {"TypeName": kind, "Identifier": identifier, "PatchDocument": json.dumps(operations)}
    found = done(control, control.update_resource(**request))
    assert found["OperationStatus"] == "SUCCESS", found["StatusMessage"]
    return found


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_queue_from_beginning_to_end(aws: Client) -> None:
    control, sqs = aws("cloudcontrol"), aws("sqs")
    url = made(control, QUEUE, QueueName="q", DelaySeconds=5, Tags=[{"Key": "a", "Value": "1"}])
    assert url == sqs.get_queue_url(QueueName="q")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "99"})
    told = present(control, QUEUE, url)
    assert (told["DelaySeconds"], told["VisibilityTimeout"], told["QueueUrl"]) == (5, 99, url)
    add = {"op": "add", "path": "/Tags/-", "value": {"Key": "b", "Value": "2"}}
    change = patched(control, QUEUE, url, {"op": "replace", "path": "/DelaySeconds", "value": 7}, add)
    assert json.loads(change["ResourceModel"])["VisibilityTimeout"] == 99  # what others have set stays
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "1", "b": "2"}
    listed = control.list_resources(TypeName=QUEUE)["ResourceDescriptions"]
    assert [each["Identifier"] for each in listed] == [url]
    assert done(control, control.delete_resource(TypeName=QUEUE, Identifier=url))["OperationStatus"] == "SUCCESS"
    assert refused(control.get_resource, TypeName=QUEUE, Identifier=url)[0] == "ResourceNotFoundException"
    gone = done(control, control.delete_resource(TypeName=QUEUE, Identifier=url))
    assert (gone["OperationStatus"], gone["ErrorCode"]) == ("FAILED", "NotFound")
    filtered = {"ResourceRequestStatusFilter": {"Operations": ["DELETE"], "OperationStatuses": ["FAILED"]}}
    (summary,) = control.list_resource_requests(**filtered)["ResourceRequestStatusSummaries"]
    assert summary["RequestToken"] == gone["RequestToken"]


READABLE: list[tuple[str, dict[str, Any], str, Any]] = [
    ("AWS::SNS::Topic", {"TopicName": "t", "DisplayName": "a"}, "DisplayName", "b"),
    (
        "AWS::S3::Bucket",
        {"BucketName": "a-bucket-of-ours", "Tags": [{"Key": "a", "Value": "b"}]},
        "VersioningConfiguration",
        {"Status": "Enabled"},
    ),
    ("AWS::Events::EventBus", {"Name": "bus", "Description": "a"}, "Description", "b"),
    (
        "AWS::Events::Rule",
        {"Name": "r", "EventPattern": {"source": ["a"]}, "State": "ENABLED"},
        "EventPattern",
        {"source": ["b"]},
    ),
    (
        "AWS::StepFunctions::StateMachine",
        {
            "StateMachineName": "m",
            "RoleArn": "arn:aws:iam::000000000000:role/r",
            "Definition": {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
        },
        "DefinitionString",
        '{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}',
    ),
    (
        "AWS::DynamoDB::Table",
        {
            "TableName": "tab",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        },
        "TimeToLiveSpecification",
        {"AttributeName": "until", "Enabled": True},
    ),
    (
        "AWS::IAM::Role",
        {
            "RoleName": "r",
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            },
        },
        "Description",
        "100% é",
    ),
    ("AWS::SSM::Parameter", {"Name": "/p", "Type": "String", "Value": "a"}, "Value", "b"),
    ("AWS::Logs::LogGroup", {"LogGroupName": "g"}, "RetentionInDays", 7),
    (
        "AWS::CloudWatch::Alarm",
        {
            "AlarmName": "a",
            "Namespace": "n",
            "MetricName": "m",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "Statistic": "Sum",
            "ComparisonOperator": "LessThanThreshold",
        },
        "Threshold",
        5.0,
    ),
    (
        "AWS::Lambda::Function",
        {
            "FunctionName": "f",
            "Role": "arn:aws:iam::000000000000:role/r",
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "Code": {"ZipFile": "def handler(event, context): return 1"},
        },
        "Timeout",
        9,
    ),
]


@pytest.mark.parametrize(("kind", "properties", "name", "value"), READABLE, ids=[each[0] for each in READABLE])
def test_types_are_read_and_changed(aws: Client, kind: str, properties: dict[str, Any], name: str, value: Any) -> None:
    control = aws("cloudcontrol")
    identifier = made(control, kind, **properties)
    told = present(control, kind, identifier)
    same = {each: given for each, given in properties.items() if each not in ("Definition", "Code")}
    assert same.items() <= told.items()
    listed = control.get_paginator("list_resources").paginate(TypeName=kind)
    assert identifier in [each["Identifier"] for page in listed for each in page["ResourceDescriptions"]]
    patched(control, kind, identifier, {"op": "add", "path": f"/{name}", "value": value})
    changed = present(control, kind, identifier)
    assert changed == told | {name: value} | {each: changed[each] for each in changed if each.endswith("RevisionId")}


def test_what_others_have_made(aws: Client) -> None:
    control, cloudformation = aws("cloudcontrol"), aws("cloudformation")
    aws("sns").create_topic(Name="theirs")
    (found,) = control.list_resources(TypeName="AWS::SNS::Topic")["ResourceDescriptions"]
    assert found["Identifier"].endswith(":theirs")
    patched(control, "AWS::SNS::Topic", found["Identifier"], {"op": "add", "path": "/DisplayName", "value": "x"})
    assert aws("sns").get_topic_attributes(TopicArn=found["Identifier"])["Attributes"]["DisplayName"] == "x"
    # a type that cannot be read is changed from what its stack says
    api = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "a", "ProtocolType": "HTTP", "Description": "d"}}
    cloudformation.create_stack(StackName="shop", TemplateBody=json.dumps({"Resources": {"Api": api}}))
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    (resource,) = cloudformation.describe_stack_resources(StackName="shop")["StackResources"]
    kind, identifier = "AWS::ApiGatewayV2::Api", resource["PhysicalResourceId"]
    patched(control, kind, identifier, {"op": "replace", "path": "/Name", "value": "b"})
    told = aws("apigatewayv2").get_api(ApiId=identifier)
    assert (told["Name"], told["Description"]) == ("b", "d")
    assert refused(control.get_resource, TypeName=kind, Identifier=identifier) == (
        "UnsupportedActionException",
        "Resource type AWS::ApiGatewayV2::Api does not support READ action",
    )


def test_the_url_of_a_function_by_the_name_of_the_function(aws: Client) -> None:
    """As ``sam list endpoints`` asks."""
    control = aws("cloudcontrol")
    kind, properties, *_ = READABLE[-1]
    made(control, kind, **properties)
    name = {"TypeName": "AWS::Lambda::Url", "Identifier": "f"}
    assert refused(control.get_resource, **name)[0] == "ResourceNotFoundException"
    url = aws("lambda").create_function_url_config(FunctionName="f", AuthType="NONE")["FunctionUrl"]
    described = control.get_resource(**name)["ResourceDescription"]
    told = json.loads(described["Properties"])
    assert (told["FunctionUrl"], told["AuthType"]) == (url, "NONE")
    assert told["TargetFunctionArn"].endswith(":function:f")


def test_refusals(aws: Client) -> None:
    control = aws("cloudcontrol")
    code, message = refused(control.create_resource, TypeName="Mine::Foo::Bar", DesiredState="{}")
    assert (code, message) == ("TypeNotFoundException", "The type 'Mine::Foo::Bar' cannot be found.")
    lacking = refused(control.create_resource, TypeName="AWS::AppSync::ApiKey", DesiredState="{}")
    assert lacking == ("NotImplemented", "The resource type AWS::AppSync::ApiKey is not implemented by Headwater.")
    code, message = refused(control.create_resource, TypeName=QUEUE, DesiredState='{"Name": "q"}')
    assert (code, message) == (
        "ValidationException",
        "Model validation failed (#: extraneous key [Name] is not permitted)",
    )
    assert refused(control.create_resource, TypeName=QUEUE, DesiredState="{")[0] == "ValidationException"
    url = made(control, QUEUE, QueueName="q")
    rename = json.dumps([{"op": "replace", "path": "/QueueName", "value": "p"}])
    assert refused(control.update_resource, TypeName=QUEUE, Identifier=url, PatchDocument=rename) == (
        "NotUpdatableException",
        "Invalid patch update: createOnlyProperties [/properties/QueueName] cannot be updated",
    )
    for wrong in ('[{"op": "remove", "path": "/Nothing"}]', '{"op": "add"}', "[", '[{"op": "add", "path": "x"}]'):
        request = {"TypeName": QUEUE, "Identifier": url, "PatchDocument": wrong}
        assert refused(control.update_resource, **request)[0] == "ValidationException"
    parameter = {"Name": "/p", "Type": "String", "Value": "a"}
    made(control, "AWS::SSM::Parameter", **parameter)
    again = control.create_resource(TypeName="AWS::SSM::Parameter", DesiredState=json.dumps(parameter))
    assert done(control, again)["ErrorCode"] == "AlreadyExists"
    event = control.create_resource(TypeName=QUEUE, DesiredState='{"DelaySeconds": 5000}')
    failed = done(control, event)
    assert (failed["OperationStatus"], failed["ErrorCode"]) == ("FAILED", "InvalidRequest")
    token = failed["RequestToken"]
    assert refused(control.cancel_resource_request, RequestToken=token)[0] == "ConcurrentModificationException"
    assert refused(control.get_resource_request_status, RequestToken="x")[0] == "RequestTokenNotFoundException"


def test_a_client_token_asks_but_once(aws: Client) -> None:
    control = aws("cloudcontrol")
    first = control.create_resource(TypeName=QUEUE, DesiredState="{}", ClientToken="once")
    found = done(control, first)
    again = control.create_resource(TypeName=QUEUE, DesiredState="{}", ClientToken="once")
    assert again["ProgressEvent"]["RequestToken"] == found["RequestToken"]
    other = {"TypeName": QUEUE, "DesiredState": '{"DelaySeconds": 1}', "ClientToken": "once"}
    assert refused(control.create_resource, **other)[0] == "ClientTokenConflictException"
    assert len(aws("sqs").list_queues()["QueueUrls"]) == 1


def test_a_type_is_described(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    told = cloudformation.describe_type(Type="RESOURCE", TypeName=QUEUE)
    assert cloudformation.describe_type(Arn=told["Arn"])["TypeName"] == QUEUE
    schema = json.loads(told["Schema"])
    assert schema["createOnlyProperties"] == ["/properties/FifoQueue", "/properties/QueueName"]
    assert schema["properties"]["Tags"] == {"type": "array", "items": {"$ref": "#/definitions/Tag"}}
    assert schema["definitions"]["Tag"]["required"] == ["Value", "Key"]
    assert (
        refused(cloudformation.describe_type, Type="RESOURCE", TypeName="Mine::Foo::Bar")[0] == "TypeNotFoundException"
    )


def test_a_stack_goes_on_after_what_cloud_control_has_set(aws: Client) -> None:
    control, cloudformation = aws("cloudcontrol"), aws("cloudformation")
    kind, properties, name, value = next(each for each in READABLE if each[0] == "AWS::DynamoDB::Table")
    body = json.dumps({"Resources": {"Table": {"Type": kind, "Properties": properties}}})
    cloudformation.create_stack(StackName="shop", TemplateBody=body)
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    patched(control, kind, "tab", {"op": "add", "path": f"/{name}", "value": value})
    body = json.dumps({"Resources": {"Table": {"Type": kind, "Properties": properties | {name: value}}}})
    cloudformation.update_stack(StackName="shop", TemplateBody=body)
    wait_for(cloudformation, "stack_update_complete", StackName="shop")
    assert present(control, kind, "tab")[name] == value
