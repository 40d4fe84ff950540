"""Resource policies: whether the policy of a queue, topic or bus lets another account, or a service, do something.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import orjson


def allows(policy: str | None, account: str, action: str, resource: str, asked: Mapping[str, str]) -> bool:
    """Some statement of a policy (its JSON) allows it, and none denies it. ``account``: 12 digits, or the principal of
    a service (``events.amazonaws.com``). ``asked``: condition keys and what they are in this request; one that is not
    there fulfils no condition."""
    allowed = False
    for statement in _statements(policy):
        if not _concerns(statement, account, action, resource, asked):
            continue
        if statement.get("Effect") == "Deny":
            return False
        allowed = True
    return allowed


def allows_on_condition(policy: str | None, account: str, action: str, resource: str) -> bool:
    """Whether some statement would allow it, were it not for its conditions."""
    return any(
        each.get("Effect") == "Allow" and _concerns({**each, "Condition": None}, account, action, resource, {})
        for each in _statements(policy)
    )


def _statements(policy: str | None) -> list[Any]:
    return _list(orjson.loads(policy).get("Statement")) if policy else []


def _concerns(statement: Mapping[str, Any], account: str, action: str, resource: str, asked: Mapping[str, str]) -> bool:
    return (
        _is_principal(statement, account)
        and _is_among(statement, "Action", action.lower(), lower=True)
        and _is_among(statement, "Resource", resource)
        and all(_holds(test, keys, asked) for test, keys in (statement.get("Condition") or {}).items())
    )


def _is_among(statement: Mapping[str, Any], name: str, value: str, lower: bool = False) -> bool:
    """Whether a statement's actions or resources include one; those that it excepts are given with ``Not``."""
    excepted = f"Not{name}" in statement
    patterns = _list(statement.get(f"Not{name}" if excepted else name))
    return any(fnmatchcase(value, each.lower() if lower else each) for each in patterns) != excepted


def _is_principal(statement: Mapping[str, Any], account: str) -> bool:
    excepted = "NotPrincipal" in statement
    principal = statement.get("NotPrincipal" if excepted else "Principal")
    named = [principal]
    if isinstance(principal, dict):
        named = [*_list(principal.get("AWS")), *_list(principal.get("Service"))]
    return any(each in ("*", account) or str(each).split(":")[4:5] == [account] for each in named) != excepted


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
        case "Bool":
            return value in (str(each).lower() for each in wanted)
        case "StringEqualsIgnoreCase":
            return value.lower() in (each.lower() for each in wanted)
        case "StringLike" | "ArnLike" | "ArnEquals":  # ArnEquals and ArnLike behave identically
            return any(fnmatchcase(value, each) for each in wanted)
        case "StringNotLike" | "ArnNotLike" | "ArnNotEquals":
            return not any(fnmatchcase(value, each) for each in wanted)
    return False


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
