"""A world for the stepper in tests: a clock that jumps from timer to timer, and tasks answered by a function."""

import random
import uuid
from collections.abc import Callable
from typing import Any

import orjson

from headwater.languages.asl import Execution, Machine, Run, load_frame, resume, start
from headwater.languages.asl.commands import (
    Finish,
    GoneOn,
    GoOn,
    Input,
    MapRunEnded,
    RunTask,
    StartMapRun,
    StartTimer,
    TimerFired,
)
from headwater.languages.asl.distributed_map_state import THRESHOLD_CAUSE, exceeds
from headwater.languages.asl.errors import TOLERATED_FAILURE_EXCEEDED
from headwater.languages.asl.execution import Frame
from headwater.languages.asl.history import Event, render
from headwater.languages.asl.item_batcher import Batching
from headwater.languages.asl.queries import dump

Answer = Callable[[RunTask], list[Input]]

STARTED_AT = 1_800_000_000_000


class Ids:
    """Ids and random numbers from a seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def random(self) -> float:
        return self._random.random()


def execution(given: Any, *, express: bool = False) -> Execution:
    return Execution(
        "arn:aws:states:us-east-1:111111111111:execution:machine:run",
        "run",
        "arn:aws:iam::111111111111:role/role",
        "arn:aws:states:us-east-1:111111111111:stateMachine:machine",
        "machine",
        STARTED_AT,
        given if isinstance(given, str) else orjson.dumps(given).decode(),
        express=express,
    )


def no_tasks(command: RunTask) -> list[Input]:
    raise AssertionError(f"unexpected task {command}")


class World:
    """One execution driven to its end. `crash`: everything is saved and loaded again between steps."""

    def __init__(self, machine: Machine, given: Any, answer: Answer = no_tasks, *, crash: bool = False) -> None:
        self.machine = machine
        self.execution = execution(given)
        self.answer = answer
        self.crash = crash
        self.now = STARTED_AT
        self.ids = Ids()
        self.history: list[tuple[Event, int]] = []
        self.finish: Finish | None = None
        self.steps = 0
        self._rows: dict[int, str] = {}
        self._timers: dict[tuple[int, int], int] = {}
        self._inbox: list[Input] = []

    def run(self) -> "World":
        self._take(start(self.machine, self.execution, self.now, self.ids))
        return self._go_on()

    def redrive(self) -> "World":
        """Go on after a bad end."""
        self.finish = None
        self._inbox.clear()
        self._timers.clear()
        run = Run(self.execution, self.now, self.ids)
        run.redrive()
        self._take(run)
        return self._go_on()

    def _go_on(self) -> "World":
        while self.finish is None:
            self._take(resume(self.execution, self._next(), self.now, self.ids))
        return self

    def _next(self) -> Input:
        if self._inbox:
            return self._inbox.pop(0)
        (frame, ticket), at = min(self._timers.items(), key=lambda item: (item[1], item[0]))
        del self._timers[frame, ticket]
        self.now = max(self.now, at)
        return TimerFired(frame, ticket)

    def _take(self, run: Run) -> None:
        self.steps += 1
        self.history += [(event, self.now) for event in run.events]
        for command in run.commands:
            if isinstance(command, RunTask):
                self._inbox += self.answer(command)
            elif isinstance(command, StartTimer):
                self._timers[command.frame, command.ticket] = command.at
                frame = self.execution.frames.get(command.frame)
                if frame is not None and frame.ticket == command.ticket:
                    frame.handles.append(command.ticket)
            elif isinstance(command, StartMapRun):
                self._inbox.append(self._map_run(command))
            elif isinstance(command, GoOn):
                self._inbox.append(GoneOn())
            else:
                self.finish = command
        for key in [key for key in self._timers if key[1] in run.released]:
            del self._timers[key]
        self._save(run)

    def _map_run(self, command: StartMapRun) -> Input:
        """Every child one after the other, in a world of its own."""
        state, frame = self.machine.maps[command.state], self.execution.frames[command.frame]
        run = Run(self.execution, self.now, self.ids)
        effective = state.effective(run, frame)
        inputs = [state.select(run, frame, effective, at, item, {}) for at, item in enumerate(command.items)]
        if batcher := command.settings["batcher"]:
            inputs = [batch for _, batch in Batching(batcher, inputs).take(last=True)]
        ends = []
        for given in inputs:
            child = World(Machine(state.processor, self.machine.maps), dump(given), self.answer, crash=self.crash)
            child.now = self.now
            ends.append(child.run().finish)
            self.now = child.now
        failed = sum(end is not None and end.status != "SUCCEEDED" for end in ends)
        thresholds = command.settings["tolerated_count"], command.settings["tolerated_percentage"]
        if exceeds(failed, len(inputs), *thresholds):
            failure = {"error": TOLERATED_FAILURE_EXCEEDED, "cause": THRESHOLD_CAUSE}
            return MapRunEnded(command.frame, command.ticket, **failure)
        texts = [end.output for end in ends if end is not None and end.output is not None]
        output = "[" + ",".join(texts) + "]"
        return MapRunEnded(command.frame, command.ticket, output, orjson.loads(output))

    def _save(self, run: Run) -> None:
        frames = self.execution.frames
        assert not run.changed - frames.keys()
        for id_ in run.removed:
            del self._rows[id_]
        if self.crash:  # what is not written must be as it was
            for id_ in self._rows.keys() - run.changed:
                assert frames[id_].dump(frames.get(frames[id_].parent)) == self._rows[id_]
        for id_ in run.changed:
            frame = frames[id_]
            self._rows[id_] = frame.dump(frames.get(frame.parent))
            frame.stored = True
        if self.finish is not None:
            assert not self._rows or self.finish.status != "SUCCEEDED"
        elif self.crash:
            loaded: dict[int, Frame] = {}
            for id_ in sorted(self._rows):
                loaded[id_] = load_frame(id_, self._rows[id_], loaded, self.machine.workflow)
            self.execution.frames = loaded

    def events(self) -> list[dict[str, Any]]:
        return [render(event, timestamp) for event, timestamp in self.history]
