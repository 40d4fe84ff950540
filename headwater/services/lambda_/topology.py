"""Functions on the map, what feeds them, and where their failures go."""

from __future__ import annotations

import orjson

from headwater.services.lambda_ import tables
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology


@operation("lambda", "Topology", internal=True, reads=True)
def map_functions(call: Call, request: Request) -> Result:
    scope = (call.account, call.region)
    functions = [
        resource(arn, "AWS::Lambda::Function", name) for arn, name in call.store.all(tables.MAP_FUNCTIONS, scope)
    ]
    links = []
    for identity, source, function, configuration in call.store.all(tables.MAP_MAPPINGS, scope):
        settings = orjson.loads(configuration)
        filters = [each.get("Pattern") for each in (settings.get("FilterCriteria") or {}).get("Filters") or ()]
        links.append(link(source, function, "mapping", identity, " or ".join(filter(None, filters)) or None))
        failed = ((settings.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        if failed:
            links.append(link(function, failed, "dead letter", identity))
    for arn, value in call.store.all(tables.MAP_DESTINATIONS, scope):
        destinations = orjson.loads(value).get("DestinationConfig") or {}
        for outcome, kind in (("OnSuccess", "destination"), ("OnFailure", "dead letter")):
            target = (destinations.get(outcome) or {}).get("Destination")
            if target:
                links.append(link(arn, target, kind, outcome))
    return topology(call, functions, links)
