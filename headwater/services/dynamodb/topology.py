"""Tables on the map; what reads a table's stream is linked from the table."""

from __future__ import annotations

from headwater.services.dynamodb import tables
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import resource, topology


@operation("dynamodb", "Topology", internal=True, reads=True)
def map_tables(call: Call, request: Request) -> Result:
    rows = call.store.all(tables.MAP_TABLES, (call.account, call.region))
    return topology(call, [resource(arn, "AWS::DynamoDB::Table", name) for arn, name in rows], [])
