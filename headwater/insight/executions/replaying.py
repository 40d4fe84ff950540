"""Executions replayed on the present definition of their machine, or on one that is given."""

from __future__ import annotations

from typing import Any

from headwater.insight.executions.reading import Recording, present_definition, read_execution
from headwater.languages.asl import Execution, InvalidDefinition, Machine, parse
from headwater.languages.asl.history import details_of
from headwater.languages.asl.replay import replay
from headwater.spine.errors import AwsError
from headwater.spine.ids import Ids
from headwater.spine.operations import Call

_QUALIFIERS = ("stateMachineAliasArn", "stateMachineVersionArn")


class Definitions:
    """The machines to replay on: one that was ``given`` as text, or the present one of each, compiled once."""

    def __init__(self, given: str | None) -> None:
        self._given = None if given is None else _parsed(given)
        self._present: dict[str, Machine] = {}

    def of(self, call: Call, recording: Recording) -> Machine:
        machine = self._given
        if machine is None:
            machine = self._present.get(recording.machine)
        if machine is None:
            machine = self._present[recording.machine] = _parsed(present_definition(call, recording.machine))
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
    """``departure`` is where it would leave its path; ``problem``, why that cannot be told."""
    try:
        recording = read_execution(call, identity)
        machine = definitions.of(call, recording)
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
    departure = replay(machine, _execution(recording), recording.history, Ids(0))
    if departure is not None:
        told["departure"] = departure._asdict()
    return told


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
