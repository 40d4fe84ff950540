"""Tags of resources follow their template and their stack's tags, and so does a bus's policy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Client
from tests.settling import wait_for

OWN = {"Tags": [{"Key": "own", "Value": {"Ref": "Word"}}]}
MAPPED = {"Tags": {"own": {"Ref": "Word"}}}
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "iot.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
ALARM = {
    "MetricName": "m",
    "Namespace": "n",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "Statistic": "Sum",
    "ComparisonOperator": "GreaterThanThreshold",
}
SCHEMA = {
    "openapi": "3.0.0",
    "info": {"version": "1", "title": "E"},
    "paths": {},
    "components": {"schemas": {"E": {"type": "string"}}},
}
BODY = {
    "Parameters": {"Word": {"Type": "String"}},
    "Resources": {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "tagged", **OWN}},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["x"]}, **OWN}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": OWN},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": OWN},
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": OWN},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {**ALARM, **OWN}},
        "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v", **MAPPED}},
        "Schedules": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": OWN},
        "Registry": {"Type": "AWS::EventSchemas::Registry", "Properties": {"RegistryName": "tagged", **OWN}},
        "Schema": {
            "Type": "AWS::EventSchemas::Schema",
            "Properties": {
                "RegistryName": {"Fn::GetAtt": "Registry.RegistryName"},
                "Type": "OpenApi3",
                "Content": json.dumps(SCHEMA),
                **OWN,
            },
        },
        "Discoverer": {
            "Type": "AWS::EventSchemas::Discoverer",
            "Properties": {"SourceArn": {"Fn::GetAtt": "Bus.Arn"}, **OWN},
        },
        "IotRule": {
            "Type": "AWS::IoT::TopicRule",
            "Properties": {"TopicRulePayload": {"Sql": "SELECT * FROM 'a'", "Actions": []}, **OWN},
        },
        "Activity": {"Type": "AWS::StepFunctions::Activity", "Properties": {"Name": "tagged", **OWN}},
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": {"Fn::GetAtt": "Role.Arn"},
                "Definition": {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
                **OWN,
            },
        },
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, **OWN}},
        "Repository": {"Type": "AWS::ECR::Repository", "Properties": OWN},
        "Pipe": {
            "Type": "AWS::Pipes::Pipe",
            "Properties": {
                "RoleArn": {"Fn::GetAtt": "Role.Arn"},
                "Source": {"Fn::GetAtt": "Queue.Arn"},
                "Target": {"Ref": "Topic"},
                **MAPPED,
            },
        },
    },
    "Outputs": {
        name: {"Value": {"Fn::GetAtt": f"{name}.Arn"}}
        for name in ("Bus", "Rule", "Alarm", "Schedules", "IotRule", "Repository", "Pipe")
    },
}


def deploy(cloudformation: Any, operation: str, word: str, **tags: str) -> dict[str, str]:
    getattr(cloudformation, operation)(
        StackName="tags",
        TemplateBody=json.dumps(BODY),
        Parameters=[{"ParameterKey": "Word", "ParameterValue": word}],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    wait_for(cloudformation, f"stack_{operation.split('_')[0]}_complete", StackName="tags")
    listed = cloudformation.describe_stack_resources(StackName="tags")["StackResources"]
    found = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed}
    outputs = cloudformation.describe_stacks(StackName="tags")["Stacks"][0]["Outputs"]
    return found | {output["OutputKey"]: output["OutputValue"] for output in outputs}


def tags_of(aws: Client, ids: dict[str, str]) -> dict[str, dict[str, str]]:
    events, schemas, states, logs = aws("events"), aws("schemas"), aws("stepfunctions"), aws("logs")
    answers: dict[str, Any] = {
        "Bus": events.list_tags_for_resource(ResourceARN=ids["Bus"]),
        "Rule": events.list_tags_for_resource(ResourceARN=ids["Rule"]),
        "Topic": aws("sns").list_tags_for_resource(ResourceArn=ids["Topic"]),
        "Queue": aws("sqs").list_queue_tags(QueueUrl=ids["Queue"]),
        "Group": logs.list_tags_log_group(logGroupName=ids["Group"]),
        "Alarm": aws("cloudwatch").list_tags_for_resource(ResourceARN=ids["Alarm"]),
        "Parameter": aws("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=ids["Parameter"]),
        "Schedules": aws("scheduler").list_tags_for_resource(ResourceArn=ids["Schedules"]),
        "Registry": schemas.list_tags_for_resource(ResourceArn=ids["Registry"]),
        "Schema": schemas.list_tags_for_resource(ResourceArn=ids["Schema"]),
        "Discoverer": schemas.list_tags_for_resource(ResourceArn=ids["Discoverer"]),
        "IotRule": aws("iot").list_tags_for_resource(resourceArn=ids["IotRule"]),
        "Activity": states.list_tags_for_resource(resourceArn=ids["Activity"]),
        "Machine": states.list_tags_for_resource(resourceArn=ids["Machine"]),
        "Role": aws("iam").list_role_tags(RoleName=ids["Role"]),
        "Repository": aws("ecr").list_tags_for_resource(resourceArn=ids["Repository"]),
        "Pipe": aws("pipes").list_tags_for_resource(resourceArn=ids["Pipe"]),
    }
    return {name: plain(answer) for name, answer in answers.items()}


def plain(answer: dict[str, Any]) -> dict[str, str]:
    """Tags as a map, however a service lists them."""
    tags = next(answer[name] for name in ("Tags", "tags", "TagList") if name in answer)
    return tags if isinstance(tags, dict) else dict(map(dict.values, tags))


def test_tags_follow_the_template_and_the_stack(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    ids = deploy(cloudformation, "create_stack", "old", team="a", gone="soon")
    wanted = {"own": "old", "team": "a", "gone": "soon"}
    assert {name: tags for name, tags in tags_of(aws, ids).items() if tags != wanted} == {}

    ids = deploy(cloudformation, "update_stack", "new", team="b")
    wanted = {"own": "new", "team": "b"}
    assert {name: tags for name, tags in tags_of(aws, ids).items() if tags != wanted} == {}


@pytest.mark.parametrize("as_text", [False, True])
def test_the_policy_of_a_bus_follows_its_template(aws: Client, as_text: bool) -> None:
    cloudformation, events = aws("cloudformation"), aws("events")

    def put(operation: str, sid: str | None) -> list[str]:
        properties: dict[str, Any] = {"Name": "shop"}
        if sid:
            statement = {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": "*"}
            policy = {"Version": "2012-10-17", "Statement": [statement]}
            properties["Policy"] = json.dumps(policy) if as_text else policy
        body = {"Resources": {"Bus": {"Type": "AWS::Events::EventBus", "Properties": properties}}}
        getattr(cloudformation, operation)(StackName="bus", TemplateBody=json.dumps(body))
        wait_for(cloudformation, f"stack_{operation.split('_')[0]}_complete", StackName="bus")
        found = events.describe_event_bus(Name="shop").get("Policy")
        return [each["Sid"] for each in json.loads(found)["Statement"]] if found else []

    assert put("create_stack", "one") == ["one"]
    assert put("update_stack", "two") == ["two"]
    assert put("update_stack", None) == []
