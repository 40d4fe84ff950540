"""From the functions' processes to CloudWatch Logs: many lines in one transaction."""

from __future__ import annotations

import logging

from headwater.spine.errors import AwsError
from headwater.spine.functions import FunctionVersion, LogEvents
from headwater.spine.operations import Call
from headwater.spine.work import Watch, Work

_INTERVAL = 0.1  # seconds for which lines are gathered
_MOST_KEPT = 100_000
_MOST_STREAMS = 50  # in one transaction
_MOST_BEGUN = 10_000  # streams that are known to have been begun

log = logging.getLogger(__name__)
Stream = tuple[str, str, str, str]  # account, region, group, stream


class LogLines:
    """Lines that are yet to be written. The end of the process loses a tenth of a second of them.

    A stream's first lines are written at once: whoever has invoked a function may look for its log group next.
    """

    def __init__(self) -> None:
        self._streams: dict[Stream, LogEvents] = {}
        self._first: dict[Stream, LogEvents] = {}
        self._begun: set[Stream] = set()
        self._count = 0
        self._watch: Watch | None = None
        self._watch_first: Watch | None = None

    def forget(self) -> None:
        """Drop what is yet to be written: it is of another universe."""
        self._streams, self._first, self._begun, self._count = {}, {}, set(), 0

    def add(self, function: FunctionVersion, stream: str, events: LogEvents) -> None:
        if self._count >= _MOST_KEPT:
            return  # a function that writes faster than we do
        key = (function.account, function.region, function.log_group, stream)
        if key not in self._begun:
            self._begin(key, events)
            return
        self._streams.setdefault(key, []).extend(events)
        self._count += len(events)
        if self._watch is not None:
            self._watch.notify()

    def _begin(self, key: Stream, events: LogEvents) -> None:
        if len(self._begun) >= _MOST_BEGUN:
            self._begun.clear()
        self._begun.add(key)
        self._first[key] = list(events)
        if self._watch_first is not None:
            self._watch_first.notify()

    async def carry_first_away(self, work: Work) -> None:
        """Write what streams begin with, for ever."""
        with work.watch(self) as self._watch_first:
            while True:
                await self._watch_first.wait()
                streams, self._first = [*self._first.items()], {}
                await work.transact(_write, streams)

    async def carry_away(self, work: Work) -> None:
        """Write what there is, for ever."""
        with work.watch(self) as self._watch:
            while True:
                await self._watch.wait()
                await work.linger(_INTERVAL)
                streams, self._streams, self._count = [*self._streams.items()], {}, 0
                for first in range(0, len(streams), _MOST_STREAMS):
                    await work.transact(_write, streams[first : first + _MOST_STREAMS])


def _write(call: Call, streams: list[tuple[Stream, LogEvents]]) -> None:
    for (account, region, group, name), events in streams:
        request = {"logGroupName": group, "logStreamName": name, "events": events}
        try:
            call.operation("logs", "Append", request, account, region)
        except AwsError as error:
            log.warning("log lines lost", extra={"group": group, "error": str(error)})
