"""From the functions' processes to CloudWatch Logs: many lines in one transaction."""

from __future__ import annotations

import asyncio
import logging

from headwater.spine.errors import AwsError
from headwater.spine.functions import FunctionVersion, LogEvents
from headwater.spine.operations import Caller
from headwater.spine.work import Work

_INTERVAL = 0.1  # seconds for which lines are gathered
_MOST_KEPT = 100_000

log = logging.getLogger(__name__)
Stream = tuple[str, str, str, str]  # account, region, group, stream


class LogLines:
    """Lines that are yet to be written. The end of the process loses a tenth of a second of them."""

    def __init__(self) -> None:
        self._streams: dict[Stream, LogEvents] = {}
        self._count = 0
        self._some = asyncio.Event()

    def add(self, function: FunctionVersion, stream: str, events: LogEvents) -> None:
        if self._count >= _MOST_KEPT:
            return  # a function that writes faster than we do
        key = (function.account, function.region, function.log_group, stream)
        self._streams.setdefault(key, []).extend(events)
        self._count += len(events)
        self._some.set()

    async def carry_away(self, work: Work) -> None:
        """Write what there is, for ever."""
        while True:
            await self._some.wait()
            await asyncio.sleep(_INTERVAL)
            self._some.clear()
            streams, self._streams, self._count = self._streams, {}, 0
            for (account, region, group, stream), events in streams.items():
                caller = Caller(account, region, work.caller.principal)
                request = {"logGroupName": group, "logStreamName": stream, "events": events}
                try:
                    await work.caused_by(work.cause, caller).operation("logs", "Append", request)
                except AwsError as error:
                    log.warning("log lines lost", extra={"group": group, "error": str(error)})
