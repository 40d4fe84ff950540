"""A resource as it is at present, whoever made it: what its type can read of it, over what was last declared.

https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-identifier.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from headwater.services.cloudformation import tables
from headwater.services.cloudformation.plan import PlanMemory
from headwater.services.cloudformation.types import ResourceFailed, StackChange, find_type
from headwater.services.cloudformation.witness import Witnessed
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Resource, Untellable


@dataclass
class Declared:
    """What a template or Cloud Control has last said of a resource."""

    type: str
    physical_id: str
    properties: dict[str, Any]
    attributes: dict[str, Any]

    def change(self, call: Call, properties: dict[str, Any] | None = None) -> StackChange:
        """For a step of the type that belongs to no stack."""
        return StackChange(
            type=self.type,
            logical_id=self.type.rpartition("::")[2],
            stack_id="",
            stack_name="cloudcontrol",
            properties=dict(self.properties if properties is None else properties),
            previous=dict(self.properties),
            physical_id=self.physical_id,
            attributes=dict(self.attributes),
            work=call.work,
        )


def declared(call: Call, kind: str) -> Iterator[tuple[str, Declared]]:
    """All of a type, by their primary identifiers; of several that tell of one, the newest last."""
    place, memory = (call.account, call.region, kind), _memory(call)
    for physical_id, properties, attributes, _ in call.store.all(tables.SELECT_DECLARED, (*place, *place)):
        found = Declared(kind, physical_id, orjson.loads(properties), orjson.loads(attributes))
        yield memory.schemas.identifier(kind, physical_id, found.attributes, found.properties), found


def read(call: Call, kind: Resource, known: Declared) -> dict[str, Any]:
    """What the type tells of it, None for what has no value; its attributes are brought up to date. Raises Untellable,
    or the AwsError of a service that has no such thing."""
    change = known.change(call)
    told = call.engine.attempt(kind.read, Witnessed(call), change)
    known.attributes = change.attributes
    return told


def existing(call: Call, kind: str, properties: dict[str, Any], identifier: str | None) -> str | None:
    """The physical id of what has the name that a template gives, or its primary identifier where that is known; None
    where nothing has, or its type cannot tell."""
    try:
        resource = find_type(call, kind)
        if identifier is None or type(resource).read is Resource.read:
            return call.engine.attempt(resource.named, Witnessed(call), properties)
        known = Declared(kind, resource.locate(identifier), properties, {})
        read(call, resource, known)
    except (ResourceFailed, Untellable, AwsError, KeyError):
        return None
    return known.physical_id


def holder(call: Call, kind: str, physical_id: str, but: int = 0) -> str | None:
    """The stack that has a resource already, as another row than the given one."""
    if len(_memory(call).schemas.all.get(kind, {}).get("identifier", ())) != 1:
        return None  # its physical id alone does not tell it from others
    row = call.store.one(tables.SELECT_HOLDER, (physical_id, kind, but, call.account, call.region))
    return None if row is None else str(row[0])


def over(told: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    """What was read, over what was declared."""
    return {name: value for name, value in (properties | told).items() if value is not None}


def _memory(call: Call) -> PlanMemory:
    memory: PlanMemory = call.memory
    return memory
