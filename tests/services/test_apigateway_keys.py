"""API keys and usage plans, which let requests in; and authorizers that are made without OpenAPI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.http import Answer, ask
from tests.services.lambda_lab import make
from tests.settling import wait_for

VALUE = "a-key-of-more-than-20-letters"


class Shop:
    """A REST API with ``GET /`` that answers with its context, and needs a key."""

    def __init__(self, aws: Client, endpoint: str, **method: Any) -> None:
        self.api = aws("apigateway")
        made = self.api.create_rest_api(name="shop")
        self.id, self.root = made["id"], made["rootResourceId"]
        where = {"restApiId": self.id, "resourceId": self.root, "httpMethod": "GET"}
        self.api.put_method(**where, **({"authorizationType": "NONE", "apiKeyRequired": True} | method))
        self.api.put_method_response(**where, statusCode="200")
        self.api.put_integration(**where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
        template = (
            '{"key": "$context.identity.apiKey", "id": "$context.identity.apiKeyId", '
            '"who": "$context.authorizer.principalId"}'
        )
        self.api.put_integration_response(**where, statusCode="200", responseTemplates={"application/json": template})
        self.api.create_deployment(restApiId=self.id, stageName="prod")
        self.url = f"{endpoint}/_aws/execute-api/{self.id}/prod/"

    def key(self, plan: dict[str, Any], **key: Any) -> tuple[str, str]:
        """A key with a plan of its own; the ids of both."""
        identity = self.api.create_api_key(**({"name": "k", "enabled": True, "value": VALUE} | key))["id"]
        stages = [{"apiId": self.id, "stage": "prod"}]
        made = self.api.create_usage_plan(name="plan", apiStages=stages, **plan)["id"]
        self.api.create_usage_plan_key(usagePlanId=made, keyId=identity, keyType="API_KEY")
        return identity, made

    def get(self, value: str = VALUE, **headers: str) -> Answer:
        return ask("GET", self.url, x_api_key=value, **headers)


@pytest.fixture
def shop(aws: Client, endpoint: str) -> Shop:
    return Shop(aws, endpoint)


def test_only_keys_of_a_plan_of_the_stage_are_let_in(shop: Shop) -> None:
    assert (ask("GET", shop.url).status, ask("GET", shop.url).json) == (403, {"message": "Forbidden"})
    alone = shop.api.create_api_key(name="alone", enabled=True)
    assert shop.get(alone["value"]).status == 403
    identity, plan = shop.key({})
    assert shop.get().json == {"key": VALUE, "id": identity, "who": ""}
    shop.api.update_api_key(apiKey=identity, patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}])
    assert shop.get().status == 403
    shop.api.update_api_key(apiKey=identity, patchOperations=[{"op": "replace", "path": "/enabled", "value": "true"}])
    assert shop.get().status == 200
    shop.api.delete_usage_plan_key(usagePlanId=plan, keyId=identity)
    assert shop.get().status == 403


def test_keys_and_plans_as_records(shop: Shop) -> None:
    identity, plan = shop.key({"throttle": {"rateLimit": 5.5, "burstLimit": 2}})
    api = shop.api
    assert "value" not in api.get_api_key(apiKey=identity)
    assert api.get_api_key(apiKey=identity, includeValue=True)["value"] == VALUE
    assert [key["id"] for key in api.get_api_keys(nameQuery="k")["items"]] == [identity]
    assert api.get_usage_plan(usagePlanId=plan)["throttle"] == {"rateLimit": 5.5, "burstLimit": 2}
    assert [each["id"] for each in api.get_usage_plans(keyId=identity)["items"]] == [plan]
    assert [each["value"] for each in api.get_usage_plan_keys(usagePlanId=plan)["items"]] == [VALUE]
    with pytest.raises(api.exceptions.ConflictException):
        api.create_api_key(name="again", value=VALUE)
    with pytest.raises(api.exceptions.BadRequestException, match="at least 20 characters"):
        api.create_api_key(name="short", value="x")
    with pytest.raises(api.exceptions.BadRequestException, match="API stages are associated"):
        api.delete_usage_plan(usagePlanId=plan)
    changes = [
        {"op": "remove", "path": "/apiStages", "value": f"{shop.id}:prod"},
        {"op": "replace", "path": "/throttle/rateLimit", "value": "7"},
    ]
    assert api.update_usage_plan(usagePlanId=plan, patchOperations=changes)["throttle"]["rateLimit"] == 7
    api.delete_usage_plan(usagePlanId=plan)
    with pytest.raises(api.exceptions.NotFoundException, match="Invalid Usage Plan ID specified"):
        api.get_usage_plan(usagePlanId=plan)


def test_a_plan_limits_how_fast_and_how_often(timed: ServerThread) -> None:
    shop = Shop(client_factory(timed.endpoint, "123456789012"), timed.endpoint)
    plan = {"throttle": {"rateLimit": 1, "burstLimit": 2}, "quota": {"limit": 4, "period": "DAY"}}
    identity, made = shop.key(plan)
    assert [shop.get().status for _ in range(3)] == [200, 200, 429]
    timed.advance(2000)
    assert [shop.get().status for _ in range(2)] == [200, 200]
    timed.advance(2000)
    refused = shop.get()
    assert (refused.status, refused.json) == (429, {"message": "Limit Exceeded"})
    day = "2026-11-18"
    usage = shop.api.get_usage(usagePlanId=made, startDate=day, endDate=day)
    assert usage["items"] == {identity: [[4, 0]]}
    timed.advance(86_400_000)
    assert shop.get().status == 200


AUTHORIZER = """
def handler(event, context):
    effect = "Allow" if event["authorizationToken"] == "yes" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": "me", "usageIdentifierKey": "KEY", "policyDocument": {"Statement": [statement]}}
