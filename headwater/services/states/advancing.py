"""Advancing executions: one step of the language's stepper, stored in the transaction that makes it.

The stepper's commands become deliveries, or are carried out at once where the resource answers in this transaction;
what follows is part of the same step. So a step writes the frame that moved, the packed history, and no more.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from headwater.languages.asl import Execution, Machine, Run
from headwater.languages.asl.commands import (
    Finish,
    GoneOn,
    GoOn,
    Input,
    RunTask,
    StartMapRun,
    StartTimer,
    TaskFailed,
    TimedOut,
    TimerFired,
)
from headwater.services.states import tables
from headwater.services.states.activity_tasks import offer_activity_task
from headwater.services.states.execution_logs import log_events
from headwater.services.states.integrations import perform, prepare
from headwater.services.states.machine import StatesMemory, compiled
from headwater.services.states.mocked_tasks import answer_mocked, drop_mocks
from headwater.services.states.packing import pack
from headwater.services.states.quotas import next_transition, slowed
from headwater.services.states.record import RUNNING, Record, execution_by_id, load, qualifiers
from headwater.services.states.status_events import tell_status
from headwater.spine.deliveries import FOREVER, Delivery, delivery
from headwater.spine.operations import Call

_SHOWN = 300
EXPRESS_LIMIT_MILLISECONDS = 5 * 60 * 1000
# Characters of a first step's packed events that an execution's own row takes: whatever follows writes that row again.
_SHORT = 2_000


@dataclass(slots=True)
class Progress:
    """A step under way: the run, and how the execution ended if it did."""

    id: int
    run: Run
    finish: Finish | None = None

    @property
    def execution(self) -> Execution:
        return self.run.execution


def new_run(call: Call, execution: Execution) -> Run:
    """A step to be taken; standard executions keep to the rate of transitions, if one is set."""
    run = Run(execution, call.now, call.ids, prepare)
    if not execution.express and (may_enter := slowed(call)) is not None:
        run.slow_down(may_enter)
    return run


def begin(call: Call, id_: int, execution: Execution, machine: Machine) -> Progress:
    """Start an execution and carry it as far as it goes."""
    progress = Progress(id_, new_run(call, execution))
    progress.run.begin(machine)
    _carry_out(call, progress)
    return progress


def advance(call: Call, record: Record, event: Input) -> None:
    """Take an input in, go on as far as possible, store all of it. Stale inputs change nothing."""
    execution = load(call, record)
    progress = Progress(record.id, new_run(call, execution))
    progress.run.resume(event)
    carry_on(call, record, progress)


def carry_on(call: Call, record: Record, progress: Progress) -> None:
    """Obey the step's commands and store it."""
    _carry_out(call, progress)
    _store(call, record, progress)


def _store(call: Call, record: Record, progress: Progress) -> None:
    """The step of an execution that has its row."""
    store_step(call, progress, events_of(progress))
    execution, finish = progress.execution, progress.finish
    if finish is None:
        call.store.run(tables.ADVANCE_EXECUTION, (*execution.counters(), record.id))
        memory: StatesMemory = call.memory
        memory.put(record.id, execution)
    else:
        _finish(call, record, execution, finish)


def _carry_out(call: Call, progress: Progress) -> None:
    """Obey commands until none is left; those of frames that went on meanwhile are void. The trace tells of failure."""
    # what a command brings at once may add others
    for command in progress.run.commands:
        if isinstance(command, Finish):
            progress.finish = command
            if command.status != "SUCCEEDED":
                call.span.note("execution", f"{command.status} {_why(command.error, command.cause)}".rstrip())
            return
        if isinstance(command, GoOn):
            due = next_transition(call)
            call.deliver("states.go_on", progress.id, target=progress.execution.arn, due=due, policy=FOREVER)
        elif isinstance(command, StartTimer):
            _start_timer(call, progress, command)
        elif isinstance(command, StartMapRun):
            _start_map_run(call, progress, command)
        else:
            _run_task(call, progress, command)


