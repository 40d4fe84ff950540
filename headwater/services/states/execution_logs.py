"""Executions' events in CloudWatch Logs, as the machine's logging configuration says: for express executions the only
place where they are told.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

from headwater.languages.asl import Execution
from headwater.languages.asl.history import Event
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call

_FATAL = frozenset({"ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})
_BAD_ENDS = ("Failed", "TimedOut", "Aborted")
_DATA = ("input", "output", "assignedVariables")


def logging_of(configuration: dict[str, Any]) -> dict[str, Any] | None:
    """The configuration of a machine that logs, None for one that does not."""
    return None if configuration.get("level", "OFF") == "OFF" else configuration


def log_events(call: Call, execution: Execution, events: Iterable[Event]) -> None:
    """Write what the level asks for."""
    configuration = execution.logging
    assert configuration is not None
    level, data = configuration["level"], bool(configuration.get("includeExecutionData"))
    lines = [
        (call.now, _line(execution, event, call.now, include_data=data)) for event in events if _wanted(level, event[2])
    ]
    if not lines:
        return
    parsed = parse_arn(configuration["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"])
    assert parsed is not None
    group = parsed.resource.removeprefix("log-group:").removesuffix(":*")
    hour = datetime.fromtimestamp(call.now / 1000, UTC).strftime("%Y-%m-%d-%H-00")
    stream = f"states/{execution.machine_name}/{hour}/{execution.arn.rpartition(':')[2][:8]}"
    request = {"logGroupName": group, "logStreamName": stream, "events": lines}
    call.operation("logs", "Append", request, account=parsed.account, region=parsed.region)


def _wanted(level: str, kind: str) -> bool:
    if level == "ALL":
        return True
    return kind in _FATAL or (level == "ERROR" and (kind.endswith(_BAD_ENDS) or kind == "FailStateEntered"))


def _line(execution: Execution, event: Event, now: int, *, include_data: bool) -> str:
    number, previous, kind, noted = event
    details: dict[str, Any] = {}
    for name, value in (noted or {}).items():
        if name not in _DATA:
            details[name] = value
        elif include_data:
            details[name] = value
            details[f"{name}Details"] = {"truncated": False}
    line = {
        "id": str(number),
        "type": kind,
        "details": {name: details[name] for name in sorted(details)},
        "previous_event_id": str(previous),
        "event_timestamp": str(now),
        "execution_arn": execution.arn,
        "redrive_count": str(execution.redrives),
    }
    return orjson.dumps(line).decode()
