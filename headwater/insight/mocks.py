"""Mocks of Step Functions' paths, taken over the surface: files of Step Functions Local's form.

Of one ``account`` and ``region``, or of all where a request names none; ``machine`` narrows what is deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.spine.engine import SYSTEM, Engine

Query = Mapping[str, str]


async def show_mocks(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    return await engine.call("states", "ListMocks", {}, SYSTEM, None)


async def put_mocks(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    """These cases and no others."""
    return await engine.call("states", "PutMocks", _place(query) | {"File": body, "Replace": True}, SYSTEM, None)


async def add_mocks(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    """Beside those that there are."""
    return await engine.call("states", "PutMocks", _place(query) | {"File": body}, SYSTEM, None)


async def delete_mocks(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    return await engine.call("states", "DeleteMocks", _place(query), SYSTEM, None)


def _place(query: Query) -> dict[str, Any]:
    return {name.capitalize(): query.get(name, "") for name in ("account", "region", "machine")}
