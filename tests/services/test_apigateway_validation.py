"""What requests to REST APIs must have: parameters, bodies of a model, a signature."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.http import ask
from tests.services.test_apigateway_rest import MOCK, base
from tests.services.test_cloudformation import create, outputs

PASSING = {**MOCK, "requestTemplates": dict.fromkeys(("application/json", "text/plain"), '{"statusCode": 200}')}
METHOD = {"x-amazon-apigateway-integration": PASSING}
ORDER = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "item": {"$ref": "#/definitions/Item"}},
}
ITEM = {"type": "object", "required": ["sku"]}
VALIDATED: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "orders", "version": "1"},
    "definitions": {"Order": ORDER, "Item": ITEM},
    "x-amazon-apigateway-request-validators": {
        "all": {"validateRequestBody": True, "validateRequestParameters": True},
        "none": {"validateRequestBody": False, "validateRequestParameters": False},
    },
    "x-amazon-apigateway-request-validator": "all",
    "securityDefinitions": {
        "sigv4": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
        "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    },
    "paths": {
        "/orders": {
            "post": {
                **METHOD,
                "parameters": [
                    {"in": "query", "name": "q", "required": True},
                    {"in": "header", "name": "X-Who", "required": True},
                    {"in": "header", "name": "X-Other"},
                    {"in": "body", "name": "order", "schema": {"$ref": "#/definitions/Order"}},
                ],
            },
            "put": {
                **METHOD,
                "x-amazon-apigateway-request-validator": "none",
                "parameters": [{"in": "query", "name": "q", "required": True}],
            },
        },
        "/inline": {"post": {**METHOD, "parameters": [{"in": "body", "name": "b", "schema": {"type": "array"}}]}},
        "/signed": {"get": {**METHOD, "security": [{"sigv4": []}]}},
    },
}


def deploy(aws: Client, endpoint: str, document: dict[str, Any]) -> str:
    client = aws("apigateway")
    api = client.import_rest_api(body=json.dumps(document).encode())
    client.create_deployment(restApiId=api["id"], stageName="prod")
    return base(endpoint, api, "prod")


def test_requests_are_validated(aws: Client, endpoint: str) -> None:
    url = deploy(aws, endpoint, VALIDATED)
    missing = ask("POST", f"{url}/orders?q=", b'{"id": 1}')
    assert (missing.status, missing.json) == (400, {"message": "Missing required request parameters: [q, X-Who]"})
    assert missing.headers["x-amzn-errortype"] == "BadRequestException"
    for body in (b'{"id": "1"}', b"{}", b"", b"{", b'{"id": 1, "item": {}}'):
        bad = ask("POST", f"{url}/orders?q=1", body, X_Who="me")
        assert (bad.status, bad.json) == (400, {"message": "Invalid request body"}), body
    assert ask("POST", f"{url}/orders?q=1", b'{"id": 1, "item": {"sku": "a"}}', X_Who="me").status == 200
    assert ask("POST", f"{url}/orders?q=1", b"no model", X_Who="me", Content_Type="text/plain").status == 200
    assert ask("PUT", f"{url}/orders", b"{}").status == 200
    assert [ask("POST", f"{url}/inline", body).status for body in (b"[]", b"{}")] == [200, 400]


def test_signatures_are_asked_for(aws: Client, endpoint: str) -> None:
    url = deploy(aws, endpoint, VALIDATED)
    unsigned = ask("GET", f"{url}/signed")
    assert (unsigned.status, unsigned.json) == (403, {"message": "Missing Authentication Token"})
    assert ask("GET", f"{url}/signed", Authorization="AWS4-HMAC-SHA256 Credential=x").status == 200


def test_keys_are_asked_for(aws: Client, endpoint: str) -> None:
    document = {**VALIDATED, "paths": {"/a": {"get": {**METHOD, "security": [{"key": []}]}}}}
    refused = ask("GET", f"{deploy(aws, endpoint, document)}/a")
    assert (refused.status, refused.json) == (403, {"message": "Forbidden"})


def test_models_and_validators_as_records(aws: Client) -> None:
    client = aws("apigateway")
    key = {"restApiId": client.create_rest_api(name="rest")["id"]}
    made = client.create_model(**key, name="Order", contentType="application/json", schema=json.dumps(ORDER))
    assert client.get_model(**key, modelName="Order")["id"] == made["id"]
    patch = {"op": "replace", "path": "/schema", "value": "{}"}
    assert client.update_model(**key, modelName="Order", patchOperations=[patch])["schema"] == "{}"
    for name, schema, code in (("Order", "{}", "Conflict"), ("a-b", "{}", "BadRequest"), ("C", "[", "BadRequest")):
        with pytest.raises(ClientError, match=code):
            client.create_model(**key, name=name, contentType="application/json", schema=schema)
    validator = client.create_request_validator(**key, name="v", validateRequestBody=True)
    assert client.get_request_validators(**key)["items"][0]["validateRequestParameters"] is False
    patch = {"op": "replace", "path": "/validateRequestParameters", "value": "true"}
    named = {**key, "requestValidatorId": validator["id"]}
    assert client.update_request_validator(**named, patchOperations=[patch])["validateRequestParameters"] is True
    client.delete_request_validator(**named)
    client.delete_model(**key, modelName="Order")
    assert client.get_models(**key)["items"] == client.get_request_validators(**key)["items"] == []
    with pytest.raises(ClientError, match="Invalid model name specified: Order"):
        client.get_model(**key, modelName="Order")


TEMPLATE = """
Resources:
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: orders}}
  Order:
    Type: AWS::ApiGateway::Model
    Properties: {RestApiId: !Ref Api, ContentType: application/json, Schema: {type: object, required: [id]}}
  Validator:
    Type: AWS::ApiGateway::RequestValidator
    Properties: {RestApiId: !Ref Api, Name: body, ValidateRequestBody: "true"}
  Post:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: POST
      AuthorizationType: NONE
      RequestValidatorId: !Ref Validator
      RequestModels: {application/json: !Ref Order}
      Integration:
        Type: MOCK
        RequestTemplates: {application/json: '{"statusCode": 200}'}
        IntegrationResponses: [{StatusCode: 200}]
  Deployment: {Type: AWS::ApiGateway::Deployment, DependsOn: Post, Properties: {RestApiId: !Ref Api, StageName: v1}}
Outputs: {Api: {Value: !Ref Api}}
"""


def test_in_templates(aws: Client, endpoint: str) -> None:
    create(aws("cloudformation"), TEMPLATE)
    url = f"{endpoint}/_aws/execute-api/{outputs(aws('cloudformation'))['Api']}/v1/"
    assert [ask("POST", url, body).status for body in (b'{"id": 1}', b"{}")] == [200, 400]
