"""The context object that TestState takes: which members it may have.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html (context)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.languages.asl.machine import State
from headwater.languages.asl.task_state import TaskState
from headwater.services.states.errors import validation
from headwater.spine.errors import AwsError

# By part: its members with what they must be, "" where anything goes.
_PARTS: Mapping[str, Mapping[str, tuple[type, str]]] = {
    "Execution": {
        "Id": (str, "a string"), "Input": (object, ""), "Name": (str, "a string"), "RoleArn": (str, "a string"),
        "StartTime": (str, "a string"), "RedriveCount": (int, "a number"), "RedriveTime": (str, "a string"),
    },
    "State": {"EnteredTime": (str, "a string"), "Name": (str, "a string"), "RetryCount": (int, "a number")},
    "StateMachine": {"Id": (str, "a string"), "Name": (str, "a string")},
    "Task": {"Token": (str, "a string")},
}  # fmt: skip


def check_context(text: str | None, state: State, *, mocked: bool) -> dict[str, Any] | None:
    """The given context object; ValidationException in AWS's words."""
    if text is None:
        return None
    if not mocked:
        raise validation("Context object can only be specified when a mock is specified")
    try:
        context = orjson.loads(text)
    except orjson.JSONDecodeError:
        context = None
    if type(context) is not dict:
        raise _invalid("Context object must be a JSON object")
    if "Map" in context:
        raise _invalid("'Map' field is not supported when mocking a Context object")
    for part, members in context.items():
        _check_part(part, members)
    if "Task" in context and not _waits(state):
        raise _invalid(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' "
            "service integration pattern"
        )
    return context


def _check_part(part: str, members: Any) -> None:
    known = _PARTS.get(part)
    if known is None:
        raise _invalid(f"Field '{part}' is not allowed")
    if type(members) is not dict:
        raise _invalid(f"{part} must be an object")
    for name, value in members.items():
        if name not in known:
            raise _invalid(f"Field '{name}' is not allowed")
        kind, called = known[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise _invalid(f"{part}.{name} must be {called}")


def _waits(state: State) -> bool:
    if not isinstance(state, TaskState):
        return False
    return state.target.waits_for_token or ".sync" in state.target.action


def _invalid(finding: str) -> AwsError:
    return validation(f"Invalid Context object provided: {finding}")
