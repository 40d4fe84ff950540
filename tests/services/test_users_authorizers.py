"""What AWS SAM makes of the authorizers of real projects, asked over HTTP."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from tests.conftest import Client
from tests.settling import settle

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Judge:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      InlineCode: |
        def handler(event, context):
            headers = {name.lower(): value for name, value in event["headers"].items()}
            if "routeArn" in event:
                return {"isAuthorized": headers.get("authorization") == "please", "context": {"who": "me"}}
            effect = "Allow" if headers.get("authorization") == "please" else "Deny"
            statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
            return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Judge
        Authorizers:
          Judge:
            FunctionArn: !GetAtt Judge.Arn
            AuthorizerPayloadFormatVersion: "2.0"
            EnableSimpleResponses: true
            EnableFunctionDefaultPermissions: true
            Identity: {Headers: [Authorization, X-Tenant], QueryStrings: [q]}
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Auth:
        DefaultAuthorizer: Judge
        Authorizers:
          Judge:
            FunctionArn: !GetAtt Judge.Arn
            FunctionPayloadType: REQUEST
            Identity: {Headers: [Authorization, X-Tenant], QueryStrings: [q]}
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      InlineCode: |
        def handler(event, context):
            return {"statusCode": 200, "body": "hello"}
      Events:
        Http: {Type: HttpApi, Properties: {ApiId: !Ref Http, Path: /hello, Method: get}}
        Rest: {Type: Api, Properties: {RestApiId: !Ref Rest, Path: /hello, Method: get}}
Outputs:
  Http: {Value: !Sub "https://${Http}.execute-api.${AWS::Region}.amazonaws.com/hello"}
  Rest: {Value: !Sub "https://${Rest}.execute-api.${AWS::Region}.amazonaws.com/v1/hello"}
"""


def ask(url: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize("kind", ["Http", "Rest"])
def test_a_function_judges_by_several_sources(aws: Client, kind: str) -> None:
    """https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-lambdaauthorizationidentity.html"""
    stacks = aws("cloudformation")
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    stacks.create_stack(StackName="users", TemplateBody=TEMPLATE, Capabilities=capabilities)
    settle(stacks)
    (stack,) = stacks.describe_stacks(StackName="users")["Stacks"]
    url = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}[kind]
    assert ask(f"{url}?q=1", Authorization="please", X_Tenant="a") == (200, "hello")
    assert ask(f"{url}?q=1", Authorization="no", X_Tenant="a")[0] == 403
    for query, headers in (("", {"Authorization": "please", "X_Tenant": "a"}), ("?q=1", {"Authorization": "please"})):
        assert ask(url + query, **headers) == (401, '{"message":"Unauthorized"}')
