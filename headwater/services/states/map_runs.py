"""DescribeMapRun, ListMapRuns, UpdateMapRun.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.states import tables
from headwater.services.states.errors import validation
from headwater.services.states.map_run import COUNTED, FAILURES, PENDING_REDRIVE, RUNNING, MapRun, find_map_run
from headwater.services.states.map_steps import settle
from headwater.services.states.paging import next_token, page_size, read_number
from headwater.services.states.record import find_execution
from headwater.spine.operations import Call, Request, Result, operation

_NEWEST = 2**63 - 1


@operation("states", "DescribeMapRun", reads=True)
def describe_map_run(call: Call, request: Request) -> Result:
    run = find_map_run(call, request["mapRunArn"])
    result: Result = {
        "mapRunArn": run.arn,
        "executionArn": run.execution_arn,
        "status": run.status,
        "startDate": run.started,
        "stopDate": run.stopped,
        "maxConcurrency": run.concurrency,
        "toleratedFailurePercentage": max(run.tolerated_percentage, 0.0),
        "toleratedFailureCount": max(run.tolerated_count, 0),
        "itemCounts": _counts(run, 1, run.total_items),
        "executionCounts": _counts(run, 0, run.total),
        "redriveCount": run.redrives,
        "redriveDate": run.redriven,
    }
    return {name: value for name, value in result.items() if value is not None}


def _counts(run: MapRun, which: int, total: int) -> dict[str, int]:
    """Of executions (0) or of items (1)."""
    counts = {name: run.counts.get(name, [0, 0])[which] for name in COUNTED.values()}
    waiting = run.counts.get(PENDING_REDRIVE, [0, 0])[which]
    written = counts["succeeded"] + sum(counts[name] for name in FAILURES) if run.status == "SUCCEEDED" else 0
    return {
        **counts,
        "pending": total - sum(counts.values()) - waiting,
        "total": total,
        "resultsWritten": written,
        "failuresNotRedrivable": 0,
        "pendingRedrive": waiting,
    }


@operation("states", "GetMapRunResult", internal=True, reads=True)
def get_map_run_result(call: Call, request: Request) -> Result:
    """`Result`: what a run gave, as JSON text, where it was kept because no history shows it."""
    row = call.store.one(tables.MAP_RUN_RESULT, (request["mapRunArn"],))
    return {} if row is None or row[0] is None else {"Result": row[0]}


@operation("states", "ListMapRuns", reads=True)
def list_map_runs(call: Call, request: Request) -> Result:
    record = find_execution(call, request["executionArn"])
    limit = page_size(request)
    rows = call.store.all(tables.LIST_MAP_RUNS, (record.id, read_number(request, _NEWEST), limit + 1))
    page = [_listed(row) for row in rows[:limit]]
    return {"mapRuns": page, **next_token(rows, limit, lambda row: row[0])}


def _listed(row: tuple[Any, ...]) -> dict[str, Any]:
    _, execution, arn, started, stopped = row
    machine = arn.replace(":mapRun:", ":stateMachine:", 1).rpartition(":")[0]
    item = {"executionArn": execution, "mapRunArn": arn, "stateMachineArn": machine, "startDate": started}
    return item if stopped is None else {**item, "stopDate": stopped}


@operation("states", "UpdateMapRun")
def update_map_run(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateMapRun.html"""
    run = find_map_run(call, request["mapRunArn"])
    call.span.subject = run.arn
    given = {name: request.get(member) for name, member in _CHANGEABLE.items()}
    if all(value is None for value in given.values()):
        raise validation(
            "At least one of maxConcurrency, toleratedFailureCount, toleratedFailurePercentage is required"
        )
    if run.status != RUNNING:
        raise validation(f"Map Run is already completed: '{run.arn}'")
    for name, value in given.items():
        if value is not None:
            setattr(run, name, value)
    settle(call, run)
    return {}


_CHANGEABLE = {
    "concurrency": "maxConcurrency",
    "tolerated_count": "toleratedFailureCount",
    "tolerated_percentage": "toleratedFailurePercentage",
}
