"""Random machines: the stepper against the naive interpreter, with a crash after every step."""

from __future__ import annotations

import json
from typing import Any
from zlib import crc32

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from headwater.languages.asl import InvalidDefinition, parse
from headwater.languages.asl.commands import Input, RunTask, TaskFailed, TaskSucceeded
from tests.languages.asl_machines import CAUSE, ERROR, machines
from tests.languages.asl_reference import Failure, Reference
from tests.languages.asl_world import World


class Script:
    """What tasks answer: the same for both interpreters, by state and number of the attempt within its frame."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.attempts: dict[tuple[int, str], int] = {}

    def result(self, name: str, attempt: int) -> Any:
        number = crc32(f"{self.seed} {name} {min(attempt, 2)}".encode()) % 7
        if number < 2:
            return Failure(ERROR, CAUSE)
        return [None, {"k": 2}, [3], "done", {"deep": {"er": 1}}][number - 2]

    def answer(self, command: RunTask) -> list[Input]:
        key = (command.frame, command.state)
        attempt = self.attempts.get(key, 0)
        self.attempts[key] = attempt + 1
        result = self.result(command.state, attempt)
        if isinstance(result, Failure):
            return [TaskFailed(command.frame, command.ticket, result.error, result.cause)]
        return [TaskSucceeded(command.frame, command.ticket, json.dumps(result))]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(machines(), st.lists(st.sampled_from([1, [2], {"k": 3}]), max_size=3), st.integers(0, 10_000))
def test_the_stepper_agrees_with_the_naive_interpreter(definition: dict[str, Any], items: list[Any], seed: int) -> None:
    start = {"Type": "Pass", "Assign": {"v": "start"}, "Next": definition["StartAt"]}
    definition = {"StartAt": "Begin", "States": {"Begin": start, **definition["States"]}}
    try:
        machine = parse(json.dumps(definition))
    except InvalidDefinition as refused:
        assert {diagnostic.code for diagnostic in refused.diagnostics} == {"MISSING_TRANSITION_TARGET"}
        assume(False)
    script = Script(seed)
    try:
        expected: Any = Reference(items, script.result).run(definition, {"items": items}, {})
    except Failure as failure:
        expected = failure
    outcomes = []
    for crash in (False, True):
        script.attempts.clear()
        world = World(machine, {"items": items}, script.answer, crash=crash).run()
        outcomes.append([event for event, _ in world.history])
        finish = world.finish
        assert finish is not None
        if isinstance(expected, Failure):
            assert (finish.status, finish.error) == ("FAILED", expected.error)
        else:
            assert (finish.status, json.loads(finish.output or "")) == ("SUCCEEDED", expected)
        numbers = [event[0] for event in outcomes[-1]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert all(event[1] < event[0] for event in outcomes[-1])
    assert outcomes[0] == outcomes[1]
