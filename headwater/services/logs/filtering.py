"""FilterLogEvents: events of many streams, chosen by a pattern.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

from __future__ import annotations

from headwater.services.logs import tables
from headwater.services.logs.chunks import Place, read
from headwater.services.logs.errors import invalid_parameter
from headwater.services.logs.filter_pattern import compile_filter
from headwater.services.logs.filter_values import InvalidFilterPattern
from headwater.services.logs.log_group import LogStream, named_group
from headwater.spine.numbers import long
from headwater.spine.operations import Call, Request, Result, operation

_MOST_EVENTS = 10_000


@operation("logs", "FilterLogEvents", reads=True)
def filter_log_events(call: Call, request: Request) -> Result:
    group = named_group(call, request)
    named, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix")
    if named and prefix:
        raise invalid_parameter("Cannot specify both logStreamNames and logStreamNamePrefix.")
    try:
        matches = compile_filter(request.get("filterPattern") or "")
    except InvalidFilterPattern as error:
        raise invalid_parameter(f"Invalid filter pattern: {error}") from None
    streams = {
        stream.id: stream.name
        for stream in (LogStream(*row) for row in call.store.all(tables.LIST_STREAMS, (group.id,)))
        if (not named or stream.name in named) and stream.name.startswith(prefix or "")
    }
    after = _read_token(request.get("nextToken"))
    end = request.get("endTime")
    events = [
        event
        for event in read(call, group, None, request.get("startTime"), None if end is None else end + 1)
        if event.place > after and event.stream in streams and matches(event.message)
    ]
    limit = request.get("limit") or _MOST_EVENTS
    result: Result = {
        "events": [
            {
                "logStreamName": streams[event.stream],
                "timestamp": event.place.at,
                "message": event.message,
                "ingestionTime": event.ingested,
                "eventId": event.place.event_id,
            }
            for event in events[:limit]
        ],
        "searchedLogStreams": [],
    }
    if len(events) > limit:
        result["nextToken"] = "/".join(map(str, events[limit - 1].place))
    return result


def _read_token(token: str | None) -> Place:
    try:
        at, chunk, position = map(long, (token or "0/0/-1").split("/"))
    except ValueError:
        raise invalid_parameter("The specified nextToken is invalid.") from None
    return Place(at, chunk, position)
