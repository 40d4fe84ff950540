"""Stacks through boto3: creation, update, deletion, and every way back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.settling import wait_for


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def stack(cloudformation: Any, name: str = "shop") -> dict[str, Any]:
    found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    return found


def outputs(cloudformation: Any, name: str = "shop") -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in stack(cloudformation, name).get("Outputs", ())}


def create(cloudformation: Any, body: str, name: str = "shop", **request: Any) -> str:
    cloudformation.create_stack(StackName=name, TemplateBody=body, **request)
    wait_for(cloudformation, "stack_create_complete", StackName=name)
    return str(stack(cloudformation, name)["StackId"])


def events(cloudformation: Any, name: str = "shop") -> list[tuple[str, str, str | None]]:
    """Oldest first: logical id, status, reason."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    found = [
        (each["LogicalResourceId"], each["ResourceStatus"], each.get("ResourceStatusReason"))
        for page in pages
        for each in page["StackEvents"]
    ]
    return found[::-1]


QUEUES = """
Description: Two queues
Parameters:
  Seconds: {Type: Number, Default: 30, MinValue: 0}
  Suffix: {Type: String, Default: a, AllowedValues: [a, b, c]}
  Secret: {Type: String, Default: hidden, NoEcho: true}
Conditions:
  Spare: !Equals [!Ref Suffix, b]
Resources:
  Work:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: !Ref Seconds
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Dead:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub "${AWS::StackName}-dead-${Suffix}"}
  Extra:
    Type: AWS::SQS::Queue
    Condition: Spare
Outputs:
  Url: {Value: !Ref Work, Description: where to send}
  DeadArn: {Value: !GetAtt Dead.Arn}
  ExtraUrl: {Condition: Spare, Value: !Ref Extra}
"""


