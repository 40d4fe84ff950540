"""What is left for later is there for whoever asks, goes with its savepoint, and fails with its commit."""

from __future__ import annotations

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.spine.store.sqlite import SqliteStore

_INSERT = {table: f"INSERT INTO {table} (id) VALUES (?)" for table in ("a", "b")}
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.sampled_from("ab")),
        st.tuples(st.sampled_from(("savepoint", "release", "undo", "read", "delete")), st.sampled_from("ab")),
    ),
    max_size=40,
)


def _store() -> SqliteStore:
    store = SqliteStore()
    for table in _INSERT:
        store.script(f"CREATE TABLE {table} (id BIGINT PRIMARY KEY)")
    store.begin()
    return store


def _played(steps: list[tuple[str, str]], later: bool) -> list[object]:
    """What was told on the way, and what is there in the end."""
    store, told = _store(), []
    depth = 0
    for number, (step, table) in enumerate(steps):
        if step == "insert" and later:
            store.later(_INSERT[table], (number,))
        elif step == "insert":
            store.run(_INSERT[table], (number,))
        elif step == "savepoint":
            store.savepoint()
            depth += 1
        elif step == "read":
            told.append(store.all(f"SELECT id FROM {table} ORDER BY id"))
        elif step == "delete":
            told.append(store.run(f"DELETE FROM {table} WHERE id % 2 = ?", (number % 2,)))
        elif depth:
            depth -= 1
            told.append(store.release() if step == "release" else store.rollback_savepoint())
    for _ in range(depth):
        store.release()
    store.commit()
    told += [store.all(f"SELECT id FROM {table} ORDER BY id") for table in _INSERT]
    store.close()
    return told


@given(_STEPS)
def test_later_is_as_good_as_at_once(steps: list[tuple[str, str]]) -> None:
    assert _played(steps, later=True) == _played(steps, later=False)


def test_what_cannot_be_written_fails_the_commit_whoever_was_told_first() -> None:
    store = _store()
    store.later(_INSERT["a"], (1,))
    store.later(_INSERT["a"], (1,))
    with pytest.raises(apsw.ConstraintError):
        store.one("SELECT 1 FROM b")
    with pytest.raises(apsw.ConstraintError):
        store.commit()
    store.rollback()
    store.begin()
    assert store.all("SELECT id FROM a") == []
    store.commit()
    store.close()


def test_a_statement_is_planned_once_whatever_is_bound() -> None:
    store, seen = _store(), []

    def asked_when_prepared(*action: object) -> int:
        seen.append(action)
        return apsw.SQLITE_OK

    store._connection.authorizer = asked_when_prepared
    store.all("SELECT id FROM a WHERE id > ? ORDER BY id LIMIT ?", (1, 1))
    planned = len(seen)
    store.all("SELECT id FROM a WHERE id > ? ORDER BY id LIMIT ?", (2, 5))
    assert 0 < planned == len(seen)
    store.commit()
    store.close()
