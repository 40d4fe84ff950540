"""Map: its item processor for each item of an array; the result is the array of the outputs.

Inline iterations are frames of the same execution and appear in its history, at most forty at a time.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headwater.languages.asl import execution as frames
from headwater.languages.asl.branches import abort_siblings, add_child
from headwater.languages.asl.errors import RUNTIME, StateFailed, evaluation, runtime
from headwater.languages.asl.execution import Frame, Join
from headwater.languages.asl.flow import FilterPath, Flow
from headwater.languages.asl.joining import collect
from headwater.languages.asl.machine import State, Workflow
from headwater.languages.asl.numbers import Number
from headwater.languages.asl.queries import Scope, dump
from headwater.languages.asl.templates import JsonataScope, Template, expect

if TYPE_CHECKING:
    from headwater.languages.asl.run import Run

INLINE_CONCURRENCY = 40


@dataclass(frozen=True, slots=True)
class Items:
    """Where a Map's items come from: ItemsPath with its text (JSONPath), Items (JSONata), or the input itself."""

    path: FilterPath | None = None
    path_text: str = "$"
    template: Template | None = None


class MapState(State):
    kind = "Map"
    retriable = True

    def __init__(
        self,
        name: str,
        next_: str | None,
        flow: Flow,
        processor: Workflow,
        items: Items,
        *,
        selector: Template | None = None,
        concurrency: Number | None = None,
    ) -> None:
        super().__init__(name, next_, flow)
        self.processor = processor
        self.items = items
        self.selector = selector
        self.concurrency = concurrency

    def enter(self, run: "Run", frame: Frame) -> bool:
        run.wake(frame)
        effective = self.effective(run, frame)
        items = self.read_items(run, frame, effective)
        limit = self.limit(run, frame, effective)
        run.note(frame, "MapStateStarted", {"length": len(items)})
        return self._begin(run, frame, effective, items, limit)

    def effective(self, run: "Run", frame: Frame) -> Any:
        return frame.value if self.jsonata else self.flow.effective(run, frame)

    def read_items(self, run: "Run", frame: Frame, effective: Any) -> list[Any]:
        if self.items.template is not None:
            template = self.items.template
            items = expect(template, template.evaluate(JsonataScope(run, frame)), "array")
        elif self.items.path is not None:
            items = self.items.path.select(run, frame, effective)
        else:
            items = effective
        if type(items) is list:
            return items
        if self.jsonata:
            raise evaluation(f"Map state input must be an array but was: {dump(items)}")
        raise runtime(f'Reference path "{self.items.path_text}" must point to array.')

    def limit(self, run: "Run", frame: Frame, effective: Any) -> int:
        """MaxConcurrency, 0 for none."""
        if self.concurrency is None:
            return 0
        limit = int(self.concurrency.evaluate(run, frame, effective, jsonata=self.jsonata))
        if limit < 0:
            raise runtime(f"Expected non-negative integer for MaxConcurrency, got '{limit}' instead.")
        return limit

    def _begin(self, run: "Run", frame: Frame, effective: Any, items: list[Any], limit: int) -> bool:
        if not items:
            return self._complete(run, frame, [], "[]")
        limit = min(limit or INLINE_CONCURRENCY, INLINE_CONCURRENCY)
        join = self._join(run, frame, items, limit)
        for _ in range(min(join.limit, join.total)):
            self._start_next(run, frame, effective, items, frame.previous)
        return False

    def _join(self, run: "Run", frame: Frame, items: list[Any], limit: int) -> Join:
        """Take the children's numbers; items that must wait their turn are kept in a frame of their own."""
        execution = run.execution
        join = Join(execution.last_frame + 1, len(items), limit)
        execution.last_frame += len(items)
        if limit < len(items):
            execution.last_frame += 1
            join.items = execution.last_frame
            holder = add_child(run, frame, join.items, 0, self.processor, items, dump(items))
            holder.status = frames.ITEMS
        frame.join = join
        frame.status = frames.JOIN
        return join

    def _start_next(self, run: "Run", frame: Frame, effective: Any, items: list[Any], previous: int) -> None:
        join = frame.join
        assert join is not None
        index = join.started
        try:
            value = self.select(run, frame, effective, index, items[index])
        except StateFailed as failed:
            if failed.error != RUNTIME:
                abort_siblings(run, frame, previous)
            raise
        join.started += 1
        child = add_child(run, frame, join.first + index, index, self.processor, value, dump(value))
        child.item = (index, items[index])
        child.previous = previous
        run.note(child, "MapIterationStarted", {"name": self.name, "index": index})
        run.ready(child)

    def select(self, run: "Run", frame: Frame, effective: Any, index: int, item: Any, *about: dict[str, Any]) -> Any:
        """The iteration's input. While it is computed the context object shows the item, and what is told about it."""
        if self.selector is None:
            return item
        outer, frame.item = frame.item, (index, item, *about)
        try:
            scope = JsonataScope(run, frame) if self.jsonata else Scope(run, frame, effective)
            return self.selector.evaluate(scope)
        finally:
            frame.item = outer

    def child_workflow(self, index: int) -> Workflow:
        return self.processor

    def child_ended(self, run: "Run", frame: Frame, child: Frame) -> bool:
        join = frame.join
        assert join is not None
        details = {"name": self.name, "index": child.index}
        frame.previous = run.note_aside(child, "MapIterationSucceeded", details)
        join.pending -= 1
        run.changed.add(frame.id)
        if join.pending == 0:
            result, text = collect(run, frame)
            run.wake(frame)
            return self._complete(run, frame, result, text)
        if join.started < join.total:
            items = run.execution.frames[join.items].value
            self._start_next(run, frame, self.effective(run, frame), items, child.previous)
        return False

    def _complete(self, run: "Run", frame: Frame, result: list[Any], text: str) -> bool:
        succeeded = run.note_aside(frame, "MapStateSucceeded")
        return self.leave_joined(run, frame, succeeded, result, text)

    def child_failed(self, run: "Run", frame: Frame, child: Frame, failed: StateFailed) -> bool:
        abort_siblings(run, frame, child.previous, child)
        run.note_aside(child, "MapIterationFailed", {"name": self.name, "index": child.index})
        frame.previous = child.previous
        run.wake(frame)
        raise failed

    def note_child_aborted(self, run: "Run", child: Frame) -> None:
        run.note_aside(child, "MapIterationAborted", {"name": self.name, "index": child.index})

    def note_failure(self, run: "Run", frame: Frame) -> None:
        run.note(frame, "MapStateFailed")
