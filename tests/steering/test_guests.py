"""LocalStack's chaos, state and pods, and moto's reset: they are of the whole cloud, so it is one of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.server import ServerThread
from tests.services.http import ask


@pytest.fixture
def own() -> Iterator[str]:
    with ServerThread() as running:
        yield running.endpoint


def _client(endpoint: str, service: str, region: str = "us-east-1") -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": region}
    return boto3.client(service, endpoint_url=endpoint, config=Config(retries={"total_max_attempts": 1}), **keys)


def _say(method: str, url: str, body: Any = None) -> Any:
    answer = ask(method, url, None if body is None else json.dumps(body).encode())
    assert answer.status == 200, answer
    return json.loads(answer.body)


def test_chaos_becomes_faults(own: str) -> None:
    faults = f"{own}/_localstack/chaos/faults"
    sqs, far = _client(own, "sqs"), _client(own, "sqs", "eu-west-1")
    first = {"service": "sqs", "region": "us-*", "error": {"statusCode": 503, "code": "ServiceUnavailable"}}
    assert _say("POST", faults, [{"service": "sqs", "region": "us-*"}]) == [first]
    with pytest.raises(ClientError) as refused:
        sqs.list_queues()
    assert refused.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    far.list_queues()
    second = {"service": "stepfunctions", "operation": "ListStateMachines", "probability": 1,
              "error": {"statusCode": 418, "code": "Teapot"}}  # fmt: skip
    assert _say("PATCH", faults, [second]) == [first, second]
    with pytest.raises(ClientError, match="Teapot"):
        _client(own, "stepfunctions").list_state_machines()
    assert _say("DELETE", faults, [first]) == [second]
    sqs.list_queues()
    assert _say("POST", f"{own}/_localstack/chaos/effects", {"latency": 1}) == {"latency": 1}
    sqs.list_queues()
    assert _say("GET", f"{own}/_localstack/chaos/effects") == {"latency": 1}
    assert _say("POST", faults, []) == []
    _say("POST", f"{own}/_localstack/chaos/effects", {"latency": 0})
    assert _say("GET", f"{own}/_headwater/faults")["rules"] == []
    for wrong in ({}, [{"service": "sqz"}], [{"colour": "red"}], [{"error": {"statusCode": 200}}]):
        assert ask("POST", faults, json.dumps(wrong).encode()).status == 400


def test_the_state_is_saved_loaded_and_forgotten(own: str) -> None:
    sqs = _client(own, "sqs")
    sqs.create_queue(QueueName="one")
    _say("POST", f"{own}/_localstack/state/save")
    assert _say("POST", f"{own}/_localstack/pods/mine", {})["status"] == "ok"
    _say("POST", f"{own}/_localstack/state/reset")
    assert "QueueUrls" not in sqs.list_queues()
    _say("POST", f"{own}/_localstack/state/load")
    assert len(sqs.list_queues()["QueueUrls"]) == 1
    _say("POST", f"{own}/moto-api/reset")
    assert "QueueUrls" not in sqs.list_queues()
    _say("PUT", f"{own}/_localstack/pods/mine", {})
    assert len(sqs.list_queues()["QueueUrls"]) == 1
    assert "mine" in [pod["pod_name"] for pod in _say("GET", f"{own}/_localstack/pods")["cloudpods"]]
    assert ask("DELETE", f"{own}/_localstack/pods/mine").status == 204
    assert ask("PUT", f"{own}/_localstack/pods/mine", b"{}").status == 404
