"""CloudFormation's types of things, their types and groups, and what is attached to them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IoT.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.iot.properties import attempt, is_true, replaced, retag, tags_of
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Resource, found, resource


@resource("AWS::IoT::Thing")
class ThingResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("ThingName") or change.physical_name(128)
        made = call.operation("iot", "CreateThing", {"thingName": name, **self._payload(change)})
        change.physical_id = name
        change.attributes = {"Arn": made["thingArn"], "Id": made["thingId"]}

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        name = properties.get("ThingName")
        return name if name and found(call, "iot", "DescribeThing", {"thingName": name}) else None

    def update(self, call: Call, change: Change) -> None:
        replaced(change, "ThingName")
        call.operation("iot", "UpdateThing", {"thingName": change.physical_id, **self._payload(change)})
        thing = call.operation("iot", "DescribeThing", {"thingName": change.physical_id})
        change.attributes = {"Arn": thing["thingArn"], "Id": thing["thingId"]}

    def delete(self, call: Call, change: Change) -> None:
        call.operation("iot", "DeleteThing", {"thingName": change.physical_id})

    def _payload(self, change: Change) -> dict[str, Any]:
        given = change.properties.get("AttributePayload") or {}
        return {"attributePayload": {"attributes": given.get("Attributes") or {}, "merge": False}}


@resource("AWS::IoT::ThingPrincipalAttachment")
class ThingPrincipalAttachmentResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        thing, principal = change.properties["ThingName"], change.properties["Principal"]
        kind = change.properties.get("ThingPrincipalType")
        request = {"thingName": thing, "principal": principal, "thingPrincipalType": kind}
        call.operation("iot", "AttachThingPrincipal", request)
        change.physical_id = f"{thing}|{principal}"

    def delete(self, call: Call, change: Change) -> None:
        thing, _, principal = change.physical_id.partition("|")
        attempt(call, "DetachThingPrincipal", {"thingName": thing, "principal": principal})


@resource("AWS::IoT::ThingType")
class ThingTypeResource(Resource):
    """`Ref` is its name. On AWS its deletion takes five minutes, for which we do not wait."""

    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("ThingTypeName") or change.physical_name(128)
        request = {"thingTypeName": name, "thingTypeProperties": self._properties(change), "tags": tags_of(change)}
        made = call.operation("iot", "CreateThingType", request)
        change.physical_id = name
        change.attributes = {"Arn": made["thingTypeArn"], "Id": made["thingTypeId"]}
        self._deprecate(call, change)

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        name = properties.get("ThingTypeName")
        return name if name and found(call, "iot", "DescribeThingType", {"thingTypeName": name}) else None

    def update(self, call: Call, change: Change) -> None:
        replaced(change, "ThingTypeName", "ThingTypeProperties")
        self._deprecate(call, change)
        retag(call, change)

    def _deprecate(self, call: Call, change: Change) -> None:
        wanted, former = (is_true(given.get("DeprecateThingType")) for given in (change.properties, change.previous))
        if wanted != former:
            request = {"thingTypeName": change.physical_id, "undoDeprecate": not wanted}
            call.operation("iot", "DeprecateThingType", request)

    def delete(self, call: Call, change: Change) -> None:
        call.operation("iot", "RemoveThingType", {"thingTypeName": change.physical_id})

    def _properties(self, change: Change) -> dict[str, Any]:
        given = change.properties.get("ThingTypeProperties") or {}
        return {
            "thingTypeDescription": given.get("ThingTypeDescription"),
            "searchableAttributes": given.get("SearchableAttributes"),
            "mqtt5Configuration": given.get("Mqtt5Configuration"),
        }


@resource("AWS::IoT::ThingGroup")
class ThingGroupResource(Resource):
    """`Ref` is its name."""

    def create(self, call: Call, change: Change) -> None:
        if change.properties.get("QueryString"):
            raise not_implemented("The property QueryString of AWS::IoT::ThingGroup (a dynamic group)")
        name = change.properties.get("ThingGroupName") or change.physical_name(128)
        request = {
            "thingGroupName": name,
            "parentGroupName": change.properties.get("ParentGroupName"),
            "thingGroupProperties": self._properties(change),
            "tags": tags_of(change),
        }
        made = call.operation("iot", "CreateThingGroup", request)
        change.physical_id = name
        change.attributes = {"Arn": made["thingGroupArn"], "Id": made["thingGroupId"]}

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        name = properties.get("ThingGroupName")
        return name if name and found(call, "iot", "DescribeThingGroup", {"thingGroupName": name}) else None

    def update(self, call: Call, change: Change) -> None:
        replaced(change, "ThingGroupName", "ParentGroupName", "QueryString")
        request = {"thingGroupName": change.physical_id, "thingGroupProperties": self._properties(change)}
        call.operation("iot", "UpdateThingGroup", request)
        retag(call, change)

    def delete(self, call: Call, change: Change) -> None:
        attempt(call, "DeleteThingGroup", {"thingGroupName": change.physical_id})

    def _properties(self, change: Change) -> dict[str, Any]:
        given = change.properties.get("ThingGroupProperties") or {}
        attributes = (given.get("AttributePayload") or {}).get("Attributes") or {}
        described = (
            {"thingGroupDescription": given["ThingGroupDescription"]} if "ThingGroupDescription" in given else {}
        )
        return described | {"attributePayload": {"attributes": attributes, "merge": False}}
