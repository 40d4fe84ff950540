"""Functions behind APIs of both kinds, and functions that let requests in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from tests.conftest import Client
from tests.services.http import ask
from tests.settling import wait_for

SOURCE = """
import time

def echo(event, context):
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": __import__("json").dumps(event)}

def plain(event, context):
    return {"hello": "world"}

def cookies(event, context):
    return {"statusCode": 201, "cookies": ["a=1", "b=2"], "isBase64Encoded": True, "body": "AAE="}

def fail(event, context):
    raise ValueError("no")

def nonsense(event, context):
    return {"statusCode": "x"}

def slow(event, context):
    time.sleep(2)

def simple(event, context):
    return {"isAuthorized": event["headers"]["authorization"] == "yes", "context": {"who": "me"}}

def policy(event, context):
    if event["authorizationToken"] == "unknown":
        raise Exception("Unauthorized")
    effect = "Allow" if event["authorizationToken"] == "yes" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": "me", "policyDocument": {"Statement": [statement]}, "context": {"level": 3}}
"""

Function = Callable[[str], str]


@pytest.fixture
def function(aws: Client, account: str) -> Function:
    """Make a function of one of the handlers above; its ARN."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", SOURCE)

    def make(name: str) -> str:
        made = aws("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler=f"app.{name}",
            Role=f"arn:aws:iam::{account}:role/any",
            Code={"ZipFile": packed.getvalue()},
            Timeout=10,
        )
        wait_for(aws("lambda"), "function_active_v2", FunctionName=name)
        arn: str = made["FunctionArn"]
        return arn

    return make


def uri(arn: str) -> str:
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"


@pytest.fixture
def http_api(aws: Client, function: Function) -> Callable[..., str]:
    """An HTTP API whose default route is a function; its address."""

    def make(handler: str, payload: str = "2.0", key: str = "$default", timeout: int = 30_000) -> str:
        client = aws("apigatewayv2")
        api = client.create_api(Name=handler, ProtocolType="HTTP")
        integration = client.create_integration(
            ApiId=api["ApiId"],
            IntegrationType="AWS_PROXY",
            IntegrationUri=uri(function(handler)),
            PayloadFormatVersion=payload,
            TimeoutInMillis=timeout,
        )
        target = f"integrations/{integration['IntegrationId']}"
        client.create_route(ApiId=api["ApiId"], RouteKey=key, Target=target)
        client.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
        address: str = api["ApiEndpoint"]
        return address

    return make


def rest_api(aws: Client, arn: str, **extensions: Any) -> str:
    """A REST API with the function behind ``ANY /{proxy+}``; the path of its stage."""
    method: dict[str, Any] = {
        "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": uri(arn)}
    }
    if "securityDefinitions" in extensions:
        method["security"] = [{name: [] for name in extensions["securityDefinitions"]}]
    body = {
        "swagger": "2.0",
        "info": {"title": "rest"},
        "paths": {"/{proxy+}": {"x-amazon-apigateway-any-method": method}},
        **extensions,
    }
    api = aws("apigateway").import_rest_api(body=orjson.dumps(body))
    aws("apigateway").create_deployment(restApiId=api["id"], stageName="prod")
    return f"/_aws/execute-api/{api['id']}/prod"


def test_a_function_sees_the_request(http_api: Callable[..., str]) -> None:
    address = http_api("echo", key="POST /orders/{id}")
    answer = ask("POST", f"{address}/orders/7?a=1&a=2", b'{"x": 1}', Content_Type="application/json", Cookie="c=1; d=2")
    event: Any = answer.json
    assert answer.status == 200
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "POST /orders/{id}", "/orders/7")
    assert (event["pathParameters"], event["queryStringParameters"]) == ({"id": "7"}, {"a": "1,2"})
    assert (event["body"], event["cookies"]) == ('{"x": 1}', ["c=1", "d=2"])
    assert event["headers"]["x-amzn-trace-id"].startswith("Root=1-")
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"


def test_a_plain_result_is_a_body(http_api: Callable[..., str]) -> None:
    answer = ask("GET", http_api("plain") + "/")
    assert (answer.status, answer.json) == (200, {"hello": "world"})
    assert answer.headers["content-type"] == "application/json"


def test_cookies_and_binaries_come_back(http_api: Callable[..., str]) -> None:
    answer = ask("GET", http_api("cookies") + "/")
    assert (answer.status, answer.body, answer.headers["set-cookie"]) == (201, b"\x00\x01", "a=1; b=2")


