"""Executions' events in CloudWatch Logs; lines as recorded from AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Client
from tests.services.states import ROLE, ended, make_machine, one_state

FAILS = {
    "StartAt": "A",
    "States": {"A": {"Type": "Pass", "Next": "F"}, "F": {"Type": "Fail", "Error": "E", "Cause": "why"}},
}
FAILED = ["ExecutionFailed"]
ALL = ["ExecutionStarted", "PassStateEntered", "PassStateExited", "FailStateEntered", "ExecutionFailed"]


@pytest.fixture
def states(aws: Client) -> Any:
    return aws("stepfunctions", inject_host_prefix=False)


def logging(account: str, level: str, *, data: bool = False) -> dict[str, Any]:
    arn = f"arn:aws:logs:us-east-1:{account}:log-group:/aws/vendedlogs/states/m:*"
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": arn}}
    return {"level": level, "includeExecutionData": data, "destinations": [destination]}


def lines(aws: Client) -> list[dict[str, Any]]:
    logs = aws("logs")
    found = logs.filter_log_events(logGroupName="/aws/vendedlogs/states/m")["events"]
    return [json.loads(event["message"]) for event in found]


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
@pytest.mark.parametrize(
    ("level", "types"), [("ALL", ALL), ("ERROR", ["FailStateEntered", *FAILED]), ("FATAL", FAILED)]
)
def test_each_level_has_its_events(
    states: Any, aws: Client, account: str, kind: str, level: str, types: list[str]
) -> None:
    arn = make_machine(states, FAILS, type=kind, loggingConfiguration=logging(account, level))
    execution = states.start_execution(stateMachineArn=arn, input='{"secret": 1}')["executionArn"]
    if kind == "STANDARD":
        ended(states, execution)
    written = lines(aws)
    assert [line["type"] for line in written] == types
    assert written[-1] == {
        "id": "5", "type": "ExecutionFailed", "details": {"cause": "why", "error": "E"}, "previous_event_id": "4",
        "event_timestamp": written[-1]["event_timestamp"], "execution_arn": execution, "redrive_count": "0",
    }  # fmt: skip
    assert "secret" not in json.dumps(written)


def test_data_is_included_where_asked_for(states: Any, aws: Client, account: str) -> None:
    definition = one_state({"Type": "Wait", "Seconds": 0})
    settings = logging(account, "ALL", data=True)
    arn = make_machine(states, definition, type="EXPRESS", loggingConfiguration=settings)
    states.start_sync_execution(stateMachineArn=arn, input='{"n": 1}')
    started, entered, exited, succeeded = lines(aws)
    data = {"input": '{"n": 1}', "inputDetails": {"truncated": False}}
    assert started["details"] == data | {"roleArn": ROLE}
    assert entered["details"] == data | {"name": "S"}
    assert exited["details"] == {"name": "S", "output": '{"n": 1}', "outputDetails": {"truncated": False}}
    assert succeeded["previous_event_id"] == "3"


def test_nothing_is_written_without_being_asked_for(states: Any, aws: Client, account: str) -> None:
    arn = make_machine(states, FAILS, loggingConfiguration=logging(account, "OFF"))
    ended(states, states.start_execution(stateMachineArn=arn)["executionArn"])
    assert aws("logs").describe_log_groups()["logGroups"] == []
