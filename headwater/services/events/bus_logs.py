"""What a bus tells of the events on it, where its LogConfig asks for that; CloudWatch Logs has it delivered.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-logs.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-logs-schema.html

Which step belongs to which level follows "errors" and "major steps" in AWS's description of the levels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from headwater.services.events.archiving import instant
from headwater.services.events.buses import bus_by_arn, bus_name
from headwater.services.events.envelope import Event
from headwater.spine.deliveries import Delivery, Exhausted, Failed
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

_STREAM = "EventBridgeEventBusLogs"
_LEVELS: Mapping[str, int] = MappingProxyType({"OFF": 0, "ERROR": 1, "INFO": 2, "TRACE": 3})
_TRACED = frozenset({"EVENT_RECEIPT", "RULE_MATCH_START", "INVOCATION_ATTEMPT_START", "INVOCATION_ATTEMPT_SUCCESS"})
_MAJOR = frozenset({"EVENT_INGEST_SUCCESS", "NO_STANDARD_RULES_MATCHED", "RULE_MATCH", "INVOCATION_START",
                    "INVOCATION_SUCCESS"})  # fmt: skip
# With IncludeDetail NONE these are left out.
_DETAIL = frozenset({"event_detail", "target_input", "target_response_body"})
# The called service, by the service of a target's ARN.
_CALLED: Mapping[str, str] = MappingProxyType(
    {
        "events": "AmazonEventBridge",
        "execute-api": "AmazonApiGateway",
        "firehose": "AmazonKinesisFirehose",
        "kinesis": "AmazonKinesis",
        "lambda": "AWSLambda",
        "logs": "AWSLogs",
        "sns": "AmazonSNS",
        "sqs": "AmazonSQS",
        "states": "AWSStepFunctions",
    }
)


class BusLog(NamedTuple):
    """``level``: how much is told. ``request``: of an event, the number of the span in which it came."""

    bus: str
    level: int
    detail: bool
    request: int = 0
    role: str | None = None


def bus_log(call: Call, bus: str) -> BusLog | None:
    """What a bus is to tell; None, as usual, where that is nothing."""
    found = bus_by_arn(call, bus)
    config = (found.settings.get("LogConfig") or {}) if found else {}
    level = _LEVELS[config.get("Level") or "OFF"]
    return BusLog(bus, level, config.get("IncludeDetail") == "FULL") if level else None


Step = tuple[str, dict[str, Any]]


def _tell(
    call: Call, log: BusLog, event: str | None, steps: Iterable[Step], more: dict[str, Any] | None = None
) -> None:
    """Records of one event's steps, each the name of a step and its details."""
    records = []
    for step, details in steps:
        level = "TRACE" if step in _TRACED else "INFO" if step in _MAJOR else "ERROR"
        if _LEVELS[level] > log.level:
            continue
        error = details.pop("error", None)
        record: dict[str, Any] = {
            "resource_arn": log.bus,
            "event_bus_name": bus_name(log.bus),
            "request_id": guid(log.request or call.span.id),
            "event_id": event,
            **(more or {}),
            "message_timestamp_ms": call.now,
            "message_type": step,
            "log_level": level,
            "details": {
                name: value
                for name, value in details.items()
                if value is not None and (log.detail or name not in _DETAIL)
            },
        }
        if error is not None:
            record["error"] = error
        records.append((f"{level}_LOGS", record))
    if records:
        call.operation("logs", "Vend", {"ResourceArn": log.bus, "Stream": _STREAM, "Records": records})


def guid(number: int) -> str:
    """An identifier of AWS's form for a span's or delivery's number, always the same."""
    return str(UUID(bytes=blake2b(str(number).encode(), digest_size=16).digest(), version=4))


# ---- events


def tell_of_event(call: Call, log: BusLog, event: Event, taken: list[tuple[str, str, int]]) -> None:
    """An event has come, and these are the rules that took it (rule, target, delivery). Of what services send, that is
    told alone which a rule took."""
    own = event["source"].startswith("aws.")
    if own and not taken:
        return
    details = {
        "caller_account_id": call.account,
        "source_time_ms": instant(event["time"]),
        "source": event["source"],
        "detail_type": event["detail-type"],
        "resources": event["resources"],
        "event_detail": orjson.dumps(event["detail"]).decode(),
    }
    steps: list[Step] = [] if own else [("EVENT_INGEST_SUCCESS", details)]
    steps += [("EVENT_RECEIPT", details), ("RULE_MATCH_START", details)]
    by_rule: dict[str, list[tuple[str, int]]] = {}
    for rule, target, delivery in taken:
        by_rule.setdefault(rule, []).append((target, delivery))
    for rule, targets in by_rule.items():
        arns, ids = [target for target, _ in targets], [guid(delivery) for _, delivery in targets]
        steps.append(("RULE_MATCH", {"rule_arn": rule, "target_arns": arns, "invocation_ids": ids}))
    if not by_rule:
        steps.append(("NO_STANDARD_RULES_MATCHED", {}))
    _tell(call, log, event["id"], steps)


