"""Whether an execution can be redriven, and why not.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html (redriveStatusReason)
"""

from __future__ import annotations

from headwater.languages.asl.history import MAXIMUM_EVENTS
from headwater.services.states.record import Record

REDRIVABLE_MILLISECONDS = 14 * 86_400_000
OPEN_MILLISECONDS = 365 * 86_400_000
MOST_REDRIVES = 1_000

REDRIVABLE = "REDRIVABLE"
NOT_REDRIVABLE = "NOT_REDRIVABLE"
BY_MAP_RUN = "REDRIVABLE_BY_MAP_RUN"


def redrive_obstacle(record: Record, now: int) -> str | None:
    """Why the execution cannot be redriven, None where it can."""
    if record.status not in ("FAILED", "ABORTED", "TIMED_OUT"):
        return f"Execution is {record.status} and cannot be redriven"
    if record.last_event >= MAXIMUM_EVENTS - 1:
        return "Execution history event limit exceeded"
    if now - (record.stopped or now) > REDRIVABLE_MILLISECONDS:
        return "Execution redrivable period exceeded"
    if now - record.started > OPEN_MILLISECONDS:
        return "Execution has exceeded the max execution time"
    if record.redrives >= MOST_REDRIVES:
        return f"Execution has reached the maximum number of redrives ({MOST_REDRIVES})"
    return None


def redrive_status(record: Record, now: int) -> tuple[str, str | None]:
    """redriveStatus and, where there is one, redriveStatusReason."""
    obstacle = redrive_obstacle(record, now)
    if obstacle is not None:
        return NOT_REDRIVABLE, obstacle
    return (REDRIVABLE if record.map_run is None else BY_MAP_RUN), None
