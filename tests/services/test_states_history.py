"""Histories read in pages of any size, forward and backward, however the steps are kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Client
from tests.services.states import ended, make_machine
from tests.settling import settle


def _machine(first: dict[str, Any]) -> dict[str, Any]:
    """Three events in the first step, a Wait of no time, and more in the next one."""
    return {
        "StartAt": "First",
        "States": {
            "First": {"Type": "Pass", "Result": first, "Next": "Pause"},
            "Pause": {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "Next": "Choose"},
            "Choose": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.fails", "IsPresent": True, "Next": "Fail"}],
                "Default": "Last",
            },
            "Fail": {"Type": "Fail", "Error": "Refused"},
            "Last": {"Type": "Pass", "End": True},
        },
    }


def _pages(states: Any, arn: str, size: int, *, reverse: bool = False) -> list[int]:
    found: list[int] = []
    token: dict[str, str] = {}
    while True:
        page = states.get_execution_history(executionArn=arn, maxResults=size, reverseOrder=reverse, **token)
        assert 0 < len(page["events"]) <= size
        found += [event["id"] for event in page["events"]]
        if "nextToken" not in page:
            return found
        token = {"nextToken": page["nextToken"]}


# a first step that its execution's row takes, and one that is too long for it
@pytest.mark.parametrize("note", ["short", "long" * 1_000])
@pytest.mark.parametrize("size", [1, 3, 5, 100])
def test_pages_hold_every_event_once(aws: Client, note: str, size: int) -> None:
    states = aws("stepfunctions")
    machine = make_machine(states, _machine({"note": note}))
    arn = states.start_execution(stateMachineArn=machine)["executionArn"]
    last = 10
    assert ended(states, arn)["status"] == "SUCCEEDED"
    assert _pages(states, arn, size) == [*range(1, last + 1)]
    assert _pages(states, arn, size, reverse=True) == [*range(last, 0, -1)]


@pytest.mark.parametrize("note", ["short", "long" * 1_000])
def test_a_redrive_goes_on_with_the_same_history(aws: Client, note: str) -> None:
    states = aws("stepfunctions")
    machine = make_machine(states, _machine({"note": note, "fails": True}))
    arn = states.start_execution(stateMachineArn=machine)["executionArn"]
    assert ended(states, arn)["status"] == "FAILED"
    before = _pages(states, arn, 4)
    states.redrive_execution(executionArn=arn)
    settle(states)
    after = _pages(states, arn, 4)
    assert after == [*range(1, len(after) + 1)]
    assert after[: len(before)] == before
    assert len(after) > len(before)


def test_a_name_that_was_not_given_is_a_uuid(aws: Client) -> None:
    states = aws("stepfunctions")
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    machine = make_machine(states, definition)
    arns = [states.start_execution(stateMachineArn=machine, input=json.dumps({}))["executionArn"] for _ in range(5)]
    names = [arn.rpartition(":")[2] for arn in arns]
    assert len({*names}) == 5
    assert all([len(part) for part in name.split("-")] == [8, 4, 4, 4, 12] for name in names)
    assert all(name[14] == "4" and name[19] in "89ab" for name in names)
