"""The file of mocks that a cloud was started with: in force whatever the universe, and again whenever it is written."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import orjson

from headwater.spine.engine import SYSTEM, Engine
from headwater.spine.errors import AwsError

log = logging.getLogger(__name__)


class MocksRefused(Exception):
    """The file cannot be read or does not fit; the text says why."""


class MockFile:
    """See docs/step-functions.md. What it holds replaces whatever cases there are of all accounts."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._path = path
        self._content: Any = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take the file in and keep to it; MocksRefused."""
        await self._load()
        self._engine.listen("reset", lambda _: self._spawn_taking())
        self._keep(asyncio.get_running_loop().create_task(self._follow()))

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _load(self) -> None:
        try:
            self._content = orjson.loads(await asyncio.to_thread(self._path.read_bytes))
            await self._take()
        except (OSError, orjson.JSONDecodeError) as error:
            raise MocksRefused(f"The mocks in {self._path} cannot be read: {error}") from error
        except AwsError as error:
            raise MocksRefused(f"The mocks in {self._path} do not fit: {error.message}") from error

    async def _take(self) -> None:
        await self._engine.call("states", "PutMocks", {"File": self._content, "Replace": True}, SYSTEM, None)

    def _spawn_taking(self) -> None:
        """A new universe has none of it."""
        self._keep(asyncio.get_running_loop().create_task(self._take()))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self) -> None:
        """Take in what is written; what does not fit leaves the former in force."""
        from watchfiles import awatch  # not at the top: start-up pays for it only with such a file

        path = self._path.resolve()
        # by its folder, since many editors put a new file in place of the old one
        async for _ in awatch(path.parent, watch_filter=lambda _, changed: changed == str(path), recursive=False):
            try:
                await self._load()
            except MocksRefused as refused:
                log.error("%s The former stay in force.", refused)
