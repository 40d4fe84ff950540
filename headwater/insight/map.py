"""The map: every resource of an account and region, and how each may cause work in another.

What is deployed comes from the services (``headwater.spine.topology``); what a function or a workflow was seen to call
comes from the spans of late; what is stuck, from the deliveries that are being tried again.
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.insight.arns import resource_of
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call
from headwater.spine.topology import link, resource

# So many spans tell what calls what; more would only tell it again.
MOST_SPANS = 20_000
_SEEN = """
SELECT DISTINCT cause.subject, span.subject FROM spans AS span JOIN spans AS cause ON cause.id = span.parent
WHERE span.id >= coalesce((SELECT id FROM spans ORDER BY id DESC LIMIT 1 OFFSET ?), 0)
    AND span.subject IS NOT NULL AND cause.subject IS NOT NULL AND span.subject <> cause.subject
    AND cause.name NOT LIKE 'cloudformation:%' AND cause.name NOT LIKE '%:Create%'
    AND cause.name NOT LIKE '%:Update%'
    AND span.account = ? AND span.region = ?
"""
_STUCK = """
SELECT target, payload, count(*), max(error) FROM deliveries
WHERE error IS NOT NULL AND attempt > 0 AND account = ? AND region = ? GROUP BY target, handler
"""


def architecture(call: Call, spans: int = MOST_SPANS) -> dict[str, Any]:
    """``resources`` (ARN, type, name, stack, logical id, counts) and ``links`` (from, to, kind, name, only); so many
    ``spans`` of late tell what calls what."""
    resources: dict[str, dict[str, Any]] = {}
    links: dict[tuple[str, str, str], dict[str, Any]] = {}
    for each in _topologies(call):
        resources |= {node["arn"]: node for node in each["resources"]}
        for edge in each["links"]:
            edge["from"], edge["to"] = resource_of(edge["from"]), resource_of(edge["to"])
            links[edge["from"], edge["to"], edge["kind"] + edge["name"]] = edge
    _name_stacks(call, resources)
    _add_seen(call, resources, links, spans)
    _add_strangers(resources, links)
    for target, payload, count, error in call.store.all(_STUCK, (call.account, call.region)):
        _mark_stuck(resources, target, payload, count, error)
    return {"resources": list(resources.values()), "links": list(links.values())}


def _topologies(call: Call) -> list[dict[str, Any]]:
    operations = call.engine.catalogue.operations
    names = [name for name in call.engine.catalogue.services if (name, "Topology") in operations]
    return [call.operation(name, "Topology", {}) for name in names]


def _name_stacks(call: Call, resources: dict[str, dict[str, Any]]) -> None:
    if not call.engine.catalogue.loaded("cloudformation"):
        return
    made = {
        (kind, physical): (stack, logical)
        for kind, physical, stack, logical in call.operation("cloudformation", "StackOfResources", {})["resources"]
    }
    for node in resources.values():
        node["stack"], node["logical"] = made.get((node["type"], node["physical"]), (None, None))


def _add_seen(
    call: Call, resources: dict[str, dict[str, Any]], links: dict[tuple[str, str, str], dict[str, Any]], spans: int
) -> None:
    """Calls that were seen between resources that are drawn, where nothing deployed says so already."""
    known = {(source, target) for source, target, _ in links}
    for cause, subject in call.store.all(_SEEN, (spans, call.account, call.region)):
        pair = resource_of(cause), resource_of(subject)
        if pair[0] != pair[1] and pair not in known and pair[0] in resources and pair[1] in resources:
            known.add(pair)
            links[(*pair, "call")] = link(*pair, "call")


def _add_strangers(resources: dict[str, dict[str, Any]], links: dict[tuple[str, str, str], dict[str, Any]]) -> None:
    """What a link names and no service of this account and region has: elsewhere, or gone."""
    for edge in links.values():
        for end in (edge["from"], edge["to"]):
            if end not in resources:
                parts = parse_arn(end)
                resources[end] = resource(end, "stranger", parts.name if parts else end)


def _mark_stuck(resources: dict[str, dict[str, Any]], target: str, payload: bytes, count: int, error: str) -> None:
    """Deliveries that failed and wait for another attempt stand at what they could not reach."""
    value = orjson.loads(payload)
    at = resources.get(resource_of(target)) or resources.get(value.get("rule", "") if type(value) is dict else "")
    if at is not None:
        at["counts"]["retrying"] = at["counts"].get("retrying", 0) + count
        at["error"] = error
