"""Items of a map run become its children's inputs: selected, batched, and stored in packed rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.languages.asl import Run
from headwater.languages.asl.errors import DATA_LIMIT, StateFailed, told
from headwater.languages.asl.execution import Execution, Frame
from headwater.languages.asl.item_batcher import Batching
from headwater.languages.asl.payload import MAXIMUM_PAYLOAD
from headwater.services.states import tables
from headwater.services.states.machine import compiled
from headwater.services.states.map_run import READ, RUNNING, MapRun, map_run_by_id
from headwater.services.states.map_steps import BATCH, fail_map_run, settle
from headwater.services.states.record import execution_by_id, load
from headwater.spine.operations import Call

# Of a row of inputs, in bytes of JSON text, so that a step never has much in hand.
_ROW = 1_000_000


class Place(NamedTuple):
    """How far the reading has come: items read, children made of them, and items of the batch at hand."""

    items: int = 0
    children: int = 0
    rest: tuple[Any, ...] = ()


class Abandoned(Exception):
    """Nobody waits for the map run any more."""


def waiting_frame(call: Call, run: MapRun) -> tuple[Execution, Frame] | None:
    """The parent's frame that waits for the run."""
    record = execution_by_id(call, run.execution)
    if record is None or record.status != RUNNING:
        return None
    execution = load(call, record)
    call.memory.put(record.id, execution)
    frame = execution.frames.get(run.frame)
    return None if frame is None or frame.ticket != run.ticket else (execution, frame)


def given_items(call: Call, run: MapRun) -> list[Any] | None:
    """The items that the waiting state was given; None where a reader finds them."""
    waiting = None if run.settings["reader"] else waiting_frame(call, run)
    if waiting is None:
        return None
    execution, frame = waiting
    state = compiled(call, run.definition).maps[run.state]
    stepper = Run(execution, call.now, call.ids)
    return state.read_items(stepper, frame, state.effective(stepper, frame))


def store_slice(call: Call, run_id: int, values: list[tuple[Any, dict[str, Any]]], at: Place, *, last: bool) -> Place:
    """Store what becomes of some items, each with what the context object tells of it. StateFailed where a field
    cannot be evaluated or an input is too large."""
    run = map_run_by_id(call, run_id)
    waiting = None if run is None else waiting_frame(call, run)
    if run is None or run.status != RUNNING or waiting is None:
        raise Abandoned
    inputs = _selected(call, run, waiting, values, at)
    rest: list[Any] = []
    if run.settings["batcher"] is None:
        entries = [(1, given) for given in inputs]
    else:
        batching = Batching(run.settings["batcher"], list(at.rest))
        for given in inputs:
            batching.add(given)
        entries, rest = batching.take(last=last), batching.rest
    _store(call, run_id, at.children, entries)
    return Place(at.items + len(values), at.children + len(entries), tuple(rest))


def _selected(
    call: Call, run: MapRun, waiting: tuple[Execution, Frame], values: list[tuple[Any, dict[str, Any]]], at: Place
) -> list[Any]:
    state = compiled(call, run.definition).maps[run.state]
    if state.selector is None:
        return [value for value, _ in values]
    execution, frame = waiting
    stepper = Run(execution, call.now, call.ids)
    effective = state.effective(stepper, frame)
    try:
        return [
            state.select(stepper, frame, effective, index, value, about)
            for index, (value, about) in enumerate(values, at.items)
        ]
    except StateFailed as failed:
        raise StateFailed(failed.error, told(state.name, frame.entered, failed.cause)) from None


def _store(call: Call, run_id: int, first: int, entries: list[tuple[int, Any]]) -> None:
    row: list[bytes] = []
    size = 0
    for entry in entries:
        text = orjson.dumps(entry)
        if len(text) > MAXIMUM_PAYLOAD and len(orjson.dumps(entry[1])) > MAXIMUM_PAYLOAD:
            raise StateFailed(DATA_LIMIT, "The input of a child workflow execution exceeds the maximum size.")
        if row and (len(row) == BATCH or size + len(text) > _ROW):
            first = _put(call, run_id, first, row)
            row, size = [], 0
        row.append(text)
        size += len(text)
    if row:
        _put(call, run_id, first, row)


def _put(call: Call, run_id: int, first: int, row: list[bytes]) -> int:
    call.store.run(tables.INSERT_MAP_INPUTS, (run_id, first, "[" + b",".join(row).decode() + "]"))
    return first + len(row)


def forget_inputs(call: Call, run_id: int) -> dict[str, Any]:
    """The reading begins from the start. The run's settings."""
    call.store.run(tables.DELETE_MAP_INPUTS, (run_id,))
    run = map_run_by_id(call, run_id)
    if run is None:
        raise Abandoned
    return run.settings


def end_reading(call: Call, run_id: int, at: Place) -> None:
    """All items are read: the children can start."""
    run = map_run_by_id(call, run_id)
    if run is not None and run.status == RUNNING:
        run.reading, run.total, run.total_items = READ, at.children, at.items
        settle(call, run)


def fail_reading(call: Call, run_id: int, error: str, cause: str) -> None:
    run = map_run_by_id(call, run_id)
    if run is not None and run.status == RUNNING:
        fail_map_run(call, run, error, cause)
        run.save(call)
