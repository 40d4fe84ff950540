"""API destinations: HTTP endpoints that rules may have as their targets.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

from headwater.services.events import connection_tables as tables
from headwater.services.events.connections import AUTHORIZED, connection_by_arn
from headwater.services.events.errors import (
    api_destination_exists,
    api_destination_not_found,
    connection_not_found,
    limit_exceeded,
    validation,
)
from headwater.services.events.pages import page
from headwater.services.events.quotas import API_DESTINATIONS
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.operations import Call, Request, Result, operation

_RATE = 300


class ApiDestination(NamedTuple):
    """A row; ``rate`` in invocations per second, ``slot`` the next one that is free: they are numbered from the epoch
    on, ``rate`` of them to a second."""

    arn: str
    name: str
    description: str | None
    connection: str
    endpoint: str
    method: str
    rate: int
    slot: int
    created: int
    modified: int


def api_destination_by_arn(call: Call, arn: str) -> ApiDestination | None:
    row = call.store.one(tables.FIND_API_DESTINATION, (arn,))
    return None if row is None else ApiDestination(*row)


def find_api_destination(call: Call, name: str) -> ApiDestination:
    """The API destination of a name; AwsError where there is none."""
    row = call.store.one(tables.FIND_API_DESTINATION_BY_NAME, (call.account, call.region, name))
    if row is None:
        raise api_destination_not_found(name)
    found = ApiDestination(*row)
    call.span.subject = found.arn
    return found


def take_slot(call: Call, destination: ApiDestination) -> int:
    """The instant (ms) at which one more request may be sent; the slot is then taken."""
    slot = max(call.now // 1000 * destination.rate, destination.slot)
    call.store.run(tables.TAKE_SLOT, (slot + 1, destination.arn))
    return max(call.now, slot // destination.rate * 1000)


def _check(call: Call, connection: str, endpoint: str) -> None:
    if connection_by_arn(call, connection) is None:
        parts = parse_arn(connection)
        raise connection_not_found(parts.resource.split("/")[1] if parts else connection)
    # AWS takes only https; an endpoint on one's own machine seldom has a certificate
    if not endpoint.startswith(("https://", "http://")):
        raise validation("Parameter InvocationEndpoint is not valid. Reason: Endpoint must be an HTTPS URL.")


@operation("events", "CreateApiDestination")
def create_api_destination(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html"""
    name, connection, endpoint = request["Name"], request["ConnectionArn"], request["InvocationEndpoint"]
    _check(call, connection, endpoint)
    if call.store.one(tables.FIND_API_DESTINATION_BY_NAME, (call.account, call.region, name)) is not None:
        raise api_destination_exists(name)
    if call.is_full(API_DESTINATIONS, tables.COUNT_API_DESTINATIONS, (call.account, call.region)):
        raise limit_exceeded()
    arn = make_arn("events", call.region, call.account, f"api-destination/{name}/{call.ids.uuid()}")
    rate = request.get("InvocationRateLimitPerSecond") or _RATE
    here = (arn, call.account, call.region, name, request.get("Description"))
    settings = (connection, endpoint, request["HttpMethod"], rate)
    call.store.run(tables.INSERT_API_DESTINATION, (*here, *settings, call.now, call.now))
    return _times(call, find_api_destination(call, name))


@operation("events", "UpdateApiDestination")
def update_api_destination(call: Call, request: Request) -> Result:
    former = find_api_destination(call, request["Name"])
    changed = former._replace(
        description=request.get("Description", former.description),
        connection=request.get("ConnectionArn") or former.connection,
        endpoint=request.get("InvocationEndpoint") or former.endpoint,
        method=request.get("HttpMethod") or former.method,
        rate=request.get("InvocationRateLimitPerSecond") or former.rate,
        modified=call.now,
    )
    _check(call, changed.connection, changed.endpoint)
    settings = (changed.description, changed.connection, changed.endpoint, changed.method, changed.rate)
    call.store.run(tables.CHANGE_API_DESTINATION, (*settings, call.now, former.arn))
    return _times(call, changed)


@operation("events", "DeleteApiDestination")
def delete_api_destination(call: Call, request: Request) -> Result:
    found = find_api_destination(call, request["Name"])
    call.store.run(tables.DELETE_API_DESTINATION, (found.arn,))
    return {}


@operation("events", "DescribeApiDestination", reads=True)
def describe_api_destination(call: Call, request: Request) -> Result:
    found = find_api_destination(call, request["Name"])
    return _entry(call, found) | {"Description": found.description}


@operation("events", "ListApiDestinations", reads=True)
def list_api_destinations(call: Call, request: Request) -> Result:
    prefix, connection = request.get("NamePrefix") or "", request.get("ConnectionArn") or ""

    def fetch(after: str, count: int) -> list[ApiDestination]:
        asked = (call.account, call.region, len(prefix), prefix, connection, connection, after, count)
        return [ApiDestination(*row) for row in call.store.all(tables.LIST_API_DESTINATIONS, asked)]

    found, more = page(request, fetch, lambda destination: destination.name)
    return {"ApiDestinations": [_entry(call, destination) for destination in found], **more}


def _entry(call: Call, destination: ApiDestination) -> dict[str, Any]:
    return _times(call, destination) | {
        "Name": destination.name,
        "ConnectionArn": destination.connection,
        "InvocationEndpoint": destination.endpoint,
        "HttpMethod": destination.method,
        "InvocationRateLimitPerSecond": destination.rate,
    }


def _times(call: Call, destination: ApiDestination) -> dict[str, Any]:
    """It is active as long as its connection is authorised."""
    connection = connection_by_arn(call, destination.connection)
    return {
        "ApiDestinationArn": destination.arn,
        "ApiDestinationState": "ACTIVE" if connection and connection.state == AUTHORIZED else "INACTIVE",
        "CreationTime": destination.created,
        "LastModifiedTime": destination.modified,
    }
