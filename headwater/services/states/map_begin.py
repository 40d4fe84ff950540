"""A map run begins, or goes on after a redrive.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.states import tables
from headwater.services.states.map_inputs import Place, end_reading, store_slice, waiting_frame
from headwater.services.states.map_run import (
    COUNTED,
    READ,
    READING,
    REDRIVING,
    RUNNING,
    MapRun,
    map_run_by_arn,
    map_run_by_id,
)
from headwater.services.states.map_steps import BATCH, settle, start_child
from headwater.services.states.record import Record
from headwater.services.states.redrivable import redrive_obstacle
from headwater.services.states.redrive import redrive
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
    end_reading(call, run_id, store_slice(call, run_id, values, Place(), last=True))


def _begin_again(call: Call, arn: str, frame: int, ticket: int) -> None:
    run = map_run_by_arn(call, arn)
    if run is None:
        return
    run.frame, run.ticket, run.status, run.stopped = frame, ticket, RUNNING, None
    run.redrives += 1
    run.redriven = call.now
    if run.reading == READING:
        call.deliver("states.map_read", [run.id, None], target=arn, policy=FOREVER)
    else:
        run.reading = REDRIVING
        call.deliver("states.map_redrive", [run.id, -1], target=arn, policy=FOREVER)
    run.save(call)


@delivery("states.map_redrive")
def redrive_children(call: Call, item: Delivery) -> Again | None:
    """Children that did not succeed run again: standard ones by redrive, express ones from the start."""
    run_id, place = item.payload
    run = map_run_by_id(call, run_id)
    if run is None or run.reading != REDRIVING:
        return None
    rows = call.store.all(tables.MAP_RESULTS_FROM, (run_id, place, BATCH))
    for at, body in rows:
        entries = orjson.loads(body)
        failed = [entry for entry in entries if entry[3] != "SUCCEEDED"]
        if failed:
            _run_again(call, run, at, entries, failed)
    if len(rows) == BATCH:
        run.save(call)
        return Again(call.now, payload=[run_id, rows[-1][0]])
    run.reading = READ
    settle(call, run)
    return None


def _run_again(call: Call, run: MapRun, at: int, entries: list[Any], failed: list[Any]) -> None:
    kept = [entry for entry in entries if entry[3] == "SUCCEEDED"]
    for entry in failed:
        place, items, _, status, *_, given, _, _, _ = entry
        if run.express:
            run.count(COUNTED[status], items, by=-1)
            outcome = start_child(call, run, place, items, orjson.loads(given))
            if outcome is not None:
                kept.append(outcome)
            continue
        row = call.store.one(tables.CHILD_AT, (run.id, place))
        record = None if row is None else Record(*row)
        if record is None or redrive_obstacle(record, call.now) is not None:
            kept.append(entry)
            continue
        run.count(COUNTED[status], items, by=-1)
        run.count("running", items)
        redrive(call, record)
    call.store.run(tables.PUT_MAP_RESULT, (run.id, at, orjson.dumps(kept).decode()))
