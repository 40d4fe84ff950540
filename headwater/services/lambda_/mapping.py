"""An event source mapping as its poller sees it.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any, NamedTuple

import orjson

from headwater.languages.patterns import PIPES, Pattern, compile_pattern
from headwater.spine.operations import Call, Caller, Request, Result, operation
from headwater.spine.spans import split_cause
from headwater.spine.work import Work

CHANGED = ("lambda", "mappings")
"""What is signalled when a mapping is made, changed or removed."""


class Mapping(NamedTuple):
    """Times are in milliseconds; -1 stands for without limit."""

    id: str
    caller: Caller
    source: str
    function: str
    batch: int
    window: int
    filters: tuple[Pattern, ...]
    partial: bool  # ReportBatchItemFailures
    concurrency: int | None
    parallel: int
    retries: int
    age: int
    bisect: bool
    on_failure: str

    @property
    def region(self) -> str:
        return self.caller.region


def read_mapping(identity: str, account: str, region: str, configuration: dict[str, Any]) -> Mapping:
    destination = (configuration.get("DestinationConfig") or {}).get("OnFailure") or {}
    filters = (configuration.get("FilterCriteria") or {}).get("Filters") or ()
    age = configuration.get("MaximumRecordAgeInSeconds", -1)
    return Mapping(
        id=identity,
        caller=Caller(account, region, f"arn:aws:iam::{account}:root"),
        source=configuration["EventSourceArn"],
        function=configuration["FunctionArn"],
        batch=configuration["BatchSize"],
        window=configuration.get("MaximumBatchingWindowInSeconds", 0) * 1000,
        filters=tuple(compile_pattern(each["Pattern"], PIPES) for each in filters),
        partial="ReportBatchItemFailures" in configuration.get("FunctionResponseTypes", ()),
        concurrency=(configuration.get("ScalingConfig") or {}).get("MaximumConcurrency"),
        parallel=configuration.get("ParallelizationFactor", 1),
        retries=configuration.get("MaximumRetryAttempts", -1),
        age=age * 1000 if age >= 0 else -1,
        bisect=configuration.get("BisectBatchOnFunctionError", False),
        on_failure=destination.get("Destination") or "",
    )


def is_wanted(mapping: Mapping, document: MappingType[str, Any]) -> bool:
    """Whether a record passes the filters; without filters each does."""
    return not mapping.filters or any(pattern.matches(document) for pattern in mapping.filters)


@operation("lambda", "JoinBatch", internal=True)
def join_batch(call: Call, request: Request) -> Result:
    """Tells, in the trace of a record, in which trace its batch was handled: that of the batch's first."""
    call.span.subject = request["FunctionArn"]
    call.span.note("handled in trace", request["Trace"])
    return {}


async def invoke_batch(work: Work, mapping: Mapping, causes: list[str], payload: bytes) -> Result:
    """Invoke the function on a batch; what it does hangs under the cause of the first record."""
    trace, _ = split_cause(causes[0])
    others = {split_cause(cause)[0]: cause for cause in causes}
    others.pop(trace)
    joined = {"FunctionArn": mapping.function, "Trace": trace}
    request = {"FunctionName": mapping.function, "Payload": payload}
    invoked = work.caused_by(causes[0], mapping.caller).operation("lambda", "Invoke", request)
    if not others:
        return await invoked
    joins = (work.caused_by(c, mapping.caller).operation("lambda", "JoinBatch", joined) for c in others.values())
    result, *_ = await work.together(invoked, *joins)
    return result


def failed_items(payload: bytes) -> list[str] | None:
    """The identifiers in ``batchItemFailures``; None where the answer is not of that form, which
    AWS takes for the failure of the whole batch.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    try:
        answer = orjson.loads(payload or b"null")
    except orjson.JSONDecodeError:
        return []
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return []
    if not isinstance(failures, list):
        return None
    given = [failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures]
    identifiers = [identifier for identifier in given if isinstance(identifier, str) and identifier]
    return identifiers if len(identifiers) == len(given) else None
