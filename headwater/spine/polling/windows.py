"""Tumbling windows: a function adds up what comes in a while, batch after batch, and is told when the while is over.

A window is a stretch of time of one length, counted from the epoch; a record belongs to that in which it arrived. The
state of the open one is what the function answered last. It is kept with the position, in one transaction.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

import orjson

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.polling.source import Handled, Record, WindowConsumer
from headwater.spine.timestamps import iso8601_seconds
from headwater.spine.work import Work

_LARGEST_STATE = 1024 * 1024
_FIRST_WAIT, _LONGEST_WAIT = 1_000, 60_000


class Windows:
    """The windows of one shard, one after the other. ``start`` of the one that is open, in ms; None: there is none."""

    def __init__(self, work: Work, consumer: WindowConsumer, key: str, length: int, source: str) -> None:
        self._work = work
        self._consumer = consumer
        self._key = key
        self._length = length
        self._source = source
        self._cause = work.cause
        self.start: int | None = None
        self._state: dict[str, Any] = {}

    async def load(self) -> None:
        kept = await self._work.transact(self._consumer.window, self._key)
        if kept is not None:
            self.start, self._state = kept

    @property
    def end(self) -> int | None:
        """When the open one is over."""
        return None if self.start is None else self.start + self._length

    def keep(self, call: Call) -> None:
        """Write the open window, in the transaction in which the position goes on."""
        self._consumer.keep_window(call, self._key, self.start, self._state)

    def parts(self, records: list[Record], arrived: Callable[[Record], int]) -> list[tuple[int, list[Record]]]:
        """Records by the windows that they belong to, in order; none goes back to one that is over."""
        least = self.start or 0
        starts = []
        for record in records:
            least = max(least, arrived(record) // self._length * self._length)
            starts.append(least)
        pairs = groupby(zip(starts, records, strict=True), key=lambda pair: pair[0])
        return [(start, [record for _, record in part]) for start, part in pairs]

    async def open(self, start: int, shard: str) -> None:
        """Records of a window come: one that is open before it is over."""
        if self.start is not None and self.start != start:
            await self.close(shard)
        self.start = start

    async def handle(self, records: list[Record], causes: list[str], shard: str) -> Handled:
        """A batch of the open window; what the function answers as its state is the state from now on."""
        handled = await self._consumer.handle_window(self._work, records, causes, self._frame(shard))
        self._cause = causes[-1]
        if handled.failed is not None:
            self._state = handled.state or {}
            if len(orjson.dumps(self._state)) > _LARGEST_STATE:
                start = self.start
                await self.close(shard, early=True)
                self.start = start
        return handled

    async def close(self, shard: str, early: bool = False) -> None:
        """Hand over the final state until it is taken; nothing goes on before."""
        wait = _FIRST_WAIT
        while not await self._finish(self._frame(shard, final=True, early=early)):
            await self._consumer.note(False)
            await self._work.sleep_until(self._work.now + wait)
            wait = min(_LONGEST_WAIT, wait * 2)
        await self._consumer.note(True)
        self.start, self._state = None, {}

    async def _finish(self, frame: dict[str, Any]) -> bool:
        try:
            handled = await self._consumer.handle_window(self._work, [], [self._cause], frame)
        except AwsError:
            return False
        return handled.failed is not None

    def _frame(self, shard: str, final: bool = False, early: bool = False) -> dict[str, Any]:
        start = self.start or 0
        return {
            "window": {"start": iso8601_seconds(start), "end": iso8601_seconds(start + self._length)},
            "state": self._state,
            "shardId": shard,
            "eventSourceARN": self._source,
            "isFinalInvokeForWindow": final,
            "isWindowTerminatedEarly": early,
        }
