"""Pipes on the map."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.pipes import tables
from headwater.services.pipes.row import Row
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology


@operation("pipes", "Topology", internal=True, reads=True)
def map_pipes(call: Call, request: Request) -> Result:
    rows = [Row(*row) for row in call.store.all(tables.ALL_PIPES, (call.account, call.region))]
    pipes = [resource(row.arn, "AWS::Pipes::Pipe", row.name, stopped=int(row.state != "RUNNING")) for row in rows]
    return topology(call, pipes, [each for row in rows for each in _links(row.arn, orjson.loads(row.definition))])


def _links(pipe: str, definition: dict[str, Any]) -> list[dict[str, Any]]:
    parameters = definition.get("SourceParameters") or {}
    filters = [each.get("Pattern") or "" for each in (parameters.get("FilterCriteria") or {}).get("Filters") or ()]
    links = [link(definition["Source"], pipe, "source", only=", ".join(filters) or None)]
    if enrichment := definition.get("Enrichment"):
        links.append(link(pipe, enrichment, "enrichment"))
    links.append(link(pipe, definition["Target"], "target"))
    letters = ((block.get("DeadLetterConfig") or {}).get("Arn") for block in parameters.values())
    return links + [link(pipe, queue, "dead letter") for queue in letters if queue]
