"""ListExecutions: of a machine, a version or alias of it, or a map run.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.states import tables
from headwater.services.states.errors import invalid_arn, machine_type_not_supported, validation
from headwater.services.states.map_run import find_map_run
from headwater.services.states.paging import next_token, page_size, read_number
from headwater.services.states.record import Record, qualifiers
from headwater.services.states.versions import find_qualified
from headwater.spine.operations import Call, Request, Result, operation

_NEWEST = 2**63 - 1


@operation("states", "ListExecutions", reads=True)
def list_executions(call: Call, request: Request) -> Result:
    machine_arn, map_run = request.get("stateMachineArn"), request.get("mapRunArn")
    if bool(machine_arn) == bool(map_run):
        raise invalid_arn(map_run or "", "Must specify exactly one of stateMachineArn or mapRunArn")
    redrive = request.get("redriveFilter") or ""
    if redrive and not map_run:
        raise validation("redriveFilter can only be used with mapRunArn")
    status = request.get("statusFilter")
    holder, key, shared = _holder(call, machine_arn, map_run)
    limit = page_size(request)
    parameters = [key, read_number(request, _NEWEST), *([status] if status else []), limit + 1]
    rows = call.store.all(tables.LIST_EXECUTIONS[holder, bool(status), redrive], parameters)
    page = [_listed(call, Record(*row)) | shared for row in rows[:limit]]
    return {"executions": page, **next_token(rows, limit, lambda row: row[0])}


def _holder(call: Call, machine_arn: str | None, map_run: str | None) -> tuple[str, object, dict[str, Any]]:
    """The column to look in, its value, and what all entries have in common."""
    if map_run:
        run = find_map_run(call, map_run)
        return "map_run", run.id, {"mapRunArn": run.arn}
    assert machine_arn is not None
    target = find_qualified(call, machine_arn)
    if target.machine.express:
        raise machine_type_not_supported()
    if target.qualifier.rpartition(":")[2].isdigit():
        return "version", target.definition, {}
    if target.qualifier:
        return "alias", target.qualifier, {}
    return "machine", target.machine.arn, {}


def _listed(call: Call, record: Record) -> dict[str, Any]:
    item: dict[str, Any] = {
        "executionArn": record.arn,
        "stateMachineArn": record.machine,
        "name": record.name,
        "status": record.status,
        "startDate": record.started,
        "redriveCount": record.redrives,
    }
    optional: dict[str, Any] = {"stopDate": record.stopped, "redriveDate": record.redriven, "itemCount": record.items}
    optional |= qualifiers(call, record.machine, record.definition, record.qualifier)
    return item | {name: value for name, value in optional.items() if value is not None}
