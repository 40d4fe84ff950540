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
from headwater.services.cloudformation.types import StackChange
from headwater.services.cloudformation.witness import Witnessed
from headwater.spine.operations import Call
from headwater.spine.resources import Resource


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


def over(told: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    """What was read, over what was declared."""
    return {name: value for name, value in (properties | told).items() if value is not None}


def _memory(call: Call) -> PlanMemory:
    memory: PlanMemory = call.memory
    return memory
