"""REST APIs over the wire; their functions are in test_apigateway_lambda.py."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.http import ask
from tests.settling import settle

MOCK = {
    "type": "mock",
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "responses": {
        "default": {
            "statusCode": "200",
            "responseTemplates": {"application/json": "{}\n"},
            "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"},
        }
    },
}


def document(**paths: Any) -> bytes:
    body = {
        "swagger": "2.0",
        "info": {"title": "rest", "version": "1.0"},
        "paths": {f"/{k}": v for k, v in paths.items()},
    }
    return orjson.dumps(body)


def base(endpoint: str, api: dict[str, Any], stage: str) -> str:
    return f"{endpoint}/_aws/execute-api/{api['id']}/{stage}"


def test_an_api_is_built_step_by_step(aws: Client, endpoint: str) -> None:
    client = aws("apigateway")
    api = client.create_rest_api(name="rest", description="d")
    root = client.get_resources(restApiId=api["id"])["items"][0]
    assert (root["path"], root["id"]) == ("/", api["rootResourceId"])
    resource = client.create_resource(restApiId=api["id"], parentId=root["id"], pathPart="orders")
    assert resource["path"] == "/orders"
    key = {"restApiId": api["id"], "resourceId": resource["id"], "httpMethod": "GET"}
    client.put_method(**key, authorizationType="NONE")
    with pytest.raises(ClientError, match="No integration defined"):
        client.create_deployment(restApiId=api["id"], stageName="prod")
    client.put_integration(**key, type="MOCK", requestTemplates={"application/json": '{"statusCode": 204}'})
    client.put_integration_response(**key, statusCode="204", responseParameters={"method.response.header.X-A": "'b'"})
    client.create_deployment(restApiId=api["id"], stageName="prod")
    answer = ask("GET", base(endpoint, api, "prod") + "/orders")
    assert (answer.status, answer.headers["x-a"]) == (204, "b")
    elsewhere = f"{endpoint}/restapis/{api['id']}/prod/_user_request_/orders"  # as other emulators name it
    assert ask("GET", elsewhere).headers["x-a"] == "b"
    assert client.get_method(**key)["methodIntegration"]["type"] == "MOCK"
    client.delete_rest_api(restApiId=api["id"])
    assert client.get_rest_apis()["items"] == []


def test_what_is_not_there_is_forbidden(aws: Client, endpoint: str) -> None:
    client = aws("apigateway")
    api = client.import_rest_api(body=document(a={"get": {"x-amazon-apigateway-integration": MOCK}}))
    client.create_deployment(restApiId=api["id"], stageName="prod")
    unknown = ask("GET", base(endpoint, api, "prod") + "/b")
    assert (unknown.status, unknown.json) == (403, {"message": "Missing Authentication Token"})
    assert ask("POST", base(endpoint, api, "prod") + "/a", b"").status == 403
    stage = ask("GET", base(endpoint, api, "test") + "/a")
    assert (stage.status, stage.json) == (403, {"message": "Forbidden"})


def test_import_and_overwrite(aws: Client, endpoint: str) -> None:
    client = aws("apigateway")
    method = {"x-amazon-apigateway-integration": MOCK}
    api = client.import_rest_api(body=document(a={"options": method}))
    client.create_deployment(restApiId=api["id"], stageName="prod")
    answer = ask("OPTIONS", base(endpoint, api, "prod") + "/a")
    assert (answer.status, answer.headers["access-control-allow-origin"], answer.body) == (200, "*", b"{}\n")
    client.put_rest_api(restApiId=api["id"], mode="overwrite", body=document(b={"get": method}))
    paths = {resource["path"] for resource in client.get_resources(restApiId=api["id"])["items"]}
    assert paths == {"/", "/b"}
    assert ask("OPTIONS", base(endpoint, api, "prod") + "/a").status == 200
    deployment = client.create_deployment(restApiId=api["id"])
    patch = {"op": "replace", "path": "/deploymentId", "value": deployment["id"]}
    client.update_stage(restApiId=api["id"], stageName="prod", patchOperations=[patch])
    assert ask("OPTIONS", base(endpoint, api, "prod") + "/a").status == 403
    assert ask("GET", base(endpoint, api, "prod") + "/b").status == 200


def test_method_settings_limit_what_they_name(aws: Client, endpoint: str) -> None:
    client = aws("apigateway")
    method = {"x-amazon-apigateway-integration": MOCK}
    api = client.import_rest_api(body=document(a={"get": method}, b={"get": method}))
    client.create_deployment(restApiId=api["id"], stageName="prod")

    def patch(path: str, value: str) -> dict[str, Any]:
        operations = [{"op": "replace", "path": path, "value": value}]
        stage: dict[str, Any] = client.update_stage(restApiId=api["id"], stageName="prod", patchOperations=operations)
        return stage

    patch("/~1a/GET/throttling/rateLimit", "0.001")
    stage = patch("/~1a/GET/throttling/burstLimit", "1")
    assert stage["methodSettings"]["~1a/GET"] == {"throttlingRateLimit": 0.001, "throttlingBurstLimit": 1}
    assert [ask("GET", base(endpoint, api, "prod") + "/a").status for _ in range(2)] == [200, 429]
    assert ask("GET", base(endpoint, api, "prod") + "/b").status == 200
    patch("/~1a/GET/throttling/burstLimit", "-1")
    patch("/~1a/GET/throttling/rateLimit", "-1.000000")
    assert [ask("GET", base(endpoint, api, "prod") + "/a").status for _ in range(3)] == [200, 200, 200]
    patch("/*/*/logging/loglevel", "OFF")
    with pytest.raises(ClientError, match="must be one of OFF, ERROR, INFO"):
        patch("/*/*/logging/loglevel", "DEBUG")
    patch("/~1b/GET/caching/enabled", "true")
    stage = patch("/~1b/GET/caching/ttlInSeconds", "60")
    assert stage["methodSettings"]["~1b/GET"] == {"cachingEnabled": True, "cacheTtlInSeconds": 60}
    with pytest.raises(ClientError, match="Invalid method setting path"):
        patch("/*/*/caching/size", "1")


def test_execution_logs(aws: Client, endpoint: str) -> None:
    client = aws("apigateway")
    broken = {**MOCK, "requestTemplates": {"application/json": "{}"}}
    methods = {"get": {"x-amazon-apigateway-integration": MOCK}, "put": {"x-amazon-apigateway-integration": broken}}
    api = client.import_rest_api(body=document(a=methods))
    client.create_deployment(restApiId=api["id"], stageName="prod")
    settings = {"/*/*/logging/loglevel": "ERROR", "/*/*/logging/dataTrace": "true"}
    patches = [{"op": "replace", "path": path, "value": value} for path, value in settings.items()]
    client.update_stage(restApiId=api["id"], stageName="prod", patchOperations=patches)
    url = base(endpoint, api, "prod") + "/a"
    assert (ask("GET", url).status, ask("PUT", url + "?q=1", b"body").status) == (200, 500)
    group = f"API-Gateway-Execution-Logs_{api['id']}/prod"

    def logged() -> list[str]:
        settle(client)
        events = aws("logs").filter_log_events(logGroupName=group)["events"]
        return [event["message"].partition(") ")[2] for event in events]

    lines = logged()
    assert lines[-1] == "Method completed with status: 500"
    assert {"Method request query string: {q=1}", "Method request body before transformations: body"} <= set(lines)
    assert any(line.startswith("Execution failed: ") for line in lines)
    assert not any("Starting execution" in line for line in lines)
    patch = {"op": "replace", "path": "/*/*/logging/loglevel", "value": "INFO"}
    client.update_stage(restApiId=api["id"], stageName="prod", patchOperations=[patch])
    ask("GET", url)
    assert "Successfully completed execution" in logged()


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("get_stage", {"stageName": "none"}, "NotFoundException"),
        ("get_resource", {"resourceId": "none"}, "NotFoundException"),
        ("create_deployment", {}, "BadRequestException"),
        (
            "update_rest_api",
            {"patchOperations": [{"op": "replace", "path": "/id", "value": "x"}]},
            "BadRequestException",
        ),
        ("put_rest_api", {"body": b"{"}, "BadRequestException"),
    ],
)
def test_bad_input(aws: Client, operation: str, arguments: dict[str, Any], code: str) -> None:
    api = aws("apigateway").create_rest_api(name="rest")
    with pytest.raises(ClientError) as failure:
        getattr(aws("apigateway"), operation)(restApiId=api["id"], **arguments)
    assert failure.value.response["Error"]["Code"] == code


def test_integrations_that_cannot_be_served_are_refused_when_deployed(aws: Client) -> None:
    client = aws("apigateway")
    http = {"type": "http", "httpMethod": "GET", "uri": "http://example.com", "connectionType": "VPC_LINK"}
    api = client.import_rest_api(body=document(a={"get": {"x-amazon-apigateway-integration": http}}))
    with pytest.raises(ClientError) as failure:
        client.create_deployment(restApiId=api["id"])
    assert failure.value.response["Error"]["Code"] == "NotImplemented"


def test_an_api_changes_its_endpoint_and_compression(aws: Client) -> None:
    api = aws("apigateway")
    made = api.create_rest_api(name="a")["id"]

    def replace(path: str, value: str) -> Any:
        return api.update_rest_api(restApiId=made, patchOperations=[{"op": "replace", "path": path, "value": value}])

    assert replace("/endpointConfiguration/types/EDGE", "REGIONAL")["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert replace("/endpointConfiguration/types/0", "EDGE")["endpointConfiguration"]["types"] == ["EDGE"]
    dual = replace("/endpointConfiguration/ipAddressType", "dualstack")["endpointConfiguration"]
    assert dual == {"types": ["EDGE"], "ipAddressType": "dualstack"}
    assert replace("/minimumCompressionSize", "512")["minimumCompressionSize"] == 512
    assert "minimumCompressionSize" not in replace("/minimumCompressionSize", "")
    for path, value in (
        ("/minimumCompressionSize", "10485761"),
        ("/minimumCompressionSize", "-1"),
        ("/endpointConfiguration/types/PRIVATE", "EDGE"),
        ("/endpointConfiguration", "EDGE"),
    ):
        with pytest.raises(api.exceptions.BadRequestException):
            replace(path, value)
