"""Events left for a function: deliveries with retries, destinations and dead letters.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from headwater.services.lambda_.concurrency import one_more
from headwater.services.lambda_.destinations import send_result, send_to_dead_letters
from headwater.services.lambda_.event_settings import EventSettings, find_event_settings
from headwater.services.lambda_.function import Target, find_target
from headwater.services.lambda_.names import LATEST, parse_reference
from headwater.services.lambda_.noting import note_run
from headwater.spine.deliveries import Again, Delivery, Exhausted, Failed, Policy, delivery
from headwater.spine.errors import AwsError
from headwater.spine.functions import FunctionVersion, Invocation, InvocationResult
from headwater.spine.operations import Call
from headwater.spine.spans import shortened, trace_header
from headwater.spine.work import Work

# One minute before the second attempt, two before the third. When to stop is decided here.
_POLICY = Policy(attempts=0, backoff=60_000, rate=2.0)
# Of the account's concurrency: events that have piled up leave it to callers who wait for an answer.
_SPARE = 100
_FIRST_THROTTLED_WAIT = 1_000
_LONGEST_THROTTLED_WAIT = 300_000

Outcome = Again | Callable[[Call], None]


class Ended(NamedTuple):
    """An event that is not tried again: ``condition`` as destinations get it."""

    condition: str
    version: str
    attempts: int
    result: InvocationResult | None


def leave_event(call: Call, target: Target, payload: bytes, client_context: str | None) -> str:
    """Have a function run on an event soon; the request id is returned."""
    request_id = call.ids.uuid()
    event = {"function": target.arn, "qualifier": target.qualifier, "payload": payload.decode(), "id": request_id}
    if client_context:
        event["context"] = client_context
    call.deliver("lambda.event", event, target=target.arn, policy=_POLICY)
    return request_id


@delivery("lambda.event")
def run_event(call: Call, item: Delivery) -> Coroutine[Any, Any, Outcome]:
    event = item.payload
    reference = parse_reference(call, event["function"], event["qualifier"])
    try:
        target = find_target(call, reference)
    except AwsError as error:
        raise Failed(error.code, error.message, retry=False) from None
    settings = find_event_settings(call, reference)
    return _run(call.work, item, target, target.choose(call.ids.random()), settings)


async def _run(
    work: Work, item: Delivery, target: Target, function: FunctionVersion, settings: EventSettings
) -> Outcome:
    event = item.payload
    invocation = Invocation(
        event["id"], event["payload"].encode(), target.qualified, trace_header(work.cause), event.get("context")
    )
    try:
        with one_more(work, target, spare=_SPARE):
            result = await work.runtime.invoke(function, invocation)
    except AwsError:  # throttled: that is not an attempt
        return _postpone(work, item, target, settings)
    note_run(work.span, invocation, result)
    if result.error_type is None:
        ended = Ended("Success", function.version, item.attempt, result)
    else:
        due = work.now + _POLICY.wait(item.attempt, lambda: 1.0)
        if item.attempt > settings.retries:
            ended = Ended("RetriesExhausted", function.version, item.attempt, result)
        elif due - item.created > settings.age:
            ended = Ended("EventAgeExceeded", function.version, item.attempt, result)
        else:
            raise Failed(result.error_type, result.payload[:500].decode("utf-8", "replace"))
    return lambda call: _end(call, item, target, settings, ended)


def _postpone(work: Work, item: Delivery, target: Target, settings: EventSettings) -> Outcome:
    throttled = item.payload.get("throttled", 0)
    wait = min(_LONGEST_THROTTLED_WAIT, _FIRST_THROTTLED_WAIT * 2 ** min(throttled, 10))
    work.span.note("throttled", True)
    if work.now + wait - item.created > settings.age:
        ended = Ended("EventAgeExceeded", target.qualifier or LATEST, item.attempt - 1, None)
        return lambda call: _end(call, item, target, settings, ended)
    return Again(work.now + wait, item.payload | {"throttled": throttled + 1})


def _end(call: Call, item: Delivery, target: Target, settings: EventSettings, ended: Ended) -> None:
    destination = settings.on_success if ended.condition == "Success" else settings.on_failure
    if destination:
        send_result(call, destination, settings.principal, target.qualified, item.payload, ended)
    if ended.condition != "Success":
        call.span.note("given up", ended.condition)
        if settings.dead_letters:
            send_to_dead_letters(call, settings.dead_letters, settings.principal, item.payload, ended)
        code, message = "Throttled", "Rate Exceeded."
        if ended.result is not None:
            code, message = (
                ended.result.error_type or "Unhandled",
                shortened(ended.result.payload.decode(errors="replace")),
            )
        call.bury(item, Exhausted(code, message, ended.condition), settings.dead_letters or settings.on_failure or None)
