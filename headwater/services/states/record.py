"""An execution's row, and the execution brought back from its rows."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from headwater.languages.asl import Execution, Frame, load_frame
from headwater.services.states import tables
from headwater.services.states.errors import execution_does_not_exist, invalid_arn
from headwater.services.states.execution_logs import logging_of
from headwater.services.states.machine import StatesMemory, compiled
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call
from headwater.spine.store import Row

RUNNING = "RUNNING"


class Record(NamedTuple):
    """A row of states_executions. Times in ms; `expiry` is the delivery that times the execution out; `waiter` names
    what waits for the end: a parent's task, as JSON; `mocks`: the execution whose mocks answer its tasks."""

    id: int
    arn: str
    machine: str
    name: str
    definition: int
    qualifier: str | None
    express: int
    status: str
    input: str
    output: str | None
    error: str | None
    cause: str | None
    trace: str | None
    started: int
    stopped: int | None
    expiry: int | None
    last_event: int
    last_frame: int
    last_ticket: int
    waiter: str | None
    redrives: int = 0
    redriven: int | None = None
    redrive_token: str | None = None
    map_run: int | None = None
    items: int | None = None
    place: int | None = None
    mocks: int | None = None

    @classmethod
    def fresh(cls, row: Row) -> Record:
        """Of a row as INSERT_EXECUTION has it."""
        return cls(*row[:_FRESH])._replace(mocks=row[_FRESH]) if row[_FRESH] else cls(*row[:_FRESH])


_FRESH = 20


def find_execution(call: Call, arn: str) -> Record:
    row = call.store.one(tables.FIND_EXECUTION, (arn,))
    if row is None or row[6]:
        parsed = parse_arn(arn)
        if parsed is None or parsed.service != "states" or not parsed.resource.startswith(("execution:", "express:")):
            raise invalid_arn(arn)
        if parsed.resource.startswith("express:"):
            raise invalid_arn(arn, "Resource type not valid in this context: express")
        raise execution_does_not_exist(arn)
    return Record(*row)


def execution_by_id(call: Call, id_: int) -> Record | None:
    row = call.store.one(tables.EXECUTION_BY_ID, (id_,))
    return None if row is None else Record(*row)


def qualifiers(call: Call, machine: str, definition: int, qualifier: str | None) -> dict[str, str]:
    """`stateMachineVersionArn` of an execution that was started by one, `stateMachineAliasArn` too where an alias has
    chosen it; nothing where the ARN was the machine's own."""
    if not qualifier:
        return {}
    if qualifier.rpartition(":")[2].isdigit():
        return {"stateMachineVersionArn": qualifier}
    row = call.store.one(tables.VERSION_OF_DEFINITION, (machine, definition))
    version = {} if row is None else {"stateMachineVersionArn": f"{machine}:{row[0]}"}
    return {"stateMachineAliasArn": qualifier, **version}


def load(call: Call, record: Record) -> Execution:
    """The execution with its frames, from memory where that is as far as the rows are."""
    memory: StatesMemory = call.memory
    execution = memory.take(record.id, record.last_event, record.last_ticket)
    if execution is None:
        execution = _read(call, record)
    return execution


def _read(call: Call, record: Record) -> Execution:
    definition = call.store.one(tables.FIND_DEFINITION, (record.definition,))
    assert definition is not None
    execution = Execution(
        record.arn,
        record.name,
        definition[2],
        record.machine,
        record.machine.rpartition(":")[2],
        record.started,
        record.input,
        key=str(record.id),
        express=bool(record.express),
    )
    execution.redrives = record.redrives
    execution.redriven_at = record.redriven
    execution.mocks = record.mocks
    execution.logging = logging_of(orjson.loads(definition[5]))
    execution.last_event = record.last_event
    execution.last_frame = record.last_frame
    execution.last_ticket = record.last_ticket
    machine = compiled(call, record.definition, definition[1])
    if record.map_run is not None:
        row = call.store.one(tables.MAP_RUN_STATE, (record.map_run,))
        assert row is not None
        machine = machine.child(row[0])
    frames: dict[int, Frame] = execution.frames
    for id_, body in call.store.all(tables.FRAMES, (record.id,)):
        frames[id_] = load_frame(id_, body, frames, machine.workflow)
    return execution
