"""SQLite through apsw: one writer, write-ahead log, no thread hop.

Durability "process" survives the death of the process (the operating system has what was
committed); "power" has the log synced at each commit, so that it survives the machine's.
https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import apsw

from headwater.spine.store.transaction import Row, Value

_SYNCHRONOUS = {"process": "NORMAL", "power": "FULL"}
_STATEMENTS_CACHED = 1000
_CACHE_KIB = 32 * 1024
_CHECKPOINT_PAGES = 4000


class SqliteStore:
    """A store in one file, or in memory where no file is named."""

    def __init__(self, path: Path | None = None, durability: str = "process") -> None:
        name = str(path) if path else ":memory:"
        self._connection = connection = apsw.Connection(name, statementcachesize=_STATEMENTS_CACHED)
        self._execute = connection.execute
        self._marks: list[int] = []
        connection.set_busy_timeout(5000)
        # One process owns the file: its locks are taken once, not at each transaction.
        for pragma in (
            "locking_mode=EXCLUSIVE",
            "journal_mode=WAL",
            f"synchronous={_SYNCHRONOUS[durability]}",
            "temp_store=MEMORY",
            f"cache_size=-{_CACHE_KIB}",
            f"wal_autocheckpoint={_CHECKPOINT_PAGES}",
            "foreign_keys=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        self._execute(sql, parameters)
        return self._connection.changes()

    def one(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        rows: list[Row] = self._execute(sql, parameters).fetchall()
        return rows[0] if rows else None

    def all(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        rows: list[Row] = self._execute(sql, parameters).fetchall()
        return rows

    def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        self._connection.executemany(sql, rows)

    def script(self, sql: str) -> None:
        # only this spelling makes the key the row's own number, without an index beside it
        self._execute(sql.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY")).fetchall()

    def begin(self) -> None:
        self._execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._execute("COMMIT")

    def rollback(self) -> None:
        self._marks.clear()
        if self._connection.in_transaction:
            self._execute("ROLLBACK")

    def savepoint(self) -> None:
        self._execute("SAVEPOINT s")
        self._marks.append(self._connection.total_changes())

    def release(self) -> None:
        self._execute("RELEASE s")
        self._marks.pop()

    def rollback_savepoint(self) -> bool:
        wrote = self._connection.total_changes() != self._marks.pop()
        if wrote:
            self._execute("ROLLBACK TO s")
        self._execute("RELEASE s")
        return wrote

    def wipe(self) -> None:
        tables = self.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        for (name,) in tables:
            self.run(f'DROP TABLE "{name}"')

    def close(self) -> None:
        self._connection.close()
