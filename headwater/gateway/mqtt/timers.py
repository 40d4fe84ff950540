"""Noticing silence: one timer a connection, put off without being set anew for each packet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class KeepAlive:
    """Calls `silent` once nothing has been heard for so many seconds."""

    __slots__ = ("_heard", "_loop", "_seconds", "_silent", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, silent: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._silent = silent
        self._heard = loop.time()
        self._timer = loop.call_later(seconds, self._look)

    def heard(self) -> None:
        self._heard = self._loop.time()

    def stop(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        due = self._heard + self._seconds
        if due > self._loop.time():
            self._timer = self._loop.call_at(due, self._look)
        else:
            self._silent()
