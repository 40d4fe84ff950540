"""Schedules on the map."""

from __future__ import annotations

import orjson

from headwater.services.scheduler import tables
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology

_MOST = 1_000


@operation("scheduler", "Topology", internal=True, reads=True)
def map_schedules(call: Call, request: Request) -> Result:
    """The first thousand: there may be a million."""
    schedules, links = [], []
    for row in call.store.all(tables.LIST_SCHEDULES, (call.account, call.region, "", "", 0, "", "", _MOST)):
        arn, name, state, definition = row[:4]
        target = orjson.loads(definition)["Target"]
        schedules.append(resource(arn, "AWS::Scheduler::Schedule", name, disabled=int(state == "DISABLED")))
        if not target["Arn"].startswith("arn:aws:scheduler:::"):
            links.append(link(arn, target["Arn"], "target"))
        if queue := (target.get("DeadLetterConfig") or {}).get("Arn"):
            links.append(link(arn, queue, "dead letter"))
    return topology(call, schedules, links)
