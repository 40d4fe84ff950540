"""SAM templates, custom resources and nested stacks, with real functions."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from tests.conftest import Client
from tests.services.test_cloudformation import events, outputs, refused, resources, stack
from tests.settling import settle, wait_for

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def settled(cloudformation: Any, name: str = "shop", seconds: float = 60) -> str:
    """The stack's status once it is not in progress."""
    settle(cloudformation, seconds)
    status = str(stack(cloudformation, name)["StackStatus"])
    assert not status.endswith("_IN_PROGRESS"), f"{name} is {status}: {events(cloudformation, name)}"
    return status


FUNCTION = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, MemorySize: 192, Timeout: 7}}
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      Environment: {Variables: {TABLE: !Ref Table, QUEUE: !Ref Queue}}
      InlineCode: |
        import os
        def handler(event, context):
            return {"table": os.environ["TABLE"], "event": event}
      Policies:
        - DynamoDBCrudPolicy: {TableName: !Ref Table}
        - SQSSendMessagePolicy: {QueueName: !GetAtt Queue.QueueName}
        - AWSLambdaBasicExecutionRole
      Events:
        Messages: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 5}}
        Tick: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
        Get: {Type: HttpApi, Properties: {Path: /hello, Method: get}}
  Queue: {Type: AWS::SQS::Queue}
  Table: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Name: id, Type: String}}}
Outputs:
  Function: {Value: !Ref Hello}
  Table: {Value: !Ref Table}
  Api: {Value: !Sub "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/hello"}
"""


def test_an_application_of_the_repository_is_refused(aws: Client) -> None:
    body = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Shop:
        Type: AWS::Serverless::Application
        Properties:
          Location: {ApplicationId: "arn:aws:serverlessrepo:us-east-1:123456789012:applications/x"}
    """
    assert refused(
        aws("cloudformation").create_stack, StackName="shop", TemplateBody=body, Capabilities=CAPABILITIES
    ) == (
        "ValidationError",
        "Headwater does not implement the AWS Serverless Application Repository, from which Shop comes; the Location "
        "of a template is possible.",
    )


def test_a_function_with_its_events(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    assert refused(cloudformation.create_stack, StackName="shop", TemplateBody=FUNCTION) == (
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_AUTO_EXPAND]",
    )
    cloudformation.create_stack(StackName="shop", TemplateBody=FUNCTION, Capabilities=CAPABILITIES)
    assert settled(cloudformation) == "CREATE_COMPLETE", events(cloudformation)
    out = outputs(cloudformation)
    types = sorted(each["ResourceType"] for each in resources(cloudformation))
    assert types == [
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Stage",
        "AWS::DynamoDB::Table",
        "AWS::Events::Rule",
        "AWS::IAM::Role",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Permission",
        "AWS::SQS::Queue",
    ]
    configuration = aws("lambda").get_function_configuration(FunctionName=out["Function"])
    assert (configuration["MemorySize"], configuration["Timeout"]) == (192, 7)
    answer = aws("lambda").invoke(FunctionName=out["Function"], Payload=b'{"a": 1}')
    assert json.load(answer["Payload"]) == {"table": out["Table"], "event": {"a": 1}}
    with urllib.request.urlopen(out["Api"], timeout=30) as response:
        assert json.load(response)["table"] == out["Table"]
    cloudformation.delete_stack(StackName="shop")
    wait_for(cloudformation, "stack_delete_complete", StackName="shop")
    assert aws("lambda").list_functions()["Functions"] == []
    assert aws("iam").list_roles()["Roles"] == []


