"""Making, showing, changing and deleting delivery streams.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.firehose import tables
from headwater.services.firehose.destination import described, merged
from headwater.services.firehose.errors import in_use, invalid_argument, role_refusal
from headwater.services.firehose.stream import (
    ACTIVE,
    CREATING,
    DELETING,
    DESTINATION_ID,
    DIRECT,
    FROM_KINESIS,
    DeliveryStream,
    changed,
    find_stream,
    lookup,
    save,
    stream_arn,
)
from headwater.services.firehose.tags import check_tags
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.trust import for_source, hand_over

_PAGE = 10
_IN_S3 = ("ExtendedS3", "S3")


@operation("firehose", "CreateDeliveryStream")
def create_delivery_stream(call: Call, request: Request) -> Result:
    name, kind = request["DeliveryStreamName"], request.get("DeliveryStreamType") or DIRECT
    source = _source(request, kind)
    destination = described(_only_in_s3(request, "DestinationConfiguration"))
    tags = check_tags(request.get("Tags") or ())
    arn = stream_arn(call, name)
    if lookup(call, arn) is not None:
        raise in_use(f"Firehose {name} under accountId {call.account} already exists")
    _check_role(call, destination.get("RoleARN"), arn)
    document: dict[str, Any] = {"type": kind, "destination": destination, "tags": tags}
    if encryption := request.get("DeliveryStreamEncryptionConfigurationInput"):
        document["encryption"] = encryption | {"Status": "ENABLED"}
    identity = call.new_id()
    if source is not None:
        _check_role(call, source.get("RoleARN"), arn)
        stream = parse_arn(source["KinesisStreamARN"])
        assert stream is not None
        call.operation("kinesis", "PollShards", {"StreamArn": str(stream)}, stream.account, stream.region)
        document["source"] = source
        call.store.run(tables.PUT_POSITION, (identity, "", call.new_id()))
    text = orjson.dumps(document).decode()
    row = (identity, arn, call.account, call.region, name, CREATING, 1, call.now, call.now, text, call.new_id())
    call.store.run(tables.INSERT_STREAM, row)
    call.deliver("firehose.settle", identity, target=arn)
    call.span.subject = arn
    return {"DeliveryStreamARN": arn}


def _source(request: Request, kind: str) -> dict[str, Any] | None:
    if kind not in (DIRECT, FROM_KINESIS):
        raise not_implemented(f"A delivery stream of the type {kind}")
    if request.get("DirectPutSourceConfiguration"):
        raise not_implemented("DirectPutSourceConfiguration of Firehose")
    source = request.get("KinesisStreamSourceConfiguration")
    if (kind == FROM_KINESIS) != (source is not None):
        raise invalid_argument(
            f"KinesisStreamSourceConfiguration must be given with the type {FROM_KINESIS}, and only then."
        )
    return dict(source) if source else None


def _check_role(call: Call, role: str | None, stream: str) -> None:
    """https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html: it says its account as external id."""
    taker = for_source(call, "firehose", stream)
    taker = taker._replace(values={**taker.values, "sts:externalid": (call.account,)})
    hand_over(call, role, taker, lambda why: role_refusal(str(role)))


def _only_in_s3(request: Request, ending: str) -> dict[str, Any]:
    """The one destination in a request; AwsError where there is none, or several, or one that we lack."""
    given = [name for name, value in request.items() if name.endswith(ending) and value is not None]
    lacking = [name for name in given if name.removesuffix(ending) not in _IN_S3]
    if lacking:
        raise not_implemented(f"{lacking[0]} of Firehose")
    if len(given) != 1:
        raise invalid_argument("Exactly one destination configuration is supported for a Firehose")
    return dict(request[given[0]])


@delivery("firehose.settle")
def settle(call: Call, item: Delivery) -> None:
    """A stream is ACTIVE, or gone."""
    stream = lookup(call, item.target)
    if stream is None or stream.id != item.payload:
        return
    call.span.subject = stream.arn
    if stream.status == DELETING:
        for statement in (tables.DELETE_RECORDS, tables.DELETE_POSITIONS, tables.DELETE_STREAM):
            call.store.run(statement, (stream.id,))
    else:
        call.store.run(tables.SET_STATUS, (ACTIVE, call.new_id(), stream.id))
    changed(call, stream.arn)


@operation("firehose", "DeleteDeliveryStream")
def delete_delivery_stream(call: Call, request: Request) -> Result:
    """What is in its buffer is not delivered, as AWS says."""
    stream = find_stream(call, request)
    if stream.status == CREATING:
        raise in_use(f"Firehose {stream.name} under account {call.account} is in state {stream.status}.")
    if stream.status == ACTIVE:
        buffer = call.store.one(tables.FIND_BUFFER, (stream.id,))
        if buffer is not None:
            call.cancel(buffer[2])
            call.store.run(tables.DELETE_BUFFER, (stream.id,))
        call.store.run(tables.SET_STATUS, (DELETING, call.new_id(), stream.id))
        changed(call, stream.arn)
        call.deliver("firehose.settle", stream.id, target=stream.arn)
    return {}


@operation("firehose", "DescribeDeliveryStream", reads=True)
def describe_delivery_stream(call: Call, request: Request) -> Result:
    return {"DeliveryStreamDescription": find_stream(call, request).shown()}


@operation("firehose", "ListDeliveryStreams", reads=True)
def list_delivery_streams(call: Call, request: Request) -> Result:
    kind, after = request.get("DeliveryStreamType"), request.get("ExclusiveStartDeliveryStreamName") or ""
    limit = request.get("Limit") or _PAGE
    rows = call.store.all(tables.LIST_STREAMS, (call.account, call.region, after))
    names = [stream.name for stream in map(DeliveryStream, rows) if kind in (None, stream.type)]
    return {"DeliveryStreamNames": names[:limit], "HasMoreDeliveryStreams": len(names) > limit}


@operation("firehose", "UpdateDestination")
def update_destination(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/firehose/latest/APIReference/API_UpdateDestination.html"""
    stream = find_stream(call, request)
    if request["CurrentDeliveryStreamVersionId"] != str(stream.version):
        raise AwsError(
            "ConcurrentModificationException",
            f"Cannot update firehose: {stream.name} since the current version id: {stream.version} and specified "
            f"version id: {request['CurrentDeliveryStreamVersionId']} do not match",
        )
    if request["DestinationId"] != DESTINATION_ID:
        raise invalid_argument(f"Destination Id {request['DestinationId']} not found")
    update = _only_in_s3(request, "DestinationUpdate")
    _check_role(call, update.get("RoleARN"), stream.arn)
    stream.document["destination"] = merged(stream.document["destination"], update)
    save(call, stream, stream.version + 1)
    return {}


@operation("firehose", "StartDeliveryStreamEncryption")
def start_delivery_stream_encryption(call: Call, request: Request) -> Result:
    """Kept and shown: records lie unencrypted in the local store."""
    stream = find_stream(call, request)
    given = request.get("DeliveryStreamEncryptionConfigurationInput") or {"KeyType": "AWS_OWNED_CMK"}
    stream.document["encryption"] = {**given, "Status": "ENABLED"}
    save(call, stream)
    return {}


@operation("firehose", "StopDeliveryStreamEncryption")
def stop_delivery_stream_encryption(call: Call, request: Request) -> Result:
    stream = find_stream(call, request)
    stream.document["encryption"] = {"Status": "DISABLED"}
    save(call, stream)
    return {}
