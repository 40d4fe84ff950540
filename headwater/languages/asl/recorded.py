"""Recorded events: what input each tells of, and how one differs from an event that a definition makes."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import orjson

from headwater.languages.asl.commands import (
    MapRunEnded,
    TaskFailed,
    TaskInput,
    TaskStarted,
    TaskSubmitted,
    TaskSucceeded,
    TaskTimedOut,
)
from headwater.languages.asl.execution import Frame
from headwater.languages.asl.flow import UNKNOWN
from headwater.languages.asl.machine import Machine
from headwater.languages.asl.task_state import TaskState
from headwater.languages.asl.templates import Constant

Recorded = Mapping[str, Any]
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN = re.compile("[A-Za-z0-9_=-]{37,}")
_CALLING = ("TaskSubmitFailed", "ActivityScheduleFailed")
_OTHERS = "[A-Za-z0-9_=-]+"


def answer(event: Recorded, details: Recorded, frame: Frame) -> TaskInput:
    """What a task was answered, or that a map run failed, from the first event that tells of it."""
    place, kind = (frame.id, frame.ticket), event["type"]
    if kind == "MapRunFailed":
        return MapRunEnded(*place, error=details.get("error"), cause=details.get("cause"))
    if kind.endswith("TimedOut"):
        return TaskTimedOut(*place, heartbeat=_beat_no_more(event, frame), cause=details.get("cause"))
    if kind.endswith("Failed"):
        return TaskFailed(*place, details.get("error"), details.get("cause"), calling=kind in _CALLING)
    if kind.endswith("Submitted"):
        return TaskSubmitted(*place, details["output"])
    if kind.endswith("Started"):
        return TaskStarted(*place, details.get("workerName"))
    return TaskSucceeded(*place, details.get("output") or "null")


def _beat_no_more(event: Recorded, frame: Frame) -> bool:
    """Whether it was the heartbeat that a task's time was up for: its whole time was not."""
    state = frame.workflow.states[frame.name]
    assert isinstance(state, TaskState)
    if state.heartbeat is None or state.timeout is None or not isinstance(state.timeout.value, Constant):
        return state.heartbeat is not None
    return bool(event["timestamp"] - frame.entered_at < 1000 * state.timeout.value.value)


def map_run_of(event: Recorded, history: Sequence[Recorded]) -> str:
    """The ARN of the map run that an event tells of: events of a history are in the order of their ids, from 1."""
    while event["previousEventId"]:
        event = history[event["previousEventId"] - 1]
        for name in ("mapRunStartedEventDetails", "mapRunRedrivenEventDetails"):
            if name in event:
                return str(event[name]["mapRunArn"])
    return ""


def deduced_results(machine: Machine, history: Sequence[Recorded]) -> dict[str, str]:
    """What map runs gave, as far as it follows from what their states left behind, by the runs' ARNs. ``machine``: the
    definition that was run."""
    found = {}
    for event in history:
        details = event.get("stateExitedEventDetails") or {}
        state = machine.maps.get(details.get("name", ""))
        if state is None or event["type"] != "MapStateExited" or "output" not in details:
            continue
        result = state.flow.result_in(orjson.loads(details["output"]))
        arn = map_run_of(event, history)
        if arn and result is not UNKNOWN:
            found[arn] = orjson.dumps(result).decode()
    return found


def left_behind(event: Recorded, state: str, ahead: Iterable[Recorded]) -> tuple[str, dict[str, Any] | None] | None:
    """What the Map left behind and assigned: a history does not tell what its run gave. None where it failed then."""
    behind = (event["id"], event["previousEventId"])
    for each in ahead:
        details = each.get("stateExitedEventDetails") or {}
        if details.get("name") == state and each["previousEventId"] in behind:
            assigned = details.get("assignedVariables")
            values = None if assigned is None else {name: orjson.loads(text) for name, text in assigned.items()}
            return details.get("output", "null"), values
    return None


def difference(recorded: Recorded, made: Recorded, issued: Set[str]) -> str | None:
    """In words; None where they are the same but for ids, times, and what was ``issued``: tokens and random ids."""
    if recorded["type"] != made["type"]:
        return f"{made['type']} in place of {recorded['type']}"
    for key in sorted({*recorded, *made} - {"timestamp", "id", "previousEventId"}):
        ours, theirs = made.get(key), recorded.get(key)
        if ours == theirs:
            continue
        if isinstance(ours, dict) and isinstance(theirs, dict):
            for name in sorted({*ours, *theirs}):
                if not _alike(theirs.get(name), ours.get(name), issued):
                    return f"{name} is {_short(ours.get(name))} in place of {_short(theirs.get(name))}"
        else:
            return f"{key} is {_short(ours)} in place of {_short(theirs)}"
    return None


def _alike(theirs: Any, ours: Any, issued: Set[str]) -> bool:
    if theirs == ours:
        return True
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return theirs.keys() == ours.keys() and all(_alike(theirs[key], ours[key], issued) for key in ours)
    if not (isinstance(theirs, str) and isinstance(ours, str)):
        return False
    found = {each for pattern in (_UUID, _TOKEN) for each in pattern.findall(ours) if each in issued}
    if found:
        parts = re.split("|".join(map(re.escape, found)), ours)
        if re.fullmatch(_OTHERS.join(map(re.escape, parts)), theirs, re.DOTALL):
            return True
    return ours[:1] in '{["' and _same_json(theirs, ours)


def _same_json(theirs: str, ours: str) -> bool:
    """The same value, written otherwise: spaces, or the order of members."""
    try:
        return _canonical(theirs) == _canonical(ours)
    except orjson.JSONDecodeError:
        return False


def _canonical(text: str) -> bytes:
    return orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= 200 else text[:200] + "…"