def tell_of_refusal(call: Call, bus: str, entry: Mapping[str, Any], refusal: Mapping[str, str]) -> None:
    """An entry of PutEvents was refused."""
    log = bus_log(call, bus)
    if log is None:
        return
    details = {
        "caller_account_id": call.account,
        "source": entry.get("Source"),
        "detail_type": entry.get("DetailType"),
        "resources": entry.get("Resources") or [],
        "event_detail": entry.get("Detail"),
        "error": {"error_message": refusal["ErrorMessage"], "aws_service": _CALLED["events"]},
    }
    _tell(call, log, None, [("EVENT_INGEST_FAILURE", details)])


# ---- invocations


def tell_of_attempt(call: Call, item: Delivery, started: int, failure: Failed | None) -> None:
    """An attempt at a target, which began at an instant (ms), is over."""
    log = BusLog(*item.payload["log"])
    where = _where(item, log)
    given = {"target_input": item.payload["input"]}
    steps: list[Step] = []
    if item.attempt == 1:
        steps.append(("INVOCATION_START", {**where, "attempt_count": 1, **given}))
    steps.append(("INVOCATION_ATTEMPT_START", {**where, "attempt_count": item.attempt, **given}))
    outcome = {
        **where,
        "attempt_type": "FIRST" if item.attempt == 1 else "RETRY",
        "attempt_count": item.attempt,
        "invocation_status": "SUCCESS" if failure is None else failure.code,
        "target_duration_ms": call.now - started,
        "target_response_body": (call.span.notes or {}).get("response"),
    }
    if failure is not None:
        throttled = failure.code == "THROTTLING"
        kind = "THROTTLE" if throttled else "RETRYABLE_FAILURE" if failure.retry else "PERMANENT_FAILURE"
        steps.append((f"INVOCATION_ATTEMPT_{kind}", {**outcome, "error": _error(item, failure, failure.message)}))
    else:
        steps.append(("INVOCATION_ATTEMPT_SUCCESS", outcome))
        whole = _whole(call, item, where, "SUCCESS", item.attempt)
        whole["ingestion_to_start_latency_ms"] = started - item.created
        whole["ingestion_to_success_latency_ms"] = call.now - item.created
        steps.append(("INVOCATION_SUCCESS", whole))
    _tell(call, log, item.payload["event"], steps, {"invocation_id": guid(item.id)})


def tell_of_end(call: Call, item: Delivery, why: Exhausted, dead_letter: str | None) -> None:
    """A target was given up, and its event went to a dead-letter queue (its ARN) or is lost."""
    log = BusLog(*item.payload["log"])
    whole = _whole(call, item, _where(item, log), why.code, item.attempt)
    error = _error(item, None, why.message)
    steps: list[Step] = [("INVOCATION_FAILURE", {**whole, "error": error})]
    if dead_letter is not None:
        steps.append(("INVOCATION_DLQ", {**whole, "error": error}))
    _tell(call, log, item.payload["event"], steps, {"invocation_id": guid(item.id)})


def _where(item: Delivery, log: BusLog) -> dict[str, Any]:
    return {"rule_arn": item.payload["rule"], "role_arn": log.role, "target_arn": item.target}


def _whole(call: Call, item: Delivery, where: dict[str, Any], status: str, attempts: int) -> dict[str, Any]:
    return {
        **where,
        "target_input": item.payload["input"],
        "total_attempts": attempts,
        "final_invocation_status": status,
        "ingestion_to_complete_latency_ms": call.now - item.created,
    }


def _error(item: Delivery, failure: Failed | None, message: str) -> dict[str, Any]:
    cause = failure.__cause__ if failure is not None else None
    status = {"http_status_code": cause.status} if isinstance(cause, AwsError) else {}
    service = item.target.split(":")[2]
    return {**status, "error_message": message, "aws_service": _CALLED.get(service, service)}
