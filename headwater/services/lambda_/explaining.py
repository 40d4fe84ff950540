"""Why event source mappings took a record, or which field of it their filters refused; computed when asked."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.patterns import PIPES, InvalidPattern, compile_pattern
from headwater.services.lambda_ import tables
from headwater.services.lambda_.errors import invalid_parameter
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.polling import explaining

_KIND = "event source mapping"


def keep_version(call: Call, configuration: dict[str, Any], deleted: bool = False) -> None:
    """A mapping has changed: records to come are explained by what stands now."""
    definition = None if deleted else _definition(configuration)
    source, arn = configuration["EventSourceArn"], configuration["EventSourceMappingArn"]
    explaining.keep_version(call, _KIND, source, arn, definition)


def _definition(configuration: dict[str, Any]) -> dict[str, Any]:
    return {
        "target": configuration["FunctionArn"],
        "filters": explaining.filters_of(configuration.get("FilterCriteria")),
        "stopped": "the mapping is disabled" if configuration["State"] == "Disabled" else "",
    }


@operation("lambda", "ExplainRecord", internal=True, reads=True)
def explain_record(call: Call, request: Request) -> Result:
    """What each mapping of a source says of a record: see ``spine.polling.explaining``."""
    found = [orjson.loads(text) for (text,) in call.store.all(tables.MAPPINGS_OF, (request["EventSourceArn"],))]
    now = {each["EventSourceMappingArn"]: _definition(each) for each in found}
    return explaining.explain_record(call, request, _KIND, now)


@operation("lambda", "TryFilter", internal=True, reads=True)
def try_filter(call: Call, request: Request) -> Result:
    """What a filter's ``Pattern`` says of ``Records``, one after the other."""
    call.span.kept = False
    try:
        pattern = compile_pattern(request["Pattern"], PIPES)
    except InvalidPattern as refusal:
        raise invalid_parameter(refusal.message) from None
    return {"Verdicts": [pattern.explain(record).shown() for record in request["Records"]]}
