"""Random machines: the stepper against the naive interpreter, with a crash after every step and every transition."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from unittest.mock import patch
from zlib import crc32

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from headwater.languages.asl import InvalidDefinition, Machine, parse
from headwater.languages.asl import run as stepper
from headwater.languages.asl.commands import Input, RunTask, TaskFailed, TaskStarted, TaskSucceeded
from tests.languages.asl_machines import CAUSE, ERROR, machines
from tests.languages.asl_reference import Failure, Reference
from tests.languages.asl_world import World


def begun(definition: dict[str, Any]) -> tuple[dict[str, Any], Machine]:
    """A random machine behind a state that assigns its variable, once it is found valid."""
    start = {"Type": "Pass", "Assign": {"v": "start"}, "Next": definition["StartAt"]}
    definition = {"StartAt": "Begin", "States": {"Begin": start, **definition["States"]}}
    try:
        return definition, parse(json.dumps(definition))
    except InvalidDefinition as refused:
        assert {diagnostic.code for diagnostic in refused.diagnostics} == {"MISSING_TRANSITION_TARGET"}
        reject()


class Script:
    """What tasks answer: the same for both interpreters, by state and number of the attempt within its frame."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.attempts: dict[tuple[int, str], int] = {}

    def result(self, name: str, attempt: int) -> Any:
        number = crc32(f"{self.seed} {name} {min(attempt, 2)}".encode()) % 7
        if number < 2:
            return Failure(ERROR, CAUSE)
        return ["", {"k": 2}, [3], "done", {"deep": {"er": 1}}][number - 2]

    def answer(self, command: RunTask) -> list[Input]:
        key = (command.frame, command.state)
        attempt = self.attempts.get(key, 0)
        self.attempts[key] = attempt + 1
        result = self.result(command.state, attempt)
        # some tell first that they have started
        told: list[Input] = [TaskStarted(command.frame, command.ticket)] if (self.seed + attempt) % 2 else []
        if isinstance(result, Failure):
            return [*told, TaskFailed(command.frame, command.ticket, result.error, result.cause)]
        return [*told, TaskSucceeded(command.frame, command.ticket, json.dumps(result))]


ITEMS = st.lists(st.sampled_from([1, [2], {"k": 3}]), max_size=3)


@settings(max_examples=150)
@given(machines(), ITEMS, st.integers(0, 10_000))
def test_the_stepper_agrees_with_the_naive_interpreter(definition: dict[str, Any], items: list[Any], seed: int) -> None:
    definition, machine = begun(definition)
    script = Script(seed)
    try:
        expected: Any = Reference(items, script.result).run(definition, {"items": items}, {})
    except Failure as failure:
        expected = failure
    histories = []
    for crash, budget in ((False, 250), (True, 250), (True, 1)):  # the last: a step, and a crash, for each transition
        script.attempts.clear()
        with patch.object(stepper, "STEP_BUDGET", budget):
            world = World(machine, {"items": items}, script.answer, crash=crash).run()
        histories.append([event for event, _ in world.history])
        finish = world.finish
        assert finish is not None
        if isinstance(expected, Failure):
            assert (finish.status, finish.error) == ("FAILED", expected.error)
        else:
            assert (finish.status, json.loads(finish.output or "")) == ("SUCCEEDED", expected)
        numbers = [event[0] for event in histories[-1]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert all(event[1] < event[0] for event in histories[-1])
    assert histories[0] == histories[1]
    if not any(kind.endswith("Failed") for _, _, kind, _ in histories[0]):  # else others may have come less far
        assert Counter(kind for _, _, kind, _ in histories[0]) == Counter(kind for _, _, kind, _ in histories[2])
