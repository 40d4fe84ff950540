"""Resource policies: whether the policy of a queue, topic or bus lets another account, or a service, do something.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.decisions import Decision, decide
from headwater.languages.policies.statements import Statement, parse_policy

_NOTHING = Circumstances({})


def allows(policy: str | None, account: str, action: str, resource: str, asked: Mapping[str, str]) -> bool:
    """Some statement of a policy (its JSON) allows it, and none denies it. ``account``: 12 digits, or the principal of
    a service (``events.amazonaws.com``). ``asked``: condition keys and what they are in this request; one that is not
    there fulfils no condition."""
    circumstances = Circumstances({key.lower(): (value,) for key, value in asked.items()})
    statements = [each for each in _statements(policy) if _is_for(each, account)]
    return decide(statements, action, resource, circumstances) is Decision.ALLOWED


def allows_on_condition(policy: str | None, account: str, action: str, resource: str) -> bool:
    """Whether some statement would allow it, were it not for its conditions."""
    return any(
        each.allows and _is_for(each, account) and each.names(action, resource, _NOTHING) is True
        for each in _statements(policy)
    )


def _statements(policy: str | None) -> tuple[Statement, ...]:
    return parse_policy(policy) if policy else ()


def _is_for(statement: Statement, account: str) -> bool:
    """Whether it names a service or an account, by whatever ARN of that account's."""
    named = [each for each in statement.principals or () if each.split(":")[4:5] == [account]]
    return statement.is_for(account, *named)
