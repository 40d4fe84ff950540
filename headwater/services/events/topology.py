"""Buses and rules on the map; a rule's pattern stands on the link from its bus."""

from __future__ import annotations

import orjson

from headwater.services.events import archive_tables, connection_tables, tables
from headwater.services.events.archiving import archive_of
from headwater.services.events.buses import DEFAULT, bus_arn, bus_name
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology


@operation("events", "Topology", internal=True, reads=True)
def map_rules(call: Call, request: Request) -> Result:
    """The default bus is there where a rule is on it."""
    here = bus_arn(call, "")[: -len(DEFAULT)]
    buses: dict[str, str] = dict(call.store.all(tables.MAP_BUSES, (call.account, call.region)))
    rules, links = [], []
    for arn, bus, name, pattern, state in call.store.all(tables.MAP_RULES, (len(here), here)):
        buses.setdefault(bus, bus_name(bus))
        physical = name if buses[bus] == DEFAULT else f"{buses[bus]}|{name}"
        rules.append(resource(arn, "AWS::Events::Rule", name, physical, disabled=int(state == "DISABLED")))
        if pattern is not None:
            links.append(link(bus, arn, "rule", only=pattern))
    for rule, identity, arn, definition in call.store.all(tables.MAP_TARGETS, (len(here), here)):
        links.append(link(rule, archive_of(rule, arn) or arn, "target", identity))
        dead_letters = (orjson.loads(definition).get("DeadLetterConfig") or {}).get("Arn")
        if dead_letters:
            links.append(link(rule, dead_letters, "dead letter", identity))
    nodes = [resource(arn, "AWS::Events::EventBus", name) for arn, name in buses.items()]
    place = (call.account, call.region)
    for arn, name in call.store.all(archive_tables.MAP_ARCHIVES, place):
        nodes.append(resource(arn, "AWS::Events::Archive", name))
    for arn, name in call.store.all(connection_tables.MAP_API_DESTINATIONS, place):
        nodes.append(resource(arn, "AWS::Events::ApiDestination", name))
    return topology(call, nodes + rules, links)
