"""Statements of a policy, read once.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from headwater.languages.policies.circumstances import Circumstances, has_variables, pattern_of, wildcards
from headwater.languages.policies.conditions import Condition, parse_conditions


class Names(NamedTuple):
    """The actions or resources of a statement: those that match, or with ``excepted`` all others."""

    fixed: re.Pattern[str]
    with_variables: tuple[str, ...]
    excepted: bool

    def include(self, name: str, circumstances: Circumstances) -> bool | None:
        """None where it is not known."""
        if self.fixed.fullmatch(name) is not None:
            return not self.excepted
        told = [pattern_of(each, circumstances, wild=True).matches(name) for each in self.with_variables]
        if True in told:
            return not self.excepted
        return None if None in told else self.excepted


class Statement(NamedTuple):
    """``principals`` is None in a policy of IAM, whose principal is the one that it is attached to."""

    allows: bool
    actions: Names
    resources: Names
    conditions: tuple[Condition, ...]
    principals: frozenset[str] | None = None
    excepts_principals: bool = False

    def concerns(self, action: str, resource: str, circumstances: Circumstances) -> bool | None:
        """Whether it speaks of an action on a resource, whoever asks; None where that is not known."""
        named = self.names(action, resource, circumstances)
        if named is False:
            return False
        return _all([named, *(condition.holds(circumstances) for condition in self.conditions)])

    def names(self, action: str, resource: str, circumstances: Circumstances) -> bool | None:
        """The same, were there no conditions."""
        actions = self.actions.include(action.lower(), circumstances)
        return _all([actions, self.resources.include(resource, circumstances)]) if actions is not False else False

    def is_for(self, *principals: str) -> bool:
        """Whether it is one of a resource's policy for somebody who has these names."""
        if self.principals is None:
            return False
        return ("*" in self.principals or not self.principals.isdisjoint(principals)) != self.excepts_principals


@lru_cache(maxsize=1024)
def parse_policy(policy: str) -> tuple[Statement, ...]:
    """The statements of a policy's JSON."""
    listed = orjson.loads(policy).get("Statement")
    return tuple(_statement(each) for each in _list(listed))


def _statement(document: Mapping[str, Any]) -> Statement:
    excepted = "NotPrincipal" in document
    principal = document.get("NotPrincipal" if excepted else "Principal")
    return Statement(
        document.get("Effect") == "Allow",
        _names(document, "Action", lower=True),
        _names(document, "Resource"),
        parse_conditions(document.get("Condition") or {}),
        None if principal is None else _principals(principal),
        excepted,
    )


def _names(document: Mapping[str, Any], name: str, lower: bool = False) -> Names:
    excepted = f"Not{name}" in document
    texts = [str(each) for each in _list(document.get(f"Not{name}" if excepted else name))]
    if lower:
        texts = [each.lower() for each in texts]
    fixed = "|".join(wildcards(each) for each in texts if not has_variables(each))
    return Names(re.compile(fixed or r"(?!)"), tuple(filter(has_variables, texts)), excepted)


def _principals(principal: Any) -> frozenset[str]:
    named = [principal]
    if isinstance(principal, dict):
        named = [each for kind in ("AWS", "Service") for each in _list(principal.get(kind))]
    return frozenset(map(str, named))


def _all(told: list[bool | None]) -> bool | None:
    if False in told:
        return False
    return None if None in told else True


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
