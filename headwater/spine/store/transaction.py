"""The contract that every store keeps: four verbs over SQL, and groups of savepoints with one commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

Value = None | int | float | str | bytes
# A row as the database gives it; its columns' types are those that the statement names.
Row = tuple[Any, ...]


class Transaction(Protocol):
    """The only way to read or write state. Statements use ``?`` parameters."""

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """Execute a statement; the number of rows that it changed."""
        ...

    def one(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        """The first row, or None."""
        ...

    def all(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """All rows."""
        ...

    def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Execute a statement once for each row of parameters."""
        ...

    def later(self, sql: str, row: Sequence[Value]) -> None:
        """Execute a statement that nothing refuses, such as an insertion, before anything else is asked: what is left
        so one after the other is written together."""
        ...


class Store(Transaction, Protocol):
    """A database with one open transaction at a time, which groups many savepoints."""

    def begin(self) -> None: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def savepoint(self) -> None: ...

    def release(self) -> None:
        """Keep what was done since the innermost savepoint."""
        ...

    def rollback_savepoint(self) -> bool:
        """Undo what was done since the innermost savepoint; whether anything had been written."""
        ...

    def script(self, sql: str) -> None:
        """Several statements, such as a migration's."""
        ...

    def wipe(self) -> None:
        """Drop everything."""
        ...

    def save(self, path: Path) -> None:
        """Copy everything to a new file, with no transaction open."""
        ...

    def restore(self, path: Path) -> None:
        """Be what was saved there, all of it or not at all, with no transaction open."""
        ...

    def close(self) -> None: ...
