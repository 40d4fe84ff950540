"""Schemas drafted from events: those that are given, and those that a bus has.

A discoverer is fed by a rule that EventBridge manages, so that a bus without one pays nothing.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schemas-infer.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.languages.json_schemas import TooDeep, camel, draft, draft4, drafted, merge, openapi
from headwater.services.schemas import tables
from headwater.services.schemas.errors import bad_request, conflict, invalid_token, not_found
from headwater.services.schemas.registries import DISCOVERED, look_up, make_registry, read_limit
from headwater.services.schemas.schema import OPENAPI, add_version, look_up_schema, schema_arn
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page

_STARTED, _STOPPED = "STARTED", "STOPPED"


class Discoverer(NamedTuple):
    """A row; ``document`` holds ``description``, ``tags`` and whether events of other accounts count (``cross``)."""

    arn: str
    id: str
    source: str
    state: str
    document: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        return {
            "DiscovererArn": self.arn,
            "DiscovererId": self.id,
            "SourceArn": self.source,
            "State": self.state,
            "CrossAccount": self.document["cross"],
            "Description": self.document.get("description"),
            "Tags": self.document.get("tags") or {},
        }


@operation("schemas", "GetDiscoveredSchema", reads=True)
def get_discovered_schema(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/schema-reference/v1-discover.html"""
    try:
        events = [orjson.loads(text) for text in request["Events"]]
    except orjson.JSONDecodeError:
        raise bad_request("An event is not valid JSON.") from None
    try:
        known = drafted(events)
    except TooDeep as error:
        raise bad_request(f"An event is not fit for a schema. {error}") from None
    first = events[0] if isinstance(events[0], dict) else {}
    named = (str(first.get("source") or ""), str(first.get("detail-type") or ""))
    made = openapi(known, *named) if request["Type"] == OPENAPI else draft4(known)
    return {"Content": orjson.dumps(made).decode()}


@operation("schemas", "CreateDiscoverer")
def create_discoverer(call: Call, request: Request) -> Result:
    source = parse_arn(request["SourceArn"])
    if source is None or source.service != "events" or not source.resource.startswith("event-bus/"):
        raise bad_request("SourceArn must be the ARN of an event bus.")
    call.operation("events", "DescribeEventBus", {"Name": str(source)}, source.account, source.region)
    identity = f"events-event-bus-{source.name}"
    arn = make_arn("schemas", call.region, call.account, f"discoverer/{identity}")
    if call.store.one(tables.FIND_DISCOVERER, (arn,)) is not None:
        raise conflict("Discoverer", identity)
    cross = request.get("CrossAccount")
    document = {
        "description": request.get("Description"),
        "tags": request.get("Tags") or {},
        "cross": True if cross is None else cross,
    }
    discoverer = Discoverer(arn, identity, str(source), _STARTED, document)
    row = (arn, call.account, call.region, identity, str(source), _STARTED, orjson.dumps(document).decode())
    call.store.run(tables.INSERT_DISCOVERER, row)
    if look_up(call, DISCOVERED) is None:
        make_registry(call, DISCOVERED, {})
    _feed(call, discoverer)
    call.span.subject = arn
    return discoverer.shown()


def _feed(call: Call, discoverer: Discoverer) -> None:
    """Have the bus feed it, or not."""
    rule = {"Bus": discoverer.source, "Name": f"Schemas-{discoverer.id}"}
    if discoverer.state == _STOPPED:
        call.operation("events", "DropManagedRule", rule)
        return
    pattern = {"source": [{"prefix": ""}]} if discoverer.document["cross"] else {"account": [call.account]}
    target = {"Id": discoverer.id, "Arn": discoverer.arn}
    text = orjson.dumps(pattern).decode()
    managed = {"Pattern": text, "ManagedBy": "schemas.amazonaws.com", "Target": target}
    call.operation("events", "PutManagedRule", rule | managed)


def _find(call: Call, request: Request) -> Discoverer:
    identity = request["DiscovererId"]
    arn = make_arn("schemas", call.region, call.account, f"discoverer/{identity}")
    row = call.store.one(tables.FIND_DISCOVERER, (arn,))
    if row is None:
        raise not_found("Discoverer", identity)
    call.span.subject = arn
    return _from_row(row)


