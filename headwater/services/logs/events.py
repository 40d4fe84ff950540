"""Writing and reading log events.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from headwater.services.logs.chunks import Event, Place, append, read
from headwater.services.logs.errors import invalid_parameter
from headwater.services.logs.log_group import add_group, add_stream, find_group, find_stream, named_group, named_stream
from headwater.services.logs.streams import SEQUENCE_TOKEN
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result, operation

_MOST_EVENTS = 10_000
_LARGEST_BATCH = 1_048_576
_EVENT_OVERHEAD = 26
_LONGEST_SPAN = 24 * 3600 * 1000
_OLDEST = 14 * 24 * 3600 * 1000
_NEWEST = 2 * 3600 * 1000


@operation("logs", "PutLogEvents")
def put_log_events(call: Call, request: Request) -> Result:
    group = named_group(call, request)
    stream = named_stream(call, group, request["logStreamName"])
    events = [(event["timestamp"], event["message"]) for event in request["logEvents"]]
    _check(events)
    oldest, newest = call.now - _OLDEST, call.now + _NEWEST
    expired = group.kept_since(call.now)
    accepted = [event for event in events if max(oldest, expired) <= event[0] <= newest]
    result: Result = {"nextSequenceToken": SEQUENCE_TOKEN}
    rejected = {
        "expiredLogEventEndIndex": _end(events, lambda at: at < expired),
        "tooOldLogEventEndIndex": _end(events, lambda at: at < oldest),
        "tooNewLogEventStartIndex": next((n for n, event in enumerate(events) if event[0] > newest), None),
    }
    if any(value is not None for value in rejected.values()):
        result["rejectedLogEventsInfo"] = rejected
    if accepted:
        append(call, group, stream, accepted)
    return result


def _end(events: list[tuple[int, str]], refused: Callable[[int], bool]) -> int | None:
    """One past the last of the events at the beginning that are refused."""
    number = sum(1 for event in events if refused(event[0]))
    return number or None


def _check(events: list[tuple[int, str]]) -> None:
    if len(events) > _MOST_EVENTS:
        raise invalid_parameter(f"Log event batch must have at most {_MOST_EVENTS} events.")
    size = sum(len(message.encode()) + _EVENT_OVERHEAD for _, message in events)
    if size > _LARGEST_BATCH:
        raise invalid_parameter(f"Upload too large: {size} bytes exceeds limit of {_LARGEST_BATCH}")
    times = [at for at, _ in events]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise invalid_parameter("Log events in a single PutLogEvents request must be in chronological order.")
    if times[-1] - times[0] > _LONGEST_SPAN:
        raise invalid_parameter(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
        )


@operation("logs", "Append", internal=True)
def append_lines(call: Call, request: Request) -> Result:
    """For functions: ``events`` as pairs of time and text; group and stream are made where they are missing."""
    name = request["logGroupName"]
    group = find_group(call, name) or add_group(call, name)
    stream = find_stream(call, group, request["logStreamName"]) or add_stream(call, group, request["logStreamName"])
    append(call, group, stream, request["events"])
    call.span.kept = False  # the run of the function tells it
    return {}


@operation("logs", "GetLogEvents", reads=True)
def get_log_events(call: Call, request: Request) -> Result:
    group = named_group(call, request)
    stream = named_stream(call, group, request["logStreamName"])
    events = read(call, group, stream, request.get("startTime"), request.get("endTime"))
    limit = request.get("limit") or _MOST_EVENTS
    token = request.get("nextToken")
    if token:
        direction, place = _read_token(token)
        forward = direction == "f"
        events = [event for event in events if (event.place > place if forward else event.place < place)]
    else:
        place = Place(0, 0, 0)
        forward = bool(request.get("startFromHead"))
    page = events[:limit] if forward else events[-limit:]
    # at an end the same token is given back, which is how readers notice
    first, last = (page[0].place, page[-1].place) if page else (place, place)
    return {
        "events": [_shown(event) for event in page],
        "nextForwardToken": f"f/{last.at}/{last.chunk}/{last.position}",
        "nextBackwardToken": f"b/{first.at}/{first.chunk}/{first.position}",
    }


def _read_token(token: str) -> tuple[str, Place]:
    direction, *texts = token.split("/")
    numbers = [number for text in texts if (number := whole(text)) is not None]
    if direction not in ("f", "b") or not len(texts) == len(numbers) == 3:
        raise invalid_parameter("The specified nextToken is invalid.")
    return direction, Place(*numbers)


def _shown(event: Event) -> Result:
    return {"timestamp": event.place.at, "message": event.message, "ingestionTime": event.ingested}
