"""Examples of AWS's documentation, of its samples and of the specification, each run with mocks along its paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.client import Headwater
from headwater.spine.clock import Clock
from tests.conftest import client_factory
from tests.server import ServerThread
from tests.services.states import events, make_machine

FOLDER = Path(__file__).parent.parent / "languages/examples"
BEGINNING = 1_795_000_000_000  # 2026-11-18
MONTH = 40 * 86_400_000


def examples() -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*.cases.json")):
        name = file.name.removesuffix(".cases.json")
        told = json.loads(file.read_text())
        for case, expected in told["cases"].items():
            yield pytest.param(name, told["type"], case, expected, id=f"{name}: {case}")


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread(clock=Clock(BEGINNING)) as running:
        yield running


@pytest.fixture(scope="module")
def states(server: ServerThread) -> Any:
    return client_factory(server.endpoint, "000000000000")("stepfunctions", inject_host_prefix=False)


@pytest.mark.parametrize(("name", "kind", "case", "expected"), list(examples()))
def test_example(server: ServerThread, states: Any, name: str, kind: str, case: str, expected: dict[str, Any]) -> None:
    definition = json.loads((FOLDER / f"{name}.asl.json").read_text())
    arn = make_machine(states, definition, name, type=kind)
    mocked = expected["mocks"]
    cases = {name: {"TestCases": {"case": {state: state for state in mocked}}}}
    Headwater(server.endpoint).put_mocks({"StateMachines": cases, "MockedResponses": mocked})
    given = {"stateMachineArn": f"{arn}#case", "input": json.dumps(expected["input"])}
    if kind == "EXPRESS":
        ended = states.start_sync_execution(**given)
    else:
        started = states.start_execution(**given)["executionArn"]
        server.advance(MONTH)
        ended = states.describe_execution(executionArn=started)
        entered = [event for event in events(states, started) if event["type"].endswith("StateEntered")]
        assert [event["stateEnteredEventDetails"]["name"] for event in entered] == expected["path"], ended.get("cause")
    assert (ended["status"], ended.get("error")) == (expected["status"], expected.get("error")), ended.get("cause")
    if "output" in expected:
        assert json.loads(ended["output"]) == expected["output"]


def test_none_is_doubtful_and_all_tell_where_they_are_from(states: Any) -> None:
    for file in sorted(FOLDER.glob("*.asl.json")):
        answer = states.validate_state_machine_definition(definition=file.read_text(), severity="WARNING")
        assert answer["result"] == "OK"
        codes = {each["code"] for each in answer["diagnostics"]}
        assert codes <= {"NOT_IMPLEMENTED_BY_HEADWATER"}, (file.name, answer["diagnostics"])
        told = json.loads((FOLDER / file.name.replace(".asl.", ".cases.")).read_text())
        assert told["source"].startswith("https://")
