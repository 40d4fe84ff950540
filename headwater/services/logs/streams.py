"""Log streams.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.logs import tables
from headwater.services.logs.errors import invalid_parameter, no_token, stream_exists
from headwater.services.logs.log_group import (
    LogStream,
    add_stream,
    find_stream,
    group_arn,
    named_group,
    named_stream,
)
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page

_PAGE = 50
SEQUENCE_TOKEN = "49039859585786530000000000000000000000000000000000000000"
"""AWS has given a token since 2023 that nobody needs to send back."""


@operation("logs", "CreateLogStream")
def create_log_stream(call: Call, request: Request) -> Result:
    group = named_group(call, request)
    name = request["logStreamName"]
    if find_stream(call, group, name) is not None:
        raise stream_exists()
    add_stream(call, group, name)
    return {}


@operation("logs", "DeleteLogStream")
def delete_log_stream(call: Call, request: Request) -> Result:
    stream = named_stream(call, named_group(call, request), request["logStreamName"])
    call.store.run(tables.DELETE_STREAM_CHUNKS, (stream.id,))
    call.store.run(tables.DELETE_STREAM, (stream.id,))
    return {}


@operation("logs", "DescribeLogStreams", reads=True)
def describe_log_streams(call: Call, request: Request) -> Result:
    group = named_group(call, request)
    prefix = request.get("logStreamNamePrefix")
    by_time = request.get("orderBy") == "LastEventTime"
    if by_time and prefix:
        raise invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
    streams = [LogStream(*row) for row in call.store.all(tables.LIST_STREAMS, (group.id,))]
    streams = [stream for stream in streams if stream.name.startswith(prefix or "")]
    streams.sort(key=lambda s: (s.last_event or 0, s.name) if by_time else (0, s.name))
    if request.get("descending"):
        streams.reverse()
    names = [stream.name for stream in streams]

    def fetch(after: str, _: int) -> list[LogStream]:
        return streams[names.index(after) + 1 if after in names else 0 :]

    limit, arn = request.get("limit") or _PAGE, group_arn(call, group.name)
    listed, token = page(request.get("nextToken"), limit, fetch, lambda stream: stream.name, no_token)
    return {"logStreams": [_shown(stream, arn) for stream in listed], "nextToken": token}


def _shown(stream: LogStream, arn: str) -> dict[str, Any]:
    return {
        "logStreamName": stream.name,
        "creationTime": stream.created,
        "firstEventTimestamp": stream.first_event,
        "lastEventTimestamp": stream.last_event,
        "lastIngestionTime": stream.ingested,
        "uploadSequenceToken": SEQUENCE_TOKEN,
        "arn": f"{arn}:log-stream:{stream.name}",
        "storedBytes": 0,
    }
