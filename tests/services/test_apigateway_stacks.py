"""APIs from templates: SAM's both kinds, and the plain types."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Client
from tests.services.http import ask
from tests.services.test_cloudformation import create
from tests.settling import wait_for

SAM = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: {Type: String, Default: hello}
Resources:
  HttpApi:
    Type: AWS::Serverless::HttpApi
    Properties: {CorsConfiguration: {AllowOrigins: ["https://shop.example"], AllowMethods: [GET]}}
  RestApi:
    Type: AWS::Serverless::Api
    Properties: {StageName: prod, Cors: "'*'", Variables: {table: orders}}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      InlineCode: |
        import json
        import os
        def handler(event, context):
            stage = event["requestContext"]["stage"]
            body = [os.environ["GREETING"], stage, event["pathParameters"], event.get("stageVariables")]
            return {"statusCode": 200, "body": json.dumps(body)}
      Environment: {Variables: {GREETING: !Ref Greeting}}
      Events:
        Http: {Type: HttpApi, Properties: {ApiId: !Ref HttpApi, Method: GET, Path: "/a/{id}"}}
        Rest: {Type: Api, Properties: {RestApiId: !Ref RestApi, Method: get, Path: "/b/{id}"}}
        Implicit: {Type: Api, Properties: {Method: any, Path: "/c/{proxy+}"}}
Outputs:
  Http: {Value: !GetAtt HttpApi.ApiEndpoint}
  HttpByName: {Value: !Sub "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"}
  Rest: {Value: !Sub "https://${RestApi}.execute-api.${AWS::Region}.amazonaws.com/prod"}
  Implicit: {Value: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod"}
"""

PLAIN = """
Parameters:
  Path: {Type: String, Default: /in}
  Status: {Type: String, Default: "200"}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Http:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: plain, ProtocolType: HTTP, Tags: {team: orders}}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Http
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      PayloadFormatVersion: "1.0"
      RequestParameters: {QueueUrl: !Ref Queue, MessageBody: $request.body}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Http, RouteKey: !Sub "POST ${Path}", Target: !Sub "integrations/${Integration}"}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Http, StageName: $default, AutoDeploy: "true"}
  Rest:
    Type: AWS::ApiGateway::RestApi
    Properties: {Name: plain}
  Resource:
    Type: AWS::ApiGateway::Resource
    Properties: {RestApiId: !Ref Rest, ParentId: !GetAtt Rest.RootResourceId, PathPart: mock}
  Method:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Rest
      ResourceId: !Ref Resource
      HttpMethod: GET
      AuthorizationType: NONE
      MethodResponses: [{StatusCode: !Ref Status}, {StatusCode: 404}]
      Integration:
        Type: MOCK
        RequestTemplates: {application/json: !Sub '{"statusCode": ${Status}}'}
        IntegrationResponses: [{StatusCode: !Ref Status}, {StatusCode: 404, SelectionPattern: 404}]
  Deployment:
    Type: AWS::ApiGateway::Deployment
    DependsOn: Method
    Properties:
      RestApiId: !Ref Rest
      StageName: v1
      StageDescription:
        Variables: {table: orders}
        MetricsEnabled: true
        TracingEnabled: true
        MethodSettings: [{HttpMethod: GET, ResourcePath: /mock, ThrottlingBurstLimit: 7, CachingEnabled: true}]
Outputs:
  Queue: {Value: !Ref Queue}
  Http: {Value: !GetAtt Http.ApiEndpoint}
  Rest: {Value: !Sub "https://${Rest}.execute-api.${AWS::Region}.amazonaws.com/v1"}
"""


