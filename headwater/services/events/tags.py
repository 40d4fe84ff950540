"""Tags of buses and rules."""

from __future__ import annotations

import orjson

from headwater.services.events import tables
from headwater.services.events.buses import DEFAULT, bus_by_arn, bus_name, stored_bus
from headwater.services.events.errors import bus_not_found, resource_not_found, rule_not_found
from headwater.services.events.rules import rule_by_arn
from headwater.spine.operations import Call, Request, Result, operation


def _tags_of(call: Call, arn: str) -> dict[str, str]:
    if ":event-bus/" in arn:
        bus = bus_by_arn(call, arn)
        if bus is None:
            raise bus_not_found(bus_name(arn))
        return bus.tags
    _, is_rule, path = arn.partition(":rule/")
    if not is_rule:
        raise resource_not_found(arn)
    rule = rule_by_arn(call, arn)
    if rule is None:
        bus_of_it, _, name = path.rpartition("/")
        raise rule_not_found(name, bus_of_it or DEFAULT)
    tags: dict[str, str] = orjson.loads(rule.tags)
    return tags


def _set_tags(call: Call, arn: str, tags: dict[str, str]) -> None:
    text = orjson.dumps(tags).decode()
    if ":event-bus/" in arn:
        call.store.run(tables.SET_BUS_TAGS, (text, stored_bus(call, arn).arn))
    else:
        call.store.run(tables.SET_RULE_TAGS, (text, arn))


@operation("events", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    arn = request["ResourceARN"]
    _set_tags(call, arn, _tags_of(call, arn) | {tag["Key"]: tag["Value"] for tag in request["Tags"]})
    return {}


@operation("events", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    arn = request["ResourceARN"]
    kept = {key: value for key, value in _tags_of(call, arn).items() if key not in request["TagKeys"]}
    _set_tags(call, arn, kept)
    return {}


@operation("events", "ListTagsForResource", reads=True)
def list_tags_for_resource(call: Call, request: Request) -> Result:
    tags = _tags_of(call, request["ResourceARN"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
