"""cloudformation by the AWS CLI: packages and deployments, stacks of SAM and of the CDK."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.services.http import ask
from tests.services.lambda_lab import package
from tests.settling import settle
from tests.wire.aws_cli import Cli

CDK = (Path(__file__).parent / "cdk.yaml").read_text()
# as the CDK's entry point does: the host of ResponseURL, and HTTPS whatever the URL says
PROVIDER = """
const https = require("https");
exports.handler = async (event) => {
  const { hostname, pathname, search } = new URL(event.ResponseURL);
  const { StackId, RequestId, LogicalResourceId, ResourceProperties } = event;
  const Data = { Text: `${ResourceProperties.Text}!` };
  const identity = { StackId, RequestId, LogicalResourceId, PhysicalResourceId: "greeting" };
  const body = JSON.stringify({ Status: "SUCCESS", Reason: "", ...identity, Data });
  const headers = { "content-type": "", "content-length": Buffer.byteLength(body, "utf8") };
  await new Promise((resolve, reject) => {
    const request = https.request({ hostname, path: pathname + search, method: "PUT", headers }, (response) => {
      response.resume();
      if (response.statusCode >= 400) reject(new Error(`Unsuccessful HTTP response: ${response.statusCode}`));
      else resolve();
    });
    request.on("error", reject);
    request.end(body);
  });
};
"""
SAM = """
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters: {Greeting: {Type: String, Default: hi}}
Globals: {Function: {Runtime: python3.11, Timeout: 10}}
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: app.handler
      Policies: [AWSLambdaBasicExecutionRole]
      Environment: {Variables: {GREETING: !Ref Greeting}}
      Events:
        Get: {Type: HttpApi, Properties: {Path: /hello, Method: get}}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties: {DefinitionUri: flow.asl.json, Policies: [{LambdaInvokePolicy: {FunctionName: !Ref Hello}}]}
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested.yaml}}
Outputs:
  Url: {Value: !Sub "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.amazonaws.com/hello"}
