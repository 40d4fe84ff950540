"""State machines on the map, with how many executions run and how many failed."""

from __future__ import annotations

from headwater.services.states import tables
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import resource, topology


@operation("states", "Topology", internal=True, reads=True)
def map_machines(call: Call, request: Request) -> Result:
    rows = call.store.all(tables.MAP_MACHINES, (call.account, call.region))
    kind = "AWS::StepFunctions::StateMachine"
    return topology(call, [resource(arn, kind, name, arn, running=running) for arn, name, running in rows], [])
