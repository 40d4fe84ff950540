"""Why event source mappings took a record, or which field of it their filters refused; computed when asked."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.patterns import PIPES, InvalidPattern, compile_pattern
from headwater.services.lambda_ import tables
from headwater.services.lambda_.errors import invalid_parameter
from headwater.spine import versions
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.polling.messages import filtered_message
from headwater.spine.polling.verdicts import filter_verdict


def keep_version(call: Call, configuration: dict[str, Any], deleted: bool = False) -> None:
    """A mapping has changed: records to come are explained by what stands now."""
    definition = None if deleted else _definition(configuration)
    versions.keep(call, configuration["EventSourceArn"], configuration["EventSourceMappingArn"], definition)


def _definition(configuration: dict[str, Any]) -> dict[str, Any]:
    filters = (configuration.get("FilterCriteria") or {}).get("Filters") or ()
    return {
        "function": configuration["FunctionArn"],
        "state": configuration["State"],
        "filters": [each["Pattern"] for each in filters],
    }


@operation("lambda", "ExplainRecord", internal=True, reads=True)
def explain_record(call: Call, request: Request) -> Result:
    """What the filters of each mapping say of a ``Record`` of a source: of those that stood when the row of the id
    ``At`` was written, or that stand now. A queue's ``Message`` may be given as Poll gives it."""
    call.span.kept = False
    source, at = request["EventSourceArn"], request.get("At")
    record = filtered_message(request["Message"]) if "Message" in request else request["Record"]
    found = [orjson.loads(text) for (text,) in call.store.all(tables.MAPPINGS_OF, (source,))]
    now = {each["EventSourceMappingArn"]: _definition(each) for each in found}
    standing = now if at is None else versions.standing_at(call.store, source, at, now)
    ours = ((arn, definition) for arn, definition in standing.items() if ":event-source-mapping:" in arn)
    verdicts = [_verdict(arn, definition, record) for arn, definition in ours]
    verdicts.sort(key=lambda verdict: (verdict["state"] != "matched", verdict["failed"], verdict["arn"]))
    return {"Channel": source, "Verdicts": verdicts, "Count": len(verdicts), "Event": record}


def _verdict(arn: str, definition: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    verdict = {
        "kind": "event source mapping",
        "arn": arn,
        "name": arn.rpartition(":")[2],
        "targets": [{"id": "function", "arn": definition["function"]}],
    }
    off = "the mapping is disabled" if definition["state"] == "Disabled" else None
    return filter_verdict(verdict, definition["filters"], record, off)


@operation("lambda", "TryFilter", internal=True, reads=True)
def try_filter(call: Call, request: Request) -> Result:
    """What a filter's ``Pattern`` says of ``Records``, one after the other."""
    call.span.kept = False
    try:
        pattern = compile_pattern(request["Pattern"], PIPES)
    except InvalidPattern as refusal:
        raise invalid_parameter(refusal.message) from None
    return {"Verdicts": [pattern.explain(record).shown() for record in request["Records"]]}
