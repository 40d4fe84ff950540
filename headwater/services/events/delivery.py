"""Carrying out deliveries to targets, and what follows when one is given up.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from headwater.services.events.bus_logs import tell_of_attempt, tell_of_end
from headwater.services.events.destinations import DESTINATIONS, Outcome
from headwater.spine.admission import Visitor, admit
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Again, Delivery, Exhausted, Failed, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.spans import shortened
from headwater.spine.work import Work

# The codes that dead letters carry, by what the target's error code says.
_GONE = ("NotFound", "DoesNotExist", "NonExistentQueue")
_FORBIDDEN = ("AccessDenied", "NotAuthorized", "AuthorizationError")
_BUSY = ("Throttl", "TooManyRequests", "LimitExceeded")
_REFUSED = ("Validation", "InvalidParameter", "Invalid", "MissingParameter")


def give_up(call: Call, item: Delivery, why: Exhausted) -> None:
    """Send the event to the target's dead-letter queue, if it has one; it is lost otherwise."""
    queue = parse_arn(item.payload.get("dead letter") or "")
    if "log" in item.payload:
        tell_of_end(call, item, why, None if queue is None else str(queue))
    if queue is None:
        call.span.note("event dropped", item.payload["event"])
        return
    texts = {
        "RULE_ARN": item.payload["rule"],
        "TARGET_ARN": item.target,
        "ERROR_CODE": why.code,
        "ERROR_MESSAGE": why.message or why.code,
    }
    if why.condition is not None:
        texts["EXHAUSTED_RETRY_CONDITION"] = why.condition
        texts["RETRY_ATTEMPTS"] = str(item.attempt - 1)
    request = {
        "QueueUrl": f"{call.endpoint}/{queue.account}/{queue.resource}",
        "MessageBody": item.payload.get("original") or item.payload["input"],
        "MessageAttributes": {name: _attribute(name, text) for name, text in texts.items()},
    }
    admit(call, str(queue), Visitor("events", item.payload["rule"], call.account))
    call.operation("sqs", "SendMessage", request, queue.account, queue.region)
    call.span.note("dead-lettered to", str(queue))


def _attribute(name: str, text: str) -> dict[str, str]:
    return {"DataType": "Number" if name == "RETRY_ATTEMPTS" else "String", "StringValue": text}


@delivery("events.target", exhausted=give_up, atomic=True)  # all that it does is one operation, but for telling of it
def deliver_to_target(call: Call, item: Delivery) -> Outcome:
    """Hand a target its input."""
    if "log" not in item.payload:
        return _attempt(call, item)
    started = call.now
    try:
        outcome = _attempt(call, item)
    except Failed as failure:
        tell_of_attempt(call, item, started, failure)
        raise
    if isinstance(outcome, Again):
        return outcome
    if outcome is not None:
        return _told(call.work, item, started, outcome)
    tell_of_attempt(call, item, started, None)
    return None


async def _told(work: Work, item: Delivery, started: int, attempt: Coroutine[Any, Any, None]) -> None:
    failure = None
    try:
        await attempt
    except Failed as failed:
        failure = failed
    await work.transact(tell_of_attempt, item, started, failure)
    if failure is not None:
        raise failure


def _attempt(call: Call, item: Delivery) -> Outcome:
    arn = parse_arn(item.target)
    if arn is None or arn.service not in DESTINATIONS:
        raise Failed("INVALID_PARAMETER", f"{item.target} is no target.", retry=False)
    call.span.subject = item.payload["rule"]
    call.span.note("event", item.payload.get("of"))
    if "changed" in item.payload:
        call.span.note("input", shortened(item.payload["input"]))
    try:
        if call.engine.enforces_policies and "role" not in item.payload:
            admit(call, item.target, Visitor("events", item.payload["rule"], call.account))
        outcome = DESTINATIONS[arn.service](call, arn, item.payload)
    except AwsError as error:
        raise _failure(error) from error
    if type(outcome) is Again and item.policy.exhausted(0, item.created, outcome.due) is not None:
        message = "The invocation rate of the target leaves no room for the event within its age."
        raise Failed("THROTTLING", message, wait=outcome.due - call.now)
    return outcome


def _failure(error: AwsError) -> Failed:
    """What is gone or forbidden is not tried again."""

    def says(*words: str) -> bool:
        return any(word in error.code for word in words)

    if says(*_GONE):
        return Failed("NO_RESOURCE", error.message, retry=False)
    if says(*_FORBIDDEN):
        return Failed("NO_PERMISSIONS", error.message, retry=False)
    if says(*_BUSY):
        return Failed("THROTTLING", error.message)
    if says(*_REFUSED):
        return Failed("INVALID_PARAMETER", error.message, retry=False)
    return Failed("ERROR_FROM_TARGET", f"{error.code}: {error.message}")
