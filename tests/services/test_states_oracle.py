"""Every execution recorded from AWS once more, through the API: the history that clients see."""

from __future__ import annotations

from typing import Any

from tests.conftest import client_factory
from tests.languages.test_oracle_executions import CASES, EXCEPTIONS, difference, verbatim_input
from tests.server import ServerThread
from tests.services.states import make_machine


def test_histories_through_the_api_are_as_recorded(timed: ServerThread) -> None:
    states = client_factory(timed.endpoint, "111111111111")("stepfunctions")
    differences: dict[str, str] = {}
    for number, case in enumerate(CASES):
        arn = make_machine(states, case["definition"], f"machine-{number}", type=case["type"])
        execution = states.start_execution(stateMachineArn=arn, input=verbatim_input(case))["executionArn"]
        if states.describe_execution(executionArn=execution)["status"] == "RUNNING":
            timed.advance(30 * 86_400_000)
        found = difference(case["history"], _history(states, execution))
        if found and case["id"] not in EXCEPTIONS:
            differences[case["id"]] = found
    assert differences == {}


def _history(states: Any, execution: str) -> list[dict[str, Any]]:
    pages = states.get_paginator("get_execution_history").paginate(executionArn=execution)
    return [event | {"timestamp": "timestamp"} for page in pages for event in page["events"]]
