"""Lambda's, Logs' and CloudWatch's CloudFormation types, through stacks."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Client
from tests.services.lambda_lab import ROLE, package
from tests.settling import settle

FUNCTION: dict[str, Any] = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Role": ROLE,
        "Timeout": "7",
        "Code": {"ZipFile": "import os\ndef handler(event, context):\n    return os.environ.get('MODE')\n"},
        "Environment": {"Variables": {"MODE": "one"}},
        "Tags": [{"Key": "team", "Value": "orders"}],
    },
}


def deploy(aws: Client, resources: dict[str, Any], outputs: dict[str, Any], create: bool) -> dict[str, str]:
    """Create or update the stack ``s``; gives its outputs."""
    cloudformation = aws("cloudformation")
    shown = {name: {"Value": value} for name, value in outputs.items()}
    body = json.dumps({"Resources": resources, "Outputs": shown})
    (cloudformation.create_stack if create else cloudformation.update_stack)(StackName="s", TemplateBody=body)
    settle(cloudformation)
    stack = cloudformation.describe_stacks(StackName="s")["Stacks"][0]
    assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), reasons(aws)
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}


def reasons(aws: Client) -> list[str]:
    events = aws("cloudformation").describe_stack_events(StackName="s")["StackEvents"]
    return [event["ResourceStatusReason"] for event in events if "ResourceStatusReason" in event]


def remove(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    stack = cloudformation.describe_stacks(StackName="s")["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName="s")
    settle(cloudformation)
    assert cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE", reasons(
        aws
    )


def test_a_function_with_all_that_belongs_to_it(aws: Client, account: str) -> None:
    lambda_ = aws("lambda")
    resources: dict[str, Any] = {
        "F": FUNCTION,
        "Q": {"Type": "AWS::SQS::Queue"},
        "V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}},
        "A": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": {"Ref": "F"},
                "FunctionVersion": {"Fn::GetAtt": ["V", "Version"]},
                "Name": "live",
            },
        },
        "P": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": "A"},
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
            },
        },
        "M": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "A"},
                "EventSourceArn": {"Fn::GetAtt": ["Q", "Arn"]},
                "BatchSize": "5",
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
        "I": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {"FunctionName": {"Ref": "F"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": "0"},
        },
        "U": {
            "Type": "AWS::Lambda::Url",
            "Properties": {"TargetFunctionArn": {"Fn::GetAtt": ["F", "Arn"]}, "AuthType": "NONE"},
        },
    }
    outputs = {
        "Name": {"Ref": "F"},
        "Alias": {"Ref": "A"},
        "Mapping": {"Ref": "M"},
        "Url": {"Fn::GetAtt": ["U", "FunctionUrl"]},
    }
    made = deploy(aws, resources, outputs, create=True)
    name = made["Name"]
    assert name.startswith("s-F-")
    assert made["Alias"] == f"arn:aws:lambda:us-east-1:{account}:function:{name}:live"
    assert made["Url"] == lambda_.get_function_url_config(FunctionName=name)["FunctionUrl"]
    configuration = lambda_.get_function(FunctionName=name)
    assert (configuration["Configuration"]["Timeout"], configuration["Tags"]["team"]) == (7, "orders")
    assert lambda_.invoke(FunctionName=made["Alias"])["Payload"].read() == b'"one"'
    policy = json.loads(lambda_.get_policy(FunctionName=name, Qualifier="live")["Policy"])
    assert policy["Statement"][0]["Resource"] == made["Alias"]
    mapping = lambda_.get_event_source_mapping(UUID=made["Mapping"])
    assert (mapping["BatchSize"], mapping["FunctionArn"]) == (5, made["Alias"])
    assert lambda_.get_function_event_invoke_config(FunctionName=name)["MaximumRetryAttempts"] == 0

    changed = json.loads(json.dumps(resources))
    changed["F"]["Properties"]["Environment"]["Variables"]["MODE"] = "two"
    changed["F"]["Properties"]["ReservedConcurrentExecutions"] = 3
    del changed["F"]["Properties"]["Timeout"], changed["U"]
    del outputs["Url"]
    assert deploy(aws, changed, outputs, create=False)["Name"] == name
    assert lambda_.invoke(FunctionName=name)["Payload"].read() == b'"two"'
    assert lambda_.invoke(FunctionName=made["Alias"])["Payload"].read() == b'"one"'
    found = lambda_.get_function(FunctionName=name)
    assert (found["Configuration"]["Timeout"], found["Concurrency"]["ReservedConcurrentExecutions"]) == (3, 3)

    remove(aws)
    assert lambda_.list_functions()["Functions"] == []
    assert lambda_.list_event_source_mappings()["EventSourceMappings"] == []


def test_a_layer_a_log_group_and_an_alarm(aws: Client, account: str) -> None:
    bucket = f"layers-{account}"
    aws("s3").create_bucket(Bucket=bucket)
    aws("s3").put_object(Bucket=bucket, Key="l.zip", Body=package("X = 1\n", "python/shared.py"))
    resources = {
        "L": {
            "Type": "AWS::Lambda::LayerVersion",
            "Properties": {"LayerName": "shared", "Content": {"S3Bucket": bucket, "S3Key": "l.zip"}},
        },
        "G": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g", "RetentionInDays": 7}},
        "C": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "MetricName": "Errors",
                "Namespace": "AWS/Lambda",
                "Statistic": "Sum",
                "Period": "60",
                "EvaluationPeriods": 1,
                "Threshold": "1",
                "ComparisonOperator": "GreaterThanThreshold",
            },
        },
    }
    outputs = {"Layer": {"Ref": "L"}, "Group": {"Fn::GetAtt": ["G", "Arn"]}, "Alarm": {"Ref": "C"}}
    made = deploy(aws, resources, outputs, create=True)
    assert made["Layer"] == f"arn:aws:lambda:us-east-1:{account}:layer:shared:1"
    assert made["Group"] == f"arn:aws:logs:us-east-1:{account}:log-group:g:*"
    assert aws("logs").describe_log_groups()["logGroups"][0]["retentionInDays"] == 7
    assert aws("cloudwatch").describe_alarms(AlarmNames=[made["Alarm"]])["MetricAlarms"][0]["Threshold"] == 1.0
    remove(aws)
    assert aws("logs").describe_log_groups()["logGroups"] == []
    assert aws("cloudwatch").describe_alarms()["MetricAlarms"] == []
