"""What stood when: each form of a rule, subscription or mapping, from its change on.

A row is written whenever one is changed, so that an event can be explained against what was in force when it
came. ``scope`` is what things come by (the ARN of a bus, topic, queue or stream), ``name`` the thing's own ARN.
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.spine.operations import Call
from headwater.spine.store import Transaction

SCHEMA = (
    """
    CREATE TABLE versions (
        id BIGINT PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, definition TEXT
    );
    CREATE INDEX versions_by_scope ON versions (scope, name, id);
    """,
)
_INSERT = "INSERT INTO versions (id, scope, name, definition) VALUES (?, ?, ?, ?)"
_AT = """
SELECT name, definition FROM versions AS v WHERE scope = ? AND id <= ? AND NOT EXISTS (
    SELECT 1 FROM versions AS later
    WHERE later.scope = v.scope AND later.name = v.name AND later.id > v.id AND later.id <= ?)
ORDER BY name
"""
_NAMES = "SELECT DISTINCT name FROM versions WHERE scope = ?"
_FORGET = """
DELETE FROM versions WHERE id <= ? AND (definition IS NULL OR EXISTS (
    SELECT 1 FROM versions AS later
    WHERE later.scope = versions.scope AND later.name = versions.name AND later.id > versions.id AND later.id <= ?))
"""


def keep(call: Call, scope: str, name: str, definition: dict[str, Any] | None) -> None:
    """A thing is from now on as ``definition`` says; None: it is no more."""
    text = None if definition is None else orjson.dumps(definition).decode()
    call.store.run(_INSERT, (call.new_id(), scope, name, text))


def standing_at(store: Transaction, scope: str, instant: int, now: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """By name, what stood when the row of the id ``instant`` was written.

    ``now``: what stands now; of it counts what no version tells of, for it was there before versions were kept.
    """
    known = {name for (name,) in store.all(_NAMES, (scope,))}
    older = {name: definition for name, definition in now.items() if name not in known}
    rows = store.all(_AT, (scope, instant, instant))
    return older | {name: orjson.loads(definition) for name, definition in rows if definition is not None}


def forget(store: Transaction, instant: int) -> None:
    """Drop what was superseded by then."""
    store.run(_FORGET, (instant, instant))
