"""Trust policies: who may take on a role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html#term_trust-policy
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.decisions import Decision, decide
from headwater.languages.policies.statements import Names, Statement, parse_policy

ASSUME = "sts:AssumeRole"
_THE_ROLE = Names(re.compile("(?s:.*)"), (), False)


@lru_cache(maxsize=1024)
def parse_trust(policy: str) -> tuple[Statement, ...]:
    """The statements of a trust policy (its JSON), which name no resource: it is the role."""
    return tuple(each._replace(resources=_THE_ROLE) for each in parse_policy(policy))


def decide_trust(
    policy: str, names: Iterable[str], circumstances: Circumstances, action: str = ASSUME, account: str = ""
) -> Decision:
    """Whether somebody who goes by these names may take a role on. ``account``: of one of whom nothing else is known;
    what names one of its principals may name this one or another."""
    known = tuple(names)
    certain, maybe = [], []
    for statement in parse_trust(policy):
        if statement.is_for(*known):
            certain.append(statement)
        elif account and any(each.split(":")[4:5] == [account] for each in statement.principals or ()):
            maybe.append(statement)
    told = decide(certain, action, "", circumstances)
    if told is Decision.EXPLICITLY_DENIED:
        return told
    other = any(each.concerns(action, "", circumstances) is not False for each in maybe)
    return Decision.UNDECIDED if other else told


def refused_by(decision: Decision, action: str = ASSUME) -> str | None:
    """As AWS says it at the end of its errors; None where nothing is to be said."""
    if decision is Decision.EXPLICITLY_DENIED:
        return "with an explicit deny in the role trust policy"
    implicit = decision is Decision.IMPLICITLY_DENIED
    return f"because no role trust policy allows the {action} action" if implicit else None


def service_names(service: str, region: str) -> tuple[str, ...]:
    """The names by which policies may call a service: globally, and in one region."""
    return tuple(f"{name}.amazonaws.com{ending}" for name in (service, f"{service}.{region}") for ending in ("", ".cn"))
