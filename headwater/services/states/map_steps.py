"""A map run under way: children are started in batches, counted when they end, stopped when the run is over.

Inputs lie in rows, packed; so do the results. A step reads one row of inputs, starts what fits, and makes way for
others: memory does not grow with the items.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import orjson

from headwater.languages.asl import Execution
from headwater.languages.asl.commands import Stopped
from headwater.languages.asl.distributed_map_state import THRESHOLD_CAUSE
from headwater.languages.asl.errors import TOLERATED_FAILURE_EXCEEDED
from headwater.services.states import tables
from headwater.services.states.advancing import Progress, advance, begin, events_of, expire_later, fits, store_step
from headwater.services.states.execution_logs import logging_of
from headwater.services.states.machine import compiled
from headwater.services.states.map_run import (
    COUNTED,
    PENDING_REDRIVE,
    READ,
    RESTARTING,
    RUNNING,
    MapRun,
    map_run_by_id,
)
from headwater.services.states.record import Record
from headwater.services.states.redrive import redrive
from headwater.spine.deliveries import FOREVER, Again, Delivery, delivery
from headwater.spine.operations import Call
from headwater.spine.work import Work

# Children that one step starts, or stops.
BATCH = 100


@delivery("states.map_step")
def step_map_run(call: Call, item: Delivery) -> Coroutine[Any, Any, None] | None:
    """Start the next children; what one step cannot start is left to transactions of their own, between others'."""
    return _step_on(call.work, item.payload) if _step(call, item.payload) else None


async def _step_on(work: Work, run_id: int) -> None:
    while await work.transact(_step, run_id):
        pass


def _step(call: Call, run_id: int) -> bool:
    """Start as many children as a step may, or redrive them; whether there are more to start now."""
    run = map_run_by_id(call, run_id)
    if run is None or run.status != RUNNING or run.reading not in (READ, RESTARTING):
        return False
    call.span.subject = run.arn
    if run.reading == READ:
        _start_next(call, run)
    else:
        _restart_next(call, run)
    run.stepping = int(run.to_start > 0 and run.free > 0 and not run.too_many_failed)
    settle(call, run)
    return bool(run.stepping)


def _start_next(call: Call, run: MapRun) -> None:
    ended: list[Any] = []
    for place, items, given in _next_inputs(call, run):
        outcome = start_child(call, run, place, items, given)
        run.next += 1
        if outcome is not None:
            ended.append(outcome)
            if run.too_many_failed:
                break
    if ended:
        call.store.run(tables.PUT_MAP_RESULT, (run.id, ended[0][0], orjson.dumps(ended).decode()))


def _restart_next(call: Call, run: MapRun) -> None:
    """Redrive children that did not succeed: standard ones go on, express ones begin anew."""
    for place, body in call.store.all(tables.PENDING_REDRIVES, (run.id, min(run.free, BATCH))):
        entry = orjson.loads(body)
        items = entry[1]
        call.store.run(tables.DELETE_PENDING_REDRIVE, (run.id, place))
        run.count(PENDING_REDRIVE, items, by=-1)
        if run.express:
            outcome = start_child(call, run, place, items, orjson.loads(entry[7]))
            if outcome is not None:
                _keep(call, run, outcome)
        else:
            run.count("running", items)
            row = call.store.one(tables.CHILD_AT, (run.id, place))
            assert row is not None
            redrive(call, Record(*row))
        if run.too_many_failed:
            break


def _keep(call: Call, run: MapRun, entry: list[Any]) -> None:
    """Keep a child's result. After a redrive its row may hold those of others that were started with it."""
    row = call.store.one(tables.MAP_RESULT_AT, (run.id, entry[0])) if run.redrives else None
    entries = [entry] if row is None else [*orjson.loads(row[0]), entry]
    call.store.run(tables.PUT_MAP_RESULT, (run.id, entry[0], orjson.dumps(entries).decode()))


def _next_inputs(call: Call, run: MapRun) -> list[tuple[int, int, Any]]:
    """Place, number of items and input of the children that there is room for."""
    row = call.store.one(tables.MAP_INPUTS_AT, (run.id, run.next))
    if row is None:
        return []
    first, body = row
    offset = run.next - first
    inputs = orjson.loads(body)[offset : offset + min(run.free, BATCH)]
    return [(run.next + at, items, given) for at, (items, given) in enumerate(inputs)]


