"""Starting, stopping, describing and listing executions.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import orjson

from headwater.languages.asl import Execution, Run
from headwater.languages.asl.commands import Stopped
from headwater.languages.asl.references import variable_references
from headwater.services.states import tables
from headwater.services.states.advancing import (
    Progress,
    advance,
    begin,
    events_of,
    expire_later,
    fits,
    store_step,
    tell_waiter,
    waiters_of,
)
from headwater.services.states.errors import (
    execution_already_exists,
    execution_limit_exceeded,
    invalid_execution_input,
    machine_type_not_supported,
)
from headwater.services.states.execution_logs import logging_of
from headwater.services.states.machine import METADATA_ONLY, StateMachine, Target, compiled
from headwater.services.states.machines import check_name
from headwater.services.states.mocked_cases import find_case, split_case
from headwater.services.states.mocked_tasks import drop_mocks, keep_mocks
from headwater.services.states.quotas import EXPRESS_STARTS, OPEN_EXECUTIONS, STANDARD_STARTS, check_start
from headwater.services.states.record import RUNNING, Record, execution_by_id, find_execution, qualifiers
from headwater.services.states.redrivable import redrive_status
from headwater.services.states.status_events import is_heard, put_status_event
from headwater.services.states.versions import find_qualified
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.store import Row
from headwater.spine.work import Watch, Work

MAXIMUM_INPUT = 262_144
# How long a closed execution keeps its name.
NAME_KEPT_MILLISECONDS = 90 * 86_400_000
_UNDER_WAY = (RUNNING, None, None, None)


def _input(request: Request) -> tuple[str, Any]:
    """The text, verbatim, and the value."""
    text = request.get("input")
    if text is None:
        return "{}", {}
    try:
        return text, orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid_execution_input(str(error)) from None


@operation("states", "StartExecution", atomic=True)
def start_execution(call: Call, request: Request) -> Result:
    machine_arn, case_name = split_case(request["stateMachineArn"])
    target = find_qualified(call, machine_arn)
    machine = target.machine
    case = find_case(call, machine, case_name)
    given = _input(request)
    name = request.get("name")
    if name:
        check_name(name)
    if machine.express:
        if request.get("Waiter"):
            raise machine_type_not_supported()
        check_start(call, EXPRESS_STARTS)
        name = name or call.ids.uuid()
        call.span.subject = arn = f"{machine.prefix}{name}:{call.ids.uuid()}"
        _launch(call, target, arn, name, given, request, case)
        return {"executionArn": arn, "startDate": call.now}
    named, name = bool(name), name or call.ids.uuid_after(call.new_id())
    call.span.subject = arn = machine.prefix + name
    if named:
        row = call.store.one(tables.FIND_EXECUTION, (arn,))
        if row is not None:
            existing = Record(*row)
            if existing.status == RUNNING and existing.input == given[0]:
                if request.get("Waiter"):
                    waiters = [*waiters_of(existing), orjson.loads(request["Waiter"])]
                    call.store.run(tables.SET_WAITERS, (orjson.dumps(waiters).decode(), existing.id))
                return {"executionArn": arn, "startDate": existing.started}
            if existing.stopped is None or call.now - existing.stopped <= NAME_KEPT_MILLISECONDS:
                raise execution_already_exists(arn)
            _check_room(call, machine)
            forget_execution(call, existing.id)
    _check_room(call, machine)
    check_start(call, STANDARD_STARTS)
    row = _launch(call, target, arn, name, given, request, case)
    if is_heard(call):
        _tell_of_start(call, Record.fresh(row))
    if request.get("Waiter") and (record := Record.fresh(row)).status != RUNNING:
        tell_waiter(call, record)
    return {"executionArn": arn, "startDate": call.now}


def _tell_of_start(call: Call, record: Record) -> None:
    put_status_event(call, record._replace(status=RUNNING, stopped=None, output=None, error=None, cause=None))
    if record.status != RUNNING:
        put_status_event(call, record)


def _check_room(call: Call, machine: StateMachine) -> None:
    if call.is_full(OPEN_EXECUTIONS, tables.COUNT_OPEN_EXECUTIONS, machine.neighbours):
        raise execution_limit_exceeded()


def forget_execution(call: Call, id_: int) -> None:
    for statement in (tables.DELETE_EXECUTION, tables.DELETE_HISTORY, tables.DELETE_FRAMES, tables.DELETE_MOCKS):
        call.store.run(statement, (id_,))


def _launch(
    call: Call,
    target: Target,
    arn: str,
    name: str,
    given: tuple[str, Any],
    request: Request,
    case: str | None,
    *,
    awaited: bool = False,
) -> Row:
    """Run the first step. The execution gets its row with what came of it; of a finished express one, it is only given
    back.

    `case`: the answers of its mocks; `Nested` (from a task of ours): the first step is left for later; `Waiter`: whom
    to tell of the end.
    """
    machine = compiled(call, target.definition, target.text)
    express = target.machine.express
    id_ = call.new_id()
    text, value = given
    execution = Execution(
        arn, name, target.role, target.machine.arn, target.machine.name, call.now, text, value, key=str(id_),
        express=express,
    )  # fmt: skip
    execution.logging = logging_of(target.logging)
    if target.qualifier:
        execution.qualifiers = qualifiers(call, target.machine.arn, target.definition, target.qualifier)
    execution.mocks = None if case is None else keep_mocks(call, id_, case, machine)
    nested = bool(request.get("Nested"))
    progress = Progress(id_, Run(execution, call.now, call.ids)) if nested else begin(call, id_, execution, machine)
    finish = progress.finish
    expiry = expire_later(call, id_, arn, machine.timeout_seconds, express=express) if finish is None else None
    waiter = request.get("Waiter") or ("[]" if awaited else None)
    events = events_of(progress)
    own = fits(events)
    row = _row(progress, call.now, target, name, text, expiry, waiter, request.get("traceHeader"), own)
    if not express or finish is None:
        call.store.later(tables.INSERT_EXECUTION, row)
    elif execution.mocks is not None:
        drop_mocks(call, execution)
    store_step(call, progress, events if own is None else None)
    if nested:
        call.deliver("states.begin", id_, target=arn)
    elif finish is None:
        call.memory.put(id_, execution)
    return row


def _row(
    progress: Progress, now: int, target: Target, name: str, text: str, expiry: int | None, waiter: str | None,
    trace: str | None, events: str | None,
) -> Row:  # fmt: skip
    """As INSERT_EXECUTION has its columns."""
    execution = progress.run.execution
    status, output, error, cause = progress.finish or _UNDER_WAY
    return (
        progress.id, execution.arn, target.machine.arn, name, target.definition, target.qualifier or None,
        int(execution.express), status, text, output, error, cause, trace, now, None if status == RUNNING else now,
        expiry, execution.last_event, execution.last_frame, execution.last_ticket, waiter, execution.mocks, events,
    )  # fmt: skip


@operation("states", "StartSyncExecution", atomic=True)
def start_sync_execution(call: Call, request: Request) -> Result | Coroutine[Any, Any, Result]:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html"""
    machine_arn, case_name = split_case(request["stateMachineArn"])
    target = find_qualified(call, machine_arn)
    if not target.machine.express:
        raise machine_type_not_supported()
    case = find_case(call, target.machine, case_name)
    given = _input(request)
    name = request.get("name") or call.ids.uuid()
    check_name(name)
    call.span.subject = arn = f"{target.machine.prefix}{name}:{call.ids.uuid()}"
    record = Record.fresh(_launch(call, target, arn, name, given, request, case, awaited=True))
    if record.status != RUNNING:
        return _sync_result(record)
    return _await_end(call.work, call.watch(("states", arn)), record.id)


