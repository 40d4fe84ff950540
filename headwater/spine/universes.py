"""Universes: everything that a cloud is, saved under a name, and the running cloud made that again.

A snapshot holds the rows, the time and how the clock went, and where identifiers stood. Bodies are named by
their content or at random and never changed, so that a snapshot only keeps them from being deleted. To restore one
is like the death of the process and a start with other rows: what runs is cancelled, caches are dropped,
what was in hand is done again, services start afresh, and long-lived connections are told to go.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from headwater.spine import deliveries as ledger
from headwater.spine.errors import AwsError
from headwater.spine.store.migrations import migrate, migrated_services

if TYPE_CHECKING:
    from headwater.spine.engine import Engine
    from headwater.spine.operations import Call

SCHEMA = ("CREATE TABLE universe (id BIGINT PRIMARY KEY, state TEXT NOT NULL);",)
_PUT = "INSERT INTO universe (id, state) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state"
_FIND = "SELECT state FROM universe WHERE id = 1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ROWS, _BODIES, _FORMER = "rows.db", "bodies", ".former-"
_TURNS_OF_SOCKETS = 3


class Snapshot(NamedTuple):
    """``taken`` by the cloud's own clock (ms), ``size`` of its rows in bytes."""

    name: str
    taken: int
    size: int


class Universes:
    """The snapshots of a cloud: a folder for each, with its rows and the names of the bodies that it needs."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._changing = asyncio.Lock()

    def load(self) -> None:
        """Keep the bodies of the snapshots that are here; tidy up what a crash has left."""
        for folder in self._folder.glob(".*"):
            whole = self._folder / folder.name.removeprefix(_FORMER)
            if folder.name.startswith(_FORMER) and not whole.exists():
                folder.rename(whole)
            else:
                shutil.rmtree(folder)
        for folder in self._folder.glob("*"):
            self._engine.blobs.keep(folder.name, (folder / _BODIES).read_text().split())

    def all(self) -> list[Snapshot]:
        """By name."""
        return [_read(folder) for folder in sorted(self._folder.glob("[!.]*"))]

    async def save(self, name: str) -> Snapshot:
        """Save what is committed by now; a snapshot of that name is replaced. What runs goes on."""
        if not _NAME.fullmatch(name):
            raise AwsError("BadRequest", f"A snapshot's name matches {_NAME.pattern}.", 400)
        for other in self._folder.glob("[!.]*"):  # on macOS they would be one folder
            if other.name != name and other.name.lower() == name.lower():
                message = f"There is a snapshot named {other.name}; a name must differ in more than its case."
                raise AwsError("BadRequest", message, 400)
        engine = self._engine
        async with self._changing:
            saved: asyncio.Future[Snapshot] = asyncio.get_running_loop().create_future()

            def note(call: Call) -> None:
                engine.time.save()
                engine.store.run(_PUT, (orjson.dumps(self._state()).decode(),))
                engine.group.after_commit.append(copy)

            def copy() -> None:  # here no transaction is open
                try:
                    saved.set_result(self._write(name))
                finally:
                    if not saved.done():
                        saved.set_exception(AwsError("InternalFailure", "It was not saved; the log tells why.", 500))

            await engine.transact_system(note)
            return await saved

    def _state(self) -> dict[str, Any]:
        engine = self._engine
        return {
            "now": engine.clock.now(),
            "clock": engine.time.state(),
            "last_id": engine.last_id,
            "ids": engine.ids.state(),
        }

    def _write(self, name: str) -> Snapshot:
        """A folder appears whole, or not at all."""
        self._folder.mkdir(exist_ok=True)
        folder, former = self._folder / name, self._folder / f"{_FORMER}{name}"
        made = Path(tempfile.mkdtemp(prefix=".", dir=self._folder))
        self._engine.store.save(made / _ROWS)
        bodies = self._engine.blobs.digests()
        (made / _BODIES).write_text("\n".join(bodies))
        snapshot = Snapshot(name, self._engine.clock.now(), (made / _ROWS).stat().st_size)
        (made / "taken").write_text(str(snapshot.taken))
        if folder.exists():
            folder.rename(former)
        made.rename(folder)
        shutil.rmtree(former, ignore_errors=True)
        self._engine.blobs.keep(name, bodies)
        return snapshot

    async def restore(self, name: str, fresh: bool = False) -> Snapshot:
        """Be what was saved. Warm function environments whose functions are the same stay, unless ``fresh``."""
        async with self._changing:
            folder = self._find(name)
            await self._begin_anew(lambda: self._take_up(folder), fresh)
            return _read(folder)

    def _take_up(self, folder: Path) -> None:
        engine = self._engine
        engine.store.restore(folder / _ROWS)
        row = engine.store.one(_FIND)
        assert row is not None, "each snapshot has its own state in it"
        state = orjson.loads(row[0])
        engine.clock.take_up(state["clock"], state["now"])
        engine.last_id = state["last_id"]
        engine.ids.restore(state["ids"])

    async def reset(self) -> None:
        """Forget everything but the snapshots; the time stays what it is."""
        async with self._changing:
            await self._begin_anew(self._wipe, False)

    def _wipe(self) -> None:
        self._engine.begin()
        self._engine.store.wipe()

    async def _begin_anew(self, tables: Callable[[], None], fresh: bool) -> None:
        """Have another universe, whose rows ``tables`` puts in place of what there is: what runs is ended, caches
        are dropped, services start afresh. ``fresh``: no function environment outlives it either."""
        engine = self._engine
        engine.universe += 1
        engine.time.pause()
        await engine.end_tasks()
        await engine.runtime.abandon(fresh)
        for _ in range(_TURNS_OF_SOCKETS):  # what functions had sent by their end is of the former universe
            await asyncio.sleep(0)
        await engine.end_tasks()
        try:
            tables()
        finally:
            self._enter()

    def _enter(self) -> None:
        engine = self._engine
        engine.pump.stop()
        engine.catalogue.forget()
        engine.prepare()
        engine.time.save()
        engine.time.attend()
        engine.store.run(ledger.RELEASE_ALL, (engine.now,))
        for name in sorted({*engine.catalogue.services, *migrated_services(engine.store)} & {*engine.catalogue.houses}):
            if not engine.catalogue.loaded(name):
                engine.load(name)
            elif name in engine.catalogue.services:
                migrate(engine.store, name, engine.catalogue.services[name].schema)
                engine.start_service(name)
        for callback in engine.listeners.get("reset", ()):
            callback(None)
        engine.flush()

    def delete(self, name: str) -> None:
        """Bodies that only it needed are collected when services next start."""
        shutil.rmtree(self._find(name))
        self._engine.blobs.release(name)

    def _find(self, name: str) -> Path:
        folder = self._folder / name
        if not _NAME.fullmatch(name) or not folder.is_dir():
            raise AwsError("NotFound", f"There is no snapshot named {name}.", 404)
        return folder


def _read(folder: Path) -> Snapshot:
    return Snapshot(folder.name, int((folder / "taken").read_text()), (folder / _ROWS).stat().st_size)
