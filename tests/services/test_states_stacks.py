"""State machines of templates: where their definitions come from.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
"""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.services.states import ROLE
from tests.settling import wait_for

YAML = """\
# comments are for people
StartAt: First
States:
  First: {Type: Wait, Seconds: ${Seconds}, Next: Last}
  Last:
    Type: Pass
    Result: &day 2026-11-28
    End: true
"""
STATES = {"First": {"Type": "Wait", "Seconds": 7, "Next": "Last"}}
STATES |= {"Last": {"Type": "Pass", "Result": "2026-11-28", "End": True}}


@pytest.fixture
def deploy(aws: Any) -> Any:
    """Deploy one machine with these properties: its description, or why it failed."""
    s3, cloudformation, bucket = aws("s3"), aws("cloudformation"), f"definitions-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket)

    def deploy(file: str | None = None, **properties: Any) -> Any:
        properties["RoleArn"] = ROLE
        if file is not None:
            s3.put_object(Bucket=bucket, Key="machine", Body=file.encode())
            properties["DefinitionS3Location"] = {"Bucket": bucket, "Key": "machine"}
        machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
        cloudformation.create_stack(
            StackName="machine", TemplateBody=json.dumps({"Resources": {"Machine": machine}}), OnFailure="DO_NOTHING"
        )
        (resource,) = cloudformation.describe_stack_resources(StackName="machine")["StackResources"]
        if resource["ResourceStatus"] == "CREATE_FAILED":
            return resource["ResourceStatusReason"]
        wait_for(cloudformation, "stack_create_complete", StackName="machine")
        return aws("stepfunctions").describe_state_machine(stateMachineArn=resource["PhysicalResourceId"])

    return deploy


def test_a_file_may_be_yaml_and_is_read_after_the_substitution(deploy: Any) -> None:
    machine = deploy(YAML, DefinitionSubstitutions={"Seconds": "7"})
    assert json.loads(machine["definition"]) == {"StartAt": "First", "States": STATES}


def test_a_file_of_json_stays_as_it_is(deploy: Any) -> None:
    text = json.dumps({"StartAt": "First", "States": STATES}, indent=7)
    assert deploy(text)["definition"] == text


@pytest.mark.parametrize("text", ["{StartAt: [", "StartAt: !Nothing x", "StartAt: .nan\n? [a]\n: b"])
def test_a_file_that_is_neither_is_refused(deploy: Any, text: str) -> None:
    assert "Invalid StateMachine definition file." in deploy(text)


def test_a_file_has_a_most(deploy: Any) -> None:
    assert "State Machine definition file cannot exceed 1MB." in deploy("#" * 1_048_577)


def test_one_source_is_needed(deploy: Any) -> None:
    assert "Required key [DefinitionS3Location], [Definition] or [DefinitionString] not found." in deploy()


def test_two_sources_are_too_many(deploy: Any) -> None:
    assert "Please use either [DefinitionS3Location], [Definition] or [DefinitionString] but not both." in deploy(
        YAML, DefinitionString="{}"
    )
