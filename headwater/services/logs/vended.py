"""Vended logs: which service's resource sends its logs where.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateDelivery.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from headwater.services.logs import vended_tables as tables
from headwater.services.logs.errors import conflict, not_found, validation
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page

_KINDS: Mapping[str, str] = MappingProxyType({"logs": "CWL", "firehose": "FH", "s3": "S3"})
# What has logs here, and of which types: by service and the beginning of the resource.
_LOG_TYPES: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {("events", "event-bus/"): ("ERROR_LOGS", "INFO_LOGS", "TRACE_LOGS")}
)
_PAGE = 50


def _arn(call: Call, kind: str, name: str) -> str:
    return make_arn("logs", call.region, call.account, f"{kind}:{name}")


# ---- sources


@operation("logs", "PutDeliverySource")
def put_delivery_source(call: Call, request: Request) -> Result:
    arn, resource, log_type = _arn(call, "delivery-source", request["name"]), request["resourceArn"], request["logType"]
    service = _check_source(call, resource, log_type)
    if request.get("deliverySourceConfiguration"):
        raise not_implemented("deliverySourceConfiguration of PutDeliverySource")
    if call.store.one(tables.SAME_SOURCE, (call.account, resource, log_type, arn)) is not None:
        raise conflict("This ResourceId has already been used in another Delivery Source in this account")
    here = (arn, call.account, call.region, request["name"])
    call.store.run(tables.PUT_SOURCE, (*here, resource, service, log_type, _text(request.get("tags"))))
    call.span.subject = arn
    return get_delivery_source(call, request)


def _check_source(call: Call, resource: str, log_type: str) -> str:
    """The service of a resource that is there, and has logs of the type."""
    parts = parse_arn(resource)
    if parts is None:
        raise validation("Invalid resource ARN.")
    types = [types for (service, head), types in _LOG_TYPES.items()
             if service == parts.service and parts.resource.startswith(head)]  # fmt: skip
    if not types:
        raise not_implemented(f"Logs of {parts.service}, delivered")
    if log_type not in types[0]:
        raise validation(f"This log type is not supported for the resource: {log_type}")
    try:
        call.operation("events", "DescribeEventBus", {"Name": resource})
    except AwsError:
        raise not_found(f"The resource {resource} does not exist.") from None
    return parts.service


@operation("logs", "GetDeliverySource", reads=True)
def get_delivery_source(call: Call, request: Request) -> Result:
    return {"deliverySource": _source(_find_source(call, request["name"]))}


@operation("logs", "DescribeDeliverySources", reads=True)
def describe_delivery_sources(call: Call, request: Request) -> Result:
    return _listed(call, request, tables.LIST_SOURCES, "deliverySources", _source, 1)


@operation("logs", "DeleteDeliverySource")
def delete_delivery_source(call: Call, request: Request) -> Result:
    arn = _find_source(call, request["name"])[0]
    if call.store.one(tables.DELIVERIES_FROM, (arn,)) is not None:
        raise conflict("This delivery source has deliveries; delete them first.")
    call.store.run(tables.DELETE_SOURCE, (arn,))
    return {}


def _find_source(call: Call, name: str) -> tuple[Any, ...]:
    row = call.store.one(tables.FIND_SOURCE, (_arn(call, "delivery-source", name),))
    if row is None:
        raise not_found("Requested Delivery Source does not exist in this account.")
    return row


def _source(row: tuple[Any, ...]) -> dict[str, Any]:
    arn, name, resource, service, log_type, tags = row
    shown = {"name": name, "arn": arn, "resourceArns": [resource], "service": service, "logType": log_type}
    return shown | _tags(tags)


# ---- destinations


@operation("logs", "PutDeliveryDestination")
def put_delivery_destination(call: Call, request: Request) -> Result:
    name, arn = request["name"], _arn(call, "delivery-destination", request["name"])
    resource = (request.get("deliveryDestinationConfiguration") or {}).get("destinationResourceArn")
    if request.get("deliveryDestinationType") == "XRAY":
        raise not_implemented("A delivery destination of the type XRAY")
    parts = parse_arn(resource or "")
    kind = _KINDS.get(parts.service) if parts else None
    if kind is None or request.get("deliveryDestinationType") not in (None, kind):
        raise validation("Invalid destination resource ARN.")
    if kind == "S3":
        raise not_implemented("A delivery destination of the type S3")
    if request.get("outputFormat") not in (None, "json"):
        raise not_implemented(f"The output format {request['outputFormat']} of a delivery destination")
    former = call.store.one(tables.FIND_DESTINATION, (arn,))
    if former is not None and former[2] != kind:
        raise conflict("The type of an existing delivery destination cannot be changed.")
    values = (arn, call.account, call.region, name, kind, resource, request.get("outputFormat"))
    call.store.run(tables.PUT_DESTINATION, (*values, _text(request.get("tags"))))
    call.span.subject = arn
    return get_delivery_destination(call, request)


@operation("logs", "GetDeliveryDestination", reads=True)
def get_delivery_destination(call: Call, request: Request) -> Result:
    arn = _arn(call, "delivery-destination", request["name"])
    return {"deliveryDestination": _destination(_find_destination(call, arn))}


@operation("logs", "DescribeDeliveryDestinations", reads=True)
def describe_delivery_destinations(call: Call, request: Request) -> Result:
    return _listed(call, request, tables.LIST_DESTINATIONS, "deliveryDestinations", _destination, 1)


@operation("logs", "DeleteDeliveryDestination")
def delete_delivery_destination(call: Call, request: Request) -> Result:
    arn = _find_destination(call, _arn(call, "delivery-destination", request["name"]))[0]
    if call.store.one(tables.DELIVERIES_TO, (arn,)) is not None:
        raise conflict("This delivery destination has deliveries; delete them first.")
    call.store.run(tables.DELETE_DESTINATION, (arn,))
    return {}


def _find_destination(call: Call, arn: str) -> tuple[Any, ...]:
    row = call.store.one(tables.FIND_DESTINATION, (arn,))
    if row is None:
        raise not_found("Requested Delivery Destination does not exist in this account.")
    return row


def _destination(row: tuple[Any, ...]) -> dict[str, Any]:
    arn, name, kind, resource, output, tags = row
    return {
        "name": name,
        "arn": arn,
        "deliveryDestinationType": kind,
        "outputFormat": output,
        "deliveryDestinationConfiguration": {"destinationResourceArn": resource},
        **_tags(tags),
    }


# ---- deliveries


@operation("logs", "CreateDelivery")
def create_delivery(call: Call, request: Request) -> Result:
    source = _find_source(call, request["deliverySourceName"])[0]
    destination = _find_destination(call, request["deliveryDestinationArn"])[0]
    if request.get("s3DeliveryConfiguration"):
        raise validation("S3DeliveryConfiguration is only for destinations of the type S3.")
    if request.get("fieldDelimiter"):
        raise validation("FieldDelimiter is only for the formats plain, w3c and raw.")
    if call.store.one(tables.SAME_DELIVERY, (source, destination)) is not None:
        raise conflict("Delivery already exists.")
    identity = call.ids.token(16)
    arn = _arn(call, "delivery", identity)
    fields = orjson.dumps(request["recordFields"]).decode() if request.get("recordFields") else None
    here = (arn, call.account, call.region, identity, source, destination)
    call.store.run(tables.INSERT_DELIVERY, (*here, fields, _text(request.get("tags"))))
    call.span.subject = arn
    return get_delivery(call, {"id": identity})


@operation("logs", "GetDelivery", reads=True)
def get_delivery(call: Call, request: Request) -> Result:
    return {"delivery": _delivery(_find_delivery(call, request["id"]))}


@operation("logs", "DescribeDeliveries", reads=True)
def describe_deliveries(call: Call, request: Request) -> Result:
    return _listed(call, request, tables.LIST_DELIVERIES, "deliveries", _delivery, 1)


@operation("logs", "DeleteDelivery")
def delete_delivery(call: Call, request: Request) -> Result:
    call.store.run(tables.DELETE_DELIVERY, (_find_delivery(call, request["id"])[0],))
    return {}


def _find_delivery(call: Call, identity: str) -> tuple[Any, ...]:
    row = call.store.one(tables.FIND_DELIVERY, (_arn(call, "delivery", identity),))
    if row is None:
        raise not_found("Requested Delivery does not exist in this account.")
    return row


def _delivery(row: tuple[Any, ...]) -> dict[str, Any]:
    arn, identity, source, destination, kind, fields, tags = row
    return {
        "id": identity,
        "arn": arn,
        "deliverySourceName": source,
        "deliveryDestinationArn": destination,
        "deliveryDestinationType": kind,
        "recordFields": orjson.loads(fields) if fields else None,
        **_tags(tags),
    }


# ---- both


def _listed(
    call: Call, request: Request, statement: str, member: str, shown: Callable[[tuple[Any, ...]], Any], key: int
) -> Result:
    def fetch(after: str, count: int) -> list[tuple[Any, ...]]:
        return call.store.all(statement, (call.account, call.region, after, count))

    limit = request.get("limit") or _PAGE
    rows, token = page(request.get("nextToken"), limit, fetch, lambda row: str(row[key]), _invalid_token)
    return {member: [shown(row) for row in rows]} | ({} if token is None else {"nextToken": token})


def _invalid_token() -> AwsError:
    return validation("The specified nextToken is invalid.")


def _text(tags: Mapping[str, str] | None) -> str:
    return orjson.dumps(tags or {}).decode()


def _tags(text: str) -> dict[str, Any]:
    return {"tags": orjson.loads(text)} if text != "{}" else {}
