"""IoT policies: whether statements let a client do something. Deny wins; what nothing allows is refused.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from headwater.languages.policies import Circumstances, Decision, Statement, decide, parse_statement

ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY = "ALLOWED", "EXPLICIT_DENY", "IMPLICIT_DENY"
_TOLD_AS = {
    Decision.ALLOWED: ALLOWED,
    Decision.EXPLICITLY_DENIED: EXPLICIT_DENY,
    Decision.IMPLICITLY_DENIED: IMPLICIT_DENY,
}
_SETTLED = Circumstances({})


class PolicyError(Exception):
    """A policy document that cannot be understood."""


class Policy:
    """The documents that one connection is under, compiled for its client id."""

    __slots__ = ("_answers", "_statements")

    def __init__(self, statements: list[Statement]) -> None:
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
        return _TOLD_AS[decide(self._statements, action, resource, _SETTLED)]


def compile_policy(documents: Iterable[str | Mapping[str, Any]], variables: Mapping[str, str]) -> Policy:
    """Documents as JSON text or parsed; raises `PolicyError`.

    `variables` are what `${iot:ClientId}` and the like stand for; a statement with another variable allows nothing.
    """
    known = Circumstances({name.lower(): (value,) for name, value in variables.items()})
    checked = [_checked(statement) for document in documents for statement in _statements_of(document)]
    bound = [parse_statement(statement).bound(known) for statement in checked]
    return Policy([statement for statement in bound if statement is not None])


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


def _checked(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError("The Effect of a statement is Allow or Deny.")
    _check_texts(statement.get("Action"), "Action")
    _check_texts(statement.get("NotResource" if "NotResource" in statement else "Resource"), "Resource")
    conditions = statement.get("Condition") or {}
    if not isinstance(conditions, Mapping) or not all(isinstance(keys, Mapping) for keys in conditions.values()):
        raise PolicyError("A Condition has operators, each with keys and values.")
    return statement


def _check_texts(value: Any, member: str) -> None:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not items or not all(isinstance(item, str) for item in items):
        raise PolicyError(f"A statement has no {member}.")
