"""How far the scripts are that make a project's resources: ``headwater start --ready`` runs them.

https://docs.localstack.cloud/aws/configuration/config/initialization-hooks/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.insight.guests.host import Host, Pages
from headwater.spine.errors import AwsError


async def _all(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    return {"completed": _completed(host), "scripts": _shown(host, None)}


async def _of_stage(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    stage = query["stage"].upper()
    if (completed := _completed(host).get(stage)) is None:
        raise AwsError("NotFound", f"no such stage {query['stage']}", 404)
    return {"completed": completed, "scripts": _shown(host, stage)}


def _completed(host: Host) -> dict[str, bool]:
    """Whether a server that answers has come so far."""
    return {"BOOT": True, "START": True, "READY": host.startup.ready, "SHUTDOWN": False}


def _shown(host: Host, stage: str | None) -> list[dict[str, str]]:
    return [
        {"stage": script.stage, "name": script.name, "state": script.state}
        for script in host.startup.scripts
        if stage in (None, script.stage)
    ]


PAGES: Pages = {("GET", "/_localstack/init"): _all, ("GET", "/_localstack/init/{stage}"): _of_stage}
