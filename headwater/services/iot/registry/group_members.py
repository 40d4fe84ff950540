"""Which things are in which groups.

https://docs.aws.amazon.com/iot/latest/developerguide/add-thing-to-group.html
"""

from __future__ import annotations

from headwater.services.iot.errors import check_name, invalid_request, not_found
from headwater.services.iot.listing import from_memory, list_page
from headwater.services.iot.policies.devices import devices_of_thing_changed
from headwater.services.iot.registry import tables
from headwater.services.iot.registry.groups import groups_of, lineage, members
from headwater.services.iot.registry.thing_groups import named_groups
from headwater.services.iot.registry.things import NAME, find_thing
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 250
_MOST_GROUPS = 10


@operation("iot", "AddThingToThingGroup")
def add_thing_to_thing_group(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_AddThingToThingGroup.html"""
    group, thing = _named(request)
    _add(call, group, thing)
    devices_of_thing_changed(call, thing)
    return {}


@operation("iot", "RemoveThingFromThingGroup")
def remove_thing_from_thing_group(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_RemoveThingFromThingGroup.html"""
    group, thing = _named(request)
    _remove(call, group, thing)
    devices_of_thing_changed(call, thing)
    return {}


@operation("iot", "UpdateThingGroupsForThing")
def update_thing_groups_for_thing(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThingGroupsForThing.html"""
    thing = check_name(request, "thingName", NAME)
    for group in request.get("thingGroupsToRemove") or ():
        _remove(call, group, thing)
    for group in request.get("thingGroupsToAdd") or ():
        _add(call, group, thing)
    devices_of_thing_changed(call, thing)
    return {}


def _named(request: Request) -> tuple[str, str]:
    """Group and thing, each by its name or its ARN."""
    found = []
    for member in ("thingGroup", "thing"):
        name = request.get(f"{member}Name") or (request.get(f"{member}Arn") or "").rpartition("/")[2]
        found.append(check_name({f"{member}Name": name or None}, f"{member}Name", NAME))
    return found[0], found[1]


def _exists(call: Call, group: str) -> None:
    if call.store.one(tables.THING_GROUP, (call.account, call.region, group)) is None:
        raise not_found(f"Thing Group {group} not found")


def _add(call: Call, group: str, thing: str) -> None:
    _exists(call, group)
    find_thing(call, thing)
    there = groups_of(call, thing)
    if group in there:
        return
    if len(there) >= _MOST_GROUPS:
        raise invalid_request(f"Thing {thing} cannot be in more than {_MOST_GROUPS} groups")
    root = lineage(call, group)[-1]
    for other in there:
        if lineage(call, other)[-1] == root:
            message = f"Thing {thing} cannot be added to {group}: it is in {other}, of the same hierarchy"
            raise invalid_request(message)
    call.store.run(tables.ADD_MEMBER, (call.account, call.region, group, thing))


def _remove(call: Call, group: str, thing: str) -> None:
    _exists(call, group)
    find_thing(call, thing)
    call.store.run(tables.REMOVE_MEMBER, (call.account, call.region, group, thing))


@operation("iot", "ListThingsInThingGroup", reads=True)
def list_things_in_thing_group(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingsInThingGroup.html"""
    group = check_name(request, "thingGroupName", NAME)
    _exists(call, group)
    found = members(call, group, bool(request.get("recursive")))
    things, token = list_page(request, from_memory(found), str, _PAGE)
    return {"things": things, "nextToken": token}


@operation("iot", "ListThingGroupsForThing", reads=True)
def list_thing_groups_for_thing(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingGroupsForThing.html"""
    thing = check_name(request, "thingName", NAME)
    find_thing(call, thing)
    names, token = list_page(request, from_memory(groups_of(call, thing)), str, _PAGE)
    return {"thingGroups": named_groups(call, names), "nextToken": token}