def _from_row(row: tuple[Any, ...]) -> Discoverer:
    arn, identity, source, state, document = row
    return Discoverer(arn, identity, source, state, orjson.loads(document))


def _save(call: Call, discoverer: Discoverer) -> Discoverer:
    text = orjson.dumps(discoverer.document).decode()
    call.store.run(tables.SET_DISCOVERER, (discoverer.state, text, discoverer.arn))
    _feed(call, discoverer)
    return discoverer


@operation("schemas", "DescribeDiscoverer", reads=True)
def describe_discoverer(call: Call, request: Request) -> Result:
    return _find(call, request).shown()


@operation("schemas", "UpdateDiscoverer")
def update_discoverer(call: Call, request: Request) -> Result:
    discoverer = _find(call, request)
    for member, name in (("Description", "description"), ("CrossAccount", "cross")):
        if request.get(member) is not None:
            discoverer.document[name] = request[member]
    return _save(call, discoverer).shown()


@operation("schemas", "StartDiscoverer")
def start_discoverer(call: Call, request: Request) -> Result:
    discoverer = _save(call, _find(call, request)._replace(state=_STARTED))
    return {"DiscovererId": discoverer.id, "State": discoverer.state}


@operation("schemas", "StopDiscoverer")
def stop_discoverer(call: Call, request: Request) -> Result:
    discoverer = _save(call, _find(call, request)._replace(state=_STOPPED))
    return {"DiscovererId": discoverer.id, "State": discoverer.state}


@operation("schemas", "DeleteDiscoverer")
def delete_discoverer(call: Call, request: Request) -> Result:
    discoverer = _find(call, request)
    _feed(call, discoverer._replace(state=_STOPPED))
    call.store.run(tables.DELETE_DISCOVERER, (discoverer.arn,))
    return {}


@operation("schemas", "ListDiscoverers", reads=True)
def list_discoverers(call: Call, request: Request) -> Result:
    identity, source = request.get("DiscovererIdPrefix") or "", request.get("SourceArnPrefix") or ""

    def fetch(after: str, count: int) -> list[Discoverer]:
        asked = (call.account, call.region, len(identity), identity, len(source), source, after, count)
        return [_from_row(row) for row in call.store.all(tables.LIST_DISCOVERERS, asked)]

    limit = read_limit(request)
    found, token = page(request.get("NextToken"), limit, fetch, lambda each: each.id, invalid_token)
    shown = [{k: v for k, v in each.shown().items() if k != "Description"} for each in found]
    return {"Discoverers": shown, "NextToken": token}


@operation("schemas", "Observe", internal=True)
def observe(call: Call, request: Request) -> Result:
    """A bus had an ``Event`` (as JSON) for the discoverer of an ``Arn``: what it tells that was not known makes
    another version of its schema."""
    row = call.store.one(tables.FIND_DISCOVERER, (request["Arn"],))
    registry = look_up(call, DISCOVERED)
    if row is None or row[3] != _STARTED or registry is None:
        return {}
    event = orjson.loads(request["Event"])
    name = f"{event['source']}@{camel(event['detail-type']) or 'Event'}"
    try:
        arn, seen = schema_arn(call, DISCOVERED, name), draft(event)
    except TooDeep as error:
        call.span.note("no schema", str(error))
        return {}
    found = look_up_schema(call, arn)
    known = seen if found is None or found.draft is None else merge(orjson.loads(found.draft), seen)
    text = orjson.dumps(known, option=orjson.OPT_SORT_KEYS).decode()
    if found is not None and text == found.draft:
        call.span.kept = False
        return {}
    described = {
        "description": f"Schema for event type {event['detail-type']}, published by AWS service {event['source']}"
    }
    document = orjson.dumps(described if found is None else found.document).decode()
    if found is None:
        call.store.run(tables.INSERT_SCHEMA, (arn, registry.arn, name, OPENAPI, call.now, document, text))
    else:
        call.store.run(tables.SET_SCHEMA, (OPENAPI, call.now, document, text, arn))
    content = orjson.dumps(openapi(known, event["source"], event["detail-type"])).decode()
    version = add_version(call, arn, OPENAPI, content)
    call.span.subject = arn
    call.span.note("version", version.number)
    return {}
