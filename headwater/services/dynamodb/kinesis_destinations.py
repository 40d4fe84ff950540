"""Kinesis Data Streams for DynamoDB: each change of a table put into a stream.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html
"""

from __future__ import annotations

from hashlib import md5
from typing import Any, NamedTuple

import orjson

from headwater.languages.dynamodb.values import Item, item_size
from headwater.services.dynamodb import tables
from headwater.services.dynamodb.errors import validation
from headwater.services.dynamodb.table import KinesisDestination, Table, describe_target, table_by_arn
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Delivery, Policy, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

ENABLING, ACTIVE, DISABLING, DISABLED = "ENABLING", "ACTIVE", "DISABLING", "DISABLED"
UPDATING, FAILED = "UPDATING", "ENABLE_FAILED"
_MILLISECOND, _MICROSECOND = "MILLISECOND", "MICROSECOND"
_SETTLING = 100  # milliseconds
_PRECISION = "ApproximateCreationDateTimePrecision"
_INVALID_STATE = "Table is not in a valid state to enable Kinesis Streaming Destination: "
# a day, as AWS keeps what it could not put
_POLICY = Policy(attempts=0, age=86_400_000, backoff=1000, most=60_000)


class Destination(NamedTuple):
    """A row; ``precision`` is that of the time of changes."""

    stream: str
    status: str
    reason: str | None
    precision: str

    def shown(self) -> dict[str, Any]:
        return {
            "StreamArn": self.stream,
            "DestinationStatus": self.status,
            "DestinationStatusDescription": self.reason,
            _PRECISION: self.precision,
        }


def _destinations(call: Call, table: Table) -> dict[str, Destination]:
    rows = call.store.all(tables.DESTINATIONS, (table.id,))
    return {row[0]: Destination(*row) for row in rows}


@operation("dynamodb", "EnableKinesisStreamingDestination")
def enable_destination(call: Call, request: Request) -> Result:
    """One stream at a time; a stream that is none is told of afterwards, in the status."""
    table, stream = describe_target(call, request["TableName"]), request["StreamArn"]
    if any(each.status not in (DISABLED, FAILED) for each in _destinations(call, table).values()):
        raise validation(
            f"{_INVALID_STATE}EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE "
            "operation."
        )
    given = request.get("EnableKinesisStreamingConfiguration") or {}
    _set(call, table, Destination(stream, ENABLING, None, given.get(_PRECISION) or _MILLISECOND))
    answer = {"TableName": table.name, "StreamArn": stream, "DestinationStatus": ENABLING}
    return answer | ({"EnableKinesisStreamingConfiguration": given} if given else {})


@operation("dynamodb", "DisableKinesisStreamingDestination")
def disable_destination(call: Call, request: Request) -> Result:
    table, stream = describe_target(call, request["TableName"]), request["StreamArn"]
    found = _destinations(call, table).get(stream)
    if found is None or found.status != ACTIVE:
        raise validation(f"{_INVALID_STATE}KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.")
    _set(call, table, found._replace(status=DISABLING))
    return {"TableName": table.name, "StreamArn": stream, "DestinationStatus": DISABLING}


@operation("dynamodb", "UpdateKinesisStreamingDestination")
def update_destination(call: Call, request: Request) -> Result:
    table, stream = describe_target(call, request["TableName"]), request["StreamArn"]
    precision = (request.get("UpdateKinesisStreamingConfiguration") or {}).get(_PRECISION)
    if precision is None:
        raise validation(
            "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot "
            "be null or contain only null values"
        )
    found = _destinations(call, table).get(stream)
    if found is None or found.status != ACTIVE:
        raise validation(
            f"{_INVALID_STATE}Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state."
        )
    if found.precision == precision:
        raise validation(
            f"Invalid Request: Precision is already set to the desired value of {precision} for tableId: {table.id}, "
            f"kdsArn: {stream}"
        )
    _set(call, table, found._replace(status=UPDATING, precision=precision))
    return {
        "TableName": table.name,
        "StreamArn": stream,
        "DestinationStatus": UPDATING,
        "UpdateKinesisStreamingConfiguration": {_PRECISION: precision},
    }


@operation("dynamodb", "DescribeKinesisStreamingDestination", reads=True)
def describe_destinations(call: Call, request: Request) -> Result:
    table = describe_target(call, request["TableName"])
    shown = [found.shown() for found in _destinations(call, table).values()]
    return {"TableName": table.name, "KinesisDataStreamDestinations": shown}


def _set(call: Call, table: Table, destination: Destination) -> None:
    """Write a state that passes by itself, and have it pass."""
    _write(call, table, destination)
    request = {"table": table.arn, "id": table.id}
    call.deliver("dynamodb.settle-destination", request, target=destination.stream, due=call.now + _SETTLING)


def _write(call: Call, table: Table, destination: Destination) -> None:
    call.store.run(tables.PUT_DESTINATION, (table.id, *destination))
    call.memory.drop(table)


@delivery("dynamodb.settle-destination")
def settle_destination(call: Call, item: Delivery) -> None:
    table = table_by_arn(call, item.payload["table"])
    if table is None or table.id != item.payload["id"]:
        return
    found = _destinations(call, table)[item.target]
    if found.status == DISABLING:
        _write(call, table, found._replace(status=DISABLED))
    elif found.status == UPDATING or _is_there(call, found.stream):
        _write(call, table, found._replace(status=ACTIVE))
    else:
        reason = "User does not have a permission to use kinesis stream"
        _write(call, table, found._replace(status=FAILED, reason=reason))


def _is_there(call: Call, stream: str) -> bool:
    arn = parse_arn(stream)
    if arn is None or (arn.service, arn.region) != ("kinesis", call.region):
        return False
    try:
        call.operation("kinesis", "DescribeStreamSummary", {"StreamARN": stream}, arn.account, arn.region)
    except AwsError:
        return False
    return True


# ---- changes


def send_change(
    call: Call, table: Table, to: KinesisDestination, old: Item | None, new: Item | None, *, expired: bool
) -> None:
    """Leave a change for the stream, as AWS writes it; items of one key go to one shard."""
    micro = to.precision == _MICROSECOND
    images = {"NewImage": new, "OldImage": old}
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": call.now * 1000 if micro else call.now,
        "Keys": {name: (new or old or {})[name] for name in table.names},
        **{name: image for name, image in images.items() if image is not None},
    }
    change["SizeBytes"] = sum([item_size(change[part]) for part in ("Keys", *images) if part in change])
    if micro:
        change[_PRECISION] = _MICROSECOND
    record = {
        "awsRegion": call.region,
        "eventID": call.ids.uuid(),
        "eventName": "INSERT" if old is None else "MODIFY" if new is not None else "REMOVE",
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"} if expired else None,
        "recordFormat": "application/json",
        "tableName": table.name,
        "dynamodb": change,
        "eventSource": "aws:dynamodb",
    }
    key = md5(orjson.dumps(change["Keys"], option=orjson.OPT_SORT_KEYS), usedforsecurity=False).hexdigest().upper()
    payload = {"key": key, "data": orjson.dumps(record).decode()}
    call.deliver("dynamodb.change", payload, target=to.stream, policy=_POLICY)


@delivery("dynamodb.change", atomic=True)  # all that it does is one operation
def put_change(call: Call, item: Delivery) -> None:
    arn = parse_arn(item.target)
    assert arn is not None
    request = {"StreamARN": item.target, "PartitionKey": item.payload["key"], "Data": item.payload["data"].encode()}
    call.operation("kinesis", "PutRecord", request, arn.account, arn.region)
