"""Replay: a recorded history drives a definition without calling anything, and tells where it would leave the path.

What came from outside (a task's answer, a timer, a stop, a redrive) is taken from the recording, at the recorded time
and in the recorded order. What the definition makes of it is compared with what was recorded, each event with those
that follow the same event there: the order between branches that run side by side is free.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

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
    TimedOut,
    TimerFired,
)
from headwater.languages.asl.execution import Execution, Frame
from headwater.languages.asl.history import details_of, render
from headwater.languages.asl.machine import Machine
from headwater.languages.asl.recorded import Recorded, answer, difference, left_behind, map_run_of
from headwater.languages.asl.run import Run
from headwater.languages.asl.steering import Issued, SteeredRun
from headwater.languages.intrinsics_functions import Randomness

_WAITING = (frames.TASK, frames.TIMER, frames.RETRYING)
_PAUSED = (frames.RUNNING, frames.REVIVED)


class Departure(NamedTuple):
    """Where a definition leaves the recorded path: the state, the first recorded event that would not come (None where
    all would), the event that would come instead (None where nothing would), and what differs in words."""

    state: str | None
    recorded: Recorded | None
    instead: Recorded | None
    why: str


class Outcome(NamedTuple):
    """``departure``: None where the definition goes the recorded way to the end of the recording. ``taken``: states of
    which the recorded outcome was taken, and why; what their definition says of it now cannot be told."""

    departure: Departure | None
    taken: Mapping[str, str]


def replay(
    machine: Machine,
    execution: Execution,
    history: Sequence[Recorded],
    ids: Randomness,
    results: Mapping[str, str] | None = None,
) -> Outcome:
    """``history``: events as GetExecutionHistory gives them, whole, timestamps in ms. ``results``: what map runs gave,
    as far as it is known, JSON texts by the runs' ARNs."""
    replayed = _Replay(execution, history, ids, results or {})
    return Outcome(replayed.run(machine) if history else None, replayed.taken)