def _why(error: str | None, cause: str | None) -> str:
    """An error as a line of the trace has it."""
    told = ": ".join(text for text in (error, cause) if text)
    return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}…"


def _handles(progress: Progress, command: RunTask | StartTimer | StartMapRun) -> list[int] | None:
    frame = progress.execution.frames.get(command.frame)
    return None if frame is None or frame.ticket != command.ticket else frame.handles


def _start_timer(call: Call, progress: Progress, command: StartTimer) -> None:
    handles = _handles(progress, command)
    if handles is not None:
        payload = [progress.id, command.frame, command.ticket]
        handles.append(
            call.deliver("states.timer", payload, target=progress.execution.arn, due=command.at, policy=FOREVER)
        )


def _start_map_run(call: Call, progress: Progress, command: StartMapRun) -> None:
    """The run begins in a delivery of its own; its handle is negative: what is given back then is a run to abort."""
    handles = _handles(progress, command)
    if handles is None:
        return
    id_ = call.new_id()
    if command.redrive:
        row = call.store.one(tables.MAP_RUN_BY_ARN, (command.arn,))
        id_ = id_ if row is None else row[0]
    payload = [
        id_, progress.id, command.frame, command.ticket, command.state, command.arn, command.items, command.settings,
        command.redrive,
    ]  # fmt: skip
    call.deliver("states.map_begin", payload, target=command.arn, policy=FOREVER)
    handles.append(-id_)


def _give_back(call: Call, waiting: str, handle: int) -> None:
    """What a frame of the execution `waiting` no longer waits for: a delivery; a map run or an execution that it has
    started is stopped."""
    if handle >= 0:
        call.cancel(handle)
        return
    row = call.store.one(tables.MAP_RUN_STATUS, (-handle,))
    if row is not None and row[0] == RUNNING:
        call.deliver("states.map_abort", -handle, policy=FOREVER)
    elif row is None and (child := execution_by_id(call, -handle)) is not None and child.status == RUNNING:
        call.deliver("states.child_abort", waiting, target=child.arn, policy=FOREVER)


def _run_task(call: Call, progress: Progress, command: RunTask) -> None:
    handles = _handles(progress, command)
    if handles is None:
        return
    execution = progress.execution
    answers = None if execution.mocks is None else answer_mocked(call, execution, command)
    if answers is None and ":activity:" in command.resource:
        answers = offer_activity_task(call, command)
    elif answers is None:
        answers = perform(call, progress.id, execution, command, handles)
    for answer in answers:
        progress.run.resume(answer)
    remaining = _handles(progress, command)
    if remaining is None:
        return
    for seconds, heartbeat in ((command.timeout, 0), (command.heartbeat, command.heartbeat)):
        if seconds is not None:
            payload = [progress.id, command.frame, command.ticket, heartbeat]
            due = call.now + 1000 * seconds
            target = progress.execution.arn
            remaining.append(call.deliver("states.task_timeout", payload, target=target, due=due, policy=FOREVER))


def events_of(progress: Progress) -> str | None:
    """The step's part of the history, packed; None where there is none."""
    run = progress.run
    execution = run.execution
    return None if execution.express or not run.events else pack(run.events, execution.input_text)


def fits(events: str | None) -> str | None:
    """The events of a first step, where they are short enough for the execution's own row."""
    return None if events is None or len(events) > _SHORT else events


def store_step(call: Call, progress: Progress, events: str | None) -> None:
    """History (the `events` that are in no row yet), frames and released deliveries of a step."""
    run, store, execution = progress.run, call.store, progress.execution
    for handle in run.released:
        _give_back(call, execution.arn, handle)
    if run.events and execution.logging is not None:
        log_events(call, execution, run.events)
    if events is not None:
        store.run(tables.INSERT_HISTORY, (progress.id, run.events[0][0], call.now, events))
    if run.removed:
        if not execution.frames:
            store.run(tables.DELETE_FRAMES, (progress.id,))
        else:
            store.many(tables.DELETE_FRAME, [(progress.id, frame) for frame in run.removed])
    if run.changed:
        frames = execution.frames
        rows = []
        for id_ in run.changed:
            frame = frames[id_]
            rows.append((progress.id, id_, frame.dump(frames.get(frame.parent))))
            frame.stored = True
        store.many(tables.PUT_FRAME, rows)