"""
NESTED = "Resources: {Queue: {Type: AWS::SQS::Queue}}"
QUEUE = """
Parameters: {Delay: {Type: Number, Default: 0}}
Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref Delay}}}
Outputs: {Url: {Value: !Ref Queue}}
"""


def outputs(cli: Cli, stack: str) -> dict[str, str]:
    told = cli(f"cloudformation describe-stacks --stack-name {stack} --query Stacks[0].Outputs")
    return {output["OutputKey"]: output["OutputValue"] for output in told}


def test_a_stack(cli: Cli) -> None:
    cli.write("queue.yaml", QUEUE)
    body = "--template-body file://queue.yaml"
    assert cli(f"cloudformation validate-template {body}")["Parameters"][0]["DefaultValue"] == "0"
    made = cli(f"cloudformation create-stack --stack-name myteststack {body} --tags Key=a,Value=b")
    cli("cloudformation wait stack-create-complete --stack-name myteststack")
    assert made["StackId"].startswith(f"arn:aws:cloudformation:us-east-1:{cli.account}:stack/myteststack/")
    url = outputs(cli, "myteststack")["Url"]
    update = f"cloudformation update-stack --stack-name myteststack {body} --parameters"
    cli(f"{update} ParameterKey=Delay,ParameterValue=5")
    cli("cloudformation wait stack-update-complete --stack-name myteststack")
    delay = f"sqs get-queue-attributes --queue-url {url} --attribute-names DelaySeconds"
    assert cli(delay)["Attributes"] == {"DelaySeconds": "5"}
    assert cli.fails(f"{update} ParameterKey=Delay,UsePreviousValue=true") == (
        "An error occurred (ValidationError) when calling the UpdateStack operation: No updates are to be performed."
    )
    resources = cli("cloudformation list-stack-resources --stack-name myteststack")["StackResourceSummaries"]
    assert [(each["LogicalResourceId"], each["ResourceStatus"]) for each in resources] == [("Queue", "UPDATE_COMPLETE")]
    assert "Parameters" in str(cli("cloudformation get-template --stack-name myteststack")["TemplateBody"])
    cli("cloudformation delete-stack --stack-name myteststack")
    cli("cloudformation wait stack-delete-complete --stack-name myteststack")
    assert cli.fails("cloudformation describe-stacks --stack-name myteststack") == (
        "An error occurred (ValidationError) when calling the DescribeStacks operation: "
        "Stack with id myteststack does not exist"
    )


def test_deploy(cli: Cli) -> None:
    cli.write("queue.yaml", QUEUE)
    deploy = "cloudformation deploy --template-file queue.yaml --stack-name s"
    assert "Successfully created/updated stack - s" in cli(deploy)
    assert "Successfully created/updated stack - s" in cli(f"{deploy} --parameter-overrides Delay=1")
    assert "No changes to deploy. Stack s is up to date" in cli(f"{deploy} --no-fail-on-empty-changeset")
    shown = cli(f"{deploy} --parameter-overrides Delay=2 --no-execute-changeset")
    changes = shown.split()[-1]
    described = cli(f"cloudformation describe-change-set --change-set-name {changes}")
    assert described["Changes"][0]["ResourceChange"]["Action"] == "Modify"
    cli(f"cloudformation execute-change-set --change-set-name {changes}")
    cli("cloudformation wait stack-update-complete --stack-name s")
    cli.write("lacking.yaml", "Resources: {Thing: {Type: AWS::EC2::Instance}}")
    failed = cli.fails("cloudformation deploy --template-file lacking.yaml --stack-name lacking")
    assert "Reason: Headwater does not implement AWS::EC2::Instance (Thing)." in failed
    nowhere = "{TopicArn: 'arn:aws:sns:us-east-1:000000000000:nowhere', Protocol: email, Endpoint: a@example.com}"
    cli.write("bad.yaml", f"Resources: {{Thing: {{Type: AWS::SNS::Subscription, Properties: {nowhere}}}}}")
    assert "Failed to create/update the stack" in cli.fails(
        "cloudformation deploy --template-file bad.yaml --stack-name bad"
    )
    events = cli("cloudformation describe-stack-events --stack-name bad")["StackEvents"]
    assert any("Topic does not exist" in event.get("ResourceStatusReason", "") for event in events)


def test_a_sam_application_is_packaged_and_deployed(cli: Cli) -> None:
    bucket = f"artifacts-{cli.account}"
    cli(f"s3 mb s3://{bucket}")
    source = "import os\ndef handler(event, context):\n    return {'statusCode': 200, 'body': os.environ['GREETING']}\n"
    cli.write("src/app.py", source)
    cli.write("flow.asl.json", {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    cli.write("nested.yaml", NESTED)
    cli.write("template.yaml", SAM)
    package_ = (
        f"cloudformation package --template-file template.yaml --s3-bucket {bucket} --output-template-file out.yaml"
    )
    assert "Successfully packaged artifacts" in cli(package_)
    packaged = (cli.folder / "out.yaml").read_text()
    assert f"CodeUri: s3://{bucket}/" in packaged
    assert "TemplateURL: http" in packaged
    capabilities = "--capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"
    deploy = f"cloudformation deploy --template-file out.yaml --stack-name sam --s3-bucket {bucket} {capabilities}"
    cli(deploy)
    assert ask("GET", outputs(cli, "sam")["Url"]).body == b"hi"
    cli(f"{deploy} --parameter-overrides Greeting=hello")
    settle(cli.endpoint)
    assert ask("GET", outputs(cli, "sam")["Url"]).body == b"hello"
    without = cli.fails("cloudformation deploy --template-file out.yaml --stack-name other")
    assert "Requires capabilities : [CAPABILITY_IAM]" in without
    cli("cloudformation delete-stack --stack-name sam")
    cli("cloudformation wait stack-delete-complete --stack-name sam")
    assert cli("lambda list-functions")["Functions"] == []


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_a_stack_of_the_cdk(cli: Cli) -> None:
    assets = f"cdk-hnb659fds-assets-{cli.account}-us-east-1"
    cli(f"s3 mb s3://{assets}")
    cli.write("provider.zip", package(PROVIDER, "index.js"))
    cli(f"s3 cp provider.zip s3://{assets}/ --no-progress")
    cli.write("cdk.yaml", CDK)
    version = "ssm put-parameter --name /cdk-bootstrap/hnb659fds/version --type String --value"
    deploy = "cloudformation deploy --template-file cdk.yaml --stack-name Shop --capabilities CAPABILITY_NAMED_IAM"
    missing = cli.fails(deploy)
    assert "Unable to fetch parameters [/cdk-bootstrap/hnb659fds/version] from parameter store" in missing
    cli(f"{version} 5")
    assert "CDK bootstrap stack version 6 required" in cli.fails(deploy)
    cli(f"{version} 21 --overwrite")
    assert "Successfully created/updated stack - Shop" in cli(deploy)
    told = outputs(cli, "Shop")
    name = told["QueueUrl"].rpartition("/")[2]
    cli(f"stepfunctions start-execution --state-machine-arn {told['Machine']}")
    read = f"sqs receive-message --queue-url {told['QueueUrl']} --wait-time-seconds 10"
    assert cli(read)["Messages"][0]["Body"] == f"hello {name}!"
    kept = cli("cloudformation describe-stack-resource --stack-name Shop --logical-resource-id Greeting")
    assert kept["StackResourceDetail"]["PhysicalResourceId"] == "greeting"
    assert cli("cloudformation list-exports")["Exports"][0]["Name"] == "Shop:ExportsOutputRefMachine"
    cli("cloudformation delete-stack --stack-name Shop")
    cli("cloudformation wait stack-delete-complete --stack-name Shop")
