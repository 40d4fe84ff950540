"""Map in distributed mode: each item, or batch of items, is a child workflow of its own.

Children appear in no history of the parent: it tells of the map run alone. Here they are frames whose events are
counted (their errors name event ids) but not kept. Not yet: ItemReader, ResultWriter, the map run's own API.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headwater.languages.asl.branches import add_child, drop_children
from headwater.languages.asl.errors import TOLERATED_FAILURE_EXCEEDED, StateFailed, runtime
from headwater.languages.asl.execution import Frame
from headwater.languages.asl.flow import Flow
from headwater.languages.asl.joining import collect
from headwater.languages.asl.machine import Workflow
from headwater.languages.asl.map_state import Items, MapState
from headwater.languages.asl.numbers import Number
from headwater.languages.asl.queries import Scope, dump
from headwater.languages.asl.templates import JsonataScope, Template

if TYPE_CHECKING:
    from headwater.languages.asl.run import Run

DISTRIBUTED_CONCURRENCY = 10_000
THRESHOLD_CAUSE = "The specified tolerated failure threshold was exceeded"


@dataclass(frozen=True, slots=True)
class Batcher:
    """ItemBatcher. A limit of 0 is none."""

    items: int = 0
    input_bytes: int = 0
    batch_input: Template | None = None

    def split(self, items: list[Any]) -> list[list[Any]]:
        batches: list[list[Any]] = []
        size = 0
        for item in items:
            length = len(dump(item).encode())
            full = bool(batches) and (
                (self.items and len(batches[-1]) >= self.items)
                or (self.input_bytes and size + length > self.input_bytes)
            )
            if full or not batches:
                batches.append([])
                size = 0
            batches[-1].append(item)
            size += length
        return batches


@dataclass(frozen=True, slots=True)
class Distribution:
    """The fields that only a distributed Map has."""

    label: str = ""
    tolerated_count: Number | None = None
    tolerated_percentage: Number | None = None
    batcher: Batcher | None = None


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

    def _begin(self, run: "Run", frame: Frame, effective: Any, items: list[Any], limit: int) -> bool:
        self._tolerated(run, frame, effective, len(items))
        run.note(frame, "MapRunStarted", {"mapRunArn": self._map_run_arn(run)})
        batched = self._batch(run, frame, effective, items)
        if not batched:
            return self._complete(run, frame, [], "[]")
        join = self._join(run, frame, batched, min(limit or DISTRIBUTED_CONCURRENCY, DISTRIBUTED_CONCURRENCY))
        for _ in range(min(join.limit, join.total)):
            self._start_next(run, frame, effective, batched, 0)
        return False

    def _map_run_arn(self, run: "Run") -> str:
        execution = run.execution
        prefix = execution.machine_arn.split(":stateMachine:")[0]
        label = self.distribution.label or run.ids.uuid()
        return f"{prefix}:mapRun:{execution.machine_name}/{label}:{run.ids.uuid()}"

    def _tolerated(self, run: "Run", frame: Frame, effective: Any, total: int) -> int:
        """How many children may fail."""
        count, percentage = self.distribution.tolerated_count, self.distribution.tolerated_percentage
        allowed = 0
        if count is not None:
            number = count.evaluate(run, frame, effective, jsonata=self.jsonata)
            if number < 0:
                raise runtime("ToleratedFailureCount cannot be negative.")
            allowed = int(number)
        if percentage is not None:
            share = percentage.evaluate(run, frame, effective, jsonata=self.jsonata)
            if not 0 <= share <= 100:
                raise runtime("ToleratedFailurePercentage must be between 0 and 100.")
            by_share = int(total * share / 100)
            allowed = by_share if count is None else min(allowed, by_share)
        return allowed

    def _batch(self, run: "Run", frame: Frame, effective: Any, items: list[Any]) -> list[Any]:
        batcher = self.distribution.batcher
        if batcher is None:
            return items
        selected = [self._select(run, frame, effective, index, item) for index, item in enumerate(items)]
        given: dict[str, Any] = {}
        if batcher.batch_input is not None:
            scope = JsonataScope(run, frame) if self.jsonata else Scope(run, frame, effective)
            given["BatchInput"] = batcher.batch_input.evaluate(scope)
        return [{**given, "Items": batch} for batch in batcher.split(selected)]

    def _start_next(self, run: "Run", frame: Frame, effective: Any, items: list[Any], previous: int) -> None:
        join = frame.join
        assert join is not None
        index = join.started
        batched = self.distribution.batcher is not None
        value = items[index] if batched else self._select(run, frame, effective, index, items[index])
        join.started += 1
        child = add_child(run, frame, join.first + index, index, self.processor, value, dump(value))
        child.item = None
        child.variables = {}
        child.home = child.id
        child.previous = child.counter = 1  # its own ExecutionStarted
        run.ready(child)

    def child_ended(self, run: "Run", frame: Frame, child: Frame) -> bool:
        return self._child_over(run, frame)

    def child_failed(self, run: "Run", frame: Frame, child: Frame, failed: StateFailed) -> bool:
        join = frame.join
        assert join is not None
        join.failed += 1
        effective = self._effective(run, frame)
        if join.failed <= self._tolerated(run, frame, effective, join.total):
            return self._child_over(run, frame)
        drop_children(run, frame)
        run.wake(frame)
        failure = StateFailed(TOLERATED_FAILURE_EXCEEDED, THRESHOLD_CAUSE)
        run.note(frame, "MapRunFailed", {"error": failure.error, "cause": failure.cause})
        raise failure

    def _child_over(self, run: "Run", frame: Frame) -> bool:
        join = frame.join
        assert join is not None
        join.pending -= 1
        run.changed.add(frame.id)
        if join.pending == 0:
            result, text = collect(run, frame)
            run.wake(frame)
            return self._complete(run, frame, result, text)
        if join.started < join.total:
            items = run.execution.frames[join.items].value
            self._start_next(run, frame, self._effective(run, frame), items, 0)
        return False

    def _complete(self, run: "Run", frame: Frame, result: list[Any], text: str) -> bool:
        started = frame.previous
        succeeded = frame.previous = run.note_aside(frame, "MapRunSucceeded")
        run.note_aside(frame, "MapStateSucceeded")
        # As recorded: the exit hangs on the run's start, except where the Map is the execution's first state.
        frame.previous = started if frame.before else succeeded
        return self.leave(run, frame, result, text)
