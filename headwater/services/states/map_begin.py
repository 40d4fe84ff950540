"""A map run begins, or goes on after a redrive.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.asl.errors import StateFailed
from headwater.services.states import tables
from headwater.services.states.map_inputs import (
    Place,
    end_reading,
    fail_reading,
    given_items,
    store_slice,
    waiting_frame,
)
from headwater.services.states.map_run import (
    COUNTED,
    PENDING_REDRIVE,
    READING,
    REDRIVING,
    RESTARTING,
    RUNNING,
    MapRun,
    map_run_by_arn,
    map_run_by_id,
)
from headwater.services.states.map_steps import BATCH, settle
from headwater.services.states.record import Record
from headwater.services.states.redrivable import redrive_obstacle
from headwater.spine.deliveries import FOREVER, Again, Delivery, delivery
from headwater.spine.operations import Call

# So many items are taken in at once; more are read bit by bit.
_AT_ONCE = 100


@delivery("states.map_begin")
def begin_map_run(call: Call, item: Delivery) -> None:
    run_id, execution, frame, ticket, state, arn, items, settings, again = item.payload
    call.span.subject = arn
    if again:
        _begin_again(call, arn, frame, ticket)
        return
    parent = call.store.one(tables.EXECUTION_BY_ID, (execution,))
    if parent is None or parent[7] != RUNNING:
        return
    record = Record(*parent)
    definition = call.store.one(tables.FIND_DEFINITION, (record.definition,))
    assert definition is not None
    count, percentage = settings["tolerated_count"], settings["tolerated_percentage"]
    kept = {**settings, "role": definition[2], "logging": orjson.loads(definition[5]), "mocks": record.mocks}
    run = MapRun(
        run_id, arn, execution, record.arn, record.machine, frame, ticket, state, record.definition, kept, RUNNING,
        READING, call.now, None, 0, None, settings["concurrency"], -1 if count is None else count,
        -1.0 if percentage is None else percentage, 0, 0, 0, 0,
    )  # fmt: skip
    if waiting_frame(call, run) is None:
        return
    run.insert(call)
    if items is None or len(items) > _AT_ONCE:
        call.deliver("states.map_read", [run_id, items], target=arn, policy=FOREVER)
        return
    values = [(value, {"Source": "STATE_DATA"}) for value in items]
    try:
        end = store_slice(call, run_id, values, Place(), last=True)
    except StateFailed as failed:
        fail_reading(call, run_id, failed.error or "", failed.cause or "")
    else:
        end_reading(call, run_id, end)


def _begin_again(call: Call, arn: str, frame: int, ticket: int) -> None:
    run = map_run_by_arn(call, arn)
    if run is None:
        return
    run.frame, run.ticket, run.status, run.stopped = frame, ticket, RUNNING, None
    run.redrives += 1
    run.redriven = call.now
    run.stepping = 0  # a step that was to come found the run over
    if run.reading == READING:
        call.deliver("states.map_read", [run.id, given_items(call, run)], target=arn, policy=FOREVER)
    else:
        run.reading = REDRIVING
        call.deliver("states.map_redrive", [run.id, -1], target=arn, policy=FOREVER)
    run.save(call)


@delivery("states.map_redrive")
def collect_redrives(call: Call, item: Delivery) -> Again | None:
    """Find the children that did not succeed, bit by bit; then they run again, as many at once as there may be."""
    run_id, place = item.payload
    run = map_run_by_id(call, run_id)
    if run is None or run.status != RUNNING or run.reading != REDRIVING:
        return None
    rows = call.store.all(tables.MAP_RESULTS_FROM, (run_id, place, BATCH))
    for at, body in rows:
        _set_aside(call, run, at, orjson.loads(body))
    if len(rows) == BATCH:
        run.save(call)
        return Again(call.now, payload=[run_id, rows[-1][0]])
    run.reading = RESTARTING
    settle(call, run)
    return None


def _set_aside(call: Call, run: MapRun, at: int, entries: list[list[Any]]) -> None:
    kept = []
    for entry in entries:
        place, items, _, status = entry[:4]
        if status == "SUCCEEDED" or not (run.express or _redrivable(call, run, place)):
            kept.append(entry)
            continue
        run.count(COUNTED[status], items, by=-1)
        run.count(PENDING_REDRIVE, items)
        call.store.run(tables.INSERT_PENDING_REDRIVE, (run.id, place, orjson.dumps(entry).decode()))
    if len(kept) < len(entries):
        call.store.run(tables.PUT_MAP_RESULT, (run.id, at, orjson.dumps(kept).decode()))


def _redrivable(call: Call, run: MapRun, place: int) -> bool:
    row = call.store.one(tables.CHILD_AT, (run.id, place))
    return row is not None and redrive_obstacle(Record(*row), call.now) is None