async def _await_end(work: Work, watch: Watch, id_: int) -> Result:
    with watch:
        while True:
            record = await work.transact(_collect, id_)
            if record is not None:
                return _sync_result(record)
            await watch.wait()


def _collect(call: Call, id_: int) -> Record | None:
    """The awaited execution once it has ended; its row has then done its duty."""
    record = execution_by_id(call, id_)
    if record is None or record.status == RUNNING:
        return None
    call.store.run(tables.DELETE_EXECUTION, (id_,))
    return record


def _sync_result(record: Record) -> Result:
    stopped = record.stopped or record.started
    duration = stopped - record.started
    return _with_outcome(record, {
        "executionArn": record.arn,
        "stateMachineArn": record.machine,
        "name": record.name,
        "startDate": record.started,
        "stopDate": stopped,
        "status": record.status,
        "input": record.input,
        "inputDetails": {"included": True},
        "billingDetails": {
            "billedMemoryUsedInMB": 64,
            "billedDurationInMilliseconds": max(100, -(-duration // 100) * 100),
        },
    })  # fmt: skip


def _with_outcome(record: Record, result: Result) -> Result:
    if record.trace:
        result["traceHeader"] = record.trace
    if record.output is not None:
        result["output"] = record.output
        result["outputDetails"] = {"included": True}
    if record.error is not None:
        result["error"] = record.error
    if record.cause is not None:
        result["cause"] = record.cause
    return result


@operation("states", "StopExecution")
def stop_execution(call: Call, request: Request) -> Result:
    record = find_execution(call, request["executionArn"])
    call.span.subject = record.arn
    if record.status != RUNNING:
        return {"stopDate": record.stopped}
    advance(call, record, Stopped(request.get("error"), request.get("cause")))
    return {"stopDate": call.now}


@operation("states", "DescribeExecution", reads=True)
def describe_execution(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html"""
    record = find_execution(call, request["executionArn"])
    status, reason = redrive_status(record, call.now)
    result: Result = {
        "executionArn": record.arn,
        "stateMachineArn": record.machine,
        "name": record.name,
        "status": record.status,
        "startDate": record.started,
        "input": record.input,
        "inputDetails": {"included": True},
        "redriveCount": record.redrives,
        "redriveStatus": status,
    }
    if reason is not None:
        result["redriveStatusReason"] = reason
    if record.redriven is not None:
        result["redriveDate"] = record.redriven
    if record.stopped is not None:
        result["stopDate"] = record.stopped
    result |= map_run_arn(call, record)
    result |= qualifiers(call, record.machine, record.definition, record.qualifier)
    return _with_outcome(record, result)


def map_run_arn(call: Call, record: Record) -> Result:
    """The map run that started the execution."""
    row = None if record.map_run is None else call.store.one(tables.MAP_RUN_STATE, (record.map_run,))
    return {} if row is None else {"mapRunArn": row[1]}


@operation("states", "DescribeStateMachineForExecution", reads=True)
def describe_state_machine_for_execution(call: Call, request: Request) -> Result:
    record = find_execution(call, request["executionArn"])
    row = call.store.one(tables.FIND_DEFINITION, (record.definition,))
    assert row is not None
    _, text, role, _, revision, logging, tracing, created, encryption = row
    result: Result = {
        "stateMachineArn": record.machine,
        "name": record.machine.rpartition(":")[2],
        "definition": text,
        "roleArn": role,
        "updateDate": created,
        "loggingConfiguration": orjson.loads(logging),
        "tracingConfiguration": orjson.loads(tracing),
        "encryptionConfiguration": orjson.loads(encryption),
    }
    references = variable_references(text)
    if references:
        result["variableReferences"] = references
    if request.get("includedData") == METADATA_ONLY:
        result["definition"] = "{}"
    result |= map_run_arn(call, record)
    if record.map_run is not None:
        result["label"] = record.machine.rpartition("/")[2]
    return result if revision == "INITIAL" else result | {"revisionId": revision}
