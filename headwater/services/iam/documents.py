"""Policy documents: checked for form when they come in, URL-encoded when they go out.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from headwater.services.iam.errors import malformed_policy

_NAMES = ("Action", "NotAction", "Resource", "NotResource")
VERSIONS = ("2012-10-17", "2008-10-17")


def check_policy(text: str) -> str:
    """A permissions policy. Raises MalformedPolicyDocument."""
    for statement in statements(text):
        if "Resource" not in statement and "NotResource" not in statement:
            raise malformed_policy("Policy statement must contain resources.")
        if "Principal" in statement or "NotPrincipal" in statement:
            raise malformed_policy("Policy document should not specify a principal.")
    return text


def check_trust_policy(text: str) -> str:
    """A role's trust policy. Raises MalformedPolicyDocument."""
    for statement in statements(text):
        if "Resource" in statement or "NotResource" in statement:
            raise malformed_policy("Has prohibited field Resource")
        if "Principal" not in statement and "NotPrincipal" not in statement:
            raise malformed_policy("Missing required field Principal")
    return text


def statements(text: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise malformed_policy("This policy contains invalid Json") from None
    if not isinstance(document, dict):
        raise malformed_policy("Syntax errors in policy.")
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        raise malformed_policy("The policy failed legacy parsing")
    listed = document.get("Statement")
    found = [listed] if isinstance(listed, dict) else listed
    if not isinstance(found, list) or not found:
        raise malformed_policy("Syntax errors in policy.")
    for statement in found:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise malformed_policy("Syntax errors in policy.")
        if not _has_form(statement):
            raise malformed_policy("Syntax errors in policy.")
        if "Action" not in statement and "NotAction" not in statement:
            raise malformed_policy("Policy statement must contain actions.")
    return found


def _has_form(statement: dict[str, Any]) -> bool:
    """Whether its members are texts, lists of texts, and what conditions and principals are made of."""
    names = [statement[name] for name in _NAMES if name in statement]
    principals = [statement[name] for name in ("Principal", "NotPrincipal") if name in statement]
    condition = statement.get("Condition", {})
    return (
        all(map(_are_texts, names))
        and all(each == "*" or (isinstance(each, dict) and all(map(_are_values, each.values()))) for each in principals)
        and isinstance(condition, dict)
        and all(isinstance(keys, dict) for keys in condition.values())
        and all(_are_values(values) for keys in condition.values() for values in keys.values())
    )


def _are_texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def _are_values(value: Any) -> bool:
    """Numbers too, such as an account that a template does not quote."""
    listed = value if isinstance(value, list) else [value]
    return all(isinstance(each, str | int | float | bool) for each in listed)


def on_the_wire(text: str) -> str:
    """IAM gives documents back URL-encoded (RFC 3986)."""
    return quote(text, safe="~")
