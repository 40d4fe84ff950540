"""Step Functions through boto3: machines, executions, histories, versions, tags."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.states import PASSES, ROLE, ended, events, make_machine, one_state, run


@pytest.fixture
def states(aws: Client) -> Any:
    return aws("stepfunctions", inject_host_prefix=False)


def refusal(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_machine_is_made_once(states: Any) -> None:
    arn = make_machine(states, PASSES)
    assert make_machine(states, PASSES) == arn
    with pytest.raises(ClientError) as raised:
        make_machine(states, PASSES | {"Comment": "another"})
    assert refusal(raised) == ("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
    described = states.describe_state_machine(stateMachineArn=arn)
    assert json.loads(described["definition"]) == PASSES
    assert (described["type"], described["status"], described["roleArn"]) == ("STANDARD", "ACTIVE", ROLE)
    assert described["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
    assert described["tracingConfiguration"] == {"enabled": False}


def test_an_update_makes_a_revision_and_leaves_what_runs_alone(states: Any) -> None:
    waiting = one_state({"Type": "Wait", "Seconds": 3600})
    arn = make_machine(states, waiting)
    running = states.start_execution(stateMachineArn=arn)["executionArn"]
    revision = states.update_state_machine(stateMachineArn=arn, definition=json.dumps(PASSES))["revisionId"]
    assert states.describe_state_machine(stateMachineArn=arn)["revisionId"] == revision
    former = states.describe_state_machine_for_execution(executionArn=running)
    assert json.loads(former["definition"]) == waiting
    fresh = states.start_execution(stateMachineArn=arn)["executionArn"]
    assert ended(states, fresh)["status"] == "SUCCEEDED"
    states.stop_execution(executionArn=running)
    with pytest.raises(ClientError) as raised:
        states.update_state_machine(stateMachineArn=arn)
    assert refusal(raised)[0] == "MissingRequiredParameter"


def test_machines_are_listed_by_pages_and_deleted(states: Any) -> None:
    arns = [make_machine(states, PASSES, f"machine-{number}") for number in range(5)]
    pages = states.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2})
    listed = [machine["stateMachineArn"] for page in pages for machine in page["stateMachines"]]
    assert listed == arns
    states.delete_state_machine(stateMachineArn=arns[0])
    with pytest.raises(ClientError) as raised:
        states.start_execution(stateMachineArn=arns[0])
    assert refusal(raised) == ("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arns[0]}'")


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Z"}, "B": {"Type": "Pass", "End": True}}},
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Z at /States/A/Next, "
            'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B',
        ),
        (
            one_state({"Type": "Pass", "OutputPath": "Test"}),
            "SCHEMA_VALIDATION_FAILED: Value must be a valid JSONPath. at /States/S/OutputPath",
        ),
        (
            one_state({"Type": "Pass", "Catch": []}),
            "SCHEMA_VALIDATION_FAILED: Field 'Catch' is not supported at /States/S",
        ),
    ],
)
def test_bad_definitions_are_refused_as_aws_does(states: Any, definition: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError) as raised:
        make_machine(states, definition)
    assert refusal(raised) == ("InvalidDefinition", f"Invalid State Machine Definition: '{message}'")
    verdict = states.validate_state_machine_definition(definition=json.dumps(definition))
    assert verdict["result"] == "FAIL"
    assert verdict["diagnostics"][0]["code"] == message.partition(":")[0]


def test_a_good_definition_is_found_good(states: Any) -> None:
    verdict = states.validate_state_machine_definition(definition=json.dumps(PASSES))
    assert (verdict["result"], verdict["diagnostics"], verdict["truncated"]) == ("OK", [], False)


@pytest.mark.parametrize("name", ["with space", "a/b", "a:b", "what?", "x*"])
def test_names_that_aws_refuses(states: Any, name: str) -> None:
    with pytest.raises(ClientError) as raised:
        make_machine(states, PASSES, name)
    assert refusal(raised) == ("InvalidName", f"Invalid Name: '{name}'")


def test_an_execution_tells_all_of_itself(states: Any) -> None:
    described = run(states, PASSES, {"a": 1})
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"a": 1, "b": {"x": 1}})
    assert described["inputDetails"] == described["outputDetails"] == {"included": True}
    assert described["stopDate"] >= described["startDate"]
    history = events(states, described["executionArn"])
    assert [(event["id"], event["previousEventId"]) for event in history] == [
        (1, 0), (2, 0), (3, 2), (4, 3), (5, 4), (6, 5), (7, 6), (8, 7),
    ]  # fmt: skip
    assert history[0]["executionStartedEventDetails"] == {
        "input": '{"a": 1}',
        "inputDetails": {"truncated": False},
        "roleArn": ROLE,
    }
    assert history[3]["stateEnteredEventDetails"]["name"] == "B"


def test_a_history_by_pages_both_ways(states: Any) -> None:
    loop = {
        "StartAt": "Count",
        "States": {
            "Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, -1)"}, "Next": "Enough"},
            "Enough": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericGreaterThan": 0, "Next": "Count"}],
                "Default": "Done",
            },
            "Done": {"Type": "Succeed"},
        },
    }
    arn = run(states, loop, {"n": 300})["executionArn"]
    everything = events(states, arn)
    assert [event["id"] for event in everything] == list(range(1, 1205))
    found: list[int] = []
    token: dict[str, str] = {}
    while True:
        page = states.get_execution_history(executionArn=arn, maxResults=97, reverseOrder=True, **token)
        found += [event["id"] for event in page["events"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert found == list(range(1204, 0, -1))
    bare = states.get_execution_history(executionArn=arn, maxResults=2, includeExecutionData=False)["events"][1]
    assert bare["stateEnteredEventDetails"] == {"name": "Count", "inputDetails": {"truncated": False}}


def test_a_name_starts_one_execution(states: Any) -> None:
    arn = make_machine(states, one_state({"Type": "Wait", "Seconds": 3600}))
    first = states.start_execution(stateMachineArn=arn, name="order-1", input='{"n": 1}')
    again = states.start_execution(stateMachineArn=arn, name="order-1", input='{"n": 1}')
    assert (again["executionArn"], again["startDate"]) == (first["executionArn"], first["startDate"])
    with pytest.raises(ClientError) as raised:
        states.start_execution(stateMachineArn=arn, name="order-1", input='{"n": 2}')
    assert refusal(raised) == ("ExecutionAlreadyExists", f"Execution Already Exists: '{first['executionArn']}'")
    states.stop_execution(executionArn=first["executionArn"], error="Enough", cause="no more orders")
    stopped = states.describe_execution(executionArn=first["executionArn"])
    assert (stopped["status"], stopped["error"], stopped["cause"]) == ("ABORTED", "Enough", "no more orders")
    *_, entered, aborted = events(states, first["executionArn"])
    assert (entered["type"], aborted["type"], aborted["previousEventId"]) == ("WaitStateEntered", "ExecutionAborted", 0)
    assert aborted["executionAbortedEventDetails"] == {"error": "Enough", "cause": "no more orders"}
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        states.start_execution(stateMachineArn=arn, name="order-1", input='{"n": 1}')


def test_a_role_is_a_roles_arn(states: Any) -> None:
    with pytest.raises(ClientError) as raised:
        states.create_state_machine(name="m", definition=json.dumps(PASSES), roleArn="nobody")
    assert refusal(raised) == ("InvalidArn", "Invalid Role Arn: 'nobody'")


def test_bad_input_is_refused(states: Any) -> None:
    arn = make_machine(states, PASSES)
    with pytest.raises(ClientError, match="InvalidExecutionInput"):
        states.start_execution(stateMachineArn=arn, input="{not json")
    for wrong in ("arn:aws:states:us-east-1:123456789012:stateMachine:none", "nonsense"):
        with pytest.raises(ClientError, match=r"StateMachineDoesNotExist|InvalidArn"):
            states.start_execution(stateMachineArn=wrong)
    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        states.describe_execution(executionArn=arn.replace("stateMachine", "execution") + ":none")


def test_executions_are_listed_newest_first_and_by_status(states: Any) -> None:
    arn = make_machine(states, PASSES)
    started = [states.start_execution(stateMachineArn=arn, name=f"run-{n}")["executionArn"] for n in range(4)]
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 3})
    listed = [execution["executionArn"] for page in pages for execution in page["executions"]]
    assert listed == started[::-1]
    assert states.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"] == []
    assert len(states.list_executions(stateMachineArn=arn, statusFilter="SUCCEEDED")["executions"]) == 4


def test_an_endless_loop_ends_at_the_last_event(states: Any) -> None:
    leave = {"Variable": "$.never", "IsPresent": True, "Next": "End"}
    loop = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Next": "B"},
            "B": {"Type": "Choice", "Choices": [leave], "Default": "A"},
            "End": {"Type": "Succeed"},
        },
    }
    described = run(states, loop)
    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")
    assert described["cause"] == "The execution reached the maximum number of history events (25000)."
    (last,) = states.get_execution_history(
        executionArn=described["executionArn"], maxResults=1, reverseOrder=True
    )["events"]  # fmt: skip
    assert (last["id"], last["previousEventId"], last["type"]) == (25000, 24999, "ExecutionFailed")


def test_express_executions(states: Any) -> None:
    arn = make_machine(states, PASSES, type="EXPRESS")
    answer = states.start_sync_execution(stateMachineArn=arn, input='{"a": 1}', name="run")
    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"a": 1, "b": {"x": 1}})
    assert answer["executionArn"].split(":")[5:8] == ["express", "machine", "run"]
    assert answer["billingDetails"]["billedDurationInMilliseconds"] == 100
    started = states.start_execution(stateMachineArn=arn)["executionArn"]
    assert ":express:" in started
    with pytest.raises(ClientError, match="Resource type not valid in this context: express"):
        states.describe_execution(executionArn=started)
    failing = one_state({"Type": "Fail", "Error": "No", "Cause": "never"})
    answer = states.start_sync_execution(stateMachineArn=make_machine(states, failing, "no", type="EXPRESS"))
    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "No", "never")
    waiting = make_machine(states, one_state({"Type": "Wait", "Seconds": 1}), "wait", type="EXPRESS")
    assert states.start_sync_execution(stateMachineArn=waiting)["status"] == "SUCCEEDED"
    standard = make_machine(states, PASSES, "standard")
    with pytest.raises(ClientError, match="StateMachineTypeNotSupported"):
        states.start_sync_execution(stateMachineArn=standard)


def test_versions_and_aliases(states: Any) -> None:
    arn = make_machine(states, PASSES)
    first = states.publish_state_machine_version(stateMachineArn=arn, description="first")["stateMachineVersionArn"]
    assert first == f"{arn}:1"
    assert states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"] == first
    failing = json.dumps(one_state({"Type": "Fail", "Error": "No"}))
    second = states.update_state_machine(stateMachineArn=arn, definition=failing, publish=True)[
        "stateMachineVersionArn"
    ]
    routes = [{"stateMachineVersionArn": first, "weight": 100}]
    alias = states.create_state_machine_alias(name="live", routingConfiguration=routes)["stateMachineAliasArn"]
    described = ended(states, states.start_execution(stateMachineArn=alias)["executionArn"])
    assert (described["status"], described["stateMachineAliasArn"]) == ("SUCCEEDED", alias)
    both = {"stateMachineAliasArn": alias, "stateMachineVersionArn": first}
    started = events(states, described["executionArn"])[0]["executionStartedEventDetails"]
    assert both.items() <= described.items() and both.items() <= started.items()
    (listed,) = states.list_executions(stateMachineArn=alias)["executions"]
    assert both.items() <= listed.items()
    assert states.list_executions(stateMachineArn=first)["executions"] == [listed]
    described = ended(states, states.start_execution(stateMachineArn=second)["executionArn"])
    assert (described["status"], described["stateMachineVersionArn"]) == ("FAILED", second)
    listed = states.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in listed] == [second, first]
    with pytest.raises(ClientError, match="ConflictException"):
        states.delete_state_machine_version(stateMachineVersionArn=first)
    states.delete_state_machine_alias(stateMachineAliasArn=alias)
    states.delete_state_machine_version(stateMachineVersionArn=first)
    assert states.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"] == []


def test_tags(states: Any) -> None:
    arn = make_machine(states, PASSES, tags=[{"key": "team", "value": "orders"}])
    states.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "test"}])
    states.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert states.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "stage", "value": "test"}]
    with pytest.raises(ClientError, match="ResourceNotFound"):
        states.list_tags_for_resource(resourceArn=arn + "x")
