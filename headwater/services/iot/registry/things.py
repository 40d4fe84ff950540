"""Things as records: a name, a type, attributes. https://docs.aws.amazon.com/iot/latest/developerguide/thing-registry.html"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from headwater.services.iot.errors import already_exists, check_name, invalid_request, not_found
from headwater.services.iot.listing import list_page
from headwater.services.iot.policies.devices import devices_of_thing_changed
from headwater.services.iot.registry import tables
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

NAME = re.compile("[a-zA-Z0-9:_-]+")
_PAGE = 250


def _arn(call: Call, name: str) -> str:
    return make_arn("iot", call.region, call.account, f"thing/{name}")


def is_thing(call: Call, name: str) -> bool:
    return call.store.one(tables.THING, (call.account, call.region, name)) is not None


class Thing(NamedTuple):
    id: str
    attributes: dict[str, str]
    version: int
    type: str | None


def find_thing(call: Call, name: str) -> Thing:
    row = call.store.one(tables.THING, (call.account, call.region, name))
    if row is None:
        raise not_found(f"Thing {name} not found.")
    identity, attributes, version, kind = row
    return Thing(identity, orjson.loads(attributes), version, kind)


def _attributes(request: Request, former: dict[str, str]) -> dict[str, str]:
    """AttributePayload: in place of the former attributes, or merged into them, where an empty value removes one."""
    if request.get("billingGroupName"):
        raise not_implemented("The member billingGroupName of a thing")
    payload: dict[str, Any] = request.get("attributePayload") or {}
    given: dict[str, str] = payload.get("attributes") or {}
    attributes = former | given if payload.get("merge") or not payload else given
    return {name: value for name, value in attributes.items() if value}


def _type(call: Call, request: Request) -> str | None:
    """The type that a request gives a thing: one that is there and not deprecated."""
    name: str | None = request.get("thingTypeName")
    if name is None:
        return None
    row = call.store.one(tables.THING_TYPE, (call.account, call.region, name))
    if row is None:
        raise not_found(f"Thing type {name} not found")
    if row[2] is not None:
        raise invalid_request(f"Can not create new thing with deprecated thing type:{name}")
    return name


@operation("iot", "CreateThing")
def create_thing(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html"""
    name = check_name(request, "thingName", NAME)
    key = (call.account, call.region, name)
    attributes, row, kind = _attributes(request, {}), call.store.one(tables.THING, key), _type(call, request)
    if row is None:
        identity = call.ids.uuid()
        call.store.run(tables.INSERT_THING, (*key, identity, orjson.dumps(attributes).decode(), kind))
    else:
        identity = row[0]
        if orjson.loads(row[1]) != attributes or row[3] != kind:
            message = f"Thing {name} already exists in account with different attributes"
            raise already_exists(message, name, _arn(call, name))
    return {"thingName": name, "thingArn": _arn(call, name), "thingId": identity}


@operation("iot", "DescribeThing", reads=True)
def describe_thing(call: Call, request: Request) -> Result:
    name = check_name(request, "thingName", NAME)
    thing = find_thing(call, name)
    named = {"defaultClientId": name, "thingName": name, "thingId": thing.id, "thingArn": _arn(call, name)}
    return named | {"thingTypeName": thing.type, "attributes": thing.attributes, "version": thing.version}


@operation("iot", "ListThings", reads=True)
def list_things(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListThings.html"""
    kind = request.get("thingTypeName") or ""

    def fetch(after: str, count: int) -> list[Result]:
        found: list[Result] = []
        while len(found) < count:
            rows = call.store.all(tables.THINGS, (call.account, call.region, after, kind, kind, count))
            for name, text, version, of in rows:
                attributes = orjson.loads(text)
                if _is_wanted(request, attributes):
                    named = {"thingName": name, "thingArn": _arn(call, name), "thingTypeName": of}
                    found.append(named | {"attributes": attributes, "version": version})
            if len(rows) < count:
                break
            after = rows[-1][0]
        return found[:count]

    things, token = list_page(request, fetch, itemgetter("thingName"), _PAGE)
    return {"things": things, "nextToken": token}


def _is_wanted(request: Request, attributes: dict[str, str]) -> bool:
    """Whether a thing has the attribute that a request asks for, if it does."""
    name, wanted = request.get("attributeName"), request.get("attributeValue")
    if name is None:
        return True
    value = attributes.get(name)
    if value is None or wanted is None:
        return value is not None
    return value.startswith(wanted) if request.get("usePrefixAttributeValue") else value == wanted


@operation("iot", "UpdateThing")
def update_thing(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThing.html"""
    name = check_name(request, "thingName", NAME)
    thing, kind = find_thing(call, name), _type(call, request)
    _check_version(name, request.get("expectedVersion"), thing.version)
    if request.get("removeThingType"):
        if kind is not None:
            raise invalid_request("removeThingType and thingTypeName cannot be given together.")
    else:
        kind = kind or thing.type
    text = orjson.dumps(_attributes(request, thing.attributes)).decode()
    call.store.run(tables.UPDATE_THING, (text, kind, call.account, call.region, name))
    devices_of_thing_changed(call, name)
    return {}


@operation("iot", "DeleteThing")
def delete_thing(call: Call, request: Request) -> Result:
    name = check_name(request, "thingName", NAME)
    row = call.store.one(tables.THING, (call.account, call.region, name))
    if row is not None:  # AWS takes the deletion of a thing that is not there for done
        _check_version(name, request.get("expectedVersion"), row[2])
        if call.store.all(tables.THING_PRINCIPALS, (call.account, call.region, name, "", "", "", 1)):
            raise invalid_request(f"Cannot delete. Thing {name} is still attached to one or more principals")
        call.store.run(tables.LEAVE_GROUPS, (call.account, call.region, name))
        call.store.run(tables.DELETE_THING, (call.account, call.region, name))
    return {}


def _check_version(name: str, expected: int | None, actual: int) -> None:
    if expected is not None and expected != actual:
        message = f"The version for Thing {name} does not match the expected version."
        raise AwsError("VersionConflictException", message, 409)
