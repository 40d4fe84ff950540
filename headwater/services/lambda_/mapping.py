"""An event source mapping: how its source is polled, and the function that handles what comes.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any, NamedTuple

import orjson

from headwater.languages.patterns import PIPES, compile_pattern
from headwater.services.lambda_ import tables
from headwater.services.lambda_.destinations import send_batch
from headwater.services.lambda_.function import find_configuration
from headwater.services.lambda_.names import parse_reference
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Caller, Request, Result, operation
from headwater.spine.permissions import session_of
from headwater.spine.polling import KINESIS_MEMBERS, GivenUp, Handled, Source, failed_items, run_batch
from headwater.spine.timestamps import iso8601_milliseconds
from headwater.spine.work import Work

CHANGED = ("lambda", "mappings")
"""What is signalled when a mapping is made, changed or removed."""

Record = dict[str, Any]


class Mapping(NamedTuple):
    id: str
    source: Source
    function: str
    partial: bool  # ReportBatchItemFailures
    on_failure: str
    role: str  # of the function, where the source is a stream of Kinesis


def read_mapping(identity: str, account: str, region: str, configuration: dict[str, Any], role: str = "") -> Mapping:
    destination = (configuration.get("DestinationConfig") or {}).get("OnFailure") or {}
    filters = (configuration.get("FilterCriteria") or {}).get("Filters") or ()
    age = configuration.get("MaximumRecordAgeInSeconds", -1)
    source = Source(
        arn=configuration["EventSourceArn"],
        caller=Caller(account, region, f"arn:aws:iam::{account}:root"),
        batch=configuration["BatchSize"],
        window=configuration.get("MaximumBatchingWindowInSeconds", 0) * 1000,
        filters=tuple(compile_pattern(each["Pattern"], PIPES) for each in filters),
        concurrency=(configuration.get("ScalingConfig") or {}).get("MaximumConcurrency"),
        parallel=configuration.get("ParallelizationFactor", 1),
        retries=configuration.get("MaximumRetryAttempts", -1),
        age=age * 1000 if age >= 0 else -1,
        bisect=configuration.get("BisectBatchOnFunctionError", False),
        taker=configuration["FunctionArn"],
        tumbling=configuration.get("TumblingWindowInSeconds", 0) * 1000,
    )
    return Mapping(
        id=identity,
        source=source,
        function=configuration["FunctionArn"],
        partial="ReportBatchItemFailures" in configuration.get("FunctionResponseTypes", ()),
        on_failure=destination.get("Destination") or "",
        role=role,
    )


@operation("lambda", "JoinBatch", internal=True)
def join_batch(call: Call, request: Request) -> Result:
    """Tells, in the trace of a record, in which trace its batch was handled: that of the batch's first."""
    call.span.subject = request["Subject"]
    call.span.note("handled in trace", request["Trace"])
    return {}


