"""Map in distributed mode: each item, or batch of items, is an execution of its own; together they are a map run.

The stepper evaluates the fields and asks for the run; whoever carries it out asks back for each child's input and
tells of the end. The history tells of the map run alone.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from headwater.languages.asl import execution as frames
from headwater.languages.asl.commands import MapRunEnded, StartMapRun, TaskInput
from headwater.languages.asl.errors import StateFailed, runtime
from headwater.languages.asl.execution import Frame
from headwater.languages.asl.flow import Flow
from headwater.languages.asl.item_batcher import Batcher
from headwater.languages.asl.item_reader import ItemReader
from headwater.languages.asl.machine import Workflow
from headwater.languages.asl.map_state import Items, MapState
from headwater.languages.asl.numbers import Number
from headwater.languages.asl.result_writer import ResultWriter
from headwater.languages.asl.templates import Template

if TYPE_CHECKING:
    from headwater.languages.asl.run import Run

DISTRIBUTED_CONCURRENCY = 10_000
THRESHOLD_CAUSE = "The specified tolerated failure threshold was exceeded"


@dataclass(frozen=True, slots=True)
class Distribution:
    """The fields that only a distributed Map has."""

    label: str = ""
    express: bool = False
    tolerated_count: Number | None = None
    tolerated_percentage: Number | None = None
    batcher: Batcher | None = None
    reader: ItemReader | None = None
    writer: ResultWriter | None = None


class DistributedMapState(MapState):
    def __init__(
        self,
        name: str,
        next_: str | None,
        flow: Flow,
        processor: Workflow,
        items: Items,
        distribution: Distribution,
        *,
        selector: Template | None = None,
        concurrency: Number | None = None,
    ) -> None:
        super().__init__(name, next_, flow, processor, items, selector=selector, concurrency=concurrency)
        self.distribution = distribution

    def enter(self, run: "Run", frame: Frame) -> bool:
        run.wake(frame)
        frame.map_run = None
        given = self.distribution
        effective = self.effective(run, frame)
        items = None if given.reader else self.read_items(run, frame, effective)
        limit = self.limit(run, frame, effective)
        run.note(frame, "MapStateStarted", {"length": 0 if items is None else len(items)})
        count, percentage = self.tolerated(run, frame, effective)
        settings = {
            "express": given.express,
            "concurrency": limit,
            "tolerated_count": count,
            "tolerated_percentage": percentage,
            "batcher": given.batcher and given.batcher.evaluate(run, frame, effective, jsonata=self.jsonata),
            "reader": given.reader and given.reader.evaluate(run, frame, effective, jsonata=self.jsonata),
            "writer": given.writer and given.writer.evaluate(run, frame, effective, jsonata=self.jsonata),
        }
        arn = self._map_run_arn(run)
        run.note(frame, "MapRunStarted", {"mapRunArn": arn})
        frame.map_run = (arn, 0)
        ticket = run.ticket(frame, frames.TASK)
        run.commands.append(StartMapRun(frame.id, ticket, self.name, arn, items, settings))
        return False

    def revive(self, run: "Run", frame: Frame) -> bool:
        """The run goes on with its children that did not succeed; without one it begins."""
        if frame.map_run is None:
            return self.enter(run, frame)
        arn, redrives = frame.map_run
        frame.map_run = (arn, redrives + 1)
        run.note(frame, "MapRunRedriven", {"mapRunArn": arn, "redriveCount": redrives + 1})
        ticket = run.ticket(frame, frames.TASK)
        run.commands.append(StartMapRun(frame.id, ticket, self.name, arn, None, {}, redrive=True))
        return False

    def _map_run_arn(self, run: "Run") -> str:
        execution = run.execution
        prefix = execution.machine_arn.split(":stateMachine:")[0]
        label = self.distribution.label or run.ids.uuid()
        return f"{prefix}:mapRun:{execution.machine_name}/{label}:{run.ids.uuid()}"

    def tolerated(self, run: "Run", frame: Frame, effective: Any) -> tuple[int | None, float | None]:
        """How many children may fail, and what share of them in percent; None where the definition does not say."""
        count, percentage = self.distribution.tolerated_count, self.distribution.tolerated_percentage
        allowed = share = None
        if count is not None:
            allowed = int(count.evaluate(run, frame, effective, jsonata=self.jsonata))
            if allowed < 0:
                raise runtime("ToleratedFailureCount cannot be negative.")
        if percentage is not None:
            share = percentage.evaluate(run, frame, effective, jsonata=self.jsonata)
            if not 0 <= share <= 100:
                raise runtime("ToleratedFailurePercentage must be between 0 and 100.")
        return allowed, share

    def task(self, run: "Run", frame: Frame, event: TaskInput) -> bool:
        assert isinstance(event, MapRunEnded)
        run.wake(frame)
        if event.output is None:
            details = {"error": event.error, "cause": event.cause}
            run.note(frame, "MapRunFailed", {name: text for name, text in details.items() if text is not None})
            raise StateFailed(event.error, event.cause)
        frame.map_run = None
        started = frame.previous
        succeeded = frame.previous = run.note_aside(frame, "MapRunSucceeded")
        state_succeeded = run.note_aside(frame, "MapStateSucceeded")
        # As recorded: the exit hangs on the run's start, except where the Map is the execution's first state.
        frame.previous = started if frame.before else succeeded
        if event.left is not None:
            text, assigned = event.left
            return run.exit(frame, self, orjson.loads(text), text, assigned, self.next)
        return self.leave_joined(run, frame, state_succeeded, event.value, event.output)

    def note_aborted(self, run: "Run", frame: Frame) -> None:
        run.note_aside(frame, "MapRunAborted")
        super().note_aborted(run, frame)


def exceeds(failed: int, total: int, count: int | None, percentage: float | None) -> bool:
    """Whether more children have failed than both thresholds tolerate; without any, one failure is too many."""
    allowed = 0 if count is None and percentage is None else total
    if count is not None:
        allowed = count
    if percentage is not None:
        allowed = min(allowed, int(total * percentage / 100))
    return failed > allowed
