"""Types of things. https://docs.aws.amazon.com/iot/latest/developerguide/thing-types.html"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.iot.errors import already_exists, check_name, invalid_request, not_found
from headwater.services.iot.listing import first, list_page
from headwater.services.iot.registry import tables
from headwater.services.iot.registry.things import NAME
from headwater.services.iot.tags import forget_tags, set_tags
from headwater.spine.arns import make_arn
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 250
_MOST_SEARCHABLE = 3
_REST = 5 * 60_000  # ms between deprecation and deletion


def _arn(call: Call, name: str) -> str:
    return make_arn("iot", call.region, call.account, f"thingtype/{name}")


def _find(call: Call, name: str) -> tuple[str, dict[str, Any], int | None, int]:
    """Id, properties, when it was deprecated, when it was made."""
    row = call.store.one(tables.THING_TYPE, (call.account, call.region, name))
    if row is None:
        raise not_found(f"Thing type {name} not found")
    return row[0], orjson.loads(row[1]), row[2], row[3]


def _properties(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = request.get("thingTypeProperties") or {}
    if given.get("mqtt5Configuration"):
        raise not_implemented("The member mqtt5Configuration of a thing type")
    searchable = given.get("searchableAttributes") or []
    if len(searchable) > _MOST_SEARCHABLE:
        raise invalid_request(f"A thing type has at most {_MOST_SEARCHABLE} searchable attributes.")
    properties: dict[str, Any] = {"searchableAttributes": searchable}
    if given.get("thingTypeDescription"):
        properties["thingTypeDescription"] = given["thingTypeDescription"]
    return properties


@operation("iot", "CreateThingType")
def create_thing_type(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThingType.html"""
    name, properties = check_name(request, "thingTypeName", NAME), _properties(request)
    call.span.subject = arn = _arn(call, name)
    row = call.store.one(tables.THING_TYPE, (call.account, call.region, name))
    if row is not None and orjson.loads(row[1]) != properties:
        message = f"ThingType {name} already exists in account with different properties"
        raise already_exists(message, name, arn)
    identity = call.ids.uuid() if row is None else row[0]
    if row is None:
        text = orjson.dumps(properties).decode()
        call.store.run(tables.INSERT_THING_TYPE, (call.account, call.region, name, identity, text, call.now))
        set_tags(call, arn, request.get("tags") or ())
    return {"thingTypeName": name, "thingTypeArn": arn, "thingTypeId": identity}


def _metadata(deprecated: int | None, created: int) -> Result:
    return {"deprecated": deprecated is not None, "deprecationDate": deprecated, "creationDate": created}


@operation("iot", "DescribeThingType", reads=True)
def describe_thing_type(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThingType.html"""
    name = check_name(request, "thingTypeName", NAME)
    identity, properties, deprecated, created = _find(call, name)
    named = {"thingTypeName": name, "thingTypeId": identity, "thingTypeArn": _arn(call, name)}
    return named | {"thingTypeProperties": properties, "thingTypeMetadata": _metadata(deprecated, created)}


@operation("iot", "ListThingTypes", reads=True)
def list_thing_types(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingTypes.html"""
    wanted = request.get("thingTypeName") or ""

    def fetch(after: str, count: int) -> list[tuple[Any, ...]]:
        return call.store.all(tables.THING_TYPES, (call.account, call.region, after, wanted, wanted, count))

    rows, token = list_page(request, fetch, first, _PAGE)
    listed = [
        {
            "thingTypeName": name,
            "thingTypeArn": _arn(call, name),
            "thingTypeProperties": orjson.loads(properties),
            "thingTypeMetadata": _metadata(deprecated, created),
        }
        for name, properties, deprecated, created in rows
    ]
    return {"thingTypes": listed, "nextToken": token}


@operation("iot", "DeprecateThingType")
def deprecate_thing_type(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DeprecateThingType.html"""
    name = check_name(request, "thingTypeName", NAME)
    call.span.subject = _arn(call, name)
    _, _, deprecated, _ = _find(call, name)
    since = None if request.get("undoDeprecate") else (deprecated or call.now)
    call.store.run(tables.DEPRECATE_THING_TYPE, (since, call.account, call.region, name))
    return {}


@operation("iot", "DeleteThingType")
def delete_thing_type(call: Call, request: Request) -> Result:
    """Five minutes, by the clock, after it was deprecated.

    https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThingType.html
    """
    name = check_name(request, "thingTypeName", NAME)
    _, _, deprecated, _ = _find(call, name)
    if deprecated is None:
        raise invalid_request(f"Cannot delete thing type {name}. The thing type must be deprecated first.")
    if call.now < deprecated + _REST:
        message = f"Cannot delete thing type {name}. Please wait for 5 minutes after deprecation and then retry"
        raise invalid_request(message)
    return _delete(call, name)


@operation("iot", "RemoveThingType", internal=True)
def remove_thing_type(call: Call, request: Request) -> Result:
    """At once: for a stack, whose deletion waits for these minutes on AWS. Request: thingTypeName."""
    return _delete(call, request["thingTypeName"])


def _delete(call: Call, name: str) -> Result:
    call.span.subject = _arn(call, name)
    call.store.run(tables.DELETE_THING_TYPE, (call.account, call.region, name))
    forget_tags(call, _arn(call, name))
    return {}
