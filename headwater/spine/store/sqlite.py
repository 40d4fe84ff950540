"""SQLite through apsw: one writer, write-ahead log, no thread hop.

Durability "process" survives the death of the process (the operating system has what was
committed); "power" has the log synced at each commit, so that it survives the machine's.
https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import apsw

from headwater.spine.store.syncing import pragmas
from headwater.spine.store.transaction import Row, Value

_SYNCHRONOUS = {"process": "NORMAL", "power": "FULL"}
_STATEMENTS_CACHED = 1000
_CACHE_KIB = 32 * 1024
_CHECKPOINT_PAGES = 8000
_MAPPED = 1 << 30
_BUSY_MILLISECONDS = 5000  # whoever has the file may be about to end


class SqliteStore:
    """A store in one file, or in memory where no file is named."""

    def __init__(self, path: Path | None = None, durability: str = "process") -> None:
        name = str(path) if path else ":memory:"
        self._connection = connection = apsw.Connection(name, statementcachesize=_STATEMENTS_CACHED)
        self._execute = connection.execute
        self._synced = durability == "power"
        # for each savepoint asked for, what had been changed by then; the newest `_unset` of them are
        # not set yet: most transactions that fail have written nothing, and those that only read set none
        self._marks: list[int] = []
        self._unset = 0
        self._reads: dict[str, bool] = {}
        # rows left for later, all of the innermost savepoint, and the statement that writes them
        self._left: list[Sequence[Value]] = []
        self._left_for = ""
        connection.set_busy_timeout(_BUSY_MILLISECONDS)
        # A plan holds for whatever is bound. Otherwise a statement with a bound LIMIT is parsed and planned anew each
        # time, which takes as long as executing it. https://www.sqlite.org/queryplanner-ng.html#qpstab
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        # One process owns the file: its locks are taken once, not at each transaction.
        for pragma in (
            "locking_mode=EXCLUSIVE",
            "journal_mode=WAL",
            f"synchronous={_SYNCHRONOUS[durability]}",
            "temp_store=MEMORY",
            f"cache_size=-{_CACHE_KIB}",
            f"wal_autocheckpoint={_CHECKPOINT_PAGES}",
            *pragmas(each_commit=self._synced),
            "foreign_keys=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        if self._left:
            self._write_left()
        if self._unset:
            self._set_savepoints()
        self._execute(sql, parameters)
        return self._connection.changes()

    def one(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        if self._left:
            self._write_left()
        if self._unset and not self._is_read(sql):
            self._set_savepoints()
        rows: list[Row] = self._execute(sql, parameters).fetchall()
        return rows[0] if rows else None

    def all(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        if self._left:
            self._write_left()
        if self._unset and not self._is_read(sql):
            self._set_savepoints()
        rows: list[Row] = self._execute(sql, parameters).fetchall()
        return rows

    def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        if self._left:
            self._write_left()
        if self._unset:
            self._set_savepoints()
        self._connection.executemany(sql, rows)

    def later(self, sql: str, row: Sequence[Value]) -> None:
        if sql is not self._left_for:
            if self._left:
                self._write_left()
            self._left_for = sql
        self._left.append(row)

    def _write_left(self) -> None:
        if self._unset:
            self._set_savepoints()
        if len(self._left) == 1:
            self._execute(self._left_for, self._left[0])
        else:
            self._connection.executemany(self._left_for, self._left)
        # only now: where the disk is full, the commit fails too, and with it those who left them
        self._left = []

    def _is_read(self, sql: str) -> bool:
        known = self._reads.get(sql)
        if known is None:
            known = self._reads[sql] = sql.lstrip()[:6].upper() == "SELECT"
        return known

    def _set_savepoints(self) -> None:
        for _ in range(self._unset):
            self._execute("SAVEPOINT s")
        self._unset = 0

    def script(self, sql: str) -> None:
        if self._left:
            self._write_left()
        if self._unset:
            self._set_savepoints()
        # only this spelling makes the key the row's own number, without an index beside it
        self._execute(sql.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY")).fetchall()

    def begin(self) -> None:
        self._execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        if self._left:
            self._write_left()
        self._execute("COMMIT")

    def rollback(self) -> None:
        self._marks.clear()
        self._unset = 0
        self._left = []
        if self._connection.in_transaction:
            self._execute("ROLLBACK")

    def savepoint(self) -> None:
        if self._left:
            self._write_left()
        self._marks.append(self._connection.total_changes())
        self._unset += 1

    def release(self) -> None:
        self._marks.pop()
        if self._unset:
            self._unset -= 1
        else:
            self._execute("RELEASE s")

    def rollback_savepoint(self) -> bool:
        before = self._marks.pop()
        left, self._left = bool(self._left), []
        if self._unset:
            self._unset -= 1
            return left
        wrote = self._connection.total_changes() != before
        if wrote:
            self._execute("ROLLBACK TO s")
        self._execute("RELEASE s")
        return wrote or left

    def wipe(self) -> None:
        tables = self.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        for (name,) in tables:
            self.run(f'DROP TABLE "{name}"')

    def save(self, path: Path) -> None:
        copy = apsw.Connection(str(path))
        try:
            for pragma in ("journal_mode=OFF", f"synchronous={'FULL' if self._synced else 'OFF'}"):
                copy.execute(f"PRAGMA {pragma}").fetchall()
            with copy.backup("main", self._connection, "main") as backup:
                backup.step(-1)
        finally:
            copy.close()

    def restore(self, path: Path) -> None:
        saved = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        saved.execute(f"PRAGMA mmap_size={_MAPPED}").fetchall()  # a quarter of the time
        try:
            with self._connection.backup("main", saved, "main") as backup:
                backup.step(-1)
        finally:
            saved.close()

    def close(self) -> None:
        self._connection.close()
