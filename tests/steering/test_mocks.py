"""The fixture ``mocks``, as users' tests have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from headwater.testing import Mocks, RunningCloud, SteeredClock
from tests.services.states import make_machine

RETRY = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 30, "MaxAttempts": 2, "BackoffRate": 1}]
REFUSED = [{"ErrorEquals": ["Card.Declined"], "Next": "Refund", "ResultPath": "$.why"}]


def invoke(name: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": name}, **more}


FULFIL = {
    "StartAt": "Charge",
    "States": {
        "Charge": invoke("charge", Retry=RETRY, Catch=REFUSED, Next="Pack"),
        "Pack": {
            "Type": "Map", "ItemsPath": "$.items", "Next": "Ship",
            "ItemProcessor": {"StartAt": "Item", "States": {"Item": invoke("item", End=True)}},
        },
        "Ship": {"Type": "Succeed"},
        "Refund": {"Type": "Fail", "Error": "NotPaid"},
    },
}  # fmt: skip


@pytest.fixture
def machine(universe: RunningCloud) -> str:
    return make_machine(boto3.client("stepfunctions"), FULFIL, "fulfil")


def test_a_path_with_retries(machine: str, mocks: Mocks, clock: SteeredClock) -> None:
    clock.freeze()
    fulfil = mocks(machine)
    fulfil.state("Charge").throws("Busy", times=2).returns({"items": [1, 2]})
    fulfil.state("Item").returns({"packed": 1}, times=1).returns({"packed": 2})
    shipped = fulfil.run({"order": 1}, name="one", advance="60s")
    assert (shipped.status, shipped.output) == ("SUCCEEDED", [{"packed": 1}, {"packed": 2}])
    assert shipped.path == ["Charge", "Pack", "Item", "Item", "Ship"]
    shipped.assert_entered("Charge", "Item", "Item", "Ship")
    shipped.assert_never_entered("Refund")
    assert shipped.arn.endswith(":fulfil:one") and shipped.error is None


def test_another_case_of_the_same_machine(machine: str, mocks: Mocks) -> None:
    mocks(machine).state("Charge").returns({"items": []})
    declined = mocks(machine, case="Declined")
    declined.state("Charge").throws("Card.Declined", "no cover")
    refunded = declined.run()
    refunded.assert_entered("Charge", "Refund")
    assert (refunded.status, refunded.error, refunded.output) == ("FAILED", "NotPaid", None)
    assert mocks(machine).run().status == "SUCCEEDED"
    boto3.client("stepfunctions").start_execution(stateMachineArn=declined.arn)
    assert [each.status for each in mocks(machine).executions()] == ["FAILED", "SUCCEEDED", "FAILED"]
    with pytest.raises(AssertionError) as raised:
        refunded.assert_entered("Charge", "Ship")
    assert str(raised.value) == (
        "Expected Charge → Ship; Ship was not entered there.\nIt went Charge → Refund: FAILED NotPaid"
    )
    with pytest.raises(AssertionError, match="Expected Refund never to be entered"):
        refunded.assert_never_entered("Refund")


def test_what_cannot_be_mocked_is_told(machine: str, mocks: Mocks) -> None:
    with pytest.raises(LookupError, match=r"fulfil has no Task state .Ship.; it has Charge, Item\."):
        mocks(machine).state("Ship")
    with pytest.raises(ValueError, match="say how many times"):
        mocks(machine).state("Charge").returns(1).returns(2)


def test_a_file_of_cases(machine: str, mocks: Mocks, tmp_path: Path) -> None:
    file = tmp_path / "MockConfigFile.json"
    cases = {"fulfil": {"TestCases": {"Empty": {"Charge": "Nothing"}}}}
    file.write_text(
        json.dumps({"StateMachines": cases, "MockedResponses": {"Nothing": {"0": {"Return": {"items": []}}}}})
    )
    mocks.file(file)
    assert mocks(machine, case="Empty").run().status == "SUCCEEDED"
