"""Functions whose source stands in a template answer CloudFormation by the module that AWS gives them."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from headwater.services.lambda_.inline import package
from tests.conftest import Client
from tests.settling import wait_for

PYTHON = """
import cfnresponse
def handler(event, context):
    given = event["ResourceProperties"].get("Word", "")
    if event["RequestType"] != "Delete" and not given:
        return cfnresponse.send(event, context, cfnresponse.FAILED, {}, reason="there is no word")
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {"Loud": given.upper()}, "of-" + given)
"""
NODE = """
var response = require('cfn-response');
exports.handler = function (event, context) {
  const given = event.ResourceProperties.Word || '';
  const status = event.RequestType === 'Delete' || given ? response.SUCCESS : response.FAILED;
  response.send(event, context, status, {Loud: given.toUpperCase()}, 'of-' + given);
};
"""


def template(source: str, runtime: str, word: str) -> str:
    function = {"Handler": "index.handler", "Role": "arn:aws:iam::000000000000:role/r", "Runtime": runtime}
    return json.dumps(
        {
            "Resources": {
                "Maker": {"Type": "AWS::Lambda::Function", "Properties": {**function, "Code": {"ZipFile": source}}},
                "Made": {
                    "Type": "Custom::Word",
                    "Properties": {"ServiceToken": {"Fn::GetAtt": "Maker.Arn"}, "Word": word},
                },
            },
            "Outputs": {"Loud": {"Value": {"Fn::GetAtt": "Made.Loud"}}, "Id": {"Value": {"Ref": "Made"}}},
        }
    )


@pytest.mark.parametrize(("source", "runtime"), [(PYTHON, "python3.11"), (NODE, "nodejs20.x")])
def test_a_custom_resource_answers_by_the_module(aws: Client, source: str, runtime: str) -> None:
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="words", TemplateBody=template(source, runtime, "hello"))
    wait_for(cloudformation, "stack_create_complete", StackName="words")
    outputs = cloudformation.describe_stacks(StackName="words")["Stacks"][0]["Outputs"]
    assert {each["OutputKey"]: each["OutputValue"] for each in outputs} == {"Loud": "HELLO", "Id": "of-hello"}
    cloudformation.delete_stack(StackName="words")
    wait_for(cloudformation, "stack_delete_complete", StackName="words")


def test_a_failure_is_told_with_its_reason(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(
        StackName="words", TemplateBody=template(PYTHON, "python3.11", ""), OnFailure="DO_NOTHING"
    )
    wait_for(cloudformation, "stack_exists", StackName="words")
    wait_until_failed(aws)
    events = cloudformation.describe_stack_events(StackName="words")["StackEvents"]
    assert any("there is no word" in event.get("ResourceStatusReason", "") for event in events)


def wait_until_failed(aws: Client) -> None:
    """Until the stack has failed: a waiter for success says so by failing itself."""
    with pytest.raises(Exception, match="CREATE_FAILED"):
        wait_for(aws("cloudformation"), "stack_create_complete", StackName="words")


@pytest.mark.parametrize(
    ("source", "runtime", "files"),
    [
        ("import cfnresponse", "python3.12", ["index.py", "cfnresponse.py"]),
        ("import json, cfnresponse", "python3.12", ["index.py"]),  # only by this very statement
        ("x = 1", "python3.12", ["index.py"]),
        ('const r = require("cfn-response")', "nodejs22.x", ["index.js", "node_modules/cfn-response.js"]),
        ("exports.handler = 1", "nodejs22.x", ["index.js"]),
    ],
)
def test_the_module_comes_where_it_is_imported(source: str, runtime: str, files: list[str]) -> None:
    with zipfile.ZipFile(io.BytesIO(package(source, runtime))) as archive:
        assert archive.namelist() == files
