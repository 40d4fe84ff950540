"""Replay: a recorded history drives a definition without calling anything, and tells where it would leave the path.

What came from outside (a task's answer, a timer, a stop) is taken from the recording, at the recorded time; what the
definition makes of it is compared with what was recorded, event by event. Ids agree as long as the path is the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from headwater.languages.asl import execution as frames
from headwater.languages.asl.commands import (
    Finish,
    GoneOn,
    GoOn,
    Input,
    MapRunEnded,
    RunTask,
    Stopped,
    TaskFailed,
    TaskStarted,
    TaskSubmitted,
    TaskSucceeded,
    TaskTimedOut,
    TimedOut,
    TimerFired,
)
from headwater.languages.asl.execution import Execution, Frame
from headwater.languages.asl.history import render
from headwater.languages.asl.machine import Machine
from headwater.languages.asl.run import Run, resume, start
from headwater.languages.intrinsics_functions import Randomness

Recorded = Mapping[str, Any]


class Departure(NamedTuple):
    """Where a definition leaves the recorded path: the state, the recorded event there (None where the recording had
    ended), the event that would come instead (None where nothing would), and what differs in words."""

    state: str | None
    recorded: Recorded | None
    instead: Recorded | None
    why: str


class _Left(Exception):
    def __init__(self, departure: Departure) -> None:
        super().__init__(departure.why)
        self.departure = departure


def replay(machine: Machine, execution: Execution, history: Sequence[Recorded], ids: Randomness) -> Departure | None:
    """None where the definition goes the recorded way to the end of the recording. ``history``: events as
    GetExecutionHistory gives them, whole, timestamps in ms."""
    return _Replay(machine, execution, history, ids).run()


class _Replay:
    def __init__(self, machine: Machine, execution: Execution, history: Sequence[Recorded], ids: Randomness) -> None:
        self._machine = machine
        self._execution = execution
        self._history = history
        self._ids = ids
        self._next = 0
        self._state: dict[int, str] = {}  # the state that an event belongs to
        self._tokens: list[str] = []
        self._goes_on = False
        self._ended = False

    def run(self) -> Departure | None:
        try:
            self._take(start(self._machine, self._execution, self._now(), self._ids))
            while self._next < len(self._history):
                self._take(resume(self._execution, self._input(self._history[self._next]), self._now(), self._ids))
        except _Left as left:
            return left.departure
        return None

    def _now(self) -> int:
        return int(self._history[min(self._next, len(self._history) - 1)]["timestamp"])

    def _take(self, run: Run) -> None:
        self._goes_on = any(isinstance(command, GoOn) for command in run.commands)
        self._ended = self._ended or any(isinstance(command, Finish) for command in run.commands)
        self._tokens += [each.token for each in run.commands if isinstance(each, RunTask) and each.token]
        for event in run.events:
            self._compare(render(event, self._now()))

    def _compare(self, made: Recorded) -> None:
        state = self._owner(made)
        if self._next == len(self._history):
            raise _Left(Departure(state, None, made, f"the recording ends; {made['type']} would follow"))
        recorded = self._history[self._next]
        difference = _difference(recorded, made, self._tokens)
        if difference is not None:
            raise _Left(Departure(self._owner(recorded) or state, recorded, made, difference))
        self._next += 1

    def _owner(self, event: Recorded) -> str | None:
        details = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}
        state = details.get("name") or self._state.get(event["previousEventId"])
        if state is not None:
            self._state[event["id"]] = state
        return state

    def _input(self, event: Recorded) -> Input:
        """What came from outside, and has ``event`` for its first trace."""
        if self._goes_on:
            return GoneOn()
        kind = event["type"]
        details: Recorded = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
        if kind in ("ExecutionAborted", "ExecutionTimedOut"):
            return Stopped(details.get("error"), details.get("cause")) if kind == "ExecutionAborted" else TimedOut()
        frame = self._waiting(event)
        if frame.status in (frames.TIMER, frames.RETRYING):
            return TimerFired(frame.id, frame.ticket)
        return _answer(kind, details, frame, self._history[self._next :])

    def _waiting(self, event: Recorded) -> Frame:
        for frame in self._execution.frames.values():
            if frame.previous == event["previousEventId"] and frame.status in (
                frames.TASK, frames.TIMER, frames.RETRYING,
            ):  # fmt: skip
                return frame
        why = "the execution would be over" if self._ended else f"nothing would wait for {event['type']}"
        raise _Left(Departure(self._owner(event), event, None, why))


def _answer(kind: str, details: Recorded, frame: Frame, ahead: Iterable[Recorded]) -> Input:
    place = (frame.id, frame.ticket)
    if kind.startswith("MapRun"):
        if kind == "MapRunFailed":
            return MapRunEnded(*place, error=details.get("error"), cause=details.get("cause"))
        output = next(each["stateExitedEventDetails"]["output"] for each in ahead if each["type"] == "MapStateExited")
        return MapRunEnded(*place, output, orjson.loads(output))
    if kind.endswith("TimedOut"):
        return TaskTimedOut(*place, heartbeat=details.get("error") == "States.HeartbeatTimeout")
    if kind.endswith("Failed"):
        return TaskFailed(*place, details.get("error"), details.get("cause"))
    if kind.endswith("Submitted"):
        return TaskSubmitted(*place, details["output"])
    if kind.endswith("Started"):
        return TaskStarted(*place, details.get("workerName"))
    return TaskSucceeded(*place, details.get("output") or "null")


def _difference(recorded: Recorded, made: Recorded, tokens: list[str]) -> str | None:
    """In words; None where they are the same but for times and task tokens."""
    if recorded["type"] != made["type"]:
        return f"{made['type']} in place of {recorded['type']}"
    for key in sorted({*recorded, *made} - {"timestamp"}):
        ours, theirs = made.get(key), recorded.get(key)
        if ours == theirs:
            continue
        if isinstance(ours, dict) and isinstance(theirs, dict):
            for name in sorted({*ours, *theirs}):
                if not _alike(theirs.get(name), ours.get(name), tokens):
                    return f"{name} is {_short(ours.get(name))} in place of {_short(theirs.get(name))}"
        else:
            return f"{key} is {_short(ours)} in place of {_short(theirs)}"
    return None


def _alike(theirs: Any, ours: Any, tokens: list[str]) -> bool:
    if theirs == ours:
        return True
    if isinstance(theirs, str) and isinstance(ours, str):
        for token in tokens:  # each execution has tokens of its own
            before, found, after = ours.partition(token)
            if found and theirs.startswith(before) and theirs.endswith(after):
                return True
    return False


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= 200 else text[:200] + "…"
