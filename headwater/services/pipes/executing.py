"""An execution: a batch goes through the enrichment to the target.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-logs.html#eb-pipes-logs-overview
"""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

import orjson

from headwater.languages.pipe_inputs import PipeEvent
from headwater.services.pipes.compiled import CompiledPipe, Stage
from headwater.services.pipes.enriching import enrich
from headwater.services.pipes.errors import pipe_not_found
from headwater.services.pipes.logging import ExecutionLog
from headwater.services.pipes.row import pipe_by_arn
from headwater.services.pipes.targets import Failed, send
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.work import Work

T = TypeVar("T")


@operation("pipes", "Execute", internal=True)
def execute(call: Call, request: Request) -> Coroutine[Any, Any, Result]:
    """``Pipe`` (compiled) and ``Records``, as the source gives them. Answers ``Failed``: the identifiers of those that
    are to be tried again, or None for all of them."""
    pipe: CompiledPipe = request["Pipe"]
    call.span.subject = pipe.arn
    if len(request["Records"]) > 1:
        call.span.note("records", len(request["Records"]))
    return _Execution(call.work, pipe, call.ids.uuid()).run(request["Records"])


@operation("pipes", "ExecuteAgain", internal=True)
def execute_again(call: Call, request: Request) -> Coroutine[Any, Any, Result]:
    """``Records``, as the source gave them, through the pipe of an ``Arn`` once more, whether or not it runs."""
    row = pipe_by_arn(call, request["Arn"])
    if row is None:
        raise pipe_not_found(request["Arn"].rpartition("/")[2])
    pipe = CompiledPipe(row.arn, call.account, call.region, orjson.loads(row.definition))
    return call.work.operation("pipes", "Execute", {"Pipe": pipe, "Records": request["Records"]})


@operation("pipes", "JoinBatch", internal=True)
def join_batch(call: Call, request: Request) -> Result:
    """Tells, in the trace of a record, in which trace its batch was handled: that of the batch's first."""
    call.span.subject = request["Subject"]
    call.span.note("handled in trace", request["Trace"])
    return {}


@operation("pipes", "Miss", internal=True, atomic=True)
def miss(call: Call, request: Request) -> Result:
    """Tells, in the trace of a record, which field it was that each filter of a pipe refused."""
    call.span.subject = request["Pipe"]
    for place, reason in enumerate(request["Reasons"], 1):
        call.span.note(f"missed filter {place}", reason)
    return {}


class _Execution:
    def __init__(self, work: Work, pipe: CompiledPipe, identity: str) -> None:
        self._work = work
        self._pipe = pipe
        self._log = ExecutionLog(pipe.logs, identity)

    async def run(self, records: list[dict[str, Any]]) -> Result:
        work, log = self._work, self._log
        log.tell(work, "INFO", "EXECUTION_STARTED", records)
        try:
            failed = await self._through(self._pipe.events(records))
        except AwsError as error:
            step = "EXECUTION_THROTTLED" if error.code == "TooManyRequestsException" else "EXECUTION_FAILED"
            log.tell(work, "ERROR", step, records, error)
            raise
        else:
            if failed:
                log.tell(work, "ERROR", "EXECUTION_PARTIALLY_FAILED", records)
                work.span.note("failed", len(failed))
            elif failed is None:
                log.tell(work, "ERROR", "EXECUTION_FAILED", records)
            else:
                log.tell(work, "INFO", "EXECUTION_SUCCEEDED")
        finally:
            await log.write(work)
        return {"Failed": failed}

    async def _through(self, events: list[PipeEvent]) -> Failed:
        pipe = self._pipe
        if pipe.enrichment is not None:
            events = await self._stage("ENRICHMENT", self._enrich(pipe.enrichment, events))
            if not events:
                self._log.tell(self._work, "INFO", "TARGET_STAGE_SKIPPED")
                return ()
        return await self._stage("TARGET", self._send(events))

    async def _stage(self, name: str, work: Awaitable[T]) -> T:
        log = self._log
        log.tell(self._work, "INFO", f"{name}_STAGE_ENTERED")
        try:
            result = await work
        except AwsError as error:
            log.tell(self._work, "ERROR", f"{name}_INVOCATION_FAILED", error=error)
            log.tell(self._work, "ERROR", f"{name}_STAGE_FAILED", error=error)
            raise
        partly = name == "TARGET" and bool(result)
        log.tell(self._work, "TRACE", f"{name}_INVOCATION_{'PARTIALLY_FAILED' if partly else 'SUCCEEDED'}")
        if partly:
            log.tell(self._work, "ERROR", f"{name}_STAGE_PARTIALLY_FAILED")
        else:
            log.tell(self._work, "INFO", f"{name}_STAGE_SUCCEEDED")
        return result

    async def _enrich(self, stage: Stage, events: list[PipeEvent]) -> list[PipeEvent]:
        inputs = self._inputs("ENRICHMENT", stage, events)
        return await enrich(self._work, stage, inputs)

    async def _send(self, events: list[PipeEvent]) -> Failed:
        inputs = self._inputs("TARGET", self._pipe.target, events)
        return await send(self._work, self._pipe, inputs)

    def _inputs(self, name: str, stage: Stage, events: list[PipeEvent]) -> list[Any]:
        work, log = self._work, self._log
        if stage.template is not None:
            log.tell(work, "TRACE", f"{name}_TRANSFORMATION_STARTED")
        inputs = self._pipe.inputs(stage, events, work.now)
        if stage.template is not None:
            log.tell(work, "TRACE", f"{name}_TRANSFORMATION_SUCCEEDED")
        log.tell(work, "TRACE", f"{name}_INVOCATION_STARTED", [item.text for item in inputs])
        return inputs
