"""From the functions' processes to CloudWatch Logs: many lines in one transaction."""

from __future__ import annotations

import logging

from headwater.spine.errors import AwsError
from headwater.spine.functions import FunctionVersion, LogEvents
from headwater.spine.operations import Caller
from headwater.spine.work import Watch, Work

_INTERVAL = 0.1  # seconds for which lines are gathered
_MOST_KEPT = 100_000

log = logging.getLogger(__name__)
Stream = tuple[str, str, str, str]  # account, region, group, stream


class LogLines:
    """Lines that are yet to be written. The end of the process loses a tenth of a second of them."""

    def __init__(self) -> None:
        self._streams: dict[Stream, LogEvents] = {}
        self._count = 0
        self._watch: Watch | None = None

    def forget(self) -> None:
        """Drop what is yet to be written: it is of another universe."""
        self._streams, self._count = {}, 0

    def add(self, function: FunctionVersion, stream: str, events: LogEvents) -> None:
        if self._count >= _MOST_KEPT:
            return  # a function that writes faster than we do
        key = (function.account, function.region, function.log_group, stream)
        self._streams.setdefault(key, []).extend(events)
        self._count += len(events)
        if self._watch is not None:
            self._watch.notify()

    async def carry_away(self, work: Work) -> None:
        """Write what there is, for ever."""
        with work.watch(self) as self._watch:
            while True:
                await self._watch.wait()
                await work.linger(_INTERVAL)
                streams, self._streams, self._count = self._streams, {}, 0
                for stream, events in streams.items():
                    await self._write(work, stream, events)

    async def _write(self, work: Work, stream: Stream, events: LogEvents) -> None:
        account, region, group, name = stream
        caller = Caller(account, region, work.caller.principal)
        request = {"logGroupName": group, "logStreamName": name, "events": events}
        try:
            await work.caused_by(work.cause, caller).operation("logs", "Append", request)
        except AwsError as error:
            log.warning("log lines lost", extra={"group": group, "error": str(error)})