def test_a_wrong_serverless_template_is_told_by_the_change_set(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    body = "Transform: AWS::Serverless-2016-10-31\nResources: {F: {Type: AWS::Serverless::Function}}"
    request = {"StackName": "shop", "ChangeSetName": "c"}
    cloudformation.create_change_set(**request, ChangeSetType="CREATE", TemplateBody=body)
    settle(cloudformation)
    found = cloudformation.describe_change_set(**request)
    assert found["Status"] == "FAILED"
    assert found["StatusReason"].startswith(
        "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document. "
        "Number of errors found: 1. Resource with id [F] is invalid."
    )


CUSTOM = """
Parameters: {Mode: {Type: String, Default: ok}, Number: {Type: Number, Default: 1}}
Resources:
  Thing:
    Type: Custom::Thing
    Properties: {ServiceToken: !GetAtt Maker.Arn, Mode: !Ref Mode, Number: !Ref Number, Flag: true, ServiceTimeout: 20}
  Maker:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Environment: {Variables: {LOG: !Ref Log}}
      Code:
        ZipFile: |
          import json, os, urllib.request, boto3
          def handler(event, context):
              properties = event["ResourceProperties"]
              boto3.client("sqs").send_message(QueueUrl=os.environ["LOG"], MessageBody=json.dumps(event))
              failed = properties["Mode"] == "fail" and event["RequestType"] != "Delete"
              answer = {
                  "Status": "FAILED" if failed else "SUCCESS",
                  "Reason": "because",
                  "PhysicalResourceId": "thing-" + properties["Number"],
                  "StackId": event["StackId"], "RequestId": event["RequestId"],
                  "LogicalResourceId": event["LogicalResourceId"],
                  "Data": {"Number": properties["Number"], "Deep": {"er": "yes"}},
              }
              request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
              urllib.request.urlopen(request).read()
  Log: {Type: AWS::SQS::Queue}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]
Outputs:
  Id: {Value: !Ref Thing}
  Number: {Value: !GetAtt Thing.Number}
  Deep: {Value: !GetAtt Thing.Deep.er}
  Log: {Value: !Ref Log}
"""


@pytest.fixture
def requests_of(aws: Client) -> Any:
    """What the function was asked since the last time."""

    def read(url: str) -> list[dict[str, Any]]:
        sqs, found = aws("sqs"), []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return read


def test_a_custom_resource(aws: Client, requests_of: Any) -> None:
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="shop", TemplateBody=CUSTOM, Capabilities=CAPABILITIES)
    assert settled(cloudformation) == "CREATE_COMPLETE", events(cloudformation)
    out = outputs(cloudformation)
    assert (out["Id"], out["Number"], out["Deep"]) == ("thing-1", "1", "yes")
    (asked,) = requests_of(out["Log"])
    assert asked["RequestType"] == "Create"
    assert asked["ResourceProperties"]["Flag"] == "true"
    assert asked["ResourceType"] == "Custom::Thing"
    assert "PhysicalResourceId" not in asked

    def update(**parameters: str) -> str:
        listed = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        request = {"StackName": "shop", "UsePreviousTemplate": True, "Capabilities": CAPABILITIES}
        cloudformation.update_stack(**request, Parameters=listed)
        return settled(cloudformation)

    assert update(Number="2") == "UPDATE_COMPLETE"
    asked, cleaned = requests_of(out["Log"])
    assert (asked["RequestType"], asked["PhysicalResourceId"]) == ("Update", "thing-1")
    assert asked["OldResourceProperties"]["Number"] == "1"
    assert (cleaned["RequestType"], cleaned["PhysicalResourceId"]) == ("Delete", "thing-1")
    assert outputs(cloudformation)["Id"] == "thing-2"

    assert update(Number="2", Mode="fail") == "UPDATE_ROLLBACK_COMPLETE"
    reasons = [reason for _, status, reason in events(cloudformation) if status == "UPDATE_FAILED"]
    assert reasons[0] is not None
    assert reasons[0].startswith(
        "Received response status [FAILED] from custom resource. Message returned: because (RequestId: "
    )
    assert [each["RequestType"] for each in requests_of(out["Log"])] == ["Update", "Update"]


