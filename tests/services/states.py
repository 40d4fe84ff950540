"""Helpers for the tests of Step Functions."""

from __future__ import annotations

import json
from typing import Any

from tests.settling import settle

ROLE = "arn:aws:iam::123456789012:role/orders"
PASSES = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Pass", "Result": {"x": 1}, "ResultPath": "$.b", "Next": "C"},
        "C": {"Type": "Pass", "End": True},
    },
}


def make_machine(states: Any, definition: dict[str, Any], name: str = "machine", **settings: Any) -> str:
    text = json.dumps(definition)
    arn: str = states.create_state_machine(name=name, definition=text, roleArn=ROLE, **settings)["stateMachineArn"]
    return arn


def one_state(state: dict[str, Any], **machine: Any) -> dict[str, Any]:
    """A machine of a single state named S, then Succeed as "Caught" if the state catches."""
    states: dict[str, Any] = {"S": state if state["Type"] == "Fail" else {**state, "End": True}}
    if "Catch" in state:
        states["Caught"] = {"Type": "Pass", "End": True}
    return {"StartAt": "S", "States": states, **machine}


def run(states: Any, definition: dict[str, Any], given: Any = None, name: str = "machine") -> dict[str, Any]:
    """Create a machine, run it to its end; its description."""
    arn = make_machine(states, definition, name)
    started = states.start_execution(stateMachineArn=arn, input=json.dumps({} if given is None else given))
    return ended(states, started["executionArn"])


def ended(states: Any, arn: str, seconds: float = 60) -> dict[str, Any]:
    """The execution's description once it is over."""
    settle(states, seconds)
    described: dict[str, Any] = states.describe_execution(executionArn=arn)
    assert described["status"] != "RUNNING", history_types(states, arn)
    return described


def events(states: Any, arn: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in states.get_paginator("get_execution_history").paginate(executionArn=arn):
        found += page["events"]
    return found


def history_types(states: Any, arn: str) -> list[str]:
    return [event["type"] for event in events(states, arn)]
