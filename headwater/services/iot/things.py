"""Things as records: a name and attributes. https://docs.aws.amazon.com/iot/latest/developerguide/thing-registry.html"""

from __future__ import annotations

import re
from typing import Any

import orjson

from headwater.services.iot import tables
from headwater.services.iot.certificate_tables import THING_PRINCIPALS
from headwater.services.iot.errors import already_exists, check_name, invalid_request, not_found, page_size
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

NAME = re.compile("[a-zA-Z0-9:_-]+")
_PAGE = 250


def _arn(call: Call, name: str) -> str:
    return make_arn("iot", call.region, call.account, f"thing/{name}")


def is_thing(call: Call, name: str) -> bool:
    return call.store.one(tables.THING, (call.account, call.region, name)) is not None


def find_thing(call: Call, name: str) -> tuple[str, dict[str, str], int]:
    """The thing's id, attributes and version."""
    row = call.store.one(tables.THING, (call.account, call.region, name))
    if row is None:
        raise not_found(f"Thing {name} not found.")
    return row[0], orjson.loads(row[1]), row[2]


def _attributes(request: Request, former: dict[str, str]) -> dict[str, str]:
    """AttributePayload: in place of the former attributes, or merged into them, where an empty value removes one."""
    for member in ("thingTypeName", "billingGroupName"):
        if request.get(member):
            raise not_implemented(f"The member {member} of a thing")
    payload: dict[str, Any] = request.get("attributePayload") or {}
    given: dict[str, str] = payload.get("attributes") or {}
    attributes = former | given if payload.get("merge") or not payload else given
    return {name: value for name, value in attributes.items() if value}


@operation("iot", "CreateThing")
def create_thing(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html"""
    name = check_name(request, "thingName", NAME)
    key = (call.account, call.region, name)
    attributes, row = _attributes(request, {}), call.store.one(tables.THING, key)
    if row is None:
        identity = call.ids.uuid()
        call.store.run(tables.INSERT_THING, (*key, identity, orjson.dumps(attributes).decode()))
    else:
        identity = row[0]
        if orjson.loads(row[1]) != attributes:
            message = f"Thing {name} already exists in account with different attributes"
            raise already_exists(message, name, _arn(call, name))
    return {"thingName": name, "thingArn": _arn(call, name), "thingId": identity}


@operation("iot", "DescribeThing", reads=True)
def describe_thing(call: Call, request: Request) -> Result:
    name = check_name(request, "thingName", NAME)
    identity, attributes, version = find_thing(call, name)
    named = {"defaultClientId": name, "thingName": name, "thingId": identity, "thingArn": _arn(call, name)}
    return named | {"attributes": attributes, "version": version}


@operation("iot", "ListThings", reads=True)
def list_things(call: Call, request: Request) -> Result:
    for member in ("attributeName", "attributeValue", "thingTypeName"):
        if request.get(member):
            raise not_implemented(f"The member {member} of ListThings")
    limit = page_size(request, "maxResults", _PAGE)
    rows = call.store.all(tables.THINGS, (call.account, call.region, request.get("nextToken") or "", limit + 1))
    result: Result = {
        "things": [
            {
                "thingName": name,
                "thingArn": _arn(call, name),
                "attributes": orjson.loads(attributes),
                "version": version,
            }
            for name, attributes, version in rows[:limit]
        ]
    }
    if len(rows) > limit:
        result["nextToken"] = rows[limit - 1][0]
    return result


@operation("iot", "UpdateThing")
def update_thing(call: Call, request: Request) -> Result:
    name = check_name(request, "thingName", NAME)
    _, former, version = find_thing(call, name)
    _check_version(name, request.get("expectedVersion"), version)
    text = orjson.dumps(_attributes(request, former)).decode()
    call.store.run(tables.UPDATE_THING, (text, call.account, call.region, name))
    return {}


@operation("iot", "DeleteThing")
def delete_thing(call: Call, request: Request) -> Result:
    name = check_name(request, "thingName", NAME)
    row = call.store.one(tables.THING, (call.account, call.region, name))
    if row is not None:  # AWS takes the deletion of a thing that is not there for done
        _check_version(name, request.get("expectedVersion"), row[2])
        if call.store.all(THING_PRINCIPALS, (call.account, call.region, name, "", "", "", 1)):
            raise invalid_request(f"Cannot delete. Thing {name} is still attached to one or more principals")
        call.store.run(tables.DELETE_THING, (call.account, call.region, name))
    return {}


def _check_version(name: str, expected: int | None, actual: int) -> None:
    if expected is not None and expected != actual:
        message = f"The version for Thing {name} does not match the expected version."
        raise AwsError("VersionConflictException", message, 409)
