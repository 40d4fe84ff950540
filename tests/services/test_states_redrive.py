"""RedriveExecution: from the failed state on, branches and iterations that succeeded are kept."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import client_factory
from tests.server import ServerThread
from tests.services.states import PASSES, ended, events, history_types, make_machine, one_state

DAY = 86_400_000


@pytest.fixture
def cloud(timed: ServerThread) -> Any:
    return client_factory(timed.endpoint, "111111111111")


@pytest.fixture
def states(cloud: Any) -> Any:
    return cloud("stepfunctions")


def get_item(table: str, key: str, **more: Any) -> dict[str, Any]:
    parameters = {"TableName": table, "Key": {"id": {"S": key}}}
    return {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": parameters, **more}


def make_table(cloud: Any, name: str) -> None:
    cloud("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def start(states: Any, definition: dict[str, Any], given: Any = None, name: str = "machine") -> str:
    arn = make_machine(states, definition, name)
    started = states.start_execution(stateMachineArn=arn, input=json.dumps(given or {}))
    return str(started["executionArn"])


def test_a_task_runs_again_and_the_history_goes_on(states: Any, cloud: Any, timed: ServerThread) -> None:
    first = {"Type": "Pass", "Result": {"seen": 1}, "Next": "Read"}
    last = {"Type": "Pass", "Parameters": {"at.$": "$$.Execution.RedriveTime"}, "End": True}
    states_ = {"First": first, "Read": get_item("orders", "1", Next="Last"), "Last": last}
    arn = start(states, {"StartAt": "First", "States": states_})
    failed = ended(states, arn)
    assert (failed["status"], failed["redriveStatus"], failed["redriveCount"]) == ("FAILED", "REDRIVABLE", 0)
    before = events(states, arn)
    make_table(cloud, "orders")
    timed.advance(1000)
    answer = states.redrive_execution(executionArn=arn, clientToken="once")
    done = ended(states, arn)
    assert (done["status"], done["redriveCount"], done["redriveDate"]) == ("SUCCEEDED", 1, answer["redriveDate"])
    assert done["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    assert json.loads(done["output"])["at"][:19] == answer["redriveDate"].astimezone(UTC).isoformat()[:19]
    assert done["startDate"] == failed["startDate"]
    after = events(states, arn)
    assert after[: len(before)] == before
    assert [event["type"] for event in after[len(before) :]] == [
        "ExecutionRedriven", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "PassStateEntered",
        "PassStateExited", "ExecutionSucceeded",
    ]  # fmt: skip
    assert after[len(before)]["executionRedrivenEventDetails"] == {"redriveCount": 1}
    assert [event["id"] for event in after] == list(range(1, len(after) + 1))
    assert states.redrive_execution(executionArn=arn, clientToken="once")["redriveDate"] == answer["redriveDate"]
    machine = failed["stateMachineArn"]
    listed = states.list_executions(stateMachineArn=machine)["executions"]
    assert [(item["redriveCount"], item["redriveDate"]) for item in listed] == [(1, answer["redriveDate"])]


def test_what_cannot_be_redriven_says_why(states: Any, timed: ServerThread) -> None:
    running = start(states, one_state({"Type": "Wait", "Seconds": 3600}), name="waits")
    succeeded = start(states, PASSES, name="passes")
    failed = start(states, one_state({"Type": "Fail", "Error": "E"}), name="fails")
    for arn, reason in (
        (running, "Execution is RUNNING and cannot be redriven"),
        (succeeded, "Execution is SUCCEEDED and cannot be redriven"),
    ):
        with pytest.raises(ClientError) as raised:
            states.redrive_execution(executionArn=arn)
        assert raised.value.response["Error"] == {"Code": "ExecutionNotRedrivable", "Message": reason}
    timed.advance(14 * DAY)
    states.redrive_execution(executionArn=failed)
    assert ended(states, failed)["redriveCount"] == 1
    timed.advance(14 * DAY + 1)
    described = states.describe_execution(executionArn=failed)
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert described["redriveStatusReason"] == "Execution redrivable period exceeded"
    missing = failed.replace("fails", "nobody")
    with pytest.raises(ClientError) as raised:
        states.redrive_execution(executionArn=missing)
    assert raised.value.response["Error"]["Code"] == "ExecutionDoesNotExist"


def branch(state: dict[str, Any], name: str) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: {**state, "End": True}}}


def test_only_branches_that_did_not_succeed_run_again(states: Any, cloud: Any, timed: ServerThread) -> None:
    """One branch has succeeded, one waits and is aborted, one fails."""
    branches = [
        branch({"Type": "Pass", "Result": "kept"}, "Kept"),
        branch({"Type": "Wait", "Seconds": 60}, "Slow"),
        branch(get_item("books", "1", ResultPath=None), "Read"),
    ]
    arn = start(states, one_state({"Type": "Parallel", "Branches": branches}), {"n": 1})
    assert ended(states, arn)["status"] == "FAILED"
    make_table(cloud, "books")
    states.redrive_execution(executionArn=arn)
    timed.advance(59_000)
    assert states.describe_execution(executionArn=arn)["status"] == "RUNNING"
    timed.advance(1_000)
    done = ended(states, arn)
    assert json.loads(done["output"]) == ["kept", {"n": 1}, {"n": 1}]
    types = history_types(states, arn)
    redriven = types[types.index("ExecutionRedriven") :]
    assert "PassStateEntered" not in redriven
    assert redriven.count("WaitStateExited") == 1
    assert redriven[-3:] == ["ParallelStateSucceeded", "ParallelStateExited", "ExecutionSucceeded"]


def test_iterations_go_on_where_they_failed(states: Any, cloud: Any, timed: ServerThread) -> None:
    """With a concurrency of one: the first has succeeded, the second failed, the third was never started."""
    read = get_item("tables", "1", End=True, ResultPath=None)
    read["Parameters"] = {"TableName.$": "$", "Key": {"id": {"S": "1"}}}
    state = {
        "Type": "Map", "MaxConcurrency": 1,
        "ItemProcessor": {"StartAt": "Read", "States": {"Read": read}},
    }  # fmt: skip
    make_table(cloud, "one")
    make_table(cloud, "three")
    arn = start(states, one_state(state), ["one", "two", "three"])
    assert ended(states, arn)["status"] == "FAILED"
    make_table(cloud, "two")
    states.redrive_execution(executionArn=arn)
    assert json.loads(ended(states, arn)["output"]) == ["one", "two", "three"]
    started = [
        event["mapIterationStartedEventDetails"]["index"]
        for event in events(states, arn)
        if event["type"] == "MapIterationStarted"
    ]
    assert started == [0, 1, 2]


def test_stopped_and_timed_out_executions_go_on_with_fresh_limits(states: Any, timed: ServerThread) -> None:
    wait = one_state({"Type": "Wait", "Seconds": 100}, TimeoutSeconds=60)
    arn = start(states, wait)
    timed.advance(60_000)
    assert ended(states, arn)["status"] == "TIMED_OUT"
    states.redrive_execution(executionArn=arn)
    timed.advance(59_000)
    assert states.describe_execution(executionArn=arn)["status"] == "RUNNING"
    timed.advance(1_000)
    assert ended(states, arn)["status"] == "TIMED_OUT"
    stopped = start(states, one_state({"Type": "Wait", "Seconds": 100}), name="stopped")
    states.stop_execution(executionArn=stopped, error="E", cause="by hand")
    states.redrive_execution(executionArn=stopped)
    timed.advance(100_000)
    done = ended(states, stopped)
    assert done["status"] == "SUCCEEDED"
    assert "error" not in done


def test_retries_begin_anew(states: Any, timed: ServerThread) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1}]
    arn = start(states, one_state(get_item("nowhere", "1", Retry=retry)))
    timed.advance(10_000)
    assert history_types(states, arn).count("TaskScheduled") == 3
    states.redrive_execution(executionArn=arn)
    timed.advance(10_000)
    assert history_types(states, arn).count("TaskScheduled") == 6
    assert ended(states, arn)["status"] == "FAILED"


def map_of_tables(kind: str, after: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A distributed Map whose children read a table named by their item, and then do something else."""
    read = get_item("", "1", ResultPath=None, Next="After")
    read["Parameters"] = {"TableName.$": "$", "Key": {"id": {"S": "1"}}}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        "StartAt": "Read", "States": {"Read": read, "After": {**after, "End": True}},
    }  # fmt: skip
    return one_state({"Type": "Map", "ItemProcessor": processor, **more})


