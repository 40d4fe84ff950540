"""One stream with its shards: finding it, keeping it, showing its parts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import orjson

from headwater.services.kinesis import tables
from headwater.services.kinesis.errors import in_use, invalid_argument, shard_not_found, stream_not_found
from headwater.services.kinesis.sequence import LAST, sequence_number
from headwater.spine.arns import make_arn
from headwater.spine.errors import not_implemented
from headwater.spine.ids import instant_of
from headwater.spine.operations import Call, Request

HOUR = 3_600_000
ACTIVE, CREATING, UPDATING, DELETING = "ACTIVE", "CREATING", "UPDATING", "DELETING"
HASH_KEYS = 1 << 128


class Shard(NamedTuple):
    """A range of hash keys; ``opened`` and ``closed`` are ids between those of records."""

    number: int
    first: int
    last: int
    parent: int | None
    adjacent: int | None
    opened: int
    closed: int | None

    @property
    def id(self) -> str:
        return shard_id(self.number)

    def sequence(self, record: int) -> str:
        """The sequence number of a record."""
        return sequence_number(instant_of(self.opened), self.number, record, instant_of(record))

    def shown(self) -> dict[str, Any]:
        opened = instant_of(self.opened)
        numbers = {"StartingSequenceNumber": self.sequence(self.opened)}
        if self.closed is not None:
            numbers["EndingSequenceNumber"] = sequence_number(opened, self.number, LAST, instant_of(self.closed))
        shown: dict[str, Any] = {"ShardId": self.id}
        if self.parent is not None:
            shown["ParentShardId"] = shard_id(self.parent)
        if self.adjacent is not None:
            shown["AdjacentParentShardId"] = shard_id(self.adjacent)
        return shown | {"HashKeyRange": self.hash_keys(), "SequenceNumberRange": numbers}

    def hash_keys(self) -> dict[str, str]:
        return {"StartingHashKey": str(self.first), "EndingHashKey": str(self.last)}

    @property
    def parents(self) -> list[int]:
        return [number for number in (self.parent, self.adjacent) if number is not None]


def shard_id(number: int) -> str:
    return f"shardId-{number:012d}"


@dataclass
class Settings:
    """What a stream's document holds; ``retention`` in hours."""

    mode: str = "PROVISIONED"
    retention: int = 24
    encryption: str = "NONE"
    key: str | None = None
    metrics: list[str] = field(default_factory=list)
    record_kib: int = 1024
    tags: dict[str, str] = field(default_factory=dict)
    policy: str | None = None

    def text(self) -> str:
        return orjson.dumps({each.name: getattr(self, each.name) for each in fields(self)}).decode()


class Stream:
    """A stream as its rows have it."""

    def __init__(self, row: tuple[Any, ...], shards: list[Shard]) -> None:
        self.id, self.arn, self.account, self.region, self.name, self.status, self.created, document = row
        self.settings = Settings(**orjson.loads(document))
        self.shards = shards
        self._open = sorted((shard for shard in shards if shard.closed is None), key=lambda shard: shard.first)
        self._starts = [shard.first for shard in self._open]

    @property
    def open_shards(self) -> list[Shard]:
        """In the order of their hash keys."""
        return self._open

    def shard_for(self, hash_key: int) -> Shard:
        return self._open[bisect_right(self._starts, hash_key) - 1]

    def horizon(self, now: int) -> int:
        """Records that came then, or before, are no more."""
        return int(now - self.settings.retention * HOUR)

    def known_shards(self, now: int) -> list[Shard]:
        """Those that are open, or whose records have not all expired."""
        horizon = self.horizon(now)
        return [shard for shard in self.shards if shard.closed is None or instant_of(shard.closed) > horizon]

    def shard(self, text: str, now: int) -> Shard:
        """A shard by its id, or by the number in it; AwsError where it is none."""
        digits = text.removeprefix("shardId-")
        if digits.isascii() and digits.isdigit():
            for shard in self.known_shards(now):
                if shard.number == int(digits):
                    return shard
        raise shard_not_found(text, self.name, self.account)


class StreamMemory:
    """Streams by their ARNs, as long as nothing of theirs changes."""

    def __init__(self) -> None:
        self.streams: dict[str, Stream] = {}
        # when (ms) a consumer began to be given a shard, by both; as long as its connection holds
        self.subscribed: dict[tuple[str, str], int] = {}

    def clear(self) -> None:
        self.streams.clear()


def stream_arn(call: Call, name: str) -> str:
    return make_arn("kinesis", call.region, call.account, f"stream/{name}")


def lookup(call: Call, arn: str) -> Stream | None:
    memory: StreamMemory = call.memory
    found = memory.streams.get(arn)
    if found is None:
        row = call.store.one(tables.FIND_STREAM, (arn,))
        if row is None:
            return None
        shards = [
            Shard(number, int(first), int(last), *rest)
            for number, first, last, *rest in call.store.all(tables.SHARDS, (row[0],))
        ]
        found = memory.streams[arn] = Stream(row, shards)
    return found


def find_stream(call: Call, request: Request) -> Stream:
    """The stream that a request names; AwsError where there is none."""
    if request.get("DryRun"):
        raise not_implemented("DryRun of Kinesis' operations")
    name, arn = request.get("StreamName"), request.get("StreamARN")
    if arn is None:
        if name is None:
            raise invalid_argument("Either StreamName or StreamARN must be provided.")
        arn = stream_arn(call, name)
    elif name is not None and arn.rpartition("/")[2] != name:
        raise invalid_argument(f"StreamName {name} and StreamARN {arn} do not match.")
    found = lookup(call, arn)
    if found is None:
        raise stream_not_found(name or arn.partition(":stream/")[2], arn.split(":")[4])
    call.span.subject = arn
    return found


def usable_stream(call: Call, request: Request) -> Stream:
    """A stream that takes and gives records: to these operations it is not there before it is, nor once it goes."""
    stream = find_stream(call, request)
    if stream.status in (CREATING, DELETING):
        raise stream_not_found(stream.name, stream.account)
    return stream


def active_stream(call: Call, request: Request) -> Stream:
    """A stream that can be changed."""
    stream = find_stream(call, request)
    if stream.status != ACTIVE:
        raise in_use(
            f"Stream {stream.name} under account {stream.account} not ACTIVE, instead in state {stream.status}"
        )
    return stream


def changed(call: Call, stream: Stream) -> None:
    """Its rows are others now."""
    call.memory.streams.pop(stream.arn, None)


def change_settings(call: Call, stream: Stream, change: Callable[[Settings], None]) -> None:
    settings = Settings(**orjson.loads(stream.settings.text()))
    change(settings)
    call.store.run(tables.SET_DOCUMENT, (settings.text(), stream.id))
    changed(call, stream)


def stream_key(arn: str) -> tuple[str, str]:
    """What is signalled when the shards of a stream change."""
    return "kinesis-stream", arn


def shard_key(arn: str, shard: str) -> tuple[str, str]:
    """What is signalled when a shard has new records."""
    return "kinesis-stream", f"{arn}/{shard}"
