"""Schedules and their groups in stacks, SAM's ScheduleV2 among them."""

from __future__ import annotations

from typing import Any

from tests.conftest import Client
from tests.services.test_cloudformation import outputs
from tests.services.test_cloudformation_serverless import CAPABILITIES, settled
from tests.settling import wait_for

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Minutes: {Type: Number, Default: 15}}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Group: {Type: AWS::Scheduler::ScheduleGroup, Properties: {Tags: [{Key: team, Value: a}]}}
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      GroupName: !Ref Group
      ScheduleExpression: cron(0 3 * * ? *)
      ScheduleExpressionTimezone: Europe/Berlin
      StartDate: "2199-01-01T00:00:00Z"
      FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: !Ref Minutes}
      Target:
        Arn: !GetAtt Queue.Arn
        RoleArn: !Sub arn:aws:iam::${AWS::AccountId}:role/any
        RetryPolicy: {MaximumRetryAttempts: "3"}
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      InlineCode: "def handler(event, context): pass"
      Events:
        Tick: {Type: ScheduleV2, Properties: {ScheduleExpression: cron(0 3 1 1 ? 2199), Input: '{"a": 1}'}}
Outputs:
  Group: {Value: !Ref Group}
  GroupArn: {Value: !GetAtt Group.Arn}
  Schedule: {Value: !Ref Nightly}
  ScheduleArn: {Value: !GetAtt Nightly.Arn}
  Tick: {Value: !Ref HelloTick}
"""


def test_schedules_of_a_stack(aws: Client, account: str) -> None:
    cloudformation, scheduler = aws("cloudformation"), aws("scheduler")
    cloudformation.create_stack(StackName="shop", TemplateBody=TEMPLATE, Capabilities=CAPABILITIES)
    assert settled(cloudformation) == "CREATE_COMPLETE"
    out = outputs(cloudformation, "shop")

    def nightly() -> dict[str, Any]:
        found: dict[str, Any] = scheduler.get_schedule(Name=out["Schedule"], GroupName=out["Group"])
        return found

    found = nightly()
    assert (found["Arn"], found["StartDate"].year) == (out["ScheduleArn"], 2199)
    assert found["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    assert found["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 3
    tags = scheduler.list_tags_for_resource(ResourceArn=out["GroupArn"])["Tags"]
    assert {"Key": "team", "Value": "a"} in tags
    tick = scheduler.get_schedule(Name=out["Tick"])
    assert tick["Target"]["Arn"].startswith(f"arn:aws:lambda:us-east-1:{account}:function:shop-Hello")
    assert tick["Target"]["Input"] == '{"a": 1}'
    cloudformation.update_stack(
        StackName="shop",
        UsePreviousTemplate=True,
        Capabilities=CAPABILITIES,
        Parameters=[{"ParameterKey": "Minutes", "ParameterValue": "20"}],
    )
    assert settled(cloudformation) == "UPDATE_COMPLETE"
    assert nightly()["FlexibleTimeWindow"]["MaximumWindowInMinutes"] == 20
    cloudformation.delete_stack(StackName="shop")
    wait_for(cloudformation, "stack_delete_complete", StackName="shop")
    assert scheduler.list_schedules()["Schedules"] == []
