"""Policies that would allow what was lacked, to be looked at and pasted.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

Lacking = Mapping[str, Any]
"""``role``, ``sessions``, ``action``, ``resource`` and ``reason`` of it; ``sources`` where a service is not let in."""


def granting(lacking: Iterable[Lacking]) -> list[dict[str, Any]]:
    """Documents by ``role``, whose own it is to be, or with ``trust`` its trust policy. What does not let a service in
    is its own ``role``."""
    ordered = sorted(lacking, key=itemgetter("role", "resource", "action"))
    trusting = sorted(filter(_is_of_trust, ordered), key=itemgetter("resource"))
    others = [each for each in ordered if not _is_of_trust(each)]
    return [
        *(_told(role, False, _permissions(same)) for role, same in groupby(others, key=itemgetter("role"))),
        *(_told(role, True, _trust(same)) for role, same in groupby(trusting, key=itemgetter("resource"))),
    ]


def _told(role: str, trust: bool, statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"role": role, "trust": trust, "document": {"Version": "2012-10-17", "Statement": statements}}


def _is_of_trust(lacking: Lacking) -> bool:
    return "role trust policy" in lacking["reason"]


def _permissions(lacking: Iterable[Lacking]) -> list[dict[str, Any]]:
    of_services, of_others = _parted(lacking)
    return [
        *(
            {"Effect": "Allow", "Action": sorted({each["action"] for each in same}), "Resource": resource}
            for resource, same in groupby(of_others, key=itemgetter("resource"))
        ),
        *map(_admitting, of_services),
    ]


def _parted(lacking: Iterable[Lacking]) -> tuple[list[Lacking], list[Lacking]]:
    known = list(lacking)
    return [each for each in known if "sources" in each], [each for each in known if "sources" not in each]


def _admitting(lacking: Lacking) -> dict[str, Any]:
    """A statement of the policy of a queue, topic, function or key."""
    (service,) = lacking["sessions"]
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": lacking["action"],
        "Resource": lacking["resource"],
        "Condition": {"ArnEquals": {"aws:SourceArn": lacking["sources"]}},
    }


def _trust(lacking: Iterable[Lacking]) -> list[dict[str, Any]]:
    """Let in the services and others that the role does not let in."""
    statements = []
    for each in lacking:
        services = [name for name in each["sessions"] if name.endswith(".amazonaws.com")]
        principal = {"Service": services} if services else {"AWS": each["role"]}
        statements.append({"Effect": "Allow", "Principal": principal, "Action": each["action"]})
    return statements
