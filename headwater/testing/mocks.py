"""Mocks of state machines in the hands of a test: what tasks answer in place of what they would call, and where
executions went."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from headwater.client import Headwater

_ALWAYS = "*"
_ENTERED = "StateEntered"
_PAGE = 1000


class Mocks:
    """``mocks(arn)`` mocks every execution of a machine, whatever starts it; ``mocks(arn, case="Busy")`` those that are
    started by the ARN that it gives. A task that is not mocked calls its resource. See docs/step-functions.md."""

    def __init__(self, headwater: Headwater) -> None:
        self._headwater = headwater
        self._machines: dict[str, MockedMachine] = {}
        self._files: list[Any] = []

    def __call__(self, machine: str, case: str = _ALWAYS) -> MockedMachine:
        """``machine``: its ARN. Asked for again, it is the same."""
        key = f"{machine}#{case}"
        if key not in self._machines:
            self._machines[key] = MockedMachine(self._headwater, machine, case)
        return self._machines[key]

    def file(self, path: str | Path) -> None:
        """The cases of a file of Step Functions Local's form, for ``StartExecution`` with ``ARN#CASE``."""
        content = json.loads(Path(path).read_text())
        self._headwater.add_mocks(content)
        self._files.append(content)

    def begin(self) -> None:
        """In a universe that has just begun, the same mocks again."""
        for content in self._files:
            self._headwater.add_mocks(content)
        for machine in self._machines.values():
            machine.put()

    def clear(self) -> None:
        """Nothing is mocked any more."""
        for machine in self._machines.values():
            machine.clear()
        if self._files:
            self._headwater.clear_mocks()
        self._machines.clear()
        self._files.clear()


class MockedMachine:
    """``arn`` is what ``StartExecution`` takes: the machine's own, with the case where it has a name."""

    def __init__(self, headwater: Headwater, machine: str, case: str) -> None:
        self._headwater = headwater
        self._machine, self._case = machine, case
        _, _, _, self._region, self._account, _, self._name = machine.split(":", 6)
        self._states: dict[str, MockedState] = {}
        self.arn = machine if case == _ALWAYS else f"{machine}#{case}"
        described = self._operation("DescribeStateMachine", {"stateMachineArn": machine})
        self._express = described["type"] == "EXPRESS"
        self._tasks = sorted(_tasks(json.loads(described["definition"])))

    def state(self, name: str) -> MockedState:
        """A Task state of the machine, to say what it answers. LookupError where it has none of that name."""
        if name not in self._tasks:
            raise LookupError(f"{self._name} has no Task state {name!r}; it has {', '.join(self._tasks) or 'none'}.")
        return self._states.setdefault(name, MockedState(self))

    def run(self, given: Any = None, *, name: str | None = None, advance: str | timedelta | None = None) -> Execution:
        """Start an execution and settle; ``advance``: then let so much time pass, for what waits or tries again."""
        request = {"stateMachineArn": self.arn, "input": json.dumps({} if given is None else given)}
        if name is not None:
            request["name"] = name
        started = self._operation("StartSyncExecution" if self._express else "StartExecution", request)
        self._headwater.settle()
        if advance is not None:
            self._headwater.advance(advance)
        return Execution(self._headwater, started["executionArn"], started if self._express else None)

    def executions(self) -> list[Execution]:
        """Of the machine, mocked or not, the newest first."""
        self._headwater.settle()
        found = self._operation("ListExecutions", {"stateMachineArn": self._machine, "maxResults": _PAGE})
        return [Execution(self._headwater, each["executionArn"]) for each in found["executions"]]

    def put(self) -> None:
        """Have it as it is now."""
        names = {name: name for name in self._states}
        responses = {name: state.responses for name, state in self._states.items()}
        machines = {self._name: {"TestCases": {self._case: names}}}
        file = {"StateMachines": machines, "MockedResponses": responses}
        self._headwater.add_mocks(file, self._account, self._region)

    def clear(self) -> None:
        self._headwater.clear_mocks(self._account, self._region, self._name)

    def _operation(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        return self._headwater.operation("states", name, request, self._account, self._region)


class MockedState:
    """What a task answers, one invocation after the other: retries and iterations count. ``times`` None: ever after."""

    def __init__(self, machine: MockedMachine) -> None:
        self._machine = machine
        self._next: int | None = 0
        self.responses: dict[str, Any] = {}

    def returns(self, value: Any = None, times: int | None = None) -> MockedState:
        """Succeed with this result."""
        return self._add({"Return": value}, times)

    def throws(self, error: str, cause: str = "", times: int | None = None) -> MockedState:
        """Fail with this error."""
        return self._add({"Throw": {"Error": error, "Cause": cause}}, times)

    def _add(self, response: dict[str, Any], times: int | None) -> MockedState:
        if self._next is None:
            raise ValueError("What came before is answered ever after; say how many times.")
        following = None if times is None else self._next + times
        self.responses[f"{self._next}-" if following is None else f"{self._next}-{following - 1}"] = response
        self._next = following
        self._machine.put()
        return self


class Execution:
    """How an execution fares; each question is answered anew."""

    def __init__(self, headwater: Headwater, arn: str, ended: dict[str, Any] | None = None) -> None:
        self._headwater = headwater
        self._ended = ended  # of an express one, which is not kept
        self.arn = arn

    @property
    def status(self) -> str:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        return str(self._described()["status"])

    @property
    def output(self) -> Any:
        """None where it has none."""
        text = self._described().get("output")
        return None if text is None else json.loads(text)

    @property
    def error(self) -> str | None:
        return self._described().get("error")

    @property
    def cause(self) -> str | None:
        return self._described().get("cause")

    @property
    def path(self) -> list[str]:
        """The states that were entered, in order; branches and iterations as they went on. Not of express ones."""
        return list(self._entered())

    def assert_entered(self, *states: str) -> None:
        """These were entered in this order; others may lie between."""
        __tracebackhide__ = True
        path = self.path
        rest = iter(path)
        for state in states:
            if state not in rest:
                raise AssertionError(
                    f"Expected {' → '.join(states)}; {state} was not entered there.\n{self._told(path)}"
                )

    def assert_never_entered(self, *states: str) -> None:
        __tracebackhide__ = True
        path = self.path
        for state in states:
            if state in path:
                raise AssertionError(f"Expected {state} never to be entered.\n{self._told(path)}")

    def _told(self, path: list[str]) -> str:
        ended = f"{self.status} {self.error or ''} {self.cause or ''}".strip()
        return f"It went {' → '.join(path)}: {ended}"

    def _described(self) -> dict[str, Any]:
        return self._ended or self._operation("DescribeExecution", {"executionArn": self.arn})

    def _entered(self) -> Iterator[str]:
        if self._ended is not None:
            raise LookupError("Express executions have no history: of them only the outcome is known.")
        asked: dict[str, Any] = {"executionArn": self.arn, "maxResults": _PAGE}
        while True:
            page = self._operation("GetExecutionHistory", asked)
            for event in page["events"]:
                if event["type"].endswith(_ENTERED):
                    yield event["stateEnteredEventDetails"]["name"]
            if "nextToken" not in page:
                return
            asked["nextToken"] = page["nextToken"]

    def _operation(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        _, _, _, region, account, _ = self.arn.split(":", 5)
        return self._headwater.operation("states", name, request, account, region)


def _tasks(workflow: dict[str, Any]) -> Iterator[str]:
    """The names of a definition's Task states, those of branches and iterations too."""
    for name, state in workflow.get("States", {}).items():
        if state.get("Type") == "Task":
            yield name
        for inner in (*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")):
            if inner is not None:
                yield from _tasks(inner)
