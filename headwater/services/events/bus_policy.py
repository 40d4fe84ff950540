"""Whether the resource policy of a bus lets another account do something.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-permissions-manage.html
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import orjson

from headwater.services.events.buses import bus_by_arn
from headwater.services.events.errors import access_denied
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call

PUT_EVENTS = "events:PutEvents"


def check_may_put(call: Call, bus: str, account: str, source: str, detail_type: str) -> None:
    """AwsError unless an account may put an event on a bus: its own, or one whose policy says so."""
    parts = parse_arn(bus)
    if parts is None or parts.account == account:
        return
    found = bus_by_arn(call, bus)
    asked = {"events:source": source, "events:detail-type": detail_type, "aws:PrincipalAccount": account}
    if found is not None and not allows(found.policy, account, PUT_EVENTS, bus, asked):
        raise access_denied(account, PUT_EVENTS, bus)


def allows(policy: str | None, account: str, action: str, resource: str, asked: Mapping[str, str]) -> bool:
    """Some statement allows it, and none denies it. A key that is not known here fulfils no condition."""
    allowed = False
    for statement in _list(orjson.loads(policy).get("Statement")) if policy else ():
        if not _concerns(statement, account, action, resource, asked):
            continue
        if statement.get("Effect") == "Deny":
            return False
        allowed = True
    return allowed


def _concerns(statement: Mapping[str, Any], account: str, action: str, resource: str, asked: Mapping[str, str]) -> bool:
    return (
        _is_principal(statement.get("Principal"), account)
        and any(fnmatchcase(action.lower(), each.lower()) for each in _list(statement.get("Action")))
        and any(fnmatchcase(resource, each) for each in _list(statement.get("Resource")))
        and all(_holds(test, keys, asked) for test, keys in (statement.get("Condition") or {}).items())
    )


def _is_principal(principal: Any, account: str) -> bool:
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    for each in _list(named):
        if each in ("*", account):
            return True
        parts = parse_arn(each)
        if parts is not None and parts.account == account:
            return True
    return False


def _holds(test: str, keys: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    """The string tests of AWS's policies, with or without ``ForAllValues``, ``ForAnyValue`` and ``IfExists``."""
    name = test.rpartition(":")[2]
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    known = {key.lower(): value for key, value in asked.items()}
    for key, wanted in keys.items():
        value = known.get(key.lower())
        if value is None:
            if optional or "Not" in name:
                continue
            return False
        if not _one_of(name, value, _list(wanted)):
            return False
    return True


def _one_of(name: str, value: str, wanted: list[str]) -> bool:
    match name:
        case "StringEquals":
            return value in wanted
        case "StringNotEquals":
            return value not in wanted
        case "StringEqualsIgnoreCase":
            return value.lower() in (each.lower() for each in wanted)
        case "StringLike" | "ArnLike":
            return any(fnmatchcase(value, each) for each in wanted)
        case "StringNotLike":
            return not any(fnmatchcase(value, each) for each in wanted)
    return False


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
