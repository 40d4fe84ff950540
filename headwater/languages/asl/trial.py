"""One state tried alone, as TestState does: what goes in and out of it, with a result or an error put in its place.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from collections.abc import Iterator
from typing import Any

import orjson

from headwater.languages.asl.commands import RunTask, TaskInput
from headwater.languages.asl.distributed_map_state import THRESHOLD_CAUSE, DistributedMapState, exceeds
from headwater.languages.asl.errors import TOLERATED_FAILURE_EXCEEDED, StateFailed
from headwater.languages.asl.execution import ROOT, Execution, Frame
from headwater.languages.asl.item_batcher import Batching
from headwater.languages.asl.machine import State, Workflow
from headwater.languages.asl.map_state import MapState
from headwater.languages.asl.payload import is_too_large
from headwater.languages.asl.queries import dump
from headwater.languages.asl.retry import takes
from headwater.languages.asl.run import Over, Prepare, Run
from headwater.languages.asl.traced_flow import traced
from headwater.languages.intrinsics_functions import Randomness

SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
RETRIABLE = "RETRIABLE"
CAUGHT = "CAUGHT_ERROR"


class Trial(Run):
    """`inspected`: the data of each stage as TestState names it; `status`, `output`, `error`, `cause`, `next`: how it
    ended, None while a task or a timer is waited for."""

    __slots__ = ("cause", "error", "error_details", "given_context", "inspected", "next", "output", "retries", "status")

    def __init__(
        self,
        execution: Execution,
        now: int,
        ids: Randomness,
        prepare: Prepare,
        state: State,
        *,
        variables: dict[str, Any],
        context: dict[str, Any] | None,
        retries: int,
    ) -> None:
        super().__init__(execution, now, ids, prepare)
        self.inspected: dict[str, Any] = {"input": execution.input_text}
        self.status: str | None = None
        self.output: str | None = None
        self.error: str | None = None
        self.cause: str | None = None
        self.next: str | None = None
        self.error_details: dict[str, int] = {}
        self.given_context = context
        self.retries = retries
        state.flow = traced(state, self.inspected)
        workflow = Workflow(state.name, {state.name: state})
        frame = Frame(ROOT, 0, 0, workflow, execution.input_value, execution.input_text)
        frame.variables = variables
        frame.entered_at = now
        execution.frames[ROOT] = frame

    @property
    def frame(self) -> Frame:
        return self.execution.frames[ROOT]

    @property
    def state(self) -> State:
        return self.frame.workflow.states[self.frame.name]

    def context(self, frame: Frame) -> dict[str, Any]:
        if self.given_context is not None:
            return self.given_context
        context = super().context(frame)
        # there is nothing to redrive
        execution = {name: value for name, value in context["Execution"].items() if name != "RedriveCount"}
        return {**context, "Execution": execution}

    # -- trying

    def enter(self) -> RunTask | None:
        """Do the state's own work. A task to run, where it has one."""
        self._try(self.state.enter, self, self.frame)
        return next((command for command in self.commands if isinstance(command, RunTask)), None)

    def answer(self, event: TaskInput) -> None:
        """What came of the task."""
        self._try(self.state.task, self, self.frame, event)

    def ring(self) -> None:
        """The time that the state waits for has come."""
        self._try(self.state.timer, self, self.frame)

    def branches(self, mock: str, failure: StateFailed | None) -> None:
        """A Parallel state whose branches gave `mock`, the JSON text of an array, or failed."""
        self._try(self._branches, mock, failure)

    def _branches(self, mock: str, failure: StateFailed | None) -> bool:
        self.state.flow.arguments(self, self.frame)
        return self._end_container(mock, failure)

    def _end_container(self, mock: str, failure: StateFailed | None) -> bool:
        if failure is not None:
            raise failure
        return self.state.leave(self, self.frame, orjson.loads(mock), mock)

    def iterations(self, mock: str, failure: StateFailed | None, failed: int, read: list[Any] | None) -> None:
        """A Map whose iterations gave `mock`, or failed; `read`: the items that its reader found."""
        self._try(self._iterations, mock, failure, failed, read)

    def _iterations(self, mock: str, failure: StateFailed | None, failed: int, read: list[Any] | None) -> bool:
        state, frame = self.state, self.frame
        assert isinstance(state, MapState)
        effective = state.effective(self, frame)
        items = self._items(state, effective, read)
        self.inspected["maxConcurrency"] = state.limit(self, frame, effective)
        if isinstance(state, DistributedMapState):
            self._distributed(state, effective, items, failed, failure)
        elif state.selector is not None:
            self._selected(state, effective, items)
        return self._end_container(mock, failure)

    def _items(self, state: MapState, effective: Any, read: list[Any] | None) -> list[Any]:
        if isinstance(state, DistributedMapState) and state.distribution.reader is not None:
            state.distribution.reader.evaluate(self, self.frame, effective, jsonata=state.jsonata)
            if read is not None and state.distribution.reader.config.get("ItemsPointer"):
                self.inspected["afterItemsPointer"] = dump(read)
            return read or []
        items = state.read_items(self, self.frame, effective)
        if not state.jsonata:
            self.inspected["afterItemsPath"] = dump(items)
        return items

    def _selected(self, state: MapState, effective: Any, items: list[Any]) -> list[Any]:
        if state.selector is None:
            return items
        selected = [state.select(self, self.frame, effective, at, item) for at, item in enumerate(items)]
        self.inspected["afterItemSelector"] = dump(selected)
        return selected

    def _distributed(
        self, state: DistributedMapState, effective: Any, items: list[Any], failed: int, failure: StateFailed | None
    ) -> None:
        count, percentage = state.tolerated(self, self.frame, effective)
        if count is not None:
            self.inspected["toleratedFailureCount"] = count
        if percentage is not None:
            self.inspected["toleratedFailurePercentage"] = percentage
        inputs = self._selected(state, effective, items)
        batcher = state.distribution.batcher
        if batcher is not None:
            settings = batcher.evaluate(self, self.frame, effective, jsonata=state.jsonata)
            batches = [given for _, given in Batching(settings, inputs).take(last=True)]
            self.inspected["afterItemBatcher"] = dump(batches)
        limited = count is not None or percentage is not None
        if failure is None and limited and exceeds(failed, len(items), count, percentage):
            raise StateFailed(TOLERATED_FAILURE_EXCEEDED, THRESHOLD_CAUSE)

    def _try(self, act: Any, *arguments: Any) -> None:
        try:
            self._guarded(self.frame, self.state, act, *arguments)
        except Over:
            return

    # -- how it ended

    def exit(
        self,
        frame: Frame,
        state: State,
        value: Any,
        text: str,
        assigned: dict[str, Any] | None,
        next_: str | None,
    ) -> bool:
        if is_too_large(text):
            raise self.too_large(state)
        self.variable_texts(state, assigned or {})
        self.status = self.status or SUCCEEDED
        self.output, self.next = text, next_
        variables = {**frame.variables, **(assigned or {})}
        if variables:
            self.inspected["variables"] = dump(variables)
        raise Over

    def fail(self, frame: Frame, error: str | None, cause: str | None) -> bool:
        self._conclude(FAILED, StateFailed(error, cause))
        raise Over

    def _conclude(self, status: str, failed: StateFailed) -> None:
        self.status, self.error, self.cause = status, failed.error, failed.cause

    def _failed(self, frame: Frame, state: State, failed: StateFailed) -> bool:
        self.status = None
        for at, retrier in enumerate(() if failed.is_for_good else state.retriers):
            if not takes(retrier.errors, failed):
                continue
            if self.retries >= retrier.attempts:
                self.error_details = {"retryIndex": at}
                break
            self._conclude(RETRIABLE, failed)
            seconds = retrier.delay(self.retries, self.ids) // 1000
            self.error_details = {"retryIndex": at, "retryBackoffIntervalSeconds": seconds}
            raise Over
        for at, catcher in enumerate(state.catchers):
            if takes(catcher.errors, failed):
                output, text, assigned = catcher.leave(self, frame, failed)
                self._conclude(CAUGHT, failed)
                self.error_details = {"catchIndex": at}
                return self.exit(frame, state, output, text, assigned, catcher.next)
        self._conclude(FAILED, failed)
        raise Over

    def _end_failed(self, frame: Frame, failed: StateFailed) -> bool:
        return self.fail(frame, failed.error, failed.cause)


def inner_names(state: State) -> Iterator[str]:
    """The names of the states inside a Map or Parallel state."""
    workflows = getattr(state, "branches", None) or [getattr(state, "processor", None)]
    for workflow in workflows:
        for name, inner in () if workflow is None else workflow.states.items():
            yield name
            yield from inner_names(inner)


def find_state(workflow: Workflow, name: str) -> State | None:
    """A state by its name, however deep it lies; names are unique in a machine."""
    for own, state in workflow.states.items():
        if own == name:
            return state
        for inner in getattr(state, "branches", None) or [getattr(state, "processor", None)]:
            found = None if inner is None else find_state(inner, name)
            if found is not None:
                return found
    return None
