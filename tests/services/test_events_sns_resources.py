"""CloudFormation's types of EventBridge and SNS: made, changed, removed by a stack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.settling import wait_for

TEMPLATE: dict[str, Any] = {
    "Parameters": {"Kind": {"Type": "String", "Default": "urgent"}},
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Dead": {"Type": "AWS::SQS::Queue"},
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "orders"}},
        "Allow": {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {
                "EventBusName": {"Ref": "Bus"},
                "StatementId": "partners",
                "Action": "events:PutEvents",
                "Principal": "111122223333",
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventBusName": {"Ref": "Bus"},
                "EventPattern": {"source": ["orders"], "detail": {"kind": [{"Ref": "Kind"}]}},
                "Targets": [
                    {
                        "Id": "queue",
                        "Arn": {"Fn::GetAtt": ["Queue", "Arn"]},
                        "InputPath": "$.detail",
                        "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Dead", "Arn"]}},
                        "RetryPolicy": {"MaximumRetryAttempts": 3},
                    }
                ],
            },
        },
        "Hourly": {
            "Type": "AWS::Events::Rule",
            "Properties": {"ScheduleExpression": "rate(1 hour)", "State": "DISABLED"},
        },
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "Orders"}},
        "Subscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "Topic"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
                "RawMessageDelivery": True,
                "FilterPolicy": {"kind": [{"Ref": "Kind"}]},
                "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}},
            },
        },
        "Policy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [{"Ref": "Topic"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": []},
            },
        },
    },
    "Outputs": {
        "Queue": {"Value": {"Ref": "Queue"}},
        "Topic": {"Value": {"Ref": "Topic"}},
        "TopicName": {"Value": {"Fn::GetAtt": ["Topic", "TopicName"]}},
        "Rule": {"Value": {"Ref": "Rule"}},
        "RuleArn": {"Value": {"Fn::GetAtt": ["Rule", "Arn"]}},
        "BusArn": {"Value": {"Fn::GetAtt": ["Bus", "Arn"]}},
    },
}


@pytest.fixture
def stack(aws: Any) -> dict[str, str]:
    aws("cloudformation").create_stack(StackName="s", TemplateBody=json.dumps(TEMPLATE))
    return outputs(aws, "stack_create_complete")


def outputs(aws: Any, waiter: str) -> dict[str, str]:
    formation = aws("cloudformation")
    wait_for(formation, waiter, StackName="s")
    found = formation.describe_stacks(StackName="s")["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in found}


def publish(aws: Any, stack: dict[str, str], kind: str) -> None:
    attributes = {"kind": {"DataType": "String", "StringValue": kind}}
    aws("sns").publish(TopicArn=stack["Topic"], Message="published", MessageAttributes=attributes)
    detail = json.dumps({"kind": kind})
    entry = {"Source": "orders", "DetailType": "d", "Detail": detail, "EventBusName": "orders"}
    aws("events").put_events(Entries=[entry])


def bodies(aws: Any, stack: dict[str, str]) -> set[str]:
    received = aws("sqs").receive_message(QueueUrl=stack["Queue"], MaxNumberOfMessages=10, WaitTimeSeconds=0)
    return {message["Body"] for message in received.get("Messages", [])}


def test_a_stack_of_events_and_topics_works(aws: Any, account: str, stack: dict[str, str]) -> None:
    assert stack["BusArn"] == f"arn:aws:events:us-east-1:{account}:event-bus/orders"
    bus, _, rule = stack["Rule"].partition("|")
    assert (bus, stack["RuleArn"].rpartition("/")[2]) == ("orders", rule)
    assert stack["Topic"].endswith(f":{stack['TopicName']}")
    assert "partners" in aws("events").describe_event_bus(Name="orders")["Policy"]
    publish(aws, stack, "urgent")
    assert bodies(aws, stack) == {"published", '{"kind":"urgent"}'}


def test_a_stack_changes_and_goes(aws: Any, stack: dict[str, str]) -> None:
    formation = aws("cloudformation")
    formation.update_stack(
        StackName="s", UsePreviousTemplate=True, Parameters=[{"ParameterKey": "Kind", "ParameterValue": "slow"}]
    )
    changed = outputs(aws, "stack_update_complete")
    assert changed == stack
    publish(aws, changed, "urgent")
    assert bodies(aws, changed) == set()
    publish(aws, changed, "slow")
    assert bodies(aws, changed) == {"published", '{"kind":"slow"}'}
    formation.delete_stack(StackName="s")
    wait_for(formation, "stack_delete_complete", StackName="s")
    assert aws("sns").list_topics()["Topics"] == []
    assert [found["Name"] for found in aws("events").list_event_buses()["EventBuses"]] == ["default"]
    assert aws("events").list_rules()["Rules"] == []