def test_a_stack_from_birth_to_death(aws: Client, account: str) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")
    identity = create(cloudformation, QUEUES, Tags=[{"Key": "team", "Value": "orders"}])
    made = stack(cloudformation)
    assert made["StackStatus"] == "CREATE_COMPLETE"
    assert identity.startswith(f"arn:aws:cloudformation:us-east-1:{account}:stack/shop/")
    assert made["Description"] == "Two queues"
    assert made["Tags"] == [{"Key": "team", "Value": "orders"}]
    shown = {each["ParameterKey"]: each["ParameterValue"] for each in made["Parameters"]}
    assert shown == {"Seconds": "30", "Suffix": "a", "Secret": "****"}
    out = outputs(cloudformation)
    assert out["DeadArn"] == f"arn:aws:sqs:us-east-1:{account}:shop-dead-a"
    assert "ExtraUrl" not in out
    attributes = sqs.get_queue_attributes(QueueUrl=out["Url"], AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "30"
    assert json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"] == out["DeadArn"]
    assert [(name, status) for name, status, _ in events(cloudformation)] == [
        ("shop", "CREATE_IN_PROGRESS"),
        ("Dead", "CREATE_IN_PROGRESS"),
        ("Dead", "CREATE_IN_PROGRESS"),
        ("Dead", "CREATE_COMPLETE"),
        ("Work", "CREATE_IN_PROGRESS"),
        ("Work", "CREATE_IN_PROGRESS"),
        ("Work", "CREATE_COMPLETE"),
        ("shop", "CREATE_COMPLETE"),
    ]
    none = cloudformation.describe_stack_resources(StackName="shop", LogicalResourceId="None")
    assert none["StackResources"] == []
    detail = cloudformation.describe_stack_resource(StackName="shop", LogicalResourceId="Work")
    assert detail["StackResourceDetail"]["PhysicalResourceId"] == out["Url"]
    assert refused(cloudformation.create_stack, StackName="shop", TemplateBody=QUEUES) == (
        "AlreadyExistsException",
        "Stack [shop] already exists",
    )
    cloudformation.delete_stack(StackName="shop")
    wait_for(cloudformation, "stack_delete_complete", StackName="shop")
    assert stack(cloudformation, identity)["StackStatus"] == "DELETE_COMPLETE"
    assert refused(cloudformation.describe_stacks, StackName="shop") == (
        "ValidationError",
        "Stack with id shop does not exist",
    )
    assert sqs.list_queues().get("QueueUrls", []) == []
    gone = cloudformation.list_stack_resources(StackName=identity)["StackResourceSummaries"]
    assert {each["ResourceStatus"] for each in gone} == {"DELETE_COMPLETE"}
    create(cloudformation, QUEUES.replace("shop-dead", "again"), "other")


def test_update_in_place_with_replacement_and_removal(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")
    create(cloudformation, QUEUES)
    before = outputs(cloudformation)
    request = {
        "StackName": "shop",
        "UsePreviousTemplate": True,
        "Parameters": [
            {"ParameterKey": "Seconds", "ParameterValue": "60"},
            {"ParameterKey": "Suffix", "ParameterValue": "b"},
        ],
    }
    cloudformation.update_stack(**request)
    wait_for(cloudformation, "stack_update_complete", StackName="shop")
    after = outputs(cloudformation)
    assert after["Url"] == before["Url"]
    assert after["DeadArn"].endswith("shop-dead-b")
    attributes = sqs.get_queue_attributes(QueueUrl=after["Url"], AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "60"
    assert json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"] == after["DeadArn"]
    assert len(sqs.list_queues()["QueueUrls"]) == 3
    assert (
        "Dead",
        "UPDATE_IN_PROGRESS",
        "Requested update requires the creation of a new physical resource; hence creating one.",
    ) in events(cloudformation)
    assert refused(cloudformation.update_stack, StackName="shop", UsePreviousTemplate=True, Parameters=[
        {"ParameterKey": name, "UsePreviousValue": True} for name in ("Seconds", "Suffix", "Secret")
    ]) == ("ValidationError", "No updates are to be performed.")  # fmt: skip
    cloudformation.update_stack(
        StackName="shop",
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": "Seconds", "UsePreviousValue": True},
            {"ParameterKey": "Suffix", "ParameterValue": "c"},
        ],
    )
    wait_for(cloudformation, "stack_update_complete", StackName="shop")
    assert sorted(each["LogicalResourceId"] for each in resources(cloudformation)) == ["Dead", "Work"]
    assert len(sqs.list_queues()["QueueUrls"]) == 2


def resources(cloudformation: Any, name: str = "shop") -> list[dict[str, Any]]:
    return list(cloudformation.describe_stack_resources(StackName=name)["StackResources"])


FAILING = """
Resources:
  Good: {Type: AWS::SQS::Queue}
  Bad:
    Type: AWS::SQS::Queue
    DependsOn: Good
    Properties: {VisibilityTimeout: 99999999}
  Never: {Type: AWS::SQS::Queue, DependsOn: Bad}
"""


def test_creation_rolls_back(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")
    cloudformation.create_stack(StackName="shop", TemplateBody=FAILING)
    assert stack(cloudformation)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert sqs.list_queues().get("QueueUrls", []) == []
    happened = events(cloudformation)
    assert (
        "shop",
        "ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed to create: [Bad]. Rollback requested by user.",
    ) in happened
    assert happened[-1][:2] == ("shop", "ROLLBACK_COMPLETE")
    reason = next(reason for name, status, reason in happened if (name, status) == ("Bad", "CREATE_FAILED"))
    assert reason is not None
    assert reason.startswith('Resource handler returned message: "')
    assert not any(name == "Never" for name, _, _ in happened)
    code, message = refused(cloudformation.update_stack, StackName="shop", TemplateBody=QUEUES)
    assert code == "ValidationError"
    assert message.endswith("is in ROLLBACK_COMPLETE state and can not be updated.")


@pytest.mark.parametrize(
    ("request_", "status", "left"),
    [({"OnFailure": "DO_NOTHING"}, "CREATE_FAILED", 1), ({"DisableRollback": True}, "CREATE_FAILED", 1)],
)
def test_creation_may_stay_failed(aws: Client, request_: dict[str, Any], status: str, left: int) -> None:
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="shop", TemplateBody=FAILING, **request_)
    assert stack(cloudformation)["StackStatus"] == status
    assert stack(cloudformation)["StackStatusReason"] == "The following resource(s) failed to create: [Bad]. "
    assert len(aws("sqs").list_queues()["QueueUrls"]) == left


def test_a_failed_creation_may_be_deleted_at_once(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    identity = cloudformation.create_stack(StackName="shop", TemplateBody=FAILING, OnFailure="DELETE")["StackId"]
    assert stack(cloudformation, identity)["StackStatus"] == "DELETE_COMPLETE"


def test_update_rolls_back(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")
    good = """
    Resources:
      First: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 10}}
      Second: {Type: AWS::SQS::Queue, Properties: {QueueName: second-a}}
    Outputs: {Url: {Value: !Ref First}}
    """
    bad = """
    Resources:
      First: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 20}}
      Second: {Type: AWS::SQS::Queue, Properties: {QueueName: second-b}}
      Third: {Type: AWS::SQS::Queue, DependsOn: [First, Second]}
      Bad: {Type: AWS::SQS::Queue, DependsOn: Third, Properties: {VisibilityTimeout: -1}}
    """
    create(cloudformation, good)
    before = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources(cloudformation)}
    cloudformation.update_stack(StackName="shop", TemplateBody=bad)
    wait_for(cloudformation, "stack_rollback_complete", StackName="shop")
    assert stack(cloudformation)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    after = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources(cloudformation)}
    assert after == before
    url = outputs(cloudformation)["Url"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "10"
    assert sorted(sqs.list_queues()["QueueUrls"]) == sorted(before.values())
    assert (
        "shop",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed to create: [Bad]. ",
    ) in events(cloudformation)
    assert "Third" not in cloudformation.get_template(StackName="shop")["TemplateBody"]
    cloudformation.update_stack(StackName="shop", TemplateBody=good.replace("10", "40"))
    wait_for(cloudformation, "stack_update_complete", StackName="shop")


def test_a_type_that_we_lack_is_named(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="shop", TemplateBody="Resources: {Net: {Type: AWS::EC2::VPC}}")
    assert (
        "Net",
        "CREATE_FAILED",
        "Headwater does not implement the resource type AWS::EC2::VPC.",
    ) in events(cloudformation)


def test_a_custom_name_cannot_be_replaced(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    body = """
    Resources:
      P: {Type: AWS::SSM::Parameter, Properties: {Name: %s, Type: String, Value: v}}
    """
    create(cloudformation, body % "one")
    aws("ssm").put_parameter(Name="two", Value="taken", Type="String")
    cloudformation.update_stack(StackName="shop", TemplateBody=body % "two")
    assert stack(cloudformation)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert aws("ssm").get_parameter(Name="one")["Parameter"]["Value"] == "v"
    assert aws("ssm").get_parameter(Name="two")["Parameter"]["Value"] == "taken"


def test_retention(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")
    body = """
    Resources:
      Kept: {Type: AWS::SQS::Queue, DeletionPolicy: Retain}
      Gone: {Type: AWS::SQS::Queue}
    """
    identity = create(cloudformation, body)
    cloudformation.delete_stack(StackName="shop")
    assert ("Kept", "DELETE_SKIPPED", None) in events(cloudformation, identity)
    (url,) = sqs.list_queues()["QueueUrls"]
    assert "shop-Kept-" in url


def test_replaced_resources_may_be_kept(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")
    body = """
    Resources:
      Q: {Type: AWS::SQS::Queue, UpdateReplacePolicy: Retain, Properties: {QueueName: %s}}
    """
    create(cloudformation, body % "one")
    cloudformation.update_stack(StackName="shop", TemplateBody=body % "two")
    assert {url.rpartition("/")[2] for url in sqs.list_queues()["QueueUrls"]} == {"one", "two"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("Resources: {}", "Template format error: At least one Resources member must be defined."),
        ("a: [", "Template format error: YAML not well-formed. (line 2, column 1)"),
        (
            "Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref B}}}",
            "Template format error: Unresolved resource dependencies [B] in the Resources block of the template",
        ),
        (
            "Resources: {A: {Type: T, DependsOn: B}, B: {Type: T, DependsOn: A}}",
            "Circular dependency between resources: [A, B]",
        ),
        (
            "Parameters: {P: {Type: String}}\nResources: {A: {Type: AWS::SQS::Queue}}",
            "Parameters: [P] must have values",
        ),
    ],
)
def test_templates_that_are_refused(aws: Client, body: str, message: str) -> None:
    cloudformation = aws("cloudformation")
    refusal = refused(cloudformation.create_stack, StackName="shop", TemplateBody=body)
    assert refusal == ("ValidationError", message)
    assert cloudformation.describe_stacks()["Stacks"] == []


def test_capabilities(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    document = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}'
    body = f"Resources: {{R: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {document}}}}}}}"
    assert refused(cloudformation.create_stack, StackName="shop", TemplateBody=body) == (
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_IAM]",
    )
    create(cloudformation, body, Capabilities=["CAPABILITY_IAM"])
    (role,) = aws("iam").list_roles()["Roles"]
    assert role["RoleName"].startswith("shop-R-")
    valid = cloudformation.validate_template(TemplateBody=body)
    assert valid["Capabilities"] == ["CAPABILITY_IAM"]
    assert valid["CapabilitiesReason"] == "The following resource(s) require capabilities: [AWS::IAM::Role]"


def test_termination_protection(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    create(cloudformation, "Resources: {Q: {Type: AWS::SQS::Queue}}", EnableTerminationProtection=True)
    assert refused(cloudformation.delete_stack, StackName="shop") == (
        "ValidationError",
        "Stack [shop] cannot be deleted while TerminationProtection is enabled",
    )
    cloudformation.update_termination_protection(StackName="shop", EnableTerminationProtection=False)
    cloudformation.delete_stack(StackName="shop")
    assert cloudformation.describe_stacks()["Stacks"] == []
    assert [s["StackStatus"] for s in cloudformation.list_stacks()["StackSummaries"]] == ["DELETE_COMPLETE"]


def test_exports_and_imports(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    exporting = """
    Resources: {Q: {Type: AWS::SQS::Queue}}
    Outputs: {Arn: {Value: !GetAtt Q.Arn, Export: {Name: !Sub "${AWS::StackName}-arn"}}}
    """
    importing = """
    Resources:
      P: {Type: AWS::SSM::Parameter, Properties: {Name: p, Type: String, Value: !ImportValue base-arn}}
    """
    create(cloudformation, exporting, "base")
    (export,) = cloudformation.list_exports()["Exports"]
    assert export["Name"] == "base-arn"
    create(cloudformation, importing, "user")
    assert aws("ssm").get_parameter(Name="p")["Parameter"]["Value"] == export["Value"]
    assert cloudformation.list_imports(ExportName="base-arn")["Imports"] == ["user"]
    cloudformation.delete_stack(StackName="base")
    assert stack(cloudformation, "base")["StackStatusReason"] == (
        "Export base-arn cannot be deleted as it is in use by user"
    )
    cloudformation.delete_stack(StackName="user")
    cloudformation.delete_stack(StackName="base")
    assert cloudformation.list_exports()["Exports"] == []
    cloudformation.create_stack(StackName="user", TemplateBody=importing)
    assert ("P", "CREATE_FAILED", "No export named base-arn found.") in events(cloudformation, "user")


def test_outputs_of_other_stacks(endpoint: str, account: str, aws: Client) -> None:
    """A weak reference: the other stack may go."""
    cloudformation = aws("cloudformation")
    west = client_factory(endpoint, account, "us-west-2")("cloudformation")
    for client, text in ((cloudformation, "here"), (west, "there")):
        value = f"Resources: {{Q: {{Type: AWS::SQS::Queue}}}}\nOutputs: {{Text: {{Value: {text}}}}}"
        create(client, value, "base")
    there = "{Fn::GetStackOutput: {StackName: base, OutputName: Text, Region: us-west-2}}"
    both = f"!Join ['-', [!GetStackOutput {{StackName: base, OutputName: Text}}, {there}]]"
    parameter = "Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Name: p, Type: String, Value: %s}}}"
    create(cloudformation, parameter % both, "user")
    assert aws("ssm").get_parameter(Name="p")["Parameter"]["Value"] == "here-there"
    cloudformation.delete_stack(StackName="base")
    with pytest.raises(ClientError, match="Stack with id base does not exist"):
        cloudformation.describe_stacks(StackName="base")
    nowhere = "!GetStackOutput {StackName: base, OutputName: Text}"
    cloudformation.create_stack(StackName="late", TemplateBody=(parameter % nowhere).replace("Name: p,", "Name: q,"))
    assert ("P", "CREATE_FAILED", "Stack with id base does not exist") in events(cloudformation, "late")


def test_stored_parameters(aws: Client) -> None:
    cloudformation, ssm = aws("cloudformation"), aws("ssm")
    ssm.put_parameter(Name="/name", Value="first", Type="String")
    body = """
    Parameters: {Name: {Type: "AWS::SSM::Parameter::Value<String>", Default: /name}}
    Resources:
      Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}}
      R: {Type: AWS::SQS::Queue, Properties: {QueueName: "r-{{resolve:ssm:/name}}"}}
    """
    create(cloudformation, body)
    assert stack(cloudformation)["Parameters"] == [
        {"ParameterKey": "Name", "ParameterValue": "/name", "ResolvedValue": "first"}
    ]
    names = {url.rpartition("/")[2] for url in aws("sqs").list_queues()["QueueUrls"]}
    assert names == {"first", "r-first"}


def test_addresses_are_made_to_work_here(aws: Client, endpoint: str) -> None:
    cloudformation = aws("cloudformation")
    here = endpoint.partition("://")[2]
    body = f"""
    Resources: {{Q: {{Type: AWS::SQS::Queue}}}}
    Outputs:
      Api: {{Value: !Sub "https://abc123.execute-api.${{AWS::Region}}.amazonaws.com/prod/x"}}
      Default: {{Value: !Sub "https://abc123.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}"}}
      Socket: {{Value: "wss://{here}/mqtt"}}
      Elsewhere: {{Value: "https://example.com/a"}}
    """
    create(cloudformation, body)
    assert outputs(cloudformation) == {
        "Api": f"{endpoint}/_aws/execute-api/abc123/prod/x",
        "Default": f"{endpoint}/_aws/execute-api/abc123",
        "Socket": f"ws://{here}/mqtt",
        "Elsewhere": "https://example.com/a",
    }
