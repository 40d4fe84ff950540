"""Statements of a policy, read once.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from headwater.languages.policies.circumstances import NO_TEXT, Circumstances, has_variables, pattern_of
from headwater.languages.policies.conditions import Condition, parse_conditions
from headwater.languages.wildcards import expression_of, parts_of


class Names(NamedTuple):
    """The actions or resources of a statement: those that match, or with ``excepted`` all others."""

    fixed: re.Pattern[str]
    with_variables: tuple[str, ...]
    excepted: bool

    def include(self, name: str, circumstances: Circumstances) -> bool | None:
        """None where it is not known. Exceptions with a variable that has no value include nothing."""
        if self.fixed.fullmatch(name) is not None:
            return not self.excepted
        if not self.with_variables:
            return self.excepted
        patterns = [pattern_of(each, circumstances, wild=True) for each in self.with_variables]
        if self.excepted and NO_TEXT in patterns:
            return False
        told = [pattern.matches(name) for pattern in patterns]
        if True in told:
            return not self.excepted
        return None if None in told else self.excepted

    def bound(self, circumstances: Circumstances) -> Names | None:
        """With the values of variables, all of which are known; None where nothing is left."""
        if not self.with_variables:
            return self
        patterns = [pattern_of(each, circumstances, wild=True) for each in self.with_variables]
        known = [each.expression for each in patterns if each.expression]
        if self.excepted and len(known) < len(patterns):
            return None
        return Names(re.compile("|".join((self.fixed.pattern, *known))), (), self.excepted)


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

    def bound(self, circumstances: Circumstances) -> Statement | None:
        """With variables and conditions settled for good; None where it concerns nothing. A condition of which nothing
        is known allows nothing, and denies."""
        holds = _all([condition.holds(circumstances) for condition in self.conditions])
        if holds is False or (holds is None and self.allows):
            return None
        actions, resources = self.actions.bound(circumstances), self.resources.bound(circumstances)
        if actions is None or resources is None:
            return None
        return self._replace(actions=actions, resources=resources, conditions=())

    def is_for(self, *principals: str) -> bool:
        """Whether it is one of a resource's policy for somebody who has these names."""
        if self.principals is None:
            return False
        return ("*" in self.principals or not self.principals.isdisjoint(principals)) != self.excepts_principals


@lru_cache(maxsize=1024)
def parse_policy(policy: str) -> tuple[Statement, ...]:
    """The statements of a policy's JSON."""
    listed = orjson.loads(policy).get("Statement")
    return tuple(parse_statement(each) for each in _list(listed))


def parse_statement(document: Mapping[str, Any]) -> Statement:
    """One statement of a policy that was checked for form."""
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
    fixed = "|".join(expression_of(parts_of(each)) for each in texts if not has_variables(each))
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
