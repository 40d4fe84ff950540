"""A batch runs in the trace of its first record; the traces of the others tell of it."""

from __future__ import annotations

from typing import Any

from headwater.spine.operations import Caller, Request, Result
from headwater.spine.spans import split_cause
from headwater.spine.work import Work


async def run_batch(
    work: Work, caller: Caller, causes: list[str], service: str, name: str, request: Request, subject: str
) -> Result:
    """The answer of an operation that handles a batch. In the other records' traces, the service's internal
    operation ``JoinBatch`` (``Subject``, ``Trace``) tells where."""
    trace, _ = split_cause(causes[0])
    others = {split_cause(cause)[0]: cause for cause in causes}
    others.pop(trace)
    running = work.caused_by(causes[0], caller).operation(service, name, request)
    if not others:
        return await running
    joined = {"Subject": subject, "Trace": trace}
    joins = (work.caused_by(cause, caller).operation(service, "JoinBatch", joined) for cause in others.values())
    result, *_ = await work.together(running, *joins)
    return result


def failed_items(answer: Any) -> list[str] | None:
    """The identifiers in ``batchItemFailures`` of a parsed answer; None where it is not of that form, which AWS
    takes for the failure of the whole batch.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return []
    if not isinstance(failures, list):
        return None
    given = [failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures]
    identifiers = [identifier for identifier in given if isinstance(identifier, str) and identifier]
    return identifiers if len(identifiers) == len(given) else None
