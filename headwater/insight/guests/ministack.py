"""What scripts ask of MiniStack: whether it is there, whether the project's scripts are done, to forget everything.

https://ministack.org/docs/configuration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.insight.guests.host import Host, Pages
from headwater.insight.guests.server import health
from headwater.spine.errors import AwsError


async def _ready(host: Host, query: Mapping[str, str], body: Any) -> dict[str, str]:
    if not host.startup.ready:
        raise AwsError("NotReady", "The scripts that make the project's resources are not done yet.", 503)
    return {"status": "ready"}


async def _reset(host: Host, query: Mapping[str, str], body: Any) -> dict[str, str]:
    if query.get("init") == "1":
        raise AwsError("NotImplemented", "Scripts run when Headwater starts, not again after a reset.", 501)
    await host.engine.universes.reset()
    return {"reset": "ok"}


PAGES: Pages = {
    ("GET", "/_ministack/health"): health,
    ("GET", "/_ministack/ready"): _ready,
    ("POST", "/_ministack/reset"): _reset,
}
