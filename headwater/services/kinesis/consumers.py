"""Consumers with enhanced fan-out: registered, shown, deregistered.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html
"""

from __future__ import annotations

import orjson

from headwater.services.kinesis import tables
from headwater.services.kinesis.consumer import Consumer, consumer_of_arn, from_row
from headwater.services.kinesis.errors import (
    in_use,
    invalid_argument,
    invalid_token,
    limit_exceeded,
    resource_not_found,
)
from headwater.services.kinesis.stream import ACTIVE, CREATING, DELETING, find_stream, usable_stream
from headwater.services.kinesis.tags import check_tags
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page

_MOST = 20
_PAGE = 100


@operation("kinesis", "RegisterStreamConsumer")
def register_stream_consumer(call: Call, request: Request) -> Result:
    stream, name = usable_stream(call, request), request["ConsumerName"]
    if call.store.one(tables.CONSUMER_OF, (stream.id, name)) is not None:
        raise in_use(f"Consumer {name} for stream {stream.name} under account {stream.account} already exists.")
    count = call.store.one(tables.COUNT_CONSUMERS, (stream.id,))
    if count is not None and count[0] >= _MOST:
        raise limit_exceeded(
            f"Maximum number of consumers ({_MOST}) for stream {stream.name} under account {stream.account} reached."
        )
    document = {"tags": check_tags(request.get("Tags") or {})}
    arn = f"{stream.arn}/consumer/{name}:{call.now // 1000}"
    consumer = Consumer(arn, stream.id, name, CREATING, call.now, document)
    call.store.run(tables.INSERT_CONSUMER, (*consumer[:-1], orjson.dumps(document).decode()))
    _settle_soon(call, consumer)
    call.span.subject = arn
    return {"Consumer": consumer.shown()}


@operation("kinesis", "DeregisterStreamConsumer")
def deregister_stream_consumer(call: Call, request: Request) -> Result:
    consumer = _find(call, request)
    if consumer.status != DELETING:
        call.store.run(tables.SET_CONSUMER_STATUS, (DELETING, consumer.arn))
        _settle_soon(call, consumer)
    return {}


@operation("kinesis", "DescribeStreamConsumer", reads=True)
def describe_stream_consumer(call: Call, request: Request) -> Result:
    consumer = _find(call, request)
    return {"ConsumerDescription": consumer.shown() | {"StreamARN": consumer.arn.partition("/consumer/")[0]}}


@operation("kinesis", "ListStreamConsumers", reads=True)
def list_stream_consumers(call: Call, request: Request) -> Result:
    stream = find_stream(call, request)

    def fetch(after: str, count: int) -> list[Consumer]:
        return [from_row(row) for row in call.store.all(tables.LIST_CONSUMERS, (stream.id, after, count))]

    limit = request.get("MaxResults") or _PAGE
    consumers, token = page(request.get("NextToken"), limit, fetch, lambda consumer: consumer.name, invalid_token)
    return {"Consumers": [consumer.shown() for consumer in consumers], "NextToken": token}


def _find(call: Call, request: Request) -> Consumer:
    """By its ARN, or by its name and the ARN of its stream."""
    if arn := request.get("ConsumerARN"):
        return consumer_of_arn(call, arn)
    if not request.get("StreamARN") or not request.get("ConsumerName"):
        raise invalid_argument("Either ConsumerARN, or both StreamARN and ConsumerName, must be provided.")
    stream = find_stream(call, {"StreamARN": request["StreamARN"]})
    row = call.store.one(tables.CONSUMER_OF, (stream.id, request["ConsumerName"]))
    if row is None:
        raise resource_not_found(
            f"Consumer {request['ConsumerName']} for stream {stream.name} under account {stream.account} not found."
        )
    return from_row(row)


def _settle_soon(call: Call, consumer: Consumer) -> None:
    call.deliver("kinesis.settle-consumer", None, target=consumer.arn)


@delivery("kinesis.settle-consumer")
def settle_consumer(call: Call, item: Delivery) -> None:
    row = call.store.one(tables.FIND_CONSUMER, (item.target,))
    call.span.subject = item.target
    if row is not None and from_row(row).status == DELETING:
        call.store.run(tables.DELETE_CONSUMER, (item.target,))
    else:
        call.store.run(tables.SET_CONSUMER_STATUS, (ACTIVE, item.target))