def test_a_custom_resource_that_fails_is_cleaned_up(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    parameters = [{"ParameterKey": "Mode", "ParameterValue": "fail"}]
    request = {"StackName": "shop", "TemplateBody": CUSTOM, "Capabilities": CAPABILITIES}
    cloudformation.create_stack(**request, Parameters=parameters)
    assert settled(cloudformation) == "ROLLBACK_COMPLETE"
    happened = [(name, status) for name, status, _ in events(cloudformation)]
    assert ("Thing", "CREATE_FAILED") in happened
    assert ("Thing", "DELETE_COMPLETE") in happened


def test_nested_stacks(aws: Client, endpoint: str) -> None:
    cloudformation, s3 = aws("cloudformation"), aws("s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="templates-of-nested")
    inner = """
    Parameters: {Seconds: {Type: Number}}
    Resources: {Q: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: !Ref Seconds}}}
    Outputs: {Url: {Value: !Ref Q}}
    """
    s3.put_object(Bucket="templates-of-nested", Key="inner.yaml", Body=inner.encode())
    outer = f"""
    Parameters: {{Seconds: {{Type: Number, Default: 5}}}}
    Resources:
      Inner:
        Type: AWS::CloudFormation::Stack
        Properties:
          TemplateURL: {endpoint}/templates-of-nested/inner.yaml
          Parameters: {{Seconds: !Ref Seconds}}
    Outputs: {{Url: {{Value: !GetAtt Inner.Outputs.Url}}}}
    """
    cloudformation.create_stack(StackName="shop", TemplateBody=outer)
    assert settled(cloudformation) == "CREATE_COMPLETE", events(cloudformation)
    url = outputs(cloudformation)["Url"]
    seconds = [{"ParameterKey": "Seconds", "ParameterValue": "9"}]
    cloudformation.update_stack(StackName="shop", UsePreviousTemplate=True, Parameters=seconds)
    assert settled(cloudformation) == "UPDATE_COMPLETE", events(cloudformation)
    attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "9"
    cloudformation.delete_stack(StackName="shop")
    wait_for(cloudformation, "stack_delete_complete", StackName="shop")
    assert aws("sqs").list_queues().get("QueueUrls", []) == []
    assert cloudformation.describe_stacks()["Stacks"] == []


def test_events_go_to_topics(aws: Client) -> None:
    cloudformation, sns, sqs = aws("cloudformation"), aws("sns"), aws("sqs")
    topic = sns.create_topic(Name="told")["TopicArn"]
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    body = "Resources: {Q: {Type: AWS::SQS::Queue}}"
    cloudformation.create_stack(StackName="shop", TemplateBody=body, NotificationARNs=[topic])
    told: list[str] = []
    while len(told) < 5:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20)["Messages"]
        told.extend(each["Body"] for each in messages)
    assert any("ResourceStatus='CREATE_COMPLETE'\n" in text and "LogicalResourceId='shop'\n" in text for text in told)


def test_language_extensions(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    body = """
    Transform: AWS::LanguageExtensions
    Parameters: {Names: {Type: CommaDelimitedList, Default: "one,two"}}
    Mappings: {Sizes: {prod: {Seconds: "11"}}}
    Resources:
      Fn::ForEach::Queues:
        - Name
        - !Ref Names
        - Queue${Name}:
            Type: AWS::SQS::Queue
            Properties:
              QueueName: !Sub "q-${Name}"
              VisibilityTimeout: !FindInMap [Sizes, nowhere, Seconds, {DefaultValue: 12}]
      Note:
        Type: AWS::SSM::Parameter
        Properties: {Name: note, Type: String, Value: !ToJsonString {count: !Length {Ref: Names}, q: !Ref Queueone}}
    """
    cloudformation.create_stack(StackName="shop", TemplateBody=body)
    assert settled(cloudformation) == "CREATE_COMPLETE", events(cloudformation)
    note = json.loads(aws("ssm").get_parameter(Name="note")["Parameter"]["Value"])
    assert note["count"] == 2
    assert note["q"].endswith("/q-one")


def test_types_of_ones_own(aws: Client, account: str) -> None:
    """IAM's and Systems Manager's types, made, changed and removed."""
    cloudformation, iam = aws("cloudformation"), aws("iam")
    body = """
    Parameters: {Word: {Type: String, Default: first}}
    Resources:
      Role:
        Type: AWS::IAM::Role
        Properties:
          Description: !Ref Word
          AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "sts:AssumeRole"}]}
          Policies:
            - PolicyName: !Ref Word
              PolicyDocument: {Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}
          ManagedPolicyArns: [!Ref Managed]
          Tags: [{Key: word, Value: !Ref Word}]
      Managed:
        Type: AWS::IAM::ManagedPolicy
        Properties: {PolicyDocument: {Statement: [{Sid: !Ref Word, Effect: Allow, Action: "*", Resource: "*"}]}}
      Inline:
        Type: AWS::IAM::Policy
        Properties:
          PolicyName: !Sub "inline-${Word}"
          PolicyDocument: {Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}
          Roles: [!Ref Role]
      Group: {Type: AWS::IAM::Group}
      User: {Type: AWS::IAM::User, Properties: {Groups: [!Ref Group]}}
      Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}
      Parameter: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Word, Tags: {word: !Ref Word}}}
    Outputs:
      Role: {Value: !Ref Role}
      RoleArn: {Value: !GetAtt Role.Arn}
      Managed: {Value: !Ref Managed}
      Secret: {Value: !GetAtt Key.SecretAccessKey}
      Parameter: {Value: !Ref Parameter}
    """
    named = {"Capabilities": ["CAPABILITY_IAM"]}
    cloudformation.create_stack(StackName="shop", TemplateBody=body, **named)
    assert settled(cloudformation) == "CREATE_COMPLETE", events(cloudformation)
    out = outputs(cloudformation)
    assert out["RoleArn"] == f"arn:aws:iam::{account}:role/{out['Role']}"
    assert len(out["Secret"]) == 40

    word = [{"ParameterKey": "Word", "ParameterValue": "second"}]
    cloudformation.update_stack(StackName="shop", TemplateBody=body, Parameters=word, **named)
    assert settled(cloudformation) == "UPDATE_COMPLETE", events(cloudformation)
    assert outputs(cloudformation) == out
    role = iam.get_role(RoleName=out["Role"])["Role"]
    assert (role["Description"], role["Tags"]) == ("second", [{"Key": "word", "Value": "second"}])
    assert iam.list_role_policies(RoleName=out["Role"])["PolicyNames"] == ["inline-second", "second"]
    assert iam.get_policy(PolicyArn=out["Managed"])["Policy"]["DefaultVersionId"] == "v2"
    assert aws("ssm").get_parameter(Name=out["Parameter"])["Parameter"]["Value"] == "second"

    cloudformation.delete_stack(StackName="shop")
    wait_for(cloudformation, "stack_delete_complete", StackName="shop")
    assert iam.list_roles()["Roles"] == iam.list_users()["Users"] == iam.list_groups()["Groups"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_a_rollback_that_fails_can_be_continued(aws: Client) -> None:
    """The custom resource refuses whatever it is asked after its creation, until its function is mended."""
    cloudformation = aws("cloudformation")
    body = CUSTOM.replace('event["RequestType"] != "Delete"', 'event["RequestType"] == "Update"')
    body = body.replace('properties["Mode"] == "fail" and', "")
    cloudformation.create_stack(StackName="shop", TemplateBody=body, Capabilities=CAPABILITIES)
    assert settled(cloudformation) == "CREATE_COMPLETE", events(cloudformation)
    request = {"StackName": "shop", "UsePreviousTemplate": True, "Capabilities": CAPABILITIES}
    mode = [{"ParameterKey": "Mode", "ParameterValue": "other"}]
    cloudformation.update_stack(**request, Parameters=mode)
    assert settled(cloudformation) == "UPDATE_ROLLBACK_FAILED"
    assert stack(cloudformation)["StackStatusReason"] == "The following resource(s) failed to update: [Thing]. "
    assert refused(cloudformation.update_stack, **request, Parameters=mode)[0] == "ValidationError"
    cloudformation.continue_update_rollback(StackName="shop", ResourcesToSkip=["Thing"])
    assert settled(cloudformation) == "UPDATE_ROLLBACK_COMPLETE"


INCLUDED = """
Transform:
  - AWS::Serverless-2016-10-31
  - {Name: AWS::Include, Parameters: {Location: !Sub "s3://${Pieces}/whole.yaml"}}
Parameters: {Pieces: {Type: String}}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      DefinitionBody:
        Fn::Transform: {Name: AWS::Include, Parameters: {Location: !Sub "s3://${Pieces}/api.yaml"}}
  FromFile:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      BodyS3Location: {Bucket: !Ref Pieces, Key: http.json}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: kept
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: !Sub "s3://${Pieces}/queue.json"}}
Outputs:
  Url: {Value: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/prod/mock"}
"""
PIECES = {
    "whole.yaml": "Resources: {Topic: {Type: AWS::SNS::Topic}, Queue: {Type: AWS::SNS::Topic}}",
    "queue.json": '{"QueueName": "beside", "VisibilityTimeout": 77}',
    "http.json": '{"openapi": "3.0.1", "info": {"title": "from a file", "version": "1"}, "paths": {}}',
    "api.yaml": """
openapi: 3.0.1
info: {title: {Fn::Sub: "api-of-${AWS::StackName}"}, version: "1"}
paths:
  /mock:
    get:
      responses: {"200": {description: fine}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses: {default: {statusCode: "200", responseTemplates: {application/json: '"hello"'}}}
""",
}


def test_a_template_of_pieces(aws: Client) -> None:
    cloudformation, s3 = aws("cloudformation"), aws("s3")
    bucket = f"pieces-{aws('sts').get_caller_identity()['Account']}"
    s3.create_bucket(Bucket=bucket)
    parameters = [{"ParameterKey": "Pieces", "ParameterValue": bucket}]
    request = {"TemplateBody": INCLUDED, "Parameters": parameters, "Capabilities": CAPABILITIES}
    code, text = refused(cloudformation.create_stack, StackName="shop", **request)
    assert code == "ValidationError"
    assert text.startswith("Transform AWS::Include failed with: S3 error:")
    for name, piece in PIECES.items():
        s3.put_object(Bucket=bucket, Key=name, Body=piece.encode())
    cloudformation.create_stack(StackName="shop", **request)
    assert settled(cloudformation) == "CREATE_COMPLETE"
    made = {each["LogicalResourceId"] for each in resources(cloudformation, "shop")}
    assert made >= {"Api", "Topic", "Queue", "FromFile"}
    change = {"StackName": "shop", "ChangeSetName": "more"}
    tags = [{"Key": "more", "Value": "yes"}]
    cloudformation.create_change_set(ChangeSetName="more", StackName="shop", Tags=tags, **request)
    cloudformation.get_waiter("change_set_create_complete").wait(**change)
    cloudformation.execute_change_set(**change)
    assert settled(cloudformation) == "UPDATE_COMPLETE"
    queue = aws("sqs").get_queue_url(QueueName="kept")["QueueUrl"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert attributes == {"VisibilityTimeout": "77"}
    assert aws("apigateway").get_rest_apis()["items"][0]["name"] == "api-of-shop"
    assert aws("apigatewayv2").get_apis()["Items"][0]["Name"] == "from a file"
    with urllib.request.urlopen(outputs(cloudformation, "shop")["Url"]) as answer:
        assert answer.read() == b'"hello"'


def test_a_macro_that_nobody_has_made(aws: Client) -> None:
    body = "Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {Fn::Transform: {Name: Mine, Parameters: {}}}}}"
    request = {"StackName": "shop", "TemplateBody": body, "Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
    code, text = refused(aws("cloudformation").create_stack, **request)
    assert (code, text) == ("ValidationError", "No transform named Mine found.")
