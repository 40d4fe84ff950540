"""Carrying out invocations, and what follows when one is given up.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from headwater.services.scheduler.targets import TARGETS, Invocation, session
from headwater.services.scheduler.universal import is_universal, universal_request
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.deliveries import Delivery, Exhausted, Failed, Policy, delivery
from headwater.spine.operations import Call
from headwater.spine.requests import UnfitParameters
from headwater.spine.timestamps import iso8601_seconds
from headwater.spine.work import Work

# What a dead letter may hold of an input.
_LARGEST_DEAD_LETTER = 256 * 1024
# Scheduler tells of SQS's errors by the codes of its older protocol.
_OLDER_CODES: Mapping[str, str] = MappingProxyType(
    {"QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue"},
)


def leave_invocation(call: Call, schedule: str, target: Mapping[str, Any], time: int) -> None:
    """Have a schedule's target invoked now; ``time`` (ms) is when it was to be."""
    retry = target["RetryPolicy"]
    policy = Policy(
        attempts=1 + retry["MaximumRetryAttempts"],
        age=retry["MaximumEventAgeInSeconds"] * 1000,
        most=600_000,
        jitter=True,
    )
    payload = {"schedule": schedule, "time": time, "execution": call.ids.hex(16), "target": target}
    call.deliver("scheduler.invoke", payload, target=target["Arn"], policy=policy)


def give_up(call: Call, item: Delivery, why: Exhausted) -> None:
    """Send the invocation to the schedule's dead-letter queue, if it has one; it is lost otherwise."""
    payload = item.payload
    queue = parse_arn((payload["target"].get("DeadLetterConfig") or {}).get("Arn") or "")
    if queue is None:
        call.span.note("invocation dropped", payload["execution"])
        return
    body = _input(call, item)
    texts = {
        "ERROR_CODE": _OLDER_CODES.get(why.code, why.code),
        "ERROR_MESSAGE": why.message or why.code,
        "EXECUTION_ID": payload["execution"],
        "IS_PAYLOAD_TRUNCATED": "true" if len(body.encode()) > _LARGEST_DEAD_LETTER else "false",
        "RETRY_ATTEMPTS": str(item.attempt - 1),
        "SCHEDULED_TIME": iso8601_seconds(payload["time"]),
        "SCHEDULE_ARN": payload["schedule"],
        "TARGET_ARN": item.target,
    }
    if why.condition is not None:
        texts["EXHAUSTED_RETRY_CONDITION"] = why.condition
    request = {
        "QueueUrl": f"{call.endpoint}/{queue.account}/{queue.resource}",
        "MessageBody": body.encode()[:_LARGEST_DEAD_LETTER].decode(errors="ignore"),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": text} for name, text in sorted(texts.items())
        },
    }
    call.operation("sqs", "SendMessage", request, queue.account, queue.region)
    call.span.note("dead-lettered to", str(queue))


@delivery("scheduler.invoke", exhausted=give_up, atomic=True)  # all that it does is one operation
def invoke(call: Call, item: Delivery) -> Coroutine[Any, Any, None] | None:
    arn = parse_arn(item.target)
    if arn is None:
        raise Failed("ValidationException", f"{item.target} is no target.", retry=False)
    call.span.subject = item.payload["schedule"]
    call.span.note("scheduled for", iso8601_seconds(item.payload["time"]))
    text = _input(call, item)
    if is_universal(arn):
        return _invoke_universal(call.work, arn, text, session(item.payload["target"]))
    TARGETS[arn.service](call, Invocation(arn, item.payload["target"], item.payload, text))
    return None


async def _invoke_universal(work: Work, arn: Arn, text: str, principal: str) -> None:
    """Any operation, such as one that waits: outside of a transaction."""
    try:
        service, operation, request = universal_request(arn, text)
    except (UnfitParameters, orjson.JSONDecodeError) as finding:
        raise Failed("ValidationException", str(finding)) from None
    await work.operation(service, operation, request, principal=principal)


def _input(call: Call, item: Delivery) -> str:
    """The target's input with its context attributes filled in; a notification where it has none."""
    payload = item.payload
    text: str | None = payload["target"].get("Input")
    if text is None:
        return _notification(call, item)
    if "<aws.scheduler." not in text:
        return text
    attributes = {
        "schedule-arn": payload["schedule"],
        "scheduled-time": iso8601_seconds(payload["time"]),
        "execution-id": payload["execution"],
        "attempt-number": str(item.attempt),
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _notification(call: Call, item: Delivery) -> str:
    event = {
        "version": "0",
        "id": item.payload["execution"],
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": call.account,
        "time": iso8601_seconds(item.payload["time"]),
        "region": call.region,
        "resources": [item.payload["schedule"]],
        "detail": "{}",
    }
    return orjson.dumps(event).decode()
