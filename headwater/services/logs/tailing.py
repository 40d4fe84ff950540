"""Live tail: the events of some groups as they arrive.

What has come is sent as it comes; AWS sends once a second, be it nothing, and here a pulse tells every five seconds.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from headwater.services.logs import query_tables
from headwater.services.logs.chunks import Event, events_of, tail_key
from headwater.services.logs.errors import group_missing, invalid_parameter
from headwater.services.logs.group_filters import compiled_pattern
from headwater.services.logs.log_group import LogGroup, find_group, group_arn, group_name
from headwater.services.logs.scanning import streams_of
from headwater.spine.arns import parse_arn
from headwater.spine.event_streams import Events, EventStream
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.work import Work

_LONGEST = 3 * 3_600_000
_MOST = 500
_GATHERING = 0.2
_PULSE = 5000
_MEMBERS = ("logGroupIdentifiers", "logStreamNames", "logStreamNamePrefixes", "logEventFilterPattern")


class _Session(NamedTuple):
    """Which events it is about: of the groups with these ids and ARNs, that pass both tests."""

    groups: dict[int, str]
    of_stream: Callable[[str], bool]
    matches: Callable[[str], bool]


@operation("logs", "StartLiveTail", reads=True)
def start_live_tail(call: Call, request: Request) -> Result:
    identifiers, names = request["logGroupIdentifiers"], request.get("logStreamNames")
    prefixes = request.get("logStreamNamePrefixes")
    if any(parse_arn(each) is None or each.endswith("*") for each in identifiers):
        raise invalid_parameter("The logGroupIdentifiers must be ARNs of log groups that do not end with an asterisk.")
    if names and prefixes:
        raise invalid_parameter("Cannot specify both logStreamNames and logStreamNamePrefixes.")
    if (names or prefixes) and len(identifiers) > 1:
        raise invalid_parameter("Log streams can be specified only for a single log group.")
    groups = {found.id: group_arn(call, found.name) for found in (_group(call, each) for each in identifiers)}

    def of_stream(name: str) -> bool:
        return name in names if names else not prefixes or name.startswith(tuple(prefixes))

    session = _Session(groups, of_stream, compiled_pattern(request.get("logEventFilterPattern") or ""))
    told = {member: request[member] for member in _MEMBERS if request.get(member)}
    told |= {"requestId": call.ids.uuid(), "sessionId": call.ids.uuid()}
    last = max(_last_chunk(call, group) for group in groups)
    return {"responseStream": EventStream(call.work, lambda work: _follow(work, session, told, last))}


def _group(call: Call, identifier: str) -> LogGroup:
    name = group_name(identifier)
    found = find_group(call, name)
    if found is None:
        raise group_missing(name, call.account)
    return found


def _last_chunk(call: Call, group: int) -> int:
    row = call.store.one(query_tables.LAST_CHUNK, (group,))
    return int(row[0]) if row else 0


async def _follow(work: Work, session: _Session, told: dict[str, Any], last: int) -> Events:
    caller = work.caller
    with work.watch(tail_key(caller.account, caller.region)) as watch:
        yield "sessionStart", told
        until = work.now + _LONGEST
        while work.now < until:
            found, last = await work.transact(_read, session, last)
            sampled = len(found) > _MOST
            if found:
                yield "sessionUpdate", {"sessionMetadata": {"sampled": sampled}, "sessionResults": found[:_MOST]}
                await work.linger(_GATHERING)
            elif not await watch.wait(min(until, work.now + _PULSE)):
                yield "sessionUpdate", {"sessionMetadata": {"sampled": False}, "sessionResults": []}


def _read(call: Call, session: _Session, last: int) -> tuple[list[dict[str, Any]], int]:
    """What has arrived after a chunk, and the last chunk that is known now."""
    found: list[dict[str, Any]] = []
    newest = last
    for group, arn in session.groups.items():
        streams = streams_of(call, group)
        for row in call.store.all(query_tables.NEW_CHUNKS, (group, last)):
            newest = max(newest, row[0])
            name = streams.get(row[1], "")
            if session.of_stream(name):
                found += [_shown(event, name, arn) for event in events_of(*row) if session.matches(event.message)]
    return found, newest


def _shown(event: Event, stream: str, group: str) -> dict[str, Any]:
    return {
        "logStreamName": stream,
        "logGroupIdentifier": group,
        "message": event.message,
        "timestamp": event.place.at,
        "ingestionTime": event.ingested,
    }
