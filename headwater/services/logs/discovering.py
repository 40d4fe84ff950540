"""Fields of log events: of one that a query has pointed to, and how often each is there in a group.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogRecord.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogGroupFields.html
"""

from __future__ import annotations

from collections import Counter

from headwater.languages.insights import field_names
from headwater.languages.insights.values import text
from headwater.services.logs import query_tables
from headwater.services.logs.chunks import events_of, read
from headwater.services.logs.errors import invalid_parameter
from headwater.services.logs.log_group import named_group
from headwater.services.logs.queries import record_of
from headwater.services.logs.scanning import streams_of
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import read_token

_MINUTE = 60_000
_MOST_EVENTS = 1000


@operation("logs", "GetLogRecord", reads=True)
def get_log_record(call: Call, request: Request) -> Result:
    chunk, _, place = (read_token(request["logRecordPointer"]) or "").partition("/")
    identity, position = whole(chunk), whole(place)
    row = None
    if identity is not None and position is not None:
        row = call.store.one(query_tables.FIND_CHUNK, (identity, call.account, call.region))
    events = list(events_of(*row[:4])) if row else []
    if row is None or position is None or position >= len(events):
        raise invalid_parameter("The specified logRecordPointer is invalid.")
    record = record_of(events[position], row[5], f"{call.account}:{row[4]}")
    return {"logRecord": {name: text(record[name]) for name in field_names(record)}}


@operation("logs", "GetLogGroupFields", reads=True)
def get_log_group_fields(call: Call, request: Request) -> Result:
    """Of the newest thousand events of the time."""
    group = named_group(call, request)
    middle = request.get("time")
    if middle is None:
        start, end = call.now - 15 * _MINUTE, call.now + 1
    else:
        start, end = middle * 1000 - 8 * _MINUTE, middle * 1000 + 8 * _MINUTE
    events = read(call, group, None, start, end)[-_MOST_EVENTS:]
    streams, log = streams_of(call, group.id), f"{call.account}:{group.name}"
    counts = Counter(name for event in events for name in field_names(record_of(event, streams[event.stream], log)))
    del counts["@ptr"]
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return {"logGroupFields": [{"name": name, "percent": count * 100 // len(events)} for name, count in ranked]}