def _finish(call: Call, record: Record, execution: Execution, finish: Finish) -> None:
    row = (finish.status, finish.output, finish.error, finish.cause, call.now, *execution.counters(), record.id)
    call.store.run(tables.FINISH_EXECUTION, row)
    call.store.run(tables.DELETE_HEARTBEATS, (record.id,))
    if record.expiry is not None:
        call.cancel(record.expiry)
    call.signal(("states", record.arn))
    if record.map_run is not None:
        entry = [
            record.place, record.items, record.arn, finish.status, finish.output, finish.error, finish.cause,
            record.input, record.started, call.now, record.redrives,
        ]  # fmt: skip
        call.deliver("states.map_child_ended", [record.map_run, entry], target=record.arn, policy=FOREVER)
    if record.express:
        if record.waiter is None:
            call.store.run(tables.DELETE_EXECUTION, (record.id,))
        drop_mocks(call, execution)
        return
    ended = record._replace(
        status=finish.status, output=finish.output, error=finish.error, cause=finish.cause, stopped=call.now
    )
    tell_status(call, ended)
    if record.waiter is not None:
        tell_waiter(call, ended)


def tell_waiter(call: Call, record: Record) -> None:
    """Let the tasks of parents that wait for this execution (`.sync`) know of its end."""
    for waiter in waiters_of(record):
        call.deliver("states.child_ended", [waiter, record.id], target=record.arn)


def waiters_of(record: Record) -> list[list[object]]:
    """Each as the task that waits names itself; the column holds one, or a list of them."""
    held = orjson.loads(record.waiter or "[]")
    return held if not held or isinstance(held[0], list) else [held]


def advance_by_id(call: Call, id_: int, event: Input) -> None:
    record = execution_by_id(call, id_)
    if record is not None and record.status == RUNNING:
        call.span.subject = record.arn
        if isinstance(event, TaskFailed):
            call.span.note("task failed", _why(event.error, event.cause))
        advance(call, record, event)


def expire_later(call: Call, id_: int, arn: str, timeout_seconds: int | None, *, express: bool) -> int | None:
    """The delivery that ends the execution when its time is over."""
    limits = [EXPRESS_LIMIT_MILLISECONDS] if express else []
    if timeout_seconds is not None:
        limits.append(timeout_seconds * 1000)
    if not limits:
        return None
    return call.deliver("states.expire", id_, target=arn, due=call.now + min(limits), policy=FOREVER)


@delivery("states.begin")
def begin_later(call: Call, item: Delivery) -> None:
    """The first step of an execution that another one started: never inside that one's step, which may be our own."""
    record = execution_by_id(call, item.payload)
    if record is not None and record.status == RUNNING and record.last_event == 0:
        execution = load(call, record)
        execution.qualifiers = qualifiers(call, record.machine, record.definition, record.qualifier)
        _store(call, record, begin(call, record.id, execution, compiled(call, record.definition)))


@delivery("states.timer")
def fire_timer(call: Call, item: Delivery) -> None:
    """A Wait state's end or a retry's time."""
    id_, frame, ticket = item.payload
    advance_by_id(call, id_, TimerFired(frame, ticket))


@delivery("states.go_on")
def go_on(call: Call, item: Delivery) -> None:
    """An execution that used up its step's budget."""
    advance_by_id(call, item.payload, GoneOn())


@delivery("states.expire")
def expire(call: Call, item: Delivery) -> None:
    """The machine's TimeoutSeconds, or an express execution's five minutes."""
    advance_by_id(call, item.payload, TimedOut())
