"""Emptying a batch: its records become objects in S3, in the transaction that lets them go.

https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any

import orjson

from headwater.languages.object_prefixes import RANDOM_LENGTH, ObjectPrefix, Values
from headwater.services.firehose import tables
from headwater.services.firehose.destination import S3Destination
from headwater.services.firehose.stream import DELETING, DeliveryStream, lookup
from headwater.services.firehose.transforming import Failure, Held, Outcome, Ready, read_batch, transform
from headwater.spine.deliveries import Delivery, Exhausted, delivery
from headwater.spine.operations import Call
from headwater.spine.work import Work

Finish = Callable[[Call], None]


def give_up(call: Call, item: Delivery, why: Exhausted) -> None:
    """After a day, what could not be delivered is lost, as AWS says."""
    stream = lookup(call, item.target)
    if stream is not None:
        call.store.run(tables.DELETE_BATCH, (stream.id, item.payload))
        call.span.note("records lost", why.message)


@delivery("firehose.flush", exhausted=give_up)
def flush(call: Call, item: Delivery) -> Coroutine[Any, Any, Finish] | None:
    stream, batch = lookup(call, item.target), item.payload
    if stream is None or stream.status == DELETING:
        return None
    call.span.subject = stream.arn
    call.store.run(tables.SEAL, (stream.id, batch))
    records = read_batch(call, stream, batch)
    if not records:
        return None
    if stream.destination.processing.function:
        return _through_function(call.work, stream, batch, records)
    ready = [Ready(record.data, {}, record.arrived) for record in records]
    _write(call, stream, batch, records, Outcome(ready, []))
    return None


async def _through_function(work: Work, stream: DeliveryStream, batch: int, records: list[Held]) -> Finish:
    outcome = await transform(work, stream, records)
    return lambda call: _write(call, stream, batch, records, outcome)


def _write(call: Call, stream: DeliveryStream, batch: int, records: list[Held], outcome: Outcome) -> None:
    """Objects for what came of the records, for what failed, and for the records themselves where they are wanted."""
    destination, first = stream.destination, records[0].arrived
    ready, failures = _partitioned(stream, outcome)
    for _, group in sorted(ready.items()):
        body = b"".join(each.data + destination.processing.delimiter for each in group)
        _put(call, stream, destination, destination.prefix, body, group[0].arrived, group[0].keys)
    kinds = sorted({failure.kind for failure in failures})
    for kind in kinds:
        lines = [orjson.dumps(failure.told) + b"\n" for failure in failures if failure.kind == kind]
        _put(call, stream, destination, destination.errors(kind), b"".join(lines), first, {}, kind)
    if destination.backup is not None:
        body = b"".join(record.data for record in records)
        _put(call, stream, destination.backup, destination.backup.prefix, body, first, {})
    if failures:
        call.span.note("failed", len(failures))
    call.store.run(tables.DELETE_BATCH, (stream.id, batch))


def _partitioned(stream: DeliveryStream, outcome: Outcome) -> tuple[dict[tuple[str, ...], list[Ready]], list[Failure]]:
    """The records by the keys of their partitions; those that lack one have failed."""
    wanted, query = stream.destination.prefix.keys, stream.destination.processing.query
    groups: dict[tuple[str, ...], list[Ready]] = {}
    failures = list(outcome.failures)
    for record in outcome.ready:
        keys = dict(record.keys)
        try:
            if query is not None:
                keys |= {("partitionKeyFromQuery", name): text for name, text in query.keys(record.data).items()}
            place = tuple(keys[each] for each in wanted)
        except (KeyError, ValueError) as error:
            failures.append(Failure.of_metadata(record, str(error)))
            continue
        groups.setdefault(place, []).append(Ready(record.data, keys, record.arrived))
    return groups, failures


def _put(
    call: Call,
    stream: DeliveryStream,
    destination: S3Destination,
    prefix: ObjectPrefix,
    body: bytes,
    arrived: int,
    keys: Mapping[tuple[str, str], str],
    error: str = "",
) -> None:
    at = datetime.fromtimestamp(arrived / 1000, destination.zone)
    values = Values(at, lambda: call.ids.token(RANDOM_LENGTH), error, keys)
    suffix = f"{stream.name}-{stream.version}-{at:%Y-%m-%d-%H-%M-%S}-{call.ids.uuid()}"
    request: dict[str, Any] = {
        "Bucket": destination.bucket,
        "Key": f"{prefix.render(values)}{suffix}{destination.extension}",
        "Body": gzip.compress(body, mtime=0) if destination.gzip else body,
        "ContentType": "application/octet-stream",
    }
    if destination.gzip:
        request["ContentEncoding"] = "gzip"
    if destination.key is not None:
        request |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": destination.key}
    call.operation("s3", "PutObject", request, principal=stream.acting(destination))
    call.span.note("object", f"s3://{destination.bucket}/{request['Key']}")
