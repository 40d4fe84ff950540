"""Universes over the surface: snapshots saved, restored, listed and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.universes import Snapshot


async def snapshots(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    return {"snapshots": [_shown(each) for each in engine.universes.all()]}


async def save_snapshot(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or body.keys() != {"name"} or not isinstance(body["name"], str):
        raise AwsError("BadRequest", 'Say {"name": NAME}.')
    return _shown(await engine.universes.save(body["name"]))


async def restore_snapshot(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    asked = {} if body is None else body
    if not isinstance(asked, dict) or not asked.keys() <= {"fresh"} or not isinstance(asked.get("fresh", False), bool):
        raise AwsError("BadRequest", 'Say {"fresh": true}, or nothing.')
    return _shown(await engine.universes.restore(query["name"], asked.get("fresh", False)))


async def delete_snapshot(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    engine.universes.delete(query["name"])
    return {"status": "deleted"}


def _shown(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot._asdict()