def counted(states: Any, execution: str) -> dict[str, int]:
    [run] = states.list_map_runs(executionArn=execution)["mapRuns"]
    counts: dict[str, int] = states.describe_map_run(mapRunArn=run["mapRunArn"])["executionCounts"]
    return {name: count for name, count in counts.items() if count and name not in ("total", "resultsWritten")}


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_a_redriven_map_run_keeps_to_its_concurrency(states: Any, cloud: Any, timed: ServerThread, kind: str) -> None:
    """Three of four fail, and the last is never started."""
    tables = ["one", "two", "three", "four"]
    wait = {"Type": "Wait", "Seconds": 10}
    arn = start(states, map_of_tables(kind, wait, MaxConcurrency=2, ToleratedFailureCount=2), tables)
    assert ended(states, arn)["status"] == "FAILED"
    assert counted(states, arn) == {"failed": 3, "pending": 1}
    for table in tables:
        make_table(cloud, table)
    states.redrive_execution(executionArn=arn)
    timed.advance(0)
    assert counted(states, arn) == {"running": 2, "pendingRedrive": 1, "pending": 1}
    timed.advance(9_999)
    assert counted(states, arn) == {"running": 2, "pendingRedrive": 1, "pending": 1}
    timed.advance(1)
    assert counted(states, arn) == {"succeeded": 2, "running": 2}
    timed.advance(10_000)
    assert json.loads(ended(states, arn)["output"]) == tables
    assert counted(states, arn) == {"succeeded": 4}


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
@pytest.mark.parametrize("after", [{"Type": "Pass"}, {"Type": "Wait", "Seconds": 10}])
def test_results_of_children_that_were_started_together_are_kept(
    states: Any, cloud: Any, timed: ServerThread, kind: str, after: dict[str, Any]
) -> None:
    tables = ["one", "two", "three", "four", "five"]
    for table in ("two", "three", "five"):
        make_table(cloud, table)
    arn = start(states, map_of_tables(kind, after, ToleratedFailureCount=1), tables)
    timed.advance(10_000)
    assert ended(states, arn)["status"] == "FAILED"
    for table in ("one", "four"):
        make_table(cloud, table)
    states.redrive_execution(executionArn=arn)
    timed.advance(10_000)
    timed.advance(10_000)
    assert json.loads(ended(states, arn)["output"]) == tables


