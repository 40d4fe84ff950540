"""The step of a replay: where a state drew random numbers or made ids, it goes on with what was recorded.

A random number is another one each time. So what a state left behind that drew some, which way a Choice went and what
a Task was given are taken from the recording, as an answer from outside is; the replay tells of which states.
"""

from typing import Any, Protocol

import orjson

from headwater.languages.asl.execution import Frame
from headwater.languages.asl.history import details_of, render
from headwater.languages.asl.machine import State
from headwater.languages.asl.queries import dump
from headwater.languages.asl.recorded import Recorded
from headwater.languages.asl.run import Run
from headwater.languages.intrinsics_functions import Randomness


class Issued:
    """Ids and random numbers from a source. Ids are remembered, for the recording has others in their place; `drew`:
    whether the state at hand has drawn random numbers, `ever`: whether any has."""

    def __init__(self, source: Randomness) -> None:
        self._source = source
        self.known: set[str] = set()
        self.drew = False
        self.ever = False

    def uuid(self) -> str:
        issued = self._source.uuid()
        self.known.add(issued)
        return issued

    def random(self) -> float:
        self.drew = self.ever = True
        return self._source.random()


class Recording(Protocol):
    def expected(self, run: Run, frame: Frame, kind: str) -> list[Recorded]:
        """Recorded events of a kind that follow the frame's last one, and have not come yet."""

    def alike(self, recorded: Recorded, made: Recorded) -> bool:
        """Whether they are the same but for ids."""

    def entered_after(self, event: Recorded) -> str | None:
        """The state that was entered after a recorded event."""

    def take(self, state: str) -> None:
        """Remember that a state's outcome was taken from the recording."""


class SteeredRun(Run):
    __slots__ = ("_issued", "_recording")

    def __init__(self, recording: Recording, issued: Issued, execution: Any, now: int) -> None:
        super().__init__(execution, now, issued)
        self._recording = recording
        self._issued = issued
        issued.drew = False

    def note(self, frame: Frame, kind: str, details: dict[str, Any] | None = None) -> int:
        if kind.endswith("StateEntered"):
            self._issued.drew = False
        elif self._issued.drew and kind.endswith("Scheduled"):
            found = self._recording.expected(self, frame, kind)
            if found:
                details = dict(details_of(found[0]))
                self._recording.take(frame.name)
        return super().note(frame, kind, details)

    def exit(
        self, frame: Frame, state: State, value: Any, text: str, assigned: dict[str, Any] | None, next_: str | None
    ) -> bool:
        drew, self._issued.drew = self._issued.drew, False
        if drew or self._issued.known:
            for recorded in self._recording.expected(self, frame, state.exited_kind):
                details = details_of(recorded)
                if details.get("name") == state.name and (drew or self._same(recorded, state, text, assigned)):
                    text = details.get("output", "null")
                    value = orjson.loads(text)
                    given = details.get("assignedVariables")
                    assigned = None if given is None else {name: orjson.loads(each) for name, each in given.items()}
                    if drew:
                        self._recording.take(state.name)
                        next_ = self._way(frame, state, recorded, next_)
                    break
        return super().exit(frame, state, value, text, assigned, next_)

    def _same(self, recorded: Recorded, state: State, text: str, assigned: dict[str, Any] | None) -> bool:
        """The recorded exit is the made one with other ids in it: those are then the ids that hold."""
        details: dict[str, Any] = {"name": state.name, "output": text}
        if assigned is not None:
            details["assignedVariables"] = {name: dump(each) for name, each in assigned.items()}
        return self._recording.alike(recorded, render((0, 0, state.exited_kind, details), 0))

    def _way(self, frame: Frame, state: State, exited: Recorded, next_: str | None) -> str | None:
        """Where a Choice went, if it can still go there."""
        if state.kind != "Choice":
            return next_
        went = self._recording.entered_after(exited)
        reachable = {state.next, *(rule.next for rule in state.rules)}  # type: ignore[attr-defined]
        return went if went in reachable and went in frame.workflow.states else next_
