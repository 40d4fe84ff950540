"""The form of a resource policy of a table or stream: what is refused, and the one text that all equal ones have.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.dynamodb.errors import invalid_parameter, validation
from headwater.spine.errors import AwsError

_MOST_BYTES = 20480
_OLDEST = "2008-10-17"
_ORDER = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
)


def canonical_policy(text: str, partition: str) -> str:
    """A policy as AWS gives it back: without blanks, its members in one order, single values instead of lists of one,
    accounts as the ARNs of their roots. AwsError where it is none."""
    if len(text.encode()) > _MOST_BYTES:
        raise invalid_parameter(f"Maximum policy size of {_MOST_BYTES} bytes exceeded")
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _invalid("This policy contains invalid Json") from None
    if not isinstance(document, dict):
        raise _invalid("This policy contains invalid Json")
    given = document.get("Statement")
    statements = given if isinstance(given, list) else [given] if given else []
    if not statements:
        raise _invalid("Could not parse the policy: Statement is empty!")
    head = {name: document[name] for name in ("Id",) if name in document}
    checked = [_statement(statement, partition) for statement in statements]
    identifiers = [statement["Sid"] for statement in checked if "Sid" in statement]
    if len(set(identifiers)) < len(identifiers):
        raise _invalid("The Statement Ids in the policy are not unique")
    whole = {"Version": document.get("Version", _OLDEST), **head, "Statement": checked}
    return orjson.dumps(whole).decode()


def _invalid(problem: str) -> AwsError:
    return invalid_parameter(f"Invalid policy document: {problem}")


def _statement(given: Any, partition: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _invalid("This policy contains invalid Json")
    for name in ("Effect", "Principal", "Action", "Resource"):
        if name not in given and (name == "Effect" or f"Not{name}" not in given):
            raise _invalid(f"Missing required field {name}")
    if not isinstance(given.get("Sid", ""), str):
        raise _invalid("This policy contains invalid Json")
    effect = str(given["Effect"]).capitalize()
    if effect not in ("Allow", "Deny"):
        raise _invalid(f"Invalid effect: {given['Effect']}")
    statement = {**given, "Effect": effect}
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in statement:
            statement[name] = _single(statement[name])
    for name in ("Principal", "NotPrincipal"):
        if name in statement:
            statement[name] = _principal(statement[name], partition)
    if effect == "Allow" and _anybody(statement.get("Principal")) and not statement.get("Condition"):
        raise validation(
            "Resource-based policy grants unbounded access in one or more elements. "
            "Please revise the policy to ensure least-privilege form of access"
        )
    known = {name: statement[name] for name in _ORDER if name in statement}
    return known | {name: value for name, value in statement.items() if name not in known}


def _single(values: Any) -> Any:
    return values[0] if isinstance(values, list) and len(values) == 1 else values


def _anybody(principal: Any) -> bool:
    return principal == "*" or (isinstance(principal, dict) and principal.get("AWS") == "*")


def _principal(principal: Any, partition: str) -> Any:
    if principal == "*":
        return principal
    if not isinstance(principal, dict):
        raise validation("Invalid principal in policy document.")
    told = dict(principal)
    if "AWS" in told:
        names = told["AWS"] if isinstance(told["AWS"], list) else [told["AWS"]]
        if not all(isinstance(name, str) for name in names):
            raise validation("Invalid principal in policy document.")
        roots = [f"arn:{partition}:iam::{name}:root" if _is_account(name) else name for name in names]
        told["AWS"] = _single(list(dict.fromkeys(roots)))
    return told


def _is_account(name: Any) -> bool:
    return isinstance(name, str) and len(name) == 12 and name.isascii() and name.isdigit()
