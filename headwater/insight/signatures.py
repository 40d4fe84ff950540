"""What was signed otherwise than AWS would take it: from what spans were noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.insight.permissions import MOST_LOOKED_AT
from headwater.spine.admission import NOTE
from headwater.spine.engine import Engine
from headwater.spine.operations import Call
from headwater.spine.permissions import REFUSED, SIGNED_WITH

_NOTED = f"""
SELECT trace, started, name, notes FROM (SELECT * FROM spans ORDER BY id DESC LIMIT ?) AS newest
WHERE notes LIKE '%"{SIGNED_WITH}":%'
"""


async def show_signatures(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """The last one comes first."""
    await engine.transact_system(lambda call: None)  # spans of this turn are written before they are read
    return {"flaws": await engine.transact_system(_look)}


def _look(call: Call) -> list[dict[str, Any]]:
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for trace, started, name, notes in call.store.all(_NOTED, (MOST_LOOKED_AT,)):
        noted = orjson.loads(notes)
        access_key, told = str(noted[SIGNED_WITH]), str(noted.get(NOTE) or noted.get(REFUSED) or "")
        code, _, reason = told.partition(": ")
        flaw = {"operation": name, "key": access_key, "error": code, "reason": reason}
        more = {"refused": REFUSED in noted, "times": 0, "trace": trace, "at": started}
        found.setdefault((name, access_key, told), flaw | more)["times"] += 1
    return list(found.values())
