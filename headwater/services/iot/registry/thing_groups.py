"""Static groups of things, in trees. https://docs.aws.amazon.com/iot/latest/developerguide/thing-groups.html"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.iot.errors import already_exists, check_name, invalid_request, not_found
from headwater.services.iot.listing import from_memory, list_page
from headwater.services.iot.policies.devices import targets_changed
from headwater.services.iot.policies.tables import DETACH_ALL_POLICIES
from headwater.services.iot.registry import tables
from headwater.services.iot.registry.groups import group_arn, lineage, offspring
from headwater.services.iot.registry.things import NAME
from headwater.services.iot.tags import forget_tags, set_tags
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 250
_DEEPEST = 7


class _Group(NamedTuple):
    """`properties` are the description and the attributes."""

    id: str
    parent: str | None
    properties: dict[str, Any]
    version: int
    created: int


def _find(call: Call, name: str) -> _Group:
    row = call.store.one(tables.THING_GROUP, (call.account, call.region, name))
    if row is None:
        raise not_found(f"Thing Group {name} not found")
    identity, parent, properties, version, created = row
    return _Group(identity, parent, orjson.loads(properties), version, created)


def _properties(request: Request, former: dict[str, Any]) -> dict[str, Any]:
    """Description and attributes: in place of the former ones, or merged into them."""
    given: dict[str, Any] = request.get("thingGroupProperties") or {}
    payload = given.get("attributePayload") or {}
    attributes: dict[str, str] = payload.get("attributes") or {}
    if payload.get("merge") or "attributes" not in payload:
        attributes = former.get("attributes", {}) | attributes
    kept = {name: value for name, value in attributes.items() if value}
    return {"description": given.get("thingGroupDescription", former.get("description")), "attributes": kept}


@operation("iot", "CreateThingGroup")
def create_thing_group(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThingGroup.html"""
    name, parent = check_name(request, "thingGroupName", NAME), request.get("parentGroupName")
    call.span.subject = arn = group_arn(call, name)
    properties = _properties(request, {})
    row = call.store.one(tables.THING_GROUP, (call.account, call.region, name))
    if row is not None:
        if (row[1], orjson.loads(row[2])) != (parent, properties):
            message = f"Thing Group {name} already exists in current account with different properties"
            raise already_exists(message, name, arn)
        return {"thingGroupName": name, "thingGroupArn": arn, "thingGroupId": row[0]}
    if parent is not None:
        _find(call, parent)
        if len(lineage(call, parent)) >= _DEEPEST:
            raise invalid_request(f"The hierarchy of thing groups cannot be deeper than {_DEEPEST}.")
    identity, text = call.ids.uuid(), orjson.dumps(properties).decode()
    row = (call.account, call.region, name, identity, parent, text, call.now)
    call.store.run(tables.INSERT_THING_GROUP, row)
    set_tags(call, arn, request.get("tags") or ())
    return {"thingGroupName": name, "thingGroupArn": arn, "thingGroupId": identity}


@operation("iot", "DescribeThingGroup", reads=True)
def describe_thing_group(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThingGroup.html"""
    name = check_name(request, "thingGroupName", NAME)
    group = _find(call, name)
    above = lineage(call, name)[1:]
    return {
        "thingGroupName": name,
        "thingGroupId": group.id,
        "thingGroupArn": group_arn(call, name),
        "version": group.version,
        "thingGroupProperties": {
            "thingGroupDescription": group.properties["description"],
            "attributePayload": {"attributes": group.properties["attributes"]},
        },
        "thingGroupMetadata": {
            "parentGroupName": group.parent,
            "rootToParentThingGroups": named_groups(call, above[::-1]) if above else None,
            "creationDate": group.created,
        },
    }


def named_groups(call: Call, names: list[str]) -> list[dict[str, str]]:
    return [{"groupName": name, "groupArn": group_arn(call, name)} for name in names]


@operation("iot", "ListThingGroups", reads=True)
def list_thing_groups(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingGroups.html"""
    parent = request.get("parentGroup")
    if parent is not None:
        _find(call, parent)
    deep, prefix = request.get("recursive", True), request.get("namePrefixFilter") or ""
    names = [name for name in sorted(offspring(call, parent, deep)) if name.startswith(prefix)]
    shown, token = list_page(request, from_memory(names), str, _PAGE)
    return {"thingGroups": named_groups(call, shown), "nextToken": token}


@operation("iot", "UpdateThingGroup")
def update_thing_group(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThingGroup.html"""
    name = check_name(request, "thingGroupName", NAME)
    call.span.subject = group_arn(call, name)
    group = _find(call, name)
    _check_version(name, request, group.version)
    text = orjson.dumps(_properties(request, group.properties)).decode()
    call.store.run(tables.UPDATE_THING_GROUP, (text, call.account, call.region, name))
    return {"version": group.version + 1}


@operation("iot", "DeleteThingGroup")
def delete_thing_group(call: Call, request: Request) -> Result:
    """A group that is not there is deleted already.

    https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThingGroup.html
    """
    name = check_name(request, "thingGroupName", NAME)
    call.span.subject = arn = group_arn(call, name)
    row = call.store.one(tables.THING_GROUP, (call.account, call.region, name))
    if row is None:
        return {}
    _check_version(name, request, row[3])
    if offspring(call, name, deep=False):
        message = f"Cannot delete thing group : {name} when there are still child groups attached to it"
        raise invalid_request(message)
    call.store.run(DETACH_ALL_POLICIES, (call.account, call.region, arn))
    targets_changed(call, [arn])
    call.store.run(tables.REMOVE_MEMBERS, (call.account, call.region, name))
    call.store.run(tables.DELETE_THING_GROUP, (call.account, call.region, name))
    forget_tags(call, arn)
    return {}


def _check_version(name: str, request: Request, actual: int) -> None:
    expected = request.get("expectedVersion")
    if expected is not None and expected != actual:
        message = f"The version for Thing Group {name} does not match the expected version."
        raise AwsError("VersionConflictException", message, 409)
