"""Tasks that send HTTP requests: to our own APIs by API Gateway, and outside by a connection."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.conftest import Client
from tests.services.states import history_types, one_state, run


@pytest.fixture
def states(aws: Client) -> Any:
    return aws("stepfunctions", inject_host_prefix=False)


TEMPLATE = '{"statusCode": $input.params("status")}'
ANSWER = '{"said": $input.json("$.word"), "q": "$input.params("q")", "h": "$input.params("x-h")"}'


@pytest.fixture
def api(aws: Client) -> str:
    """An API that answers with what it was sent, with the status that it is asked for."""
    client = aws("apigateway")
    responses = {
        status: {"statusCode": status, "responseTemplates": {"application/json": ANSWER}} for status in ("200", "403")
    }
    integration = {
        "type": "mock",
        "requestTemplates": {"application/json": TEMPLATE},
        "passthroughBehavior": "when_no_templates",
        "responses": {"default": responses["200"], "403": responses["403"]},
    }
    method = {
        "responses": {"200": {"description": "ok"}, "403": {"description": "no"}},
        "x-amazon-apigateway-integration": integration,
    }
    document = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {"/say": {"post": method}}}
    made = client.import_rest_api(body=json.dumps(document).encode())
    client.create_deployment(restApiId=made["id"], stageName="dev")
    return str(made["id"])


def invoke(api: str, status: str, **more: Any) -> dict[str, Any]:
    parameters = {
        "ApiEndpoint": f"{api}.execute-api.us-east-1.amazonaws.com",
        "Method": "POST",
        "Stage": "dev",
        "Path": "/say",
        "Headers": {"X-H": ["one"]},
        "QueryParameters": {"status": [status], "q": ["a b"]},
        "RequestBody": {"word.$": "$.word"},
        "AuthType": "NO_AUTH",
        **more,
    }
    return one_state({"Type": "Task", "Resource": "arn:aws:states:::apigateway:invoke", "Parameters": parameters})


def test_an_api_is_invoked(states: Any, api: str) -> None:
    done = run(states, invoke(api, "200"), {"word": "hi"})
    assert done["status"] == "SUCCEEDED", done
    output = json.loads(done["output"])
    assert (output["StatusCode"], output["StatusText"]) == (200, "OK")
    assert output["Headers"]["content-type"] == ["application/json"]
    assert output["ResponseBody"]["q"] == "a b"
    assert history_types(states, done["executionArn"])[2:5] == ["TaskScheduled", "TaskStarted", "TaskSucceeded"]


def test_an_api_for_those_who_sign_is_invoked_in_the_role(states: Any, aws: Client, api: str) -> None:
    client = aws("apigateway")
    (resource,) = (each["id"] for each in client.get_resources(restApiId=api)["items"] if each["path"] == "/say")
    patch = {"op": "replace", "path": "/authorizationType", "value": "AWS_IAM"}
    client.update_method(restApiId=api, resourceId=resource, httpMethod="POST", patchOperations=[patch])
    client.create_deployment(restApiId=api, stageName="dev")
    failed = run(states, invoke(api, "200"), {"word": "hi"})
    assert (failed["error"], "Missing Authentication Token" in failed["cause"]) == ("ApiGateway.403", True)
    done = run(states, invoke(api, "200", AuthType="IAM_ROLE"), {"word": "hi"}, "signing")
    assert done["status"] == "SUCCEEDED", done


def test_a_bad_status_is_an_error_of_that_name(states: Any, api: str) -> None:
    failed = run(states, invoke(api, "403"), {"word": "hi"})
    assert (failed["status"], failed["error"]) == ("FAILED", "ApiGateway.403")


def test_arguments_that_do_not_fit_are_refused(states: Any, api: str) -> None:
    failed = run(states, invoke(api, "200", Nonsense=1), {"word": "hi"})
    assert failed["error"] == "States.Runtime"
    assert 'The field "Nonsense" is not supported by Step Functions' in failed["cause"]


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent, with the status that the path names."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        seen = {"path": self.path, "body": body, "headers": {k.lower(): v for k, v in self.headers.items()}}
        data = json.dumps(seen).encode()
        self.send_response(int(self.path.split("/")[1].partition("?")[0]))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def connection(aws: Client) -> str:
    key = {"ApiKeyName": "x-key", "ApiKeyValue": "secret"}
    made = aws("events").create_connection(
        Name="c", AuthorizationType="API_KEY", AuthParameters={"ApiKeyAuthParameters": key}
    )
    return str(made["ConnectionArn"])


def http(url: str, connection: str, **more: Any) -> dict[str, Any]:
    parameters = {
        "ApiEndpoint": url,
        "Method": "POST",
        "Authentication": {"ConnectionArn": connection},
        "RequestBody": {"a": [1, 2], "b": {"c": "d e"}},
        **more,
    }
    return one_state({"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": parameters})


def test_an_endpoint_is_called_with_the_connections_key(states: Any, echo: str, connection: str) -> None:
    done = run(states, http(f"{echo}/200", connection, QueryParameters={"q": "a b"}, Headers={"X-Mine": "1"}))
    assert done["status"] == "SUCCEEDED", done
    output = json.loads(done["output"])
    assert (output["StatusCode"], output["StatusText"]) == (200, "OK")
    seen = output["ResponseBody"]
    assert seen["path"] == "/200?q=a%20b"
    assert json.loads(seen["body"]) == {"a": [1, 2], "b": {"c": "d e"}}
    assert (seen["headers"]["x-key"], seen["headers"]["x-mine"]) == ("secret", "1")
    assert seen["headers"]["user-agent"] == "Amazon|StepFunctions|HttpInvoke|us-east-1"


@pytest.mark.parametrize(
    ("arrays", "body"),
    [
        ("INDICES", "a%5B0%5D=1&a%5B1%5D=2&b%5Bc%5D=d+e"),
        ("BRACKETS", "a%5B%5D=1&a%5B%5D=2&b%5Bc%5D=d+e"),
        ("REPEAT", "a=1&a=2&b%5Bc%5D=d+e"),
        ("COMMAS", "a=1%2C2&b%5Bc%5D=d+e"),
    ],
)
def test_a_body_is_url_encoded(states: Any, echo: str, connection: str, arrays: str, body: str) -> None:
    transform = {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": arrays}}
    seen = json.loads(run(states, http(f"{echo}/200", connection, Transform=transform))["output"])["ResponseBody"]
    assert (seen["body"], seen["headers"]["content-type"]) == (body, "application/x-www-form-urlencoded")


def test_what_goes_wrong_has_a_name(states: Any, echo: str, connection: str) -> None:
    failed = run(states, http(f"{echo}/404", connection), name="status")
    assert failed["error"] == "States.Http.StatusCode.404"
    gone = run(states, http("http://127.0.0.1:9/x", connection), name="gone")
    assert gone["error"] == "States.Http.Socket"
    plain = run(states, http("http://example.com/x", connection), name="plain")
    assert (plain["error"], "must be an HTTPS URL" in plain["cause"]) == ("States.Runtime", True)
    missing = run(states, http(f"{echo}/200", connection + "x"), name="missing")
    assert missing["error"] == "EventBridge.ResourceNotFoundException"


def test_a_trial_shows_the_exchange(states: Any, echo: str, connection: str) -> None:
    state = http(f"{echo}/200", connection)["States"]["S"]
    for reveal in (False, True):
        answer = states.test_state(definition=json.dumps(state), inspectionLevel="TRACE", revealSecrets=reveal)
        request, response = answer["inspectionData"]["request"], answer["inspectionData"]["response"]
        assert (request["method"], request["url"]) == ("POST", f"{echo}/200")
        assert ("secret" in request["headers"]) is reveal
        assert response["statusCode"] == "200"