class _Replay:
    def __init__(
        self, execution: Execution, history: Sequence[Recorded], ids: Randomness, results: Mapping[str, str]
    ) -> None:
        self._execution = execution
        self._history = history
        self._ids = Issued(ids)
        self._results = results
        self.taken: dict[str, str] = {}
        self._matched = 0  # of the step's events, those that have been looked for in the recording
        self._next = 0  # place of the first recorded event that has not come
        self._came: set[int] = set()  # ids of recorded events that have come
        self._after: dict[int, list[Recorded]] = {}  # what was recorded after an event
        for event in history:
            self._after.setdefault(event["previousEventId"], []).append(event)
        self._counterpart = {0: 0}  # from ids of made events to recorded ones
        self._owners: dict[int, str] = {}  # the state that a recorded event belongs to
        self._surplus: list[Recorded] = []  # what was made and has no counterpart
        self._standing: dict[int, list[int]] = {}  # by recorded event: frames that came to wait behind it
        self._goes_on = False
        self._ended = False

    def run(self, machine: Machine) -> Departure | None:
        step = self._step()
        step.begin(machine)
        departure = self._compare(step)
        while departure is None and (event := self._first_to_come()) is not None:
            step = self._step()
            if self._goes_on:
                step.resume(GoneOn())
            elif event["type"] == "ExecutionRedriven" and self._ended:
                self._ended = False
                step.redrive()
            else:
                given = self._input(event)
                if given is None:
                    return self._departure(event)
                step.resume(given)
            departure = self._compare(step)
        return departure

    def _step(self) -> Run:
        event = self._first_to_come()
        self._matched = 0
        return SteeredRun(self, self._ids, self._execution, int((event or self._history[-1])["timestamp"]))

    def _first_to_come(self) -> Recorded | None:
        while self._next < len(self._history):
            if self._history[self._next]["id"] not in self._came:
                return self._history[self._next]
            self._next += 1
        return None

    # -- what was made

    def _compare(self, step: Run) -> Departure | None:
        for command in step.commands:
            if isinstance(command, RunTask) and command.token:
                self._ids.known.add(command.token)
        self._goes_on = any(isinstance(command, GoOn) for command in step.commands)
        self._ended = self._ended or any(isinstance(command, Finish) for command in step.commands)
        self._match(step)
        for id_ in step.changed:
            frame = self._execution.frames.get(id_)
            if frame is not None and frame.status in _WAITING and frame.previous in self._counterpart:
                self._standing.setdefault(self._counterpart[frame.previous], []).append(id_)
        return self._departure(self._first_missing()) if self._surplus else None

    def _match(self, step: Run) -> None:
        for noted in step.events[self._matched :]:
            previous = self._counterpart.get(noted[1])
            if previous is not None:  # else it follows what has no counterpart itself
                self._find(render(noted, step.now), previous)
        self._matched = len(step.events)

    # -- for the step: what was recorded where it stands

    def expected(self, run: Run, frame: Frame, kind: str) -> list[Recorded]:
        self._match(run)
        behind = self._after.get(self._counterpart.get(frame.previous, -1), ())
        return [event for event in behind if event["type"] == kind and event["id"] not in self._came]

    def alike(self, recorded: Recorded, made: Recorded) -> bool:
        return difference(recorded, made, self._ids.known) is None

    def entered_after(self, event: Recorded) -> str | None:
        names = (details_of(each).get("name") for each in self._after.get(event["id"], ()))
        return next((name for name in names if name is not None), None)

    def take(self, state: str, why: str = "it draws random numbers") -> None:
        self.taken[state] = why

    def _find(self, made: Recorded, previous: int) -> None:
        for recorded in self._after.get(previous, ()):
            if recorded["id"] not in self._came and difference(recorded, made, self._ids.known) is None:
                self._came.add(recorded["id"])
                self._counterpart[made["id"]] = recorded["id"]
                if (owner := self._owner(recorded)) is not None:
                    self._owners[recorded["id"]] = owner
                return
        self._surplus.append({**made, "previousEventId": previous})

    def _first_missing(self) -> Recorded | None:
        """The first recorded event that should have come by now: what it follows has, and nothing waits there."""
        frames_ = self._execution.frames.values()
        waiting = {self._counterpart.get(frame.previous) for frame in frames_ if frame.status in (*_WAITING, *_PAUSED)}
        for event in self._ahead():
            previous = event["previousEventId"]
            if event["id"] not in self._came and (previous in self._came or not previous) and previous not in waiting:
                return event
        return None

    def _departure(self, missing: Recorded | None) -> Departure:
        """What is told of the path's end: the recorded event that would not come, else the made one that was not."""
        if missing is None:
            made = self._surplus[0]
            over = self._first_to_come() is None
            why = f"the recording ends; {made['type']} would follow" if over else f"{made['type']} would come besides"
            why += self._doubt()
            return Departure(self._owner(made), None, made, why)
        state = self._owner(missing)
        follow = missing["previousEventId"]
        instead = next((each for each in self._surplus if each["previousEventId"] == follow), None)
        if instead is None and self._surplus:
            instead = self._surplus[0]
        if instead is not None:
            why = difference(missing, instead, self._ids.known) or f"{instead['type']} would come besides"
        else:
            why = "the execution would be over" if self._ended else f"nothing would wait for {missing['type']}"
        if state is None and instead is not None:
            state = self._owner(instead)
        return Departure(state, missing, instead, why + self._doubt())

    def _doubt(self) -> str:
        return "; random numbers were drawn on the way, which are others in a replay" if self._ids.ever else ""

    def _owner(self, event: Recorded) -> str | None:
        """The state of a recorded event, or of a made one that names the recorded event that it follows."""
        details = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}
        name: str | None = details.get("name")
        return name or self._owners.get(event["previousEventId"])

    # -- what came from outside

    def _input(self, event: Recorded) -> Input | None:
        """What has ``event`` for its first trace; None where nothing waits for it."""
        kind, details = event["type"], details_of(event)
        if self._ended:
            return None
        if kind == "ExecutionTimedOut":
            return TimedOut()
        if kind == "ExecutionAborted":
            return Stopped(details.get("error"), details.get("cause"))
        frame = self._waiting(event, details)
        if frame is None:
            return None
        if frame.status in (frames.TIMER, frames.RETRYING):
            return TimerFired(frame.id, frame.ticket)
        if event["type"] == "MapRunSucceeded":
            return self._map_run_ended(event, frame)
        return answer(event, details, frame)

    def _map_run_ended(self, event: Recorded, frame: Frame) -> MapRunEnded:
        result = self._results.get(map_run_of(event, self._history))
        if result is not None:
            return MapRunEnded(frame.id, frame.ticket, result, orjson.loads(result))
        left = left_behind(event, frame.name, self._ahead())
        self.take(frame.name, "what its map run gave is not recorded")
        return MapRunEnded(frame.id, frame.ticket, "[]", [], left=left)

    def _ahead(self) -> Iterator[Recorded]:
        return (self._history[place] for place in range(self._next, len(self._history)))

    def _waiting(self, event: Recorded, details: Recorded) -> Frame | None:
        """The frame that the event is for. After a redrive several wait behind the same event."""
        behind = event["previousEventId"]
        standing = (self._execution.frames.get(id_) for id_ in self._standing.get(behind, ()))
        found = [
            frame
            for frame in standing
            if frame is not None and frame.status in _WAITING and self._counterpart.get(frame.previous) == behind
        ]
        named = [frame for frame in found if details.get("name", frame.name) == frame.name]
        alike = [frame for frame in named if details.get("output") == frame.text]
        return next(iter(alike or named or found), None)
