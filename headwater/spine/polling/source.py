"""What is polled, and who handles what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from headwater.languages.patterns import Pattern
from headwater.spine.operations import Call, Caller
from headwater.spine.work import Work

Record = dict[str, Any]


class Source(NamedTuple):
    """How a source is polled. Times are in milliseconds; -1 stands for without limit. ``taker``: the ARN of the
    function or the pipe. ``tumbling``: how long the windows are in which it adds up; 0: there are none."""

    arn: str
    caller: Caller
    batch: int
    window: int
    filters: tuple[Pattern, ...] = ()
    concurrency: int | None = None
    parallel: int = 1
    retries: int = -1
    age: int = -1
    bisect: bool = False
    taker: str = ""
    tumbling: int = 0

    @property
    def owner(self) -> tuple[str, str]:
        """Account and region."""
        _, _, _, region, account, _ = self.arn.split(":", 5)
        return account, region

    def wants(self, document: Mapping[str, Any]) -> bool:
        """Whether a record passes the filters; without filters each does."""
        return not self.filters or any(pattern.matches(document) for pattern in self.filters)


class Handled(NamedTuple):
    """What became of a batch: the identifiers of the records that were not handled (none: all were; None: the batch
    as a whole was not), what the consumer wants to know if they are given up, and the state of a window."""

    failed: Sequence[str] | None = ()
    answer: Any = None
    state: dict[str, Any] | None = None


class Consumer(Protocol):
    """Handles batches. ``causes`` belong to the records, one by one."""

    async def handle(self, work: Work, records: list[Record], causes: list[str]) -> Handled:
        """AwsError: the batch could not be tried; TooManyRequestsException: it is to be tried again soon."""

    def missed(self, call: Call, record: Mapping[str, Any], cause: str) -> None:
        """No filter wanted this record."""


class GivenUp(NamedTuple):
    """Records (as they are handed on) that are given up after so many attempts; ``told`` is what AWS tells of them,
    ``condition`` AWS's name of the reason. ``answer``: of the last attempt."""

    records: list[Record]
    causes: list[str]
    told: dict[str, Any]
    attempts: int
    condition: str
    answer: Any


class StreamConsumer(Consumer, Protocol):
    """Of streams it also keeps the positions, by shard; a stream that is one shard has the key ``""``."""

    def position(self, call: Call, shard: str) -> int:
        """Where to read on: where a shard has no position yet, at that of ``""``, or else at 0."""

    def advance(self, call: Call, shard: str, position: int) -> None: ...

    def give_up(self, call: Call, batch: GivenUp) -> None:
        """Records are given up."""

    async def note(self, ok: bool) -> None:
        """How the last batch ended."""


class WindowConsumer(StreamConsumer, Protocol):
    """One that adds up in tumbling windows, and keeps the open one of each shard."""

    async def handle_window(
        self, work: Work, records: list[Record], causes: list[str], frame: Mapping[str, Any]
    ) -> Handled:
        """``frame`` is what goes with the records: the window, its state so far, whether it is over."""

    def window(self, call: Call, shard: str) -> tuple[int, dict[str, Any]] | None:
        """The start (ms) and the state of the window that is open."""

    def keep_window(self, call: Call, shard: str, start: int | None, state: dict[str, Any]) -> None:
        """None: none is open."""
