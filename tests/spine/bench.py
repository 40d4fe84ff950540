"""An engine on a virtual clock, without sockets, for tests of the spine."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from headwater.spine.clock import Clock
from headwater.spine.engine import SYSTEM, Engine
from headwater.spine.functions import FunctionRuntime
from headwater.spine.ids import Ids
from headwater.spine.keeping import DEFAULT_KEEP, Keep
from headwater.spine.service import Catalogue
from headwater.spine.store.blobs import BlobStore
from headwater.spine.store.sqlite import SqliteStore

START = 1_700_000_000_000


class NoFunctions:
    """A runtime with nothing to run."""

    async def abandon(self, fresh: bool) -> None: ...


class Bench:
    """``async with Bench(folder) as bench``: the same folder again carries on with its data."""

    def __init__(
        self,
        folder: Path,
        start: int = START,
        service: str = "toy",
        house: str = "tests.spine.toy",
        seed: int = 1,
        keep: Keep = DEFAULT_KEEP,
    ) -> None:
        self.clock = Clock(start)
        self._service = service
        store = SqliteStore(folder / "db")
        catalogue = Catalogue({service: house})
        blobs = BlobStore(folder / "blobs")
        self.engine = Engine(store, blobs, self.clock, Ids(seed), catalogue, folder / "snapshots", keep)
        self.engine.runtime = cast(FunctionRuntime, NoFunctions())

    async def __aenter__(self) -> Bench:
        await self.engine.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.stop()
        self.engine.store.close()

    async def call(self, name: str, **request: Any) -> Any:
        return await self.engine.call(self._service, name, request, SYSTEM, None)

    async def words(self) -> list[str]:
        await self.rest()
        found: list[str] = (await self.call("Words"))["Words"]
        return found

    async def advance(self, milliseconds: int) -> None:
        """Move the clock timer by timer, each with what comes of it."""
        await self.engine.time.advance(milliseconds)

    async def rest(self) -> None:
        """Wait until nothing runs."""
        await self.engine.flight.until_rest()

    def crash(self) -> None:
        """End as a killed process does: nothing more is committed."""
        for task in list(self.engine.flight.tasks):
            task.cancel()
        self.engine.store.rollback()
        self.engine.store.close()
