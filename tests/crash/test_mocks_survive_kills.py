"""kill -9 while executions wait between mocked tasks: they go on with the responses that were still to come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.client import Headwater
from tests.conftest import client_factory
from tests.crash.test_stacks_survive_kills import Server
from tests.services.states import make_machine


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data")
    yield running
    running.kill()


@pytest.mark.slow
def test_mocks_survive_kills(server: Server) -> None:
    states, headwater = client_factory(server.endpoint, "000000000000")("stepfunctions"), Headwater(server.endpoint)
    headwater.freeze()
    ask = {
        "Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "End": True, "ResultPath": "$.second",
        "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 60, "MaxAttempts": 3, "BackoffRate": 1}],
    }  # fmt: skip
    arn = make_machine(states, {"StartAt": "Ask", "States": {"Ask": ask}}, "asking")
    busy = {"Throw": {"Error": "Busy", "Cause": "later"}}
    file = {
        "StateMachines": {"asking": {"TestCases": {"Busy": {"Ask": "Slow"}}}},
        "MockedResponses": {"Slow": {"0-1": busy, "2": {"Return": "done"}}},
    }
    headwater.put_mocks(file)
    started = states.start_execution(stateMachineArn=f"{arn}#Busy", input='{"first": 1}')["executionArn"]
    headwater.clear_mocks()
    server.kill()
    server.start()
    headwater.advance("120s")
    described = states.describe_execution(executionArn=started)
    assert json.loads(described["output"]) == {"first": 1, "second": "done"}
