"""Executions replayed on the present definition of their machine, or on one that is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.insight.executions.reading import Recording, present_definition, read_execution, results_of
from headwater.languages.asl import Execution, InvalidDefinition, Machine, parse
from headwater.languages.asl.express import each_state
from headwater.languages.asl.history import details_of
from headwater.languages.asl.replay import replay
from headwater.spine.errors import AwsError
from headwater.spine.ids import Ids
from headwater.spine.operations import Call

_QUALIFIERS = ("stateMachineAliasArn", "stateMachineVersionArn")


class Definitions:
    """The machines to replay on: one that was ``given`` as text, or the present one of each, compiled once; and those
    that were run."""

    def __init__(self, given: str | None) -> None:
        self._given = given
        self._present: dict[str, str] = {}
        self._compiled: dict[str, Machine] = {}
        if given is not None:
            self.compiled(given)

    def text_for(self, call: Call, recording: Recording) -> str:
        if self._given is not None:
            return self._given
        text = self._present.get(recording.machine)
        if text is None:
            text = self._present[recording.machine] = present_definition(call, recording.machine)
        return text

    def compiled(self, text: str) -> Machine:
        machine = self._compiled.get(text)
        if machine is None:
            machine = self._compiled[text] = _parsed(text)
        return machine

    def part(self, text: str, recording: Recording) -> Machine:
        """The machine, or the part of it that the execution is of."""
        machine = self.compiled(text)
        if recording.state is None:
            return machine
        if recording.state not in machine.maps:
            raise AwsError("NotFound", f"The definition has no distributed Map called {recording.state}.", 404)
        return machine.child(recording.state)


def _parsed(text: str) -> Machine:
    try:
        return parse(text)
    except InvalidDefinition as refused:
        raise AwsError("InvalidDefinition", str(refused)) from None


def replayed(call: Call, identity: str, definitions: Definitions) -> dict[str, Any]:
    """``departure`` is where it would leave its path; ``problem``, why that cannot be told; ``undecided``, of which
    states it cannot, and why: they were changed, and what they work on is not recorded."""
    try:
        recording = read_execution(call, identity)
        text = definitions.text_for(call, recording)
        machine = definitions.part(text, recording)
    except AwsError as error:
        if error.code == "InvalidDefinition":
            raise
        return {"execution": identity, "problem": error.message}
    told: dict[str, Any] = {
        "execution": recording.arn,
        "name": recording.name,
        "machine": recording.machine,
        "status": recording.described["status"],
        "events": len(recording.history),
    }
    results = results_of(call, recording, definitions.part(recording.definition, recording))
    outcome = replay(machine, _execution(recording), recording.history, Ids(0), results)
    if outcome.departure is not None:
        told["departure"] = outcome.departure._asdict()
    elif undecided := _undecided(recording, text, outcome.taken):
        told["undecided"] = undecided
    return told


def _undecided(recording: Recording, text: str, taken: Mapping[str, str]) -> dict[str, str]:
    """Of the states whose recorded outcome was taken, those that are not as they were when it was recorded."""
    then, now = (
        {name: state for name, state, _ in each_state(orjson.loads(each))} if taken else {}
        for each in (recording.definition, text)
    )
    return {name: why for name, why in taken.items() if then.get(name) != now.get(name)}


def _execution(recording: Recording) -> Execution:
    described, machine = recording.described, recording.described["stateMachineArn"]
    started = details_of(recording.history[0]) if recording.history else {}
    execution = Execution(
        recording.arn,
        recording.name,
        started.get("roleArn", ""),
        machine,
        machine.rpartition(":")[2],
        described["startDate"],
        described["input"],
    )
    execution.qualifiers = {name: started[name] for name in _QUALIFIERS if name in started}
    return execution
