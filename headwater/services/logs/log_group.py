"""Log groups and streams as operations find them."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from headwater.services.logs import tables
from headwater.services.logs.errors import group_not_found, invalid_parameter, stream_not_found
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.operations import Call, Request

_DAY = 86_400_000


class LogGroup(NamedTuple):
    """``retention`` is in days; None: events are kept for ever."""

    id: int
    name: str
    kind: str
    key: str | None
    retention: int | None
    tags: str
    created: int
    filters: str | None = None
    protected: int = 0

    def kept_since(self, now: int) -> int:
        return now - self.retention * _DAY if self.retention else 0


class LogStream(NamedTuple):
    """Times are in milliseconds; None where there has been no event."""

    id: int
    name: str
    created: int
    first_event: int | None
    last_event: int | None
    ingested: int | None


def group_arn(call: Call, name: str) -> str:
    return make_arn("logs", call.region, call.account, f"log-group:{name}")


def find_group(call: Call, name: str) -> LogGroup | None:
    row = call.store.one(tables.FIND_GROUP, (call.account, call.region, name))
    return LogGroup(*row) if row else None


def named_group(call: Call, request: Request) -> LogGroup:
    """The group of ``logGroupName`` or ``logGroupIdentifier``; AwsError where there is none."""
    name = request.get("logGroupName") or group_name(request.get("logGroupIdentifier") or "")
    if not name:
        raise invalid_parameter("Must specify either logGroupName or logGroupIdentifier.")
    found = find_group(call, name)
    if found is None:
        raise group_not_found()
    call.span.subject = group_arn(call, name)
    return found


def group_name(identifier: str) -> str:
    """The name in an identifier, which is a name or an ARN."""
    arn = parse_arn(identifier)
    return arn.resource.removeprefix("log-group:").removesuffix(":*") if arn else identifier


def find_stream(call: Call, group: LogGroup, name: str) -> LogStream | None:
    row = call.store.one(tables.FIND_STREAM, (group.id, name))
    return LogStream(*row) if row else None


def named_stream(call: Call, group: LogGroup, name: str) -> LogStream:
    found = find_stream(call, group, name)
    if found is None:
        raise stream_not_found()
    return found


def add_group(
    call: Call, name: str, kind: str = "STANDARD", key: str | None = None, tags: dict[str, str] | None = None
) -> LogGroup:
    group = LogGroup(call.new_id(), name, kind, key, None, orjson.dumps(tags or {}).decode(), call.now)
    call.store.run(
        tables.INSERT_GROUP, (group.id, call.account, call.region, name, kind, key, group.tags, group.created)
    )
    return group


def add_stream(call: Call, group: LogGroup, name: str) -> LogStream:
    stream = LogStream(call.new_id(), name, call.now, None, None, None)
    call.store.run(tables.INSERT_STREAM, (stream.id, group.id, name, stream.created))
    return stream
