"""Stack policies: what an update may do to which resource. With a policy, what no statement allows is denied.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import orjson

from headwater.services.cloudformation.errors import validation_error

MODIFY, REPLACE, DELETE = "Update:Modify", "Update:Replace", "Update:Delete"


def checked_policy(text: str) -> str:
    """The text of a policy; AwsError where it is none."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict) or not all(map(_is_statement, _list(document.get("Statement")))):
        raise validation_error("Error validating stack policy: Invalid stack policy")
    return text


def _is_statement(given: Any) -> bool:
    if not isinstance(given, dict):
        return False
    conditions = given.get("Condition") or {}
    return isinstance(conditions, dict) and all(isinstance(test, dict) for test in conditions.values())


def denial(settings: Mapping[str, Any], action: str, logical_id: str, kind: str) -> str | None:
    """Why a stack's policy, or the one given for this update, denies an action; None where it does not."""
    policy = settings.get("StackPolicyDuringUpdateBody") or settings.get("StackPolicyBody")
    if not policy:
        return None
    resource = f"LogicalResourceId/{logical_id}"
    allowed = False
    for number, statement in enumerate(_list(orjson.loads(policy).get("Statement")), 1):
        if _applies(statement, action, resource, kind):
            if statement.get("Effect") != "Allow":
                return (
                    f"Action denied by stack policy: Statement [#{number}] does not allow "
                    f"[{', '.join(_list(statement.get('Action')))}] for resource [{resource}]"
                )
            allowed = True
    return (
        None if allowed else f"Action denied by stack policy: No statement allows [{action}] for resource [{resource}]"
    )


def _applies(statement: Mapping[str, Any], action: str, resource: str, kind: str) -> bool:
    for member, value in (("Action", action), ("Resource", resource)):
        if member in statement:
            if not _any(statement[member], value):
                return False
        elif _any(statement.get(f"Not{member}"), value):
            return False
    conditions = statement.get("Condition") or {}
    wanted = [pattern for test in conditions.values() for pattern in _list(test.get("ResourceType"))]
    return not conditions or _any(wanted, kind)


def _any(patterns: Any, value: str) -> bool:
    return any(fnmatchcase(value, str(pattern)) for pattern in _list(patterns))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
