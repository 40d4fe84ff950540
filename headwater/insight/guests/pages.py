"""All pages of all families, which are loaded when the first of them is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from headwater.insight.guests import chaos, ministack, moto, refusals, scripts, server, services, sns, state
from headwater.insight.guests.host import Host, Startup
from headwater.spine.engine import Engine

Query = Mapping[str, str]
_ROOMS = (
    *(server.PAGES, scripts.PAGES, state.PAGES, sns.PAGES, services.PAGES, chaos.PAGES),
    *(moto.PAGES, ministack.PAGES, refusals.PAGES),
)


def routes(engine: Engine, startup: Startup) -> dict[tuple[str, str], Callable[[Query, Any], Awaitable[Any]]]:
    """Method and path to what answers them."""
    host = Host(engine, startup)
    return {where: partial(answer, host) for room in _ROOMS for where, answer in room.items()}
