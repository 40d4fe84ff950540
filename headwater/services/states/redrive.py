"""RedriveExecution: an execution that ended badly goes on from the states that failed or were stopped.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from __future__ import annotations

from headwater.services.states import tables
from headwater.services.states.advancing import Progress, carry_on, expire_later, new_run
from headwater.services.states.errors import execution_not_redrivable
from headwater.services.states.machine import compiled
from headwater.services.states.record import RUNNING, Record, find_execution, load
from headwater.services.states.redrivable import redrive_obstacle
from headwater.services.states.status_events import tell_status
from headwater.spine.operations import Call, Request, Result, operation


@operation("states", "RedriveExecution")
def redrive_execution(call: Call, request: Request) -> Result:
    record = find_execution(call, request["executionArn"])
    call.span.subject = record.arn
    token = request.get("clientToken")
    if token and token == record.redrive_token:
        return {"redriveDate": record.redriven}
    obstacle = redrive_obstacle(record, call.now)
    if obstacle is not None:
        raise execution_not_redrivable(obstacle)
    redrive(call, record, token)
    return {"redriveDate": call.now}


def redrive(call: Call, record: Record, token: str | None = None) -> None:
    """Timeouts and retries begin anew; what succeeded is kept."""
    execution = load(call, record)
    machine = compiled(call, record.definition)
    timeout = machine.timeout_seconds if record.map_run is None else None
    expiry = expire_later(call, record.id, record.arn, timeout, express=False)
    again = record._replace(
        status=RUNNING, output=None, error=None, cause=None, stopped=None, expiry=expiry,
        redrives=record.redrives + 1, redriven=call.now, redrive_token=token,
    )  # fmt: skip
    row = (expiry, again.redrives, call.now, token, *execution.counters(), record.id)
    call.store.run(tables.REDRIVE_EXECUTION, row)
    tell_status(call, again)
    run = new_run(call, execution)
    run.redrive()
    carry_on(call, again, Progress(record.id, run))
