"""Macros: functions of the user's that make templates of templates."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.settling import settle, wait_for

CODE = """
def handler(event, context):
    if event["params"].get("Fail"):
        return {"requestId": event["requestId"], "status": "failure", "errorMessage": event["params"]["Fail"]}
    fragment = event["fragment"]
    if "Resources" in fragment:
        for name, resource in fragment["Resources"].items():
            resource["Properties"]["QueueName"] = f"{name}-{event['templateParameterValues']['Stage']}"
    else:
        fragment["DelaySeconds"] = event["params"]["Delay"]
    assert event["transformId"] == event["accountId"] + "::Queues"
    return {"requestId": event["requestId"], "status": "success", "fragment": fragment}
"""
MACRO = {
    "Function": {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Role": "arn:aws:iam::000000000000:role/any",
            "Code": {"ZipFile": CODE},
        },
    },
    "Macro": {
        "Type": "AWS::CloudFormation::Macro",
        "Properties": {"Name": "Queues", "FunctionName": {"Fn::GetAtt": "Function.Arn"}},
    },
}


def template(**parameters: str) -> str:
    part = {"Name": "Queues", "Parameters": {"Delay": {"Ref": "Seconds"}, **parameters}}
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 7, "Fn::Transform": part}}
    declared = {"Stage": {"Type": "String", "Default": "dev"}, "Seconds": {"Type": "String", "Default": "3"}}
    return json.dumps({"Transform": "Queues", "Parameters": declared, "Resources": {"Orders": queue}})


@pytest.fixture
def cloudformation(aws: Client) -> Any:
    client = aws("cloudformation")
    client.create_stack(StackName="macros", TemplateBody=json.dumps({"Resources": MACRO}))
    wait_for(client, "stack_create_complete", StackName="macros")
    return client


def test_a_macro_makes_over_a_template_and_a_part_of_it(aws: Client, cloudformation: Any) -> None:
    with pytest.raises(ClientError, match="CAPABILITY_AUTO_EXPAND"):
        cloudformation.create_stack(StackName="shop", TemplateBody=template())
    expand = {"Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
    cloudformation.create_stack(StackName="shop", TemplateBody=template(), **expand)
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    sqs = aws("sqs")
    url = sqs.get_queue_url(QueueName="Orders-dev")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["DelaySeconds"], attributes["VisibilityTimeout"]) == ("3", "7")
    processed = cloudformation.get_template(StackName="shop", TemplateStage="Processed")["TemplateBody"]
    assert "Transform" not in json.dumps(processed)
    stage = [{"ParameterKey": "Stage", "ParameterValue": "live"}]
    request = {"StackName": "shop", "ChangeSetName": "live", "UsePreviousTemplate": True, "Parameters": stage}
    cloudformation.create_change_set(**request, **expand)
    wait_for(cloudformation, "change_set_create_complete", StackName="shop", ChangeSetName="live")
    cloudformation.execute_change_set(StackName="shop", ChangeSetName="live")
    wait_for(cloudformation, "stack_update_complete", StackName="shop")
    assert sqs.list_queues()["QueueUrls"][0].endswith("/Orders-live")


def test_a_macro_that_fails_or_is_not_there(cloudformation: Any, account: str) -> None:
    expand = {"StackName": "shop", "Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
    with pytest.raises(ClientError, match=f"Transform {account}::Queues failed with: no such stage"):
        cloudformation.create_stack(**expand, TemplateBody=template(Fail="no such stage"))
    cloudformation.delete_stack(StackName="macros")
    settle(cloudformation)
    with pytest.raises(ClientError, match="No transform named Queues found"):
        cloudformation.create_stack(**expand, TemplateBody=template())
