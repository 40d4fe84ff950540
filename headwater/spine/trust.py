"""Whether a role's trust policy lets a service take it on, asked where a role is handed over or taken.

Of a role that is not here nothing is said. What is refused on AWS is noted, like a permission that is missing, and
refused where policies are enforced.
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.trust import ASSUME, decide_trust, refused_by, service_names
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.permissions import check_passing, is_refused, told


class Taker(NamedTuple):
    """A service (``states``) that takes a role on. ``values``: of condition keys, in lower case, that its request to
    STS is known to have; of others nothing is known."""

    service: str
    values: Mapping[str, tuple[str, ...]]

    @property
    def principal(self) -> str:
        return f"{self.service}.amazonaws.com"


def for_source(call: Call, service: str, arn: str) -> Taker:
    """A service that says for which resource it takes a role on, as AWS documents of it."""
    return Taker(service, {"aws:sourcearn": (arn,), "aws:sourceaccount": (call.account,)})


def distrust(call: Call, role: str, taker: Taker) -> str | None:
    """Why a role does not let the service in; None where it does, or where that is not known."""
    if not call.engine.catalogue.loaded("iam"):
        return None
    policy: str | None = call.ask("iam", "TrustPolicy", {"RoleArn": role})["Policy"]
    if policy is None:
        return None
    names = service_names(taker.service, call.region)
    why = refused_by(decide_trust(policy, names, Circumstances(taker.values, complete=False)))
    return None if why is None else told(taker.principal, ASSUME, role, why)


def hand_over(call: Call, role: str | None, taker: Taker, refusal: Callable[[str], AwsError]) -> None:
    """The same where somebody hands a role to a service, who has to be allowed to."""
    if role:
        check_passing(call, role, taker.service)
        check_trust(call, role, taker, refusal)


def check_trust(call: Call, role: str | None, taker: Taker, refusal: Callable[[str], AwsError]) -> None:
    """Note that a role (its ARN) does not let the service in. AwsError where policies are enforced: as ``refusal`` of
    the reason says it."""
    why = distrust(call, role, taker) if role else None
    if why is not None and is_refused(call, why):
        raise refusal(why)
