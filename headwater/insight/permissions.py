"""What was done in roles, or tried, that their policies do not allow, from what spans were noted; and which services
are not let in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from headwater.insight.granting import granting
from headwater.insight.kept_out import kept_out
from headwater.spine.admission import NOTE
from headwater.spine.arns import parse_arn
from headwater.spine.engine import Engine
from headwater.spine.operations import Call
from headwater.spine.permissions import REFUSED, is_in_role

# the newest spans, which are all of an hour's work
MOST_LOOKED_AT = 200_000
_NOTED = """
SELECT trace, started, notes FROM (SELECT trace, started, notes FROM spans ORDER BY id DESC LIMIT ?) AS newest
WHERE notes LIKE '% is not authorized to perform: %'
"""
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM spans LIMIT ?) AS newest"
_TOLD = re.compile(r"(\S+) is not authorized to perform: (\S+) on resource: (.+?) ((?:because|with) .+)")


async def show_permissions(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """What was lacked last comes first."""
    await engine.transact_system(lambda call: None)  # spans of this turn are written before they are read
    return await engine.transact_system(lambda call: _look(call, query.get("role", "")))


def _look(call: Call, role: str) -> dict[str, Any]:
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for trace, started, notes in call.store.all(_NOTED, (MOST_LOOKED_AT,)):
        noted = orjson.loads(notes)
        for line in str(noted.get(NOTE) or noted.get(REFUSED) or "").splitlines():
            match = _TOLD.fullmatch(line)
            if match is not None:
                _add(found, match, role, {"refused": REFUSED in noted, "times": 0, "trace": trace, "at": started})
    (looked_at,) = call.store.one(_COUNT, (MOST_LOOKED_AT,)) or (0,)
    services = [each for each in kept_out(call, MOST_LOOKED_AT) if role in ("", each["role"])]
    listed = [*found.values(), *services]
    return {"looked_at": looked_at, "lacking": listed, "policies": granting(listed)}


def _add(
    found: dict[tuple[str, str, str], dict[str, Any]], match: re.Match[str], role: str, told: dict[str, Any]
) -> None:
    """One thing that was lacked, where it is the role's that is asked for, or none is asked for."""
    principal, action, resource, reason = match.groups()
    arn, name = _role(principal, resource)
    if role and role not in (arn, arn.rpartition("/")[2]):
        return
    what: dict[str, Any] = {"role": arn, "sessions": [], "action": action, "resource": resource, "reason": reason}
    lacking = found.setdefault((arn, action, resource), what | told)
    lacking["times"] += 1
    if name and name not in lacking["sessions"]:
        lacking["sessions"].append(name)


def _role(principal: str, resource: str) -> tuple[str, str]:
    """Of a session the role's ARN, without its path, which a session does not tell, and the session's name; of a
    service the role that does not let it in; of others their own ARN."""
    arn = parse_arn(principal)
    if arn is None:
        return resource, principal
    if not is_in_role(principal):
        return principal, ""
    _, role, name = arn.resource.split("/", 2)
    return str(arn._replace(service="iam", resource=f"role/{role}")), name
