"""Step Functions' quotas, lowered, and its rates: on a server of the test's own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.client import Headwater
from tests.conftest import client_factory
from tests.server import ServerThread
from tests.services.states import PASSES, make_machine

WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}


@pytest.fixture
def headwater(timed: ServerThread) -> Headwater:
    return Headwater(timed.endpoint)


@pytest.fixture
def states(timed: ServerThread) -> Any:
    return client_factory(timed.endpoint, "000000000000")("stepfunctions", inject_host_prefix=False)


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    return str(raised.value.response["Error"]["Code"])


def test_numbers_that_are_lowered(timed: ServerThread, states: Any, headwater: Headwater) -> None:
    arn = make_machine(states, WAIT, "waits")
    express = make_machine(states, WAIT, "express", type="EXPRESS")
    activity = states.create_activity(name="a")["activityArn"]
    quotas = ("state-machines", "activities", "open-executions", "activity-pollers")
    headwater.set_quotas(dict.fromkeys((f"states:{name}" for name in quotas), 1))
    assert refused(make_machine, states=states, definition=PASSES, name="more") == "StateMachineLimitExceeded"
    assert make_machine(states, WAIT, "waits") == arn  # it is there
    assert refused(states.create_activity, name="b") == "ActivityLimitExceeded"
    assert states.create_activity(name="a")["activityArn"] == activity
    states.start_execution(stateMachineArn=arn, name="one")
    assert refused(states.start_execution, stateMachineArn=arn) == "ExecutionLimitExceeded"
    states.start_execution(stateMachineArn=express)
    states.start_execution(stateMachineArn=arn, name="one")  # the same again
    timed.advance(60_000)
    states.start_execution(stateMachineArn=arn)
    headwater.set_quotas({"states:activity-pollers": 0})
    assert refused(states.get_activity_task, activityArn=activity) == "ActivityWorkerLimitExceeded"


def test_requests_are_throttled(timed: ServerThread, states: Any, headwater: Headwater) -> None:
    arn = make_machine(states, PASSES)
    headwater.set_quotas({"states:StartExecution": "1"})
    states.start_execution(stateMachineArn=arn)
    assert refused(states.start_execution, stateMachineArn=arn) == "ThrottlingException"
    timed.advance(1000)
    states.start_execution(stateMachineArn=arn)


def test_standard_and_express_executions_have_rates_of_their_own(
    timed: ServerThread, states: Any, headwater: Headwater
) -> None:
    standard, express = make_machine(states, PASSES), make_machine(states, PASSES, "express", type="EXPRESS")
    headwater.set_quotas({"states:StartStandardExecution": "1/2", "states:StartExpressExecution": "1"})
    for _ in range(2):
        states.start_execution(stateMachineArn=standard)
    assert refused(states.start_execution, stateMachineArn=standard) == "ThrottlingException"
    states.start_execution(stateMachineArn=express)
    assert refused(states.start_execution, stateMachineArn=express) == "ThrottlingException"
    assert states.start_sync_execution(stateMachineArn=express)["status"] == "SUCCEEDED"
    headwater.set_quotas({"states:StartSyncExecution": "1"})
    states.start_sync_execution(stateMachineArn=express)
    assert refused(states.start_sync_execution, stateMachineArn=express) == "ThrottlingException"
    timed.advance(1000)
    states.start_execution(stateMachineArn=standard)
    assert refused(states.start_execution, stateMachineArn=standard) == "ThrottlingException"


def test_transitions_are_slowed(timed: ServerThread, states: Any, headwater: Headwater) -> None:
    arn, express = make_machine(states, PASSES), make_machine(states, PASSES, "express", type="EXPRESS")
    headwater.set_quotas({"states:StateTransition": "2/1"})
    started = [states.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(2)]
    timed.advance(0)

    def entered() -> int:
        found = [states.get_execution_history(executionArn=each)["events"] for each in started]
        return sum(event["type"] == "PassStateEntered" for events in found for event in events)

    assert entered() == 1
    timed.advance(500)
    assert entered() == 2
    timed.advance(2000)  # six in all
    assert [states.describe_execution(executionArn=each)["status"] for each in started] == ["SUCCEEDED"] * 2
    history = states.get_execution_history(executionArn=started[0])["events"]
    assert [event["id"] for event in history] == list(range(1, 9))
    assert json.loads(states.start_sync_execution(stateMachineArn=express)["output"])["b"] == {"x": 1}
    headwater.clear_quotas()
    quick = states.start_execution(stateMachineArn=arn)["executionArn"]
    assert states.describe_execution(executionArn=quick)["status"] == "SUCCEEDED"
