"""What tools ask of the server before they begin: whether it is there, and what it is."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from headwater import __version__
from headwater.insight.guests.host import ITS_NAMES, Host, Pages

_EDITION = "unknown"
"""Of those that its clients know, the one that is not untrue."""


async def health(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """The services, under LocalStack's names too where it has others."""
    catalogue = host.engine.catalogue
    services = {name: "running" if catalogue.loaded(name) else "available" for name in catalogue.houses}
    services |= {its: services[ours] for ours, its in ITS_NAMES.items()}
    return {
        "services": dict(sorted(services.items())),
        "features": {},
        "edition": _EDITION,
        "version": __version__,
        "server": "headwater",
    }


async def _info(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    now, began = host.engine.clock.now(), host.startup.began
    return {
        "version": __version__,
        "edition": _EDITION,
        "is_license_activated": False,
        "session_id": str(uuid5(NAMESPACE_URL, f"{host.engine.endpoint}#{began}")),
        "machine_id": "headwater",
        "system": platform.system().lower(),
        "is_docker": False,
        "server_time_utc": datetime.fromtimestamp(now / 1000, UTC).replace(tzinfo=None).isoformat(),
        "uptime": (now - began) // 1000,
    }


PAGES: Pages = {("GET", "/_localstack/health"): health, ("GET", "/_localstack/info"): _info}
