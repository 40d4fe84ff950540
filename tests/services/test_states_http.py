"""Tasks that send HTTP requests: to our own APIs by API Gateway."""

from __future__ import annotations

import json
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


def test_a_bad_status_is_an_error_of_that_name(states: Any, api: str) -> None:
    failed = run(states, invoke(api, "403"), {"word": "hi"})
    assert (failed["status"], failed["error"]) == ("FAILED", "ApiGateway.403")


def test_arguments_that_do_not_fit_are_refused(states: Any, api: str) -> None:
    failed = run(states, invoke(api, "200", Nonsense=1), {"word": "hi"})
    assert failed["error"] == "States.Runtime"
    assert 'The field "Nonsense" is not supported by Step Functions' in failed["cause"]
