"""``headwater execution``: show, diff and replay, on executions with real tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

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
    code, told = headwater("replay", "--all", "--since", "1d", "--state-machine", arn)
    assert code == 3 and told.endswith("1 of 2 go the recorded way.\n")
    changed.write_text("{")
    assert headwater("replay", small, "--definition", str(changed))[0] == 1
    assert headwater("replay", small, "--all")[0] == 2

    picture = tmp_path / "large.svg"
    assert headwater("show", large.rpartition(":")[2], "--svg", str(picture))[0] == 0
    groups = ElementTree.parse(picture).getroot().iter("{http://www.w3.org/2000/svg}g")
    looks = {(group[0].text or "").partition(":")[0]: group.get("class") for group in groups if group.get("class")}
    assert looks == {
        "Judge": "state done", "Ask": "state failed", "Each": "state group missed", "Send": "state missed",
    }  # fmt: skip
    document = Headwater()._ask("GET", "openapi.json")["paths"]
    shown = Headwater().execution(small)
    schema = document["/_headwater/executions"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(schema["required"]) <= shown.keys() <= schema["properties"].keys()
    assert [visit["state"] for visit in shown["visits"]] == ["Judge", "Each"]
    assert [visit["iteration"] for visit in shown["visits"][1]["inner"]] == [0, 1]


def test_redriven_executions_are_replayed(aws: Client, queue_url: str) -> None:
    states, dynamodb = aws("stepfunctions"), aws("dynamodb")
    read = {
        "Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "End": True,
        "Parameters": {"TableName": "late", "Key": {"id": {"S": "1"}}}, "ResultPath": None,
    }  # fmt: skip
    send = definition(queue_url)["States"]["Each"]["ItemProcessor"]
    branches = [send, {"StartAt": "Read", "States": {"Read": read}}]
    both = {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": branches, "End": True}}}
    made = states.create_state_machine(name="redriven", definition=json.dumps(both), roleArn=ROLE)
    failed = ran(states, made["stateMachineArn"], 1)
    assert states.describe_execution(executionArn=failed)["status"] == "FAILED"
    schema = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    dynamodb.create_table(
        TableName="late", **schema, AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}]
    )
    states.redrive_execution(executionArn=failed)
    Headwater().settle()
    assert states.describe_execution(executionArn=failed)["status"] == "SUCCEEDED"
    assert headwater("replay", failed)[0] == 0
    code, shown = headwater("show", failed)
    assert code == 0 and "redriven 1×" in shown and "✓ Read" in shown and "✗" not in shown


def test_express_executions_are_replayed_from_their_logs(aws: Client, queue_url: str) -> None:
    states, logs = aws("stepfunctions"), aws("logs")
    logs.create_log_group(logGroupName="express")
    group = logs.describe_log_groups(logGroupNamePrefix="express")["logGroups"][0]["arn"]
    logging = {
        "level": "ALL", "includeExecutionData": True,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
    }  # fmt: skip
    text = json.dumps(definition(queue_url))
    made = states.create_state_machine(
        name="express", definition=text, roleArn=ROLE, type="EXPRESS", loggingConfiguration=logging
    )
    arn = made["stateMachineArn"]
    small, large = ran(states, arn, 5), ran(states, arn, 50)
    assert headwater("diff", small, small)[0] == 0
    changed = definition(queue_url, limit=4)
    assert [Headwater().replay(each, definition=changed)["left"] for each in (small, large)] == [1, 0]
    replays = Headwater().replay(machine=arn)
    assert (replays["same"], replays["left"], replays["problems"]) == (2, 0, 0)
    states.update_state_machine(stateMachineArn=arn, loggingConfiguration=logging | {"includeExecutionData": False})
    silent = ran(states, arn, 5)
    code, told = headwater("replay", silent)
    assert code == 1 and "has to log at level ALL with includeExecutionData" in told


def test_children_of_a_distributed_map_are_replayed(aws: Client, queue_url: str) -> None:
    states = aws("stepfunctions")
    machine = definition(queue_url)
    each = machine["States"]["Each"]
    each["ItemProcessor"]["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    each["ResultPath"] = "$.sent"
    made = states.create_state_machine(name="wide", definition=json.dumps(machine), roleArn=ROLE)
    parent = ran(states, made["stateMachineArn"], 1)
    run = states.list_map_runs(executionArn=parent)["mapRuns"][0]["mapRunArn"]
    children = [child["executionArn"] for child in states.list_executions(mapRunArn=run)["executions"]]
    assert len(children) == 2
    for arn in (parent, *children):
        assert headwater("replay", arn)[0] == 0
    assert Headwater().execution(children[0])["graph"]["boxes"][0]["name"] == "Send"


def test_what_a_map_run_gave_is_known_though_no_history_tells(aws: Client, queue_url: str) -> None:
    states = aws("stepfunctions")
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}},
    }  # fmt: skip
    each = {"Type": "Map", "ItemProcessor": processor, "ItemsPath": "$.items", "End": True,
            "ResultSelector": {"first.$": "$[0]"}}  # fmt: skip
    machine = {"StartAt": "Each", "States": {"Each": each}}
    made = states.create_state_machine(name="selects", definition=json.dumps(machine), roleArn=ROLE)
    arn = ran(states, made["stateMachineArn"], 1)
    assert headwater("replay", arn)[0] == 0
    same = {"StartAt": "Each", "States": {"Each": each | {"ResultSelector": {"first.$": "$[0]"}}}}
    assert Headwater().replay(arn, definition=same)["same"] == 1
    second = {"StartAt": "Each", "States": {"Each": each | {"ResultSelector": {"first.$": "$[1]"}}}}
    replayed = Headwater().replay(arn, definition=second)["executions"][0]
    assert replayed["departure"]["state"] == "Each" and '"b"' in replayed["departure"]["why"]


def test_what_cannot_be_told_is_said(aws: Client, queue_url: str, tmp_path: Path) -> None:
    states = aws("stepfunctions")
    draw = {"Type": "Pass", "Parameters": {"n.$": "States.MathRandom(0, 1000000)"}, "End": True}
    machine = {"StartAt": "Draw", "States": {"Draw": draw}}
    made = states.create_state_machine(name="draws", definition=json.dumps(machine), roleArn=ROLE)
    arn = ran(states, made["stateMachineArn"], 1)
    assert headwater("replay", arn) == (0, f"{arn.rpartition(':')[2]}: the recorded way\n")
    other = {"StartAt": "Draw", "States": {"Draw": draw | {"Parameters": {"n.$": "States.MathRandom(0, 9)"}}}}
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(other))
    code, told = headwater("replay", arn, "--definition", str(changed))
    assert code == 1 and told.endswith("cannot be told. Draw: it draws random numbers\n")
    replays = Headwater().replay(arn, definition=other)
    assert (replays["same"], replays["left"], replays["undecided"], replays["problems"]) == (0, 0, 1, 0)


def test_what_was_left_behind_is_aborted_and_what_children_do_is_told_of_them(aws: Client, queue_url: str) -> None:
    states = aws("stepfunctions", inject_host_prefix=False)
    rows = {
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Row",
            "States": {"Row": {"Type": "Fail", "Error": "Odd", "Cause": "no such row"}},
        },
        "ToleratedFailurePercentage": 100,
        "End": True,
    }
    waits = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 9000, "End": True}}}
    fails = {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "Enough"}}}
    either = {"Type": "Parallel", "Branches": [waits, fails], "Next": "Rows"}
    either |= {"Catch": [{"ErrorEquals": ["Enough"], "ResultPath": None, "Next": "Rows"}]}
    text = json.dumps({"StartAt": "Either", "States": {"Either": either, "Rows": rows}})
    arn = states.create_state_machine(name="parts", definition=text, roleArn=ROLE)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=arn, input="[1, 2]")["executionArn"]
    Headwater().settle()
    shown = Headwater().execution(execution, svg=True)
    outcomes = {name: state["outcome"] for name, state in shown["states"].items()}
    assert outcomes == {"Either": "caught", "Wait": "aborted", "Fail": "failed", "Rows": "done"}
    assert shown["not_reached"] == []
    assert "Row in the children" in shown["svg"]
    children = shown["visits"][1]["children"]
    assert (children["total"], children["failed"], children["error"]) == (2, 2, "Odd")
    code, told = headwater("show", execution)
    assert code == 0
    assert "– Wait" in told
    assert f"2 children, 2 failed, such as {children['execution'].split(':')[-1]}: Odd: no such row" in told