@pytest.mark.parametrize("handler", ["fail", "nonsense"])
def test_a_function_that_fails_is_an_internal_error(http_api: Callable[..., str], handler: str) -> None:
    answer = ask("GET", http_api(handler, payload="1.0") + "/")
    assert (answer.status, answer.json) == (500, {"message": "Internal Server Error"})


def test_a_function_that_takes_too_long(http_api: Callable[..., str]) -> None:
    answer = ask("GET", http_api("slow", timeout=200) + "/")
    assert (answer.status, answer.json) == (503, {"message": "Service Unavailable"})


def test_rest_apis_send_their_own_event(aws: Client, endpoint: str, function: Function) -> None:
    path = rest_api(aws, function("echo"))
    event: Any = ask("PUT", f"{endpoint}{path}/a/b?x=1", b"text").json
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/{proxy+}", "/a/b", "PUT")
    assert (event["pathParameters"], event["body"]) == ({"proxy": "a/b"}, "text")
    assert event["requestContext"]["path"] == "/prod/a/b"
    assert event["requestContext"]["stage"] == "prod"


def test_rest_apis_answer_502_for_a_function_that_fails(aws: Client, endpoint: str, function: Function) -> None:
    answer = ask("GET", f"{endpoint}{rest_api(aws, function('fail'))}/a")
    assert (answer.status, answer.json) == (502, {"message": "Internal server error"})


def test_a_route_of_an_http_api_that_wants_signed_requests(aws: Client, http_api: Callable[..., str]) -> None:
    url = http_api("plain")
    client = aws("apigatewayv2")
    api = url.rpartition("/")[2]
    route = client.get_routes(ApiId=api)["Items"][0]["RouteId"]
    client.update_route(ApiId=api, RouteId=route, AuthorizationType="AWS_IAM")
    refused = ask("GET", url)
    assert (refused.status, refused.json) == (403, {"message": "Forbidden"})
    assert ask("GET", url, Authorization="AWS4-HMAC-SHA256 Credential=x").json == {"hello": "world"}


def test_an_authorizer_of_an_http_api(aws: Client, function: Function) -> None:
    client = aws("apigatewayv2")
    api = client.create_api(Name="guarded", ProtocolType="HTTP")
    authorizer = client.create_authorizer(
        ApiId=api["ApiId"],
        Name="simple",
        AuthorizerType="REQUEST",
        AuthorizerUri=uri(function("simple")),
        AuthorizerPayloadFormatVersion="2.0",
        EnableSimpleResponses=True,
        IdentitySource=["$request.header.Authorization"],
    )
    integration = client.create_integration(
        ApiId=api["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationUri=function("echo"),
        PayloadFormatVersion="2.0",
    )
    client.create_route(
        ApiId=api["ApiId"],
        RouteKey="GET /a",
        Target=f"integrations/{integration['IntegrationId']}",
        AuthorizationType="CUSTOM",
        AuthorizerId=authorizer["AuthorizerId"],
    )
    client.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    url = api["ApiEndpoint"] + "/a"
    assert (ask("GET", url).status, ask("GET", url).json) == (401, {"message": "Unauthorized"})
    assert (ask("GET", url, Authorization="no").status, ask("GET", url, Authorization="no").json) == (
        403,
        {"message": "Forbidden"},
    )
    event: Any = ask("GET", url, Authorization="yes").json
    assert event["requestContext"]["authorizer"] == {"lambda": {"who": "me"}}


def test_a_token_authorizer_of_a_rest_api(aws: Client, endpoint: str, function: Function) -> None:
    scheme = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authorizer": {
            "type": "token",
            "authorizerUri": uri(function("policy")),
            "identityValidationExpression": "^[a-z]+$",
        },
    }
    path = rest_api(aws, function("echo"), securityDefinitions={"guard": scheme})
    # without a token, with none that could be one, and where the function says so
    for headers in ({}, {"Authorization": "YES"}, {"Authorization": "unknown"}):
        unknown = ask("GET", f"{endpoint}{path}/a", **headers)
        assert (unknown.status, unknown.headers["x-amzn-errortype"]) == (401, "UnauthorizedException")
    denied = ask("GET", f"{endpoint}{path}/a", Authorization="no")
    assert (denied.status, denied.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    assert denied.json == {"Message": "User is not authorized to access this resource with an explicit deny"}
    event: Any = ask("GET", f"{endpoint}{path}/a", Authorization="yes").json
    assert event["requestContext"]["authorizer"] == {"principalId": "me", "level": "3"}