class FunctionConsumer:
    """Hands the batches of a mapping's source to its function."""

    def __init__(self, work: Work, mapping: Mapping) -> None:
        self._work = work.caused_by(work.cause, mapping.source.caller)
        self._mapping = mapping
        self._result = ""

    async def handle(self, work: Work, records: list[Record], causes: list[str]) -> Handled:
        answer = await self._invoke(work, records, causes, {})
        if answer.get("FunctionError"):
            return Handled(None, answer)
        return Handled(_failed(answer["Payload"]) if self._mapping.partial else (), answer)

    async def _invoke(
        self, work: Work, records: list[Record], causes: list[str], frame: MappingType[str, Any]
    ) -> Result:
        mapping = self._mapping
        event = {"Records": self._as_functions_know(records), **frame}
        request = {"FunctionName": mapping.function, "Payload": orjson.dumps(event)}
        return await run_batch(work, mapping.source.caller, causes, "lambda", "Invoke", request, mapping.function)

    def _as_functions_know(self, records: list[Record]) -> list[Record]:
        role = self._mapping.role
        return [_of_kinesis(record, role) for record in records] if role else records

    def missed(self, call: Call, record: MappingType[str, Any], cause: str) -> None:
        """Nothing comes of a record that no filter wants."""

    # ---- of tumbling windows

    async def handle_window(
        self, work: Work, records: list[Record], causes: list[str], frame: MappingType[str, Any]
    ) -> Handled:
        answer = await self._invoke(work, records, causes, frame)
        state = None if answer.get("FunctionError") else _state(answer["Payload"])
        if answer.get("FunctionError") or (state is None and not frame["isFinalInvokeForWindow"]):
            return Handled(None, answer)
        return Handled(_failed(answer["Payload"]) if self._mapping.partial else (), answer, state)

    def window(self, call: Call, shard: str) -> tuple[int, dict[str, Any]] | None:
        row = call.store.one(tables.FIND_WINDOW, (self._mapping.id, shard))
        return None if row is None else (row[0], orjson.loads(row[1]))

    def keep_window(self, call: Call, shard: str, start: int | None, state: dict[str, Any]) -> None:
        if start is None:
            call.store.run(tables.DELETE_WINDOW, (self._mapping.id, shard))
        else:
            call.store.run(tables.PUT_WINDOW, (self._mapping.id, shard, start, orjson.dumps(state).decode()))

    # ---- of streams

    def position(self, call: Call, shard: str) -> int:
        row = call.store.one(tables.FIND_POSITION, (self._mapping.id, shard))
        return row[0] if row else 0

    def advance(self, call: Call, shard: str, position: int) -> None:
        call.store.run(tables.PUT_POSITION, (self._mapping.id, shard, position))

    def give_up(self, call: Call, batch: GivenUp) -> None:
        call.span.note("given up", batch.condition)
        mapping = self._mapping
        if not mapping.on_failure:
            return
        record: dict[str, Any] = {
            "requestContext": {
                "requestId": call.ids.uuid(),
                "functionArn": mapping.function,
                "condition": batch.condition,
                "approximateInvokeCount": batch.attempts,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": batch.answer["ExecutedVersion"] if batch.answer else "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": iso8601_milliseconds(call.now),
            **batch.told,
        }
        event = {"Records": self._as_functions_know(batch.records)}
        # in the trace of the first record
        told = call.caused_by(batch.causes[0])
        send_batch(told, mapping.on_failure, _principal(call, mapping.function), mapping.id, record, event)

    async def note(self, ok: bool) -> None:
        """Show the outcome in the mapping, where it is another than before."""
        result = "OK" if ok else "PROBLEM: Function call failed"
        if result != self._result:
            self._result = result
            await self._work.transact(self._write_result, result)

    def _write_result(self, call: Call, result: str) -> None:
        row = call.store.one(tables.FIND_MAPPING, (self._mapping.id, call.account, call.region))
        if row is not None:
            configuration = orjson.loads(row[0]) | {"LastProcessingResult": result}
            call.store.run(tables.SET_MAPPING_RESULT, (orjson.dumps(configuration).decode(), self._mapping.id))


def _principal(call: Call, function: str) -> str | None:
    """A session of the role of a function, which may be gone."""
    reference = parse_reference(call, function)
    try:
        configuration, _ = find_configuration(call, reference)
    except AwsError:
        return None
    return session_of(configuration["Role"], reference.name)


def _of_kinesis(record: Record, role: str) -> Record:
    """A record of Kinesis as functions get it."""
    rest = {name: value for name, value in record.items() if name not in KINESIS_MEMBERS}
    return {"kinesis": {name: record[name] for name in KINESIS_MEMBERS}, **rest, "invokeIdentityArn": role}


def _state(payload: bytes) -> dict[str, Any] | None:
    """The state that a function answers with; without one, AWS takes its run for failed."""
    try:
        answer = orjson.loads(payload or b"null")
    except orjson.JSONDecodeError:
        return None
    state = answer.get("state") if isinstance(answer, dict) else None
    return state if isinstance(state, dict) else None


def _failed(payload: bytes) -> list[str] | None:
    try:
        return failed_items(orjson.loads(payload or b"null"))
    except orjson.JSONDecodeError:
        return []
