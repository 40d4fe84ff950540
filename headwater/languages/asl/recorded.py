"""Recorded events: what input each tells of, and how one differs from an event that a definition makes."""

import re
from collections.abc import Iterable, Mapping, Set
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

Recorded = Mapping[str, Any]
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN = re.compile("[A-Za-z0-9_=-]{37,}")
_CALLING = ("TaskSubmitFailed", "ActivityScheduleFailed")
_OTHERS = "[A-Za-z0-9_=-]+"


def answer(event: Recorded, details: Recorded, frame: Frame, ahead: Iterable[Recorded]) -> TaskInput:
    """What a task was answered, from the first event that tells of it. ``ahead``: what was recorded from there on."""
    place, kind = (frame.id, frame.ticket), event["type"]
    if kind.startswith("MapRun"):
        if kind == "MapRunFailed":
            return MapRunEnded(*place, error=details.get("error"), cause=details.get("cause"))
        return MapRunEnded(*place, "[]", [], left=_left(event, frame.name, ahead))
    if kind.endswith("TimedOut"):
        heartbeat = details.get("error") == "States.HeartbeatTimeout"
        return TaskTimedOut(*place, heartbeat=heartbeat, cause=details.get("cause"))
    if kind.endswith("Failed"):
        return TaskFailed(*place, details.get("error"), details.get("cause"), calling=kind in _CALLING)
    if kind.endswith("Submitted"):
        return TaskSubmitted(*place, details["output"])
    if kind.endswith("Started"):
        return TaskStarted(*place, details.get("workerName"))
    return TaskSucceeded(*place, details.get("output") or "null")


def _left(event: Recorded, state: str, ahead: Iterable[Recorded]) -> tuple[str, dict[str, Any] | None] | None:
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
