"""Change sets through boto3, and as the AWS CLI's `cloudformation deploy` uses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.test_cloudformation import create, outputs, refused, stack
from tests.settling import wait_for

ONE = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 10}}}\n"
TWO = """
Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 20}}
  R: {Type: AWS::SQS::Queue}
Outputs: {Url: {Value: !Ref Q}}
"""


def change_set(cloudformation: Any, body: str, kind: str, name: str = "first") -> dict[str, Any]:
    request = {"StackName": "shop", "ChangeSetName": name}
    cloudformation.create_change_set(**request, ChangeSetType=kind, TemplateBody=body)
    wait_for(cloudformation, "change_set_create_complete", **request)
    found: dict[str, Any] = cloudformation.describe_change_set(**request)
    return found


def test_a_stack_made_by_a_change_set(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    made = change_set(cloudformation, TWO, "CREATE")
    assert stack(cloudformation)["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert made["ExecutionStatus"] == "AVAILABLE"
    assert [(c["ResourceChange"]["Action"], c["ResourceChange"]["LogicalResourceId"]) for c in made["Changes"]] == [
        ("Add", "Q"),
        ("Add", "R"),
    ]
    assert cloudformation.list_change_sets(StackName="shop")["Summaries"][0]["ChangeSetName"] == "first"
    cloudformation.execute_change_set(StackName="shop", ChangeSetName="first")
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    assert outputs(cloudformation)["Url"]
    code, _ = refused(cloudformation.execute_change_set, StackName="shop", ChangeSetName="first")
    assert code == "InvalidChangeSetStatus"


def test_an_update(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    create(cloudformation, ONE)
    made = change_set(cloudformation, TWO, "UPDATE")
    changes = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in made["Changes"]}
    assert changes["Q"]["Action"] == "Modify"
    assert changes["Q"]["Scope"] == ["Properties"]
    assert changes["Q"]["Details"][0]["Target"]["Name"] == "VisibilityTimeout"
    assert changes["R"]["Action"] == "Add"
    assert "BeforeContext" not in changes["Q"]
    told = cloudformation.describe_change_set(ChangeSetName=made["ChangeSetId"], IncludePropertyValues=True)
    (change,) = [c["ResourceChange"] for c in told["Changes"] if c["ResourceChange"]["LogicalResourceId"] == "Q"]
    assert json.loads(change["BeforeContext"]) == {"Properties": {"VisibilityTimeout": 10}}
    target = change["Details"][0]["Target"]
    assert (target["Path"], target["BeforeValue"], target["AfterValue"], target["AttributeChangeType"]) == (
        *("/Properties/VisibilityTimeout", "10", "20", "Modify"),
    )
    change_set(cloudformation, TWO.replace("20", "30"), "UPDATE", "second")
    cloudformation.execute_change_set(StackName="shop", ChangeSetName=made["ChangeSetId"])
    assert stack(cloudformation)["StackStatus"] == "UPDATE_COMPLETE"
    second = cloudformation.describe_change_set(StackName="shop", ChangeSetName="second")
    assert second["ExecutionStatus"] == "OBSOLETE"
    cloudformation.delete_change_set(StackName="shop", ChangeSetName="second")
    assert refused(cloudformation.describe_change_set, StackName="shop", ChangeSetName="second") == (
        "ChangeSetNotFound",
        "ChangeSet [second] does not exist",
    )


def test_a_change_set_without_changes_fails(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    create(cloudformation, ONE)
    cloudformation.create_change_set(StackName="shop", ChangeSetName="same", TemplateBody=ONE)
    found = cloudformation.describe_change_set(StackName="shop", ChangeSetName="same")
    assert (found["Status"], found["StatusReason"]) == (
        "FAILED",
        "The submitted information didn't contain changes. Submit different information to create a change set.",
    )


def test_types_that_we_lack_are_named_before_anything_is_made(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    body = """
    Parameters: {Wide: {Type: String, Default: 'no'}}
    Conditions: {IsWide: !Equals [!Ref Wide, 'yes']}
    Resources:
      Q: {Type: AWS::SQS::Queue}
      Net: {Type: AWS::EC2::VPC}
      Trail: {Type: AWS::CloudTrail::Trail}
      Second: {Type: AWS::EC2::VPC}
      Wide: {Type: AWS::EC2::Subnet, Condition: IsWide}
      Own: {Type: Custom::Own, Properties: {ServiceToken: x}}
    """
    request = {"StackName": "shop", "ChangeSetName": "first", "ChangeSetType": "CREATE", "TemplateBody": body}
    cloudformation.create_change_set(**request)
    found = cloudformation.describe_change_set(StackName="shop", ChangeSetName="first")
    assert (found["Status"], found["StatusReason"]) == (
        "FAILED",
        "Headwater does not implement AWS::CloudTrail::Trail (Trail), AWS::EC2::VPC (Net, Second).",
    )
    assert stack(cloudformation)["StackStatus"] == "REVIEW_IN_PROGRESS"


def test_refusals(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    request = {"StackName": "gone", "ChangeSetName": "c", "TemplateBody": ONE}
    assert refused(cloudformation.create_change_set, **request) == (
        "ValidationError",
        "Stack [gone] does not exist",
    )
    create(cloudformation, ONE)
    request = {"StackName": "shop", "ChangeSetName": "c", "TemplateBody": ONE, "ChangeSetType": "CREATE"}
    assert refused(cloudformation.create_change_set, **request) == (
        "ValidationError",
        "Stack [shop] already exists and cannot be created again with the changeSet [c].",
    )


def test_templates_can_be_read_back(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    create(cloudformation, TWO)
    assert cloudformation.get_template(StackName="shop")["TemplateBody"] == TWO
    processed = cloudformation.get_template(StackName="shop", TemplateStage="Processed")["TemplateBody"]
    assert processed["Outputs"] == {"Url": {"Value": {"Ref": "Q"}}}
    summary = cloudformation.get_template_summary(StackName="shop")
    assert summary["ResourceTypes"] == ["AWS::SQS::Queue"]


def command_line(endpoint: str, account: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    aws = Path(sys.executable).with_name("aws")
    command = [str(aws), "cloudformation", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=500)


def test_the_command_line_deploys(endpoint: str, account: str, aws: Client, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        "Parameters: {Seconds: {Type: Number}}\n"
        "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: !Ref Seconds}}}\n"
        "Outputs: {Url: {Value: !Ref Q}}\n"
    )
    deploy = ("deploy", "--template-file", str(template), "--stack-name", "shop", "--parameter-overrides")
    first = command_line(endpoint, account, *deploy, "Seconds=11")
    assert first.returncode == 0, first.stderr
    assert "Successfully created/updated stack - shop" in first.stdout
    again = command_line(endpoint, account, *deploy, "Seconds=11", "--no-fail-on-empty-changeset")
    assert "No changes to deploy. Stack shop is up to date" in again.stdout + again.stderr
    described = command_line(endpoint, account, "describe-stacks", "--stack-name", "shop")
    (output,) = json.loads(described.stdout)["Stacks"][0]["Outputs"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=output["OutputValue"], AttributeNames=["All"])
    assert attributes["Attributes"]["VisibilityTimeout"] == "11"


def test_a_service_first_used_in_vain_is_there_afterwards() -> None:
    """A handler that has written something calls a service that is not loaded yet, and then fails."""
    with ServerThread() as fresh:
        aws = client_factory(fresh.endpoint, "000000000000")
        request = {"StackName": "shop", "ChangeSetName": "c", "ChangeSetType": "CREATE"}
        url = f"{fresh.endpoint}/bucket/key"
        code, message = refused(aws("cloudformation").create_change_set, **request, TemplateURL=url)
        assert (code, message) == ("ValidationError", "S3 error: The specified bucket does not exist")
        assert aws("cloudformation").describe_stacks()["Stacks"] == []
        assert aws("s3").list_buckets()["Buckets"] == []
