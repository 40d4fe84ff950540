"""Types that are kept and not acted upon: templates with them deploy, and are told so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Client
from tests.settling import settle, wait_for

SHIFTED = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Check:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.12, Handler: index.handler, InlineCode: "def handler(e, c): return 1"}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: "def handler(e, c): return WORD"
      AutoPublishAlias: live
      DeploymentPreference: {Type: Linear10PercentEvery1Minute, Hooks: {PreTraffic: !Ref Check}}
Outputs:
  Alias: {Value: !Ref WorkAliaslive}
"""
SCALED = """
Parameters: {Most: {Type: Number, Default: 10}, Dimension: {Type: String, Default: ReadCapacityUnits}}
Resources:
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      MinCapacity: 1
      MaxCapacity: !Ref Most
      ResourceId: table/orders
      ScalableDimension: !Sub "dynamodb:table:${Dimension}"
      ServiceNamespace: dynamodb
      RoleARN: !Sub "arn:aws:iam::${AWS::AccountId}:role/scaling"
  Policy:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: reads
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Target
      TargetTrackingScalingPolicyConfiguration: {TargetValue: 70}
Outputs:
  Target: {Value: !GetAtt Target.Id}
  Policy: {Value: !Ref Policy}
"""


def deployed(cloudformation: Any, body: str, word: str = "create", **parameters: str) -> tuple[dict[str, str], Any]:
    """The outputs, and what its events say of each resource, the newest last."""
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    getattr(cloudformation, f"{word}_stack")(
        StackName="shop", TemplateBody=body, Parameters=given, Capabilities=capabilities
    )
    wait_for(cloudformation, f"stack_{word}_complete", StackName="shop")
    stack = cloudformation.describe_stacks(StackName="shop")["Stacks"][0]
    events = reversed(cloudformation.describe_stack_events(StackName="shop")["StackEvents"])
    told = {event["LogicalResourceId"]: event.get("ResourceStatusReason") or "" for event in events}
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}, told


def test_an_alias_takes_all_traffic_at_once(aws: Client) -> None:
    cloudformation, functions = aws("cloudformation"), aws("lambda")
    for word, number in (("create", 1), ("update", 2)):
        outputs, told = deployed(cloudformation, SHIFTED.replace("WORD", str(number)), word)
        answer = functions.invoke(FunctionName=outputs["Alias"])
        assert (answer["ExecutedVersion"], json.load(answer["Payload"])) == (str(number), number)
        if word == "create":
            assert "an alias takes all traffic at once" in told["WorkDeploymentGroup"]


def test_what_would_be_scaled_is_kept(aws: Client, account: str) -> None:
    cloudformation = aws("cloudformation")
    outputs, told = deployed(cloudformation, SCALED)
    assert outputs["Target"] == "table/orders|dynamodb:table:ReadCapacityUnits|dynamodb"
    head, _, tail = outputs["Policy"].partition(":scalingPolicy:")
    assert head == f"arn:aws:autoscaling:us-east-1:{account}"
    assert tail.endswith(":resource/dynamodb/table/orders:policyName/reads")
    assert told["Target"] == told["Policy"]
    assert told["Target"].startswith("Headwater keeps this without acting upon it: capacity is not scaled here")

    again, _ = deployed(cloudformation, SCALED, "update", Most="20")
    assert again == outputs
    other, _ = deployed(cloudformation, SCALED, "update", Dimension="WriteCapacityUnits")
    assert other["Target"] == "table/orders|dynamodb:table:WriteCapacityUnits|dynamodb"
    assert other["Policy"] != outputs["Policy"]

    given = [{"ParameterKey": "Most", "ParameterValue": "0"}]
    cloudformation.update_stack(StackName="shop", TemplateBody=SCALED, Parameters=given)
    wait_for(cloudformation, "stack_rollback_complete", StackName="shop")
    events = cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
    reasons = [event.get("ResourceStatusReason") or "" for event in events]
    assert any("Maximum capacity cannot be less than minimum capacity" in reason for reason in reasons)


@pytest.mark.parametrize(("most", "found"), [("many", "String"), ([1], "JSONArray"), ({"a": 1}, "JSONObject")])
def test_a_capacity_is_a_number(aws: Client, most: Any, found: str) -> None:
    target = {"ResourceId": "table/a", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
    target |= {"ServiceNamespace": "dynamodb", "MinCapacity": 1, "MaxCapacity": most}
    template = {"Resources": {"Target": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": target}}}
    cloudformation = aws("cloudformation")
    late = {"OnFailure": "DO_NOTHING", "DisableValidation": True}
    cloudformation.create_stack(StackName="shop", TemplateBody=json.dumps(template), **late)
    settle(cloudformation)
    (resource,) = cloudformation.describe_stack_resources(StackName="shop")["StackResources"]
    assert resource["ResourceStatusReason"] == (
        f"Properties validation failed for resource Target with message:\n"
        f"[#/MaxCapacity: expected type: Integer, found: {found}]"
    )