def test_what_was_not_redriven_when_a_run_fails_again_waits_for_the_next(
    states: Any, cloud: Any, timed: ServerThread
) -> None:
    tables = ["one", "two", "three"]
    definition = map_of_tables("STANDARD", {"Type": "Pass"}, ToleratedFailureCount=1)
    processor = definition["States"]["S"]["ItemProcessor"]
    processor["StartAt"] = "Wait"
    processor["States"]["Wait"] = {"Type": "Wait", "Seconds": 10, "Next": "Read"}
    arn = start(states, definition, tables)
    [run] = states.list_map_runs(executionArn=arn)["mapRuns"]
    states.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=1)
    timed.advance(10_000)
    for redrives in (1, 2):  # two fail again, so that the third one's turn does not come
        assert ended(states, arn)["status"] == "FAILED"
        assert sum(counted(states, arn).values()) == 3
        assert counted(states, arn)["failed"] >= 2
        if redrives == 2:
            for table in tables:
                make_table(cloud, table)
        states.redrive_execution(executionArn=arn)
        timed.advance(0)
    timed.advance(10_000)
    assert json.loads(ended(states, arn)["output"]) == tables
    assert states.describe_map_run(mapRunArn=run["mapRunArn"])["redriveCount"] == 2
    assert counted(states, arn) == {"succeeded": 3}
