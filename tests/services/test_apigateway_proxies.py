"""Requests that an API hands on to an HTTP address."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from tests.conftest import Client
from tests.services.endpoints import Asked, Endpoint, Reply
from tests.services.endpoints import endpoint as serving
from tests.services.http import ask


@pytest.fixture
def behind() -> Iterator[Endpoint]:
    with serving() as endpoint:
        endpoint.answer = lambda asked: Reply(418, {"X-Teapot": "yes"}, asked.body or b"tea")
        yield endpoint


def _http_api(aws: Client, uri: str, key: str, **integration: object) -> str:
    client = aws("apigatewayv2")
    api = client.create_api(Name="proxy", ProtocolType="HTTP")
    made = client.create_integration(
        ApiId=api["ApiId"],
        IntegrationType="HTTP_PROXY",
        IntegrationUri=uri,
        IntegrationMethod="ANY",
        PayloadFormatVersion="1.0",
        **integration,
    )
    client.create_route(ApiId=api["ApiId"], RouteKey=key, Target=f"integrations/{made['IntegrationId']}")
    client.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    url: str = api["ApiEndpoint"]
    return url


def test_an_http_api_hands_all_of_a_request_on(aws: Client, behind: Endpoint) -> None:
    url = _http_api(aws, f"{behind.url}/shop/{{proxy}}", "ANY /api/{proxy+}")
    answer = ask("PUT", f"{url}/api/a/b%20c?x=1&x=2", b"body", X_Own="mine")
    assert (answer.status, answer.headers["x-teapot"], answer.body) == (418, "yes", b"body")
    asked = behind.next()
    assert (asked.method, asked.path, asked.query) == ("PUT", "/shop/a/b%20c", "x=1&x=2")
    assert (asked.headers["x-own"], asked.body) == ("mine", b"body")
    assert asked.headers["host"] == behind.url.removeprefix("http://")


def test_parameter_mappings_change_what_is_handed_on(aws: Client, behind: Endpoint) -> None:
    mappings = {
        "overwrite:path": "/changed/$request.path.id",
        "overwrite:header.x-stage": "$context.stage",
        "append:header.x-own": "more",
        "remove:querystring.secret": "''",
        "append:querystring.who": "$request.header.x-who",
    }
    mappings["overwrite:path"] = "/changed/${request.path.id}"
    url = _http_api(aws, behind.url, "GET /orders/{id}", RequestParameters=mappings)
    ask("GET", f"{url}/orders/7?secret=1&kept=2", X_Own="mine", X_Who="me")
    asked: Asked = behind.next()
    assert (asked.path, asked.query) == ("/changed/7", "kept=2&who=me")
    assert (asked.headers["x-stage"], asked.headers["x-own"]) == ("$default", "mine,more")


def test_an_address_where_nobody_is(aws: Client) -> None:
    url = _http_api(aws, "http://127.0.0.1:9/", "$default")
    answer = ask("GET", url)
    assert (answer.status, answer.json) == (503, {"message": "Service Unavailable"})
    client = aws("apigatewayv2")
    with pytest.raises(client.exceptions.BadRequestException, match="Invalid HTTP endpoint specified for URI"):
        _http_api(aws, "ftp://127.0.0.1/", "$default")


def test_an_api_made_quickly_for_an_address(aws: Client, behind: Endpoint) -> None:
    url = aws("apigatewayv2").create_api(Name="quick", ProtocolType="HTTP", Target=behind.url)["ApiEndpoint"]
    assert ask("GET", f"{url}/any").body == b"tea"


def test_a_rest_api_hands_on_by_its_mappings(aws: Client, endpoint: str, behind: Endpoint) -> None:
    method = {
        "parameters": [{"name": "id", "in": "path", "required": True, "type": "string"}],
        "x-amazon-apigateway-integration": {
            "type": "http_proxy",
            "httpMethod": "POST",
            "uri": f"{behind.url}/things/{{thing}}",
            "requestParameters": {
                "integration.request.path.thing": "method.request.path.id",
                "integration.request.header.X-Api": "context.apiId",
            },
        },
    }
    document = {"swagger": "2.0", "info": {"title": "rest"}, "paths": {"/a/{id}": {"get": method}}}
    client = aws("apigateway")
    api = client.import_rest_api(body=orjson.dumps(document))["id"]
    client.create_deployment(restApiId=api, stageName="prod")
    assert ask("GET", f"{endpoint}/_aws/execute-api/{api}/prod/a/9?q=1").status == 418
    asked = behind.next()
    assert (asked.method, asked.path, asked.query) == ("POST", "/things/9", "q=1")
    assert asked.headers["x-api"] == api
