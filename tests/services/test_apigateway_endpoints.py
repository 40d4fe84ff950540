"""APIs before HTTP endpoints: what is handed on, what comes back, and what is changed on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.endpoints import Endpoint, Reply
from tests.services.endpoints import endpoint as endpoint_of_its_own
from tests.services.http import ask


@pytest.fixture
def behind() -> Iterator[Endpoint]:
    with endpoint_of_its_own() as made:
        made.answer = lambda asked: Reply(
            201, {"X-Own": "yes", "Content-Type": "application/json"}, b'{"id": {"n": 7}}'
        )
        yield made


def api_of(aws: Client, route: str, uri: str, **integration: Any) -> str:
    client = aws("apigatewayv2")
    api = client.create_api(Name="a", ProtocolType="HTTP")
    given = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "IntegrationUri": uri} | integration
    made = client.create_integration(ApiId=api["ApiId"], **given)["IntegrationId"]
    client.create_route(ApiId=api["ApiId"], RouteKey=route, Target=f"integrations/{made}")
    client.create_stage(
        ApiId=api["ApiId"], StageName="$default", AutoDeploy=True, StageVariables={"host": uri.rpartition("/")[0]}
    )
    address: str = api["ApiEndpoint"]
    return address


def test_a_request_is_handed_on_as_it_came(aws: Client, behind: Endpoint) -> None:
    address = api_of(aws, "ANY /pets/{proxy+}", behind.url + "/animals/{proxy}")
    answer = ask("PUT", f"{address}/pets/cats/1?a=b&a=c%20d", b"body", X_Mine="1", Content_Type="text/plain")
    assert (answer.status, answer.body, answer.headers["x-own"]) == (201, b'{"id": {"n": 7}}', "yes")
    asked = behind.next()
    assert (asked.method, asked.path, asked.query, asked.body) == ("PUT", "/animals/cats/1", "a=b&a=c%20d", b"body")
    assert asked.headers["x-mine"] == "1"
    assert asked.headers["host"] == behind.url.removeprefix("http://")
    assert asked.headers["forwarded"].startswith("for=127.0.0.1;")
    assert "x-amzn-trace-id" in asked.headers


def test_the_method_and_the_host_are_the_integrations(aws: Client, behind: Endpoint) -> None:
    uri = "${stageVariables.host}/fixed"
    client_uri = behind.url + "/fixed"
    address = api_of(aws, "GET /x", client_uri, IntegrationMethod="DELETE")
    assert ask("GET", f"{address}/x").status == 201
    assert behind.next()[:2] == ("DELETE", "/fixed")
    client = aws("apigatewayv2")
    api = address.rpartition("/")[2]
    made = client.get_integrations(ApiId=api)["Items"][0]["IntegrationId"]
    client.update_integration(ApiId=api, IntegrationId=made, IntegrationUri=uri, IntegrationMethod="POST")
    assert ask("GET", f"{address}/x").status == 201
    assert behind.next()[:2] == ("POST", "/fixed")


def test_parameters_are_mapped_both_ways(aws: Client, behind: Endpoint) -> None:
    address = api_of(
        aws, "POST /orders/{id}", behind.url + "/in",
        RequestParameters={
            "overwrite:path": "/changed/$request.path.id".replace("$request.path.id", "${request.path.id}"),
            "append:header.X-Mine": "$context.routeKey",
            "overwrite:header.x-from-body": "$request.body.customer.id",
            "remove:header.x-secret": "''",
            "append:querystring.stage": "$context.stage",
            "overwrite:querystring.a": "static",
            "remove:querystring.gone": "''",
        },
        ResponseParameters={
            "201": {
                "overwrite:statuscode": "202",
                "append:header.x-number": "$response.body.id.n",
                "overwrite:header.x-own": "${response.header.x-own}, no",
            }
        },
    )  # fmt: skip
    body = json.dumps({"customer": {"id": "c1"}}).encode()
    answer = ask("POST", f"{address}/orders/17?a=1&gone=2&b=3", body, X_Mine="1", X_Secret="s")
    asked = behind.next()
    assert asked.path == "/changed/17"
    assert asked.query == "b=3&stage=%24default&a=static"
    assert asked.headers["x-mine"] == "1,POST /orders/{id}"
    assert asked.headers["x-from-body"] == "c1"
    assert "x-secret" not in asked.headers
    assert (answer.status, answer.headers["x-number"], answer.headers["x-own"]) == (202, "7", "yes, no")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("append:header.authorization", "x"),
        ("append:header.X-Amz-Date", "x"),
        ("append:path", "x"),
        ("replace:header.x", "x"),
        ("overwrite:statuscode", "200"),
        ("append:header.x", "$request.nothing.x"),
    ],
)
def test_mappings_that_cannot_be(aws: Client, key: str, value: str) -> None:
    with pytest.raises(ClientError) as failure:
        api_of(aws, "GET /x", "http://127.0.0.1:9/x", RequestParameters={key: value})
    assert failure.value.response["Error"]["Code"] == "BadRequestException"


def test_an_endpoint_that_is_not_there(aws: Client) -> None:
    answer = ask("GET", api_of(aws, "GET /x", "http://127.0.0.1:9/x") + "/x")
    assert (answer.status, answer.body) == (503, b'{"message":"Service Unavailable"}')


def test_an_address_that_is_none(aws: Client) -> None:
    with pytest.raises(ClientError, match="Invalid HTTP endpoint specified for URI"):
        api_of(aws, "GET /x", "ftp://127.0.0.1/x")


def test_an_api_made_quickly(aws: Client, behind: Endpoint) -> None:
    made = aws("apigatewayv2").create_api(Name="quick", ProtocolType="HTTP", Target=behind.url + "/all")
    assert ask("GET", made["ApiEndpoint"] + "/any?q=1").status == 201
    asked = behind.next()
    assert (asked.method, asked.path, asked.query) == ("GET", "/all", "q=1")


def test_a_rest_api_puts_templates_around_an_endpoint(aws: Client, behind: Endpoint, endpoint: str) -> None:
    template = '#set($context.requestOverride.header.x-stage = "$context.stage"){"wanted": $input.json(\'$.n\')}'
    integration = {
        "type": "http", "httpMethod": "PUT", "uri": behind.url + "/animals/{kind}",
        "requestParameters": {
            "integration.request.path.kind": "method.request.path.kind",
            "integration.request.querystring.q": "method.request.querystring.ask",
        },
        "requestTemplates": {"application/json": template},
        "responses": {
            "201": {
                "statusCode": "200",
                "responseParameters": {"method.response.header.x-own": "integration.response.header.x-own"},
                "responseTemplates": {"application/json": "$input.path('$.id.n')"},
            },
            "default": {"statusCode": "502"},
        },
    }  # fmt: skip
    parameters = [
        {"name": "kind", "in": "path", "required": True, "type": "string"},
        {"name": "ask", "in": "query", "type": "string"},
    ]
    answers = {"200": {"description": "", "headers": {"x-own": {"type": "string"}}}, "502": {"description": ""}}
    method = {"parameters": parameters, "responses": answers, "x-amazon-apigateway-integration": integration}
    client = aws("apigateway")
    document = {"swagger": "2.0", "info": {"title": "rest"}, "paths": {"/{kind}": {"post": method}}}
    api = client.import_rest_api(body=json.dumps(document))["id"]
    client.create_deployment(restApiId=api, stageName="s")
    url = f"{endpoint}/_aws/execute-api/{api}/s/big%20cats?ask=a%26b"
    answer = ask("POST", url, b'{"n": 3}', X_Mine="1")
    assert (answer.status, answer.body, answer.headers["x-own"]) == (200, b"7", "yes")
    asked = behind.next()
    assert (asked.method, asked.path, asked.query) == ("PUT", "/animals/big%20cats", "q=a%26b")
    assert (json.loads(asked.body), asked.headers["x-stage"]) == ({"wanted": 3}, "s")
    assert "x-mine" not in asked.headers
    behind.answer = lambda asked: Reply(500, {}, b"{}")
    assert ask("POST", url, b'{"n": 3}').status == 502


def test_a_rest_api_hands_on_too(aws: Client, behind: Endpoint, endpoint: str) -> None:
    integration = {
        "type": "http_proxy", "httpMethod": "ANY", "uri": behind.url + "/animals/{rest}",
        "requestParameters": {
            "integration.request.path.rest": "method.request.path.proxy",
            "integration.request.header.x-more": "'constant'",
        },
    }  # fmt: skip
    parameter = {"name": "proxy", "in": "path", "required": True, "type": "string"}
    method = {"parameters": [parameter], "x-amazon-apigateway-integration": integration}
    document = {
        "swagger": "2.0", "info": {"title": "rest"}, "paths": {"/{proxy+}": {"x-amazon-apigateway-any-method": method}}
    }  # fmt: skip
    client = aws("apigateway")
    api = client.import_rest_api(body=json.dumps(document))["id"]
    client.create_deployment(restApiId=api, stageName="s")
    answer = ask("PATCH", f"{endpoint}/_aws/execute-api/{api}/s/cats/1?a=b", b"x", X_Mine="1")
    assert answer.status == 201
    asked = behind.next()
    assert (asked.method, asked.path, asked.query, asked.body) == ("PATCH", "/animals/cats/1", "a=b", b"x")
    assert (asked.headers["x-mine"], asked.headers["x-more"]) == ("1", "constant")