def outputs(aws: Client, operation: str, template: str, **parameters: str) -> dict[str, str]:
    """Create or update the stack ``apis``; its outputs once that is done."""
    client = aws("cloudformation")
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    getattr(client, f"{operation}_stack")(
        StackName="apis", TemplateBody=template, Parameters=given, Capabilities=capabilities
    )
    wait_for(client, f"stack_{operation}_complete", StackName="apis")
    stack: dict[str, Any] = client.describe_stacks(StackName="apis")["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def delete(aws: Client) -> None:
    client = aws("cloudformation")
    client.delete_stack(StackName="apis")
    wait_for(client, "stack_delete_complete", StackName="apis")


def test_sam(aws: Client) -> None:
    made = outputs(aws, "create", SAM)
    assert ask("GET", made["Http"] + "/a/1").json == ["hello", "$default", {"id": "1"}, None]
    assert ask("GET", made["HttpByName"] + "/a/1").json == ["hello", "$default", {"id": "1"}, None]
    assert ask("GET", made["Rest"] + "/b/2").json == ["hello", "prod", {"id": "2"}, {"table": "orders"}]
    assert ask("POST", made["Implicit"] + "/c/d/e", b"").json == ["hello", "Prod", {"proxy": "d/e"}, None]
    assert ask("OPTIONS", made["Rest"] + "/b/2").headers["access-control-allow-origin"] == "*"
    origin = "https://shop.example"
    preflight = ask("OPTIONS", made["Http"] + "/a/1", Origin=origin, Access_Control_Request_Method="GET")
    assert preflight.headers["access-control-allow-origin"] == origin
    made = outputs(
        aws, "update", SAM.replace('"/a/{id}"', '"/z/{id}"').replace('"/b/{id}"', '"/y/{id}"'), Greeting="hi"
    )
    assert ask("GET", made["Http"] + "/a/1").status == 404
    assert ask("GET", made["Http"] + "/z/1").json == ["hi", "$default", {"id": "1"}, None]
    assert ask("GET", made["Rest"] + "/b/2").status == 403
    assert ask("GET", made["Rest"] + "/y/2").json == ["hi", "prod", {"id": "2"}, {"table": "orders"}]
    delete(aws)
    assert aws("apigatewayv2").get_apis()["Items"] == []
    assert aws("apigateway").get_rest_apis()["items"] == []


def test_plain_types(aws: Client) -> None:
    made = outputs(aws, "create", PLAIN)
    rest = aws("apigateway")
    stage = rest.get_stage(restApiId=rest.get_rest_apis()["items"][0]["id"], stageName="v1")
    assert (stage["variables"], stage["tracingEnabled"]) == ({"table": "orders"}, True)
    assert stage["methodSettings"] == {
        "*/*": {"metricsEnabled": True},
        "~1mock/GET": {"throttlingBurstLimit": 7, "cachingEnabled": True},
    }
    assert ask("POST", made["Http"] + "/in", b"one").status == 200
    assert ask("GET", made["Rest"] + "/mock").status == 200
    assert [api["Tags"]["team"] for api in aws("apigatewayv2").get_apis()["Items"]] == ["orders"]
    made = outputs(aws, "update", PLAIN.replace("table: orders", "table: others"), Path="/inbox")
    assert ask("GET", made["Rest"] + "/mock").status == 200
    stage = rest.get_stage(restApiId=rest.get_rest_apis()["items"][0]["id"], stageName="v1")
    assert stage["variables"] == {"table": "others"}
    assert ask("POST", made["Http"] + "/in", b"two").status == 404
    assert ask("POST", made["Http"] + "/inbox", b"three").status == 200
    messages = aws("sqs").receive_message(QueueUrl=made["Queue"], MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in messages) == ["one", "three"]
    delete(aws)
    assert aws("apigatewayv2").get_apis()["Items"] == []


def test_models_and_validators_are_updated_in_place(aws: Client) -> None:
    cloudformation, gateway = aws("cloudformation"), aws("apigateway")

    def template(kind: str, checked: bool) -> str:
        return f"""
        Resources:
          Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: a}}}}
          Model:
            Type: AWS::ApiGateway::Model
            Properties: {{RestApiId: !Ref Api, Name: Order, ContentType: application/json, Schema: {{type: {kind}}}}}
          Validator:
            Type: AWS::ApiGateway::RequestValidator
            Properties: {{RestApiId: !Ref Api, Name: v, ValidateRequestBody: {str(checked).lower()}}}
        """

    cloudformation.create_stack(StackName="shop", TemplateBody=template("object", True))
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    (api,) = gateway.get_rest_apis()["items"]
    (before,) = gateway.get_request_validators(restApiId=api["id"])["items"]
    cloudformation.update_stack(StackName="shop", TemplateBody=template("array", False))
    wait_for(cloudformation, "stack_update_complete", StackName="shop")
    assert gateway.get_model(restApiId=api["id"], modelName="Order")["schema"] == '{"type":"array"}'
    (after,) = gateway.get_request_validators(restApiId=api["id"])["items"]
    assert after == before | {"validateRequestBody": False}


def test_a_definition_without_a_title_has_the_name_of_its_api(aws: Client) -> None:
    """As AWS's Application Composer writes them."""
    paths = '{/a: {get: {x-amazon-apigateway-integration: {type: mock, responses: {default: {statusCode: "200"}}}}}}'
    api = "{Type: AWS::ApiGateway::RestApi, Properties: {%s Body: {openapi: '3.0', info: {}, paths: " + paths + "}}}"
    create(aws("cloudformation"), "Resources: {Api: " + api % "Name: shop, BinaryMediaTypes: [image/png]," + "}")
    (made,) = aws("apigateway").get_rest_apis()["items"]
    assert (made["name"], made["binaryMediaTypes"]) == ("shop", ["image/png"])
    kinds = aws("apigateway").get_resources(restApiId=made["id"])["items"]
    assert sorted(each["path"] for each in kinds) == ["/", "/a"]


def test_a_policy_that_is_an_empty_text_is_none(aws: Client) -> None:
    """So the Serverless Framework writes an API that has none; where there is one, it may be a text as well."""
    said = '{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}'
    template = f"""
        Resources:
          Open: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: open, Policy: ''}}}}
          Shut: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: shut, Policy: '{said}'}}}}
        """
    create(aws("cloudformation"), template)
    apis = {api["name"]: api for api in aws("apigateway").get_rest_apis()["items"]}
    assert "policy" not in apis["open"]
    assert json.loads(apis["shut"]["policy"].replace('\\"', '"'))["Statement"][0]["Effect"] == "Deny"
