"""What REST APIs answer by themselves, and how an API words it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.http import ask
from tests.services.test_apigateway_rest import MOCK, base, document
from tests.services.test_cloudformation import create, outputs

METHOD = {"x-amazon-apigateway-integration": MOCK}
BROKEN = {"x-amazon-apigateway-integration": {**MOCK, "requestTemplates": {"application/json": "{}"}}}
CORS = {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'", "gatewayresponse.header.X-Path": "context.path"}


def test_an_api_words_its_failures(aws: Client, endpoint: str) -> None:
    client = aws("apigateway")
    api = client.import_rest_api(body=document(a={"get": METHOD, "put": BROKEN}))
    key = {"restApiId": api["id"]}
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        put = client.put_gateway_response(**key, responseType=kind, responseParameters=CORS)
        assert put["defaultResponse"] is False
    client.put_gateway_response(
        **key,
        responseType="MISSING_AUTHENTICATION_TOKEN",
        statusCode="404",
        responseTemplates={
            "application/json": '{"error": $context.error.messageString, "kind": "$context.error.responseType"}'
        },
    )
    client.create_deployment(**key, stageName="prod")
    url = base(endpoint, api, "prod")
    unknown = ask("GET", f"{url}/b")
    assert unknown.status == 404
    assert unknown.json == {"error": "Missing Authentication Token", "kind": "MISSING_AUTHENTICATION_TOKEN"}
    assert "access-control-allow-origin" not in unknown.headers
    failed = ask("PUT", f"{url}/a")
    assert (failed.status, failed.json) == (500, {"message": "Internal server error"})
    assert (failed.headers["access-control-allow-origin"], failed.headers["x-path"]) == ("*", "/prod/a")
    assert ask("GET", f"{url}/a").status == 200
    client.delete_gateway_response(**key, responseType="DEFAULT_5XX")
    assert "x-path" in ask("PUT", f"{url}/a").headers, "a stage serves what was deployed"
    client.create_deployment(**key, stageName="prod")
    assert "x-path" not in ask("PUT", f"{url}/a").headers


def test_defaults_are_shown(aws: Client) -> None:
    client = aws("apigateway")
    key = {"restApiId": client.create_rest_api(name="rest")["id"]}
    shown = client.get_gateway_response(**key, responseType="UNSUPPORTED_MEDIA_TYPE")
    assert (shown["statusCode"], shown["defaultResponse"]) == ("415", True)
    assert shown["responseTemplates"] == {"application/json": '{"message":$context.error.messageString}'}
    assert len(client.get_gateway_responses(**key)["items"]) == 21


@pytest.mark.parametrize(
    "request_",
    [
        {"responseType": "NOTHING"},
        {"responseType": "THROTTLED", "responseParameters": {"method.response.header.A": "'b'"}},
        {"responseType": "THROTTLED", "responseParameters": {"gatewayresponse.header.A": "b"}},
        {"responseType": "THROTTLED", "responseTemplates": {"application/json": "#if("}},
    ],
)
def test_bad_input(aws: Client, request_: dict[str, Any]) -> None:
    api = aws("apigateway").create_rest_api(name="rest")
    with pytest.raises(ClientError) as failure:
        aws("apigateway").put_gateway_response(restApiId=api["id"], **request_)
    assert failure.value.response["Error"]["Code"] == "BadRequestException"
    with pytest.raises(ClientError, match="not defined on api"):
        aws("apigateway").delete_gateway_response(restApiId=api["id"], responseType="THROTTLED")


TEMPLATE: dict[str, Any] = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Api": {
            "Type": "AWS::Serverless::Api",
            "Properties": {
                "StageName": "v1",
                "DefinitionBody": json.loads(document(a={"get": METHOD})),
                "GatewayResponses": {
                    "DEFAULT_4XX": {
                        "StatusCode": 418,
                        "ResponseParameters": {"Headers": {"Access-Control-Allow-Origin": "'https://shop.example'"}},
                    }
                },
            },
        },
        "Plain": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": json.loads(document(a={"get": METHOD}))}},
        "Own": {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Properties": {"RestApiId": {"Ref": "Plain"}, "ResponseType": "DEFAULT_4XX", "StatusCode": "410"},
        },
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": "Own",
            "Properties": {"RestApiId": {"Ref": "Plain"}, "StageName": "v1"},
        },
    },
    "Outputs": {"Api": {"Value": {"Ref": "Api"}}, "Plain": {"Value": {"Ref": "Plain"}}},
}


def test_in_templates(aws: Client, endpoint: str) -> None:
    create(aws("cloudformation"), json.dumps(TEMPLATE), Capabilities=["CAPABILITY_AUTO_EXPAND"])
    told = outputs(aws("cloudformation"))
    sam = ask("GET", f"{endpoint}/_aws/execute-api/{told['Api']}/v1/none")
    assert (sam.status, sam.headers["access-control-allow-origin"]) == (418, "https://shop.example")
    assert ask("GET", f"{endpoint}/_aws/execute-api/{told['Plain']}/v1/none").status == 410