"""


def _authorizer(aws: Client, api: str) -> str:
    function = make(aws("lambda"), "lets", AUTHORIZER.replace("KEY", VALUE))
    wait_for(aws("lambda"), "function_active_v2", FunctionName="lets")
    identity: str = aws("apigateway").create_authorizer(
        restApiId=api,
        name="lets",
        type="TOKEN",
        authorizerUri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
        identitySource="method.request.header.Authorization",
    )["id"]
    return identity


def test_an_authorizer_lets_requests_in_and_tells_their_key(shop: Shop, aws: Client) -> None:
    identity = _authorizer(aws, shop.id)
    api = shop.api
    where = {"restApiId": shop.id, "resourceId": shop.root, "httpMethod": "GET"}
    changes = [
        {"op": "replace", "path": "/authorizationType", "value": "CUSTOM"},
        {"op": "replace", "path": "/authorizerId", "value": identity},
    ]
    api.update_method(**where, patchOperations=changes)
    api.update_rest_api(
        restApiId=shop.id, patchOperations=[{"op": "replace", "path": "/apiKeySource", "value": "AUTHORIZER"}]
    )
    api.create_deployment(restApiId=shop.id, stageName="prod")
    shop.key({})
    assert ask("GET", shop.url).status == 401
    assert ask("GET", shop.url, Authorization="no").status == 403
    assert orjson.loads(ask("GET", shop.url, Authorization="yes").body)["who"] == "me"
    assert [each["name"] for each in api.get_authorizers(restApiId=shop.id)["items"]] == ["lets"]
    with pytest.raises(api.exceptions.ConflictException, match="referenced in method"):
        api.delete_authorizer(restApiId=shop.id, authorizerId=identity)


TEMPLATE = """
Resources:
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: keyed}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: NONE
      ApiKeyRequired: true
      MethodResponses: [{StatusCode: 200}]
      Integration:
        Type: MOCK
        RequestTemplates: {application/json: '{"statusCode": 200}'}
        IntegrationResponses: [{StatusCode: 200}]
  Deployment: {Type: AWS::ApiGateway::Deployment, DependsOn: Get, Properties: {RestApiId: !Ref Api}}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: {RestApiId: !Ref Api, DeploymentId: !Ref Deployment, StageName: prod}
  Key: {Type: AWS::ApiGateway::ApiKey, Properties: {Enabled: true, Value: a-key-of-more-than-20-letters}}
  Plan:
    Type: AWS::ApiGateway::UsagePlan
    Properties:
      ApiStages: [{ApiId: !Ref Api, Stage: !Ref Stage}]
      Quota: {Limit: "100", Period: MONTH}
  Link:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: {KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan}
Outputs:
  Url: {Value: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/prod/"}
"""


def test_a_template_with_a_key(aws: Callable[..., Any]) -> None:
    stacks = aws("cloudformation")
    stacks.create_stack(StackName="keyed", TemplateBody=TEMPLATE)
    wait_for(stacks, "stack_create_complete", StackName="keyed")
    url = stacks.describe_stacks(StackName="keyed")["Stacks"][0]["Outputs"][0]["OutputValue"]
    assert ask("GET", url).status == 403
    assert ask("GET", url, x_api_key=VALUE).status == 200
    stacks.delete_stack(StackName="keyed")
    wait_for(stacks, "stack_delete_complete", StackName="keyed")
    assert aws("apigateway").get_api_keys()["items"] == []
