"""Which stack made a resource."""

from __future__ import annotations

from headwater.services.cloudformation import tables
from headwater.spine.operations import Call, Request, Result, operation


@operation("cloudformation", "StackOfResources", internal=True, reads=True)
def stack_of_resources(call: Call, request: Request) -> Result:
    """``resources``: of each present one its type, physical id, stack's name and logical id."""
    call.span.kept = False
    rows = call.store.all(tables.PRESENT_RESOURCES, (call.account, call.region))
    return {"resources": [list(row) for row in rows]}