def start_child(call: Call, run: MapRun, place: int, items: int, given: Any) -> list[Any] | None:
    """Start one child; its result if it is over already. Express children have a row only while they run."""
    machine = compiled(call, run.definition).child(run.state)
    id_, name, express = call.new_id(), call.ids.uuid(), run.express
    label = run.machine_arn.rpartition(":")[2]
    prefix = run.machine_arn.partition(":stateMachine:")[0]
    arn = f"{prefix}:express:{label}:{name}:{call.ids.uuid()}" if express else f"{prefix}:execution:{label}:{name}"
    text = orjson.dumps(given).decode()
    role = run.settings["role"]
    execution = Execution(
        arn, name, role, run.machine_arn, label, call.now, text, key=str(id_), express=express
    )  # fmt: skip
    execution.logging = logging_of(run.settings["logging"])
    execution.mocks = run.settings.get("mocks")
    progress = begin(call, id_, execution, machine)
    finish = progress.finish
    run.count(COUNTED["RUNNING" if finish is None else finish.status], items)
    if finish is None or not express:
        expiry = expire_later(call, id_, arn, None, express=express) if finish is None else None
        events = events_of(progress)
        own = fits(events)
        call.store.run(tables.INSERT_CHILD, (*_row(call, run, progress, text, expiry, items, place), own))
        store_step(call, progress, events if own is None else None)
    else:
        store_step(call, progress, None)
    if finish is None:
        call.memory.put(id_, execution)
        return None
    outcome = (finish.status, finish.output, finish.error, finish.cause)
    return result_entry(place, items, arn, outcome, text, call.now, call.now, 0)


def _row(
    call: Call, run: MapRun, progress: Progress, text: str, expiry: int | None, items: int, place: int
) -> tuple[Any, ...]:
    execution, finish = progress.execution, progress.finish
    ended = (RUNNING, text, None, None, None) if finish is None else (
        finish.status, text, finish.output, finish.error, finish.cause,
    )  # fmt: skip
    return (
        progress.id, execution.arn, run.machine_arn, execution.name, run.definition, None, int(execution.express),
        *ended, None, call.now, None if finish is None else call.now, expiry, *execution.counters(), None,
        run.id, items, place, execution.mocks,
    )  # fmt: skip


def result_entry(
    place: int, items: int, arn: str, outcome: tuple[str | None, ...], given: str, started: int, stopped: int,
    redrives: int,
) -> list[Any]:  # fmt: skip
    """What is kept of a child that is over: place, items, ARN, status, output, error, cause, input, times, redrives."""
    return [place, items, arn, *outcome, given, started, stopped, redrives]


@delivery("states.map_child_ended")
def child_ended(call: Call, item: Delivery) -> None:
    run_id, entry = item.payload
    run = map_run_by_id(call, run_id)
    if run is None:
        return
    _, items, _, status = entry[:4]
    run.count("running", items, by=-1)
    run.count(COUNTED[status], items)
    _keep(call, run, entry)
    settle(call, run)


def settle(call: Call, run: MapRun) -> None:
    """See what is to be done now that something has changed, and store the run."""
    if run.reading == RESTARTING and not run.to_start:
        run.reading = READ
    if run.status == RUNNING and run.reading in (READ, RESTARTING):
        if run.too_many_failed:
            fail_map_run(call, run, TOLERATED_FAILURE_EXCEEDED, THRESHOLD_CAUSE)
        elif run.to_start <= 0 and run.running == 0:
            run.status, run.stopped = "SUCCEEDED", call.now
            call.deliver("states.map_result", [run.id, None, None], target=run.arn, policy=FOREVER)
        elif run.to_start > 0 and run.free > 0 and not run.stepping:
            run.stepping = 1
            call.deliver("states.map_step", run.id, target=run.arn, policy=FOREVER)
    run.save(call)


def fail_map_run(call: Call, run: MapRun, error: str, cause: str) -> None:
    """The run is over; children that still run are stopped, the parent is told. The caller stores the run."""
    run.status, run.stopped = "FAILED", call.now
    while rows := call.store.all(tables.PENDING_REDRIVES, (run.id, BATCH)):
        for place, body in rows:
            _give_up_redrive(call, run, place, orjson.loads(body))
    call.deliver("states.map_abort", run.id, target=run.arn, policy=FOREVER)
    call.deliver("states.map_result", [run.id, error, cause], target=run.arn, policy=FOREVER)


def _give_up_redrive(call: Call, run: MapRun, place: int, entry: list[Any]) -> None:
    """What still waited for its redrive is again what it was."""
    call.store.run(tables.DELETE_PENDING_REDRIVE, (run.id, place))
    run.count(PENDING_REDRIVE, entry[1], by=-1)
    run.count(COUNTED[entry[3]], entry[1])
    _keep(call, run, entry)


@delivery("states.map_abort")
def abort_children(call: Call, item: Delivery) -> Again | None:
    """Stop the children of a run that failed, or whose parent no longer waits for it."""
    run = map_run_by_id(call, item.payload)
    if run is None:
        return None
    if run.status == RUNNING:
        run.status, run.stopped = "ABORTED", call.now
        run.save(call)
    rows = call.store.all(tables.RUNNING_CHILDREN, (run.id, BATCH))
    for row in rows:
        advance(call, Record(*row), Stopped())
    return Again(call.now) if len(rows) == BATCH else None
