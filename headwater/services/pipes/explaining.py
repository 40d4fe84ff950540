"""Why pipes took a record, or which field of it their filters refused; computed when asked."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.pipes import tables
from headwater.services.pipes.row import Row
from headwater.spine import versions
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.polling.messages import filtered_message
from headwater.spine.polling.verdicts import filter_verdict


def keep_version(call: Call, row: Row, gone: bool = False) -> None:
    """A pipe has changed: records to come are explained by what stands now."""
    source = orjson.loads(row.definition)["Source"]
    versions.keep(call, source, row.arn, None if gone else _standing(row))


def _standing(row: Row) -> dict[str, Any]:
    definition = orjson.loads(row.definition)
    filters = ((definition.get("SourceParameters") or {}).get("FilterCriteria") or {}).get("Filters") or ()
    return {
        "target": definition["Target"],
        "state": row.state,
        "filters": [each["Pattern"] for each in filters if each.get("Pattern")],
    }


@operation("pipes", "ExplainRecord", internal=True, reads=True)
def explain_record(call: Call, request: Request) -> Result:
    """What the filters of each pipe say of a ``Record`` of a source: of those that stood when the row of the id ``At``
    was written, or that stand now. A queue's ``Message`` may be given as Poll gives it."""
    call.span.kept = False
    source, at = request["EventSourceArn"], request.get("At")
    record = filtered_message(request["Message"]) if "Message" in request else request["Record"]
    rows = [Row(*row) for row in call.store.all(tables.PIPES_OF, (source,))]
    now = {row.arn: _standing(row) for row in rows}
    standing = now if at is None else versions.standing_at(call.store, source, at, now)
    verdicts = [_verdict(arn, definition, record) for arn, definition in standing.items() if ":pipe/" in arn]
    verdicts.sort(key=lambda verdict: (verdict["state"] != "matched", verdict["failed"], verdict["arn"]))
    return {"Channel": source, "Verdicts": verdicts, "Count": len(verdicts), "Event": record}


def _verdict(arn: str, standing: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    verdict = {
        "kind": "pipe",
        "arn": arn,
        "name": arn.rpartition("/")[2],
        "targets": [{"id": "target", "arn": standing["target"]}],
    }
    off = None if standing["state"] == "RUNNING" else f"the pipe is {standing['state']}"
    return filter_verdict(verdict, standing["filters"], record, off)
