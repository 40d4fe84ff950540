"""Why pipes took a record, or which field of it their filters refused; computed when asked."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.pipes import tables
from headwater.services.pipes.row import pipe_by_arn
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.polling import explaining

_KIND = "pipe"


def keep_version(call: Call, arn: str, source: str) -> None:
    """A pipe has come to another state: records to come are explained by what stands now."""
    row = pipe_by_arn(call, arn)
    definition = None if row is None else _definition(row.state, orjson.loads(row.definition))
    explaining.keep_version(call, _KIND, source, arn, definition)


def _definition(state: str, definition: dict[str, Any]) -> dict[str, Any]:
    return {
        "target": definition["Target"],
        "filters": explaining.filters_of((definition.get("SourceParameters") or {}).get("FilterCriteria")),
        "stopped": "" if state == "RUNNING" else f"the pipe is {state}",
    }


@operation("pipes", "ExplainRecord", internal=True, reads=True)
def explain_record(call: Call, request: Request) -> Result:
    """What each pipe of a source says of a record: see ``spine.polling.explaining``."""
    rows = call.store.all(tables.PIPES_OF, (request["EventSourceArn"],))
    now = {arn: _definition(state, orjson.loads(definition)) for arn, state, definition in rows}
    return explaining.explain_record(call, request, _KIND, now)
