"""GetExecutionHistory.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
"""

from __future__ import annotations

from typing import Any

from headwater.languages.asl.history import render
from headwater.services.states import tables
from headwater.services.states.packing import unpack
from headwater.services.states.paging import page_size, read_number
from headwater.services.states.record import find_execution
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import make_token


@operation("states", "GetExecutionHistory", reads=True)
def get_execution_history(call: Call, request: Request) -> Result:
    record = find_execution(call, request["executionArn"])
    limit = page_size(request)
    backward = bool(request.get("reverseOrder"))
    given = request.get("includeExecutionData")
    start = read_number(request, record.last_event if backward else 1)
    read = _backward if backward else _forward
    events = read(call, record.id, start, limit + 1)
    page = [render(event, at, include_data=given is not False) for event, at in events[:limit]]
    result: Result = {"events": page}
    if len(events) > limit:
        result["nextToken"] = make_token(events[limit][0][0])
    return result


def _forward(call: Call, id_: int, start: int, count: int) -> list[tuple[Any, int]]:
    row = call.store.one(tables.ROW_OF_EVENT, (id_, start))
    assert row is not None
    rows = call.store.all(tables.FIRST_STEP, (id_,)) if row[0] is None else []
    found: list[tuple[Any, int]] = []
    # a row holds at least one event
    for _, at, events in rows + call.store.all(tables.HISTORY_FROM, (id_, row[0] or 1, count)):
        found += [(event, at) for event in unpack(events) if event[0] >= start]
        if len(found) >= count:
            break
    return found[:count]


def _backward(call: Call, id_: int, start: int, count: int) -> list[tuple[Any, int]]:
    found: list[tuple[Any, int]] = []
    rows = call.store.all(tables.HISTORY_BACK, (id_, start, count))
    for _, at, events in rows + call.store.all(tables.FIRST_STEP, (id_,)):
        found += [(event, at) for event in reversed(unpack(events)) if event[0] <= start]
        if len(found) >= count:
            break
    return found[:count]
