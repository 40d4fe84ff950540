"""History events: how the stepper notes them and what GetExecutionHistory makes of them.

A noted event is the tuple (id, previous event's id, type, details or None), without what every event of its kind
repeats, so that a step's events are packed in one row.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from collections.abc import Mapping
from typing import Any

Event = tuple[int, int, str, dict[str, Any] | None]

MAXIMUM_EVENTS = 25_000
MAXIMUM_EVENTS_CAUSE = f"The execution reached the maximum number of history events ({MAXIMUM_EVENTS})."

_STATE_TYPES = ("Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map")
_WITH_DETAILS = (
    *(f"Execution{how}" for how in ("Started", "Succeeded", "Failed", "Aborted", "TimedOut", "Redriven")),
    *(
        f"Task{how}"
        for how in (
            "Scheduled",
            "Started",
            "StartFailed",
            "Submitted",
            "SubmitFailed",
            "Succeeded",
            "Failed",
            "TimedOut",
        )
    ),
    *(
        f"LambdaFunction{how}"
        for how in ("Scheduled", "ScheduleFailed", "StartFailed", "Succeeded", "Failed", "TimedOut")
    ),
    *(f"Activity{how}" for how in ("Scheduled", "ScheduleFailed", "Started", "Succeeded", "Failed", "TimedOut")),
    *(f"MapIteration{how}" for how in ("Started", "Succeeded", "Failed", "Aborted")),
    "MapStateStarted",
    "MapRunStarted",
    "MapRunFailed",
    "MapRunRedriven",
    "EvaluationFailed",
)
_DETAILS = {
    **{f"{kind}StateEntered": "stateEnteredEventDetails" for kind in _STATE_TYPES},
    **{f"{kind}StateExited": "stateExitedEventDetails" for kind in _STATE_TYPES},
    **{kind: f"{kind[0].lower()}{kind[1:]}EventDetails" for kind in _WITH_DETAILS},
}
_DATA = ("input", "output", "assignedVariables")


def render(event: Event, timestamp: int, *, include_data: bool = True) -> dict[str, Any]:
    """The event as the API shows it. `include_data` false leaves inputs, outputs and variables out."""
    number, previous, kind, noted = event
    shown: dict[str, Any] = {"timestamp": timestamp, "type": kind, "id": number, "previousEventId": previous}
    key = _DETAILS.get(kind)
    if key is None:
        return shown
    details = dict(noted or {})
    for name in _DATA:
        if name in details:
            details[f"{name}Details"] = {"truncated": False}
            if not include_data:
                del details[name]
    shown[key] = details
    return shown


def details_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The details of a rendered event; empty where its kind has none."""
    key = _DETAILS.get(event["type"])
    found: Mapping[str, Any] = event.get(key, {}) if key is not None else {}
    return found


def from_log(line: Mapping[str, Any]) -> dict[str, Any]:
    """The event that a line of an execution's log tells of, as the API would show it."""
    shown = {
        "timestamp": int(line["event_timestamp"]),
        "type": line["type"],
        "id": int(line["id"]),
        "previousEventId": int(line["previous_event_id"]),
    }
    key = _DETAILS.get(line["type"])
    return shown if key is None else {**shown, key: line["details"]}
