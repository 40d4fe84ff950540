"""``headwater execution``: show, diff and replay, on executions with real tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from headwater.cli.main import main
from headwater.client import Headwater
from tests.conftest import Client

ROLE = "arn:aws:iam::000000000000:role/r"


def definition(url: str, limit: int = 10) -> dict[str, Any]:
    send = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "ResultPath": "$.sent"}
    return {
        "StartAt": "Judge",
        "States": {
            "Judge": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.amount", "NumericGreaterThan": limit, "Next": "Ask"}],
                "Default": "Each",
            },
            "Ask": {"Type": "Fail", "Error": "TooMuch", "Cause": "a person must look at it"},
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": {
                    "StartAt": "Send",
                    "States": {
                        "Send": {**send, "Parameters": {"QueueUrl": url, "MessageBody.$": "$"}, "End": True}
                        | {"ResultPath": None}
                    },
                },
                "End": True,
            },
        },
    }


@pytest.fixture
def queue_url(aws: Client, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The queue that its tasks write to; commands find the server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    return str(aws("sqs").create_queue(QueueName="replayed")["QueueUrl"])


def ran(states: Any, arn: str, amount: int) -> str:
    given = json.dumps({"amount": amount, "items": ["a", "b"]})
    execution = states.start_execution(stateMachineArn=arn, input=given)["executionArn"]
    Headwater().settle()
    return str(execution)


def headwater(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["execution", *arguments], env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_show_diff_and_replay(aws: Client, queue_url: str, tmp_path: Path) -> None:
    states = aws("stepfunctions")
    made = states.create_state_machine(name="replayed", definition=json.dumps(definition(queue_url)), roleArn=ROLE)
    arn = made["stateMachineArn"]
    small, large = ran(states, arn, 5), ran(states, arn, 50)

    code, shown = headwater("show", small, "--io")
    assert code == 0 and "SUCCEEDED" in shown
    assert [line.split()[-2] for line in shown.splitlines() if line.endswith("  Task")] == ["Send", "Send"]
    code, shown = headwater("show", large)
    assert code == 0 and "TooMuch: a person must look at it" in shown

    assert headwater("diff", small, small)[0] == 0
    code, compared = headwater("diff", small, large)
    assert code == 3 and "input.amount: 5 | 50" in compared

    assert headwater("replay", small) == (0, f"{small.rpartition(':')[2]}: the recorded way\n")
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(definition(queue_url, limit=4)))
    code, told = headwater("replay", small, "--definition", str(changed))
    assert code == 3 and "leaves the path in Each" in told and "FailStateEntered in place of MapStateEntered" in told
    states.update_state_machine(stateMachineArn=arn, definition=changed.read_text())
    code, told = headwater("replay", arn, "--last", "10")
    assert code == 3 and told.endswith("1 of 2 go the recorded way.\n")
    changed.write_text("{")
    assert headwater("replay", small, "--definition", str(changed))[0] == 1
