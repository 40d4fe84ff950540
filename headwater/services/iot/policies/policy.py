"""IoT policies: whether statements let a client do something. Deny wins; what nothing allows is refused.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from headwater.services.iot.policies.conditions import conditions_hold, pattern_of, wildcards

ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY = "ALLOWED", "EXPLICIT_DENY", "IMPLICIT_DENY"


class PolicyError(Exception):
    """A policy document that cannot be understood."""


class _Statement(NamedTuple):
    allows: bool
    actions: re.Pattern[str]
    resources: re.Pattern[str]
    is_inverted: bool  # NotResource


class Policy:
    """The documents that one connection is under, compiled for its client id."""

    __slots__ = ("_answers", "_statements")

    def __init__(self, statements: list[_Statement]) -> None:
        self._statements = statements
        self._answers: dict[tuple[str, str], bool] = {}

    def allows(self, action: str, resource: str) -> bool:
        """Whether e.g. `iot:Publish` on `arn:aws:iot:…:topic/a` is allowed."""
        key = (action, resource)
        answer = self._answers.get(key)
        if answer is None:
            answer = self.decision(action, resource) == ALLOWED
            if len(self._answers) < 1_000:
                self._answers[key] = answer
        return answer

    def decision(self, action: str, resource: str) -> str:
        """The same as `TestAuthorization` tells it."""
        decision = IMPLICIT_DENY
        for statement in self._statements:
            if not statement.actions.fullmatch(action):
                continue
            if bool(statement.resources.fullmatch(resource)) is statement.is_inverted:
                continue
            if not statement.allows:
                return EXPLICIT_DENY
            decision = ALLOWED
        return decision


def compile_policy(documents: Iterable[str | Mapping[str, Any]], variables: Mapping[str, str]) -> Policy:
    """Documents as JSON text or parsed; raises `PolicyError`.

    `variables` are what `${iot:ClientId}` and the like stand for; a statement with another variable allows nothing.
    """
    statements = []
    for document in documents:
        for statement in _statements_of(document):
            compiled = _compile(statement, variables)
            if compiled is not None:
                statements.append(compiled)
    return Policy(statements)


def _statements_of(document: str | Mapping[str, Any]) -> list[Mapping[str, Any]]:
    try:
        parsed = orjson.loads(document) if isinstance(document, str) else document
    except orjson.JSONDecodeError as error:
        raise PolicyError(f"The policy is not JSON: {error}") from error
    statements = parsed.get("Statement") if isinstance(parsed, Mapping) else None
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not all(isinstance(item, Mapping) for item in statements):
        raise PolicyError("The policy has no Statement.")
    return statements


def _compile(statement: Mapping[str, Any], variables: Mapping[str, str]) -> _Statement | None:
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError("The Effect of a statement is Allow or Deny.")
    is_inverted = "NotResource" in statement
    actions = _texts(statement.get("Action"), "Action")
    resources = _texts(statement.get("NotResource" if is_inverted else "Resource"), "Resource")
    holds = conditions_hold(statement.get("Condition") or {}, variables)
    if not holds and (effect == "Allow" or holds is False):  # what is not understood allows nothing, and denies
        return None
    patterns = [pattern_of(resource, variables) for resource in resources]
    known = [pattern for pattern in patterns if pattern is not None]
    if not known or (is_inverted and len(known) < len(patterns)):
        return None
    action = "|".join(wildcards(action) for action in actions)
    return _Statement(effect == "Allow", re.compile(action, re.IGNORECASE), re.compile("|".join(known)), is_inverted)


def _texts(value: Any, member: str) -> list[str]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not items or not all(isinstance(item, str) for item in items):
        raise PolicyError(f"A statement has no {member}.")
    return items
