"""Addresses by which scripts and tools know other emulators: ``/_localstack/…`` and ``/_aws/…`` of LocalStack,
``/moto-api/…`` of moto's server, ``/_ministack/…`` of MiniStack. Each family has a room; what makes no sense here is
refused by name.

https://docs.localstack.cloud/aws/configuration/networking/internal-endpoints/,
https://docs.getmoto.org/en/latest/docs/server_mode.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from headwater.insight.guests import chaos, ministack, moto, refusals, scripts, server, services, sns, state
from headwater.insight.guests.host import Host, Script, Startup, our_name
from headwater.spine.engine import Engine

__all__ = ["PREFIXES", "Script", "Startup", "our_name", "routes"]

PREFIXES = ("/_localstack", "/_aws", "/moto-api", "/_ministack")
Query = Mapping[str, str]
_ROOMS = (
    *(server.PAGES, scripts.PAGES, state.PAGES, sns.PAGES, services.PAGES, chaos.PAGES),
    *(moto.PAGES, ministack.PAGES, refusals.PAGES),
)


def routes(engine: Engine, startup: Startup) -> dict[tuple[str, str], Callable[[Query, Any], Awaitable[Any]]]:
    """Method and path to what answers them."""
    host = Host(engine, startup)
    return {where: partial(answer, host) for room in _ROOMS for where, answer in room.items()}
