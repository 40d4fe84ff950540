"""One consumer with enhanced fan-out: finding it, keeping it."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.kinesis import tables
from headwater.services.kinesis.errors import resource_not_found
from headwater.spine.operations import Call, Result


class Consumer(NamedTuple):
    """A row; ``document`` holds ``tags`` and ``policy``."""

    arn: str
    stream: int
    name: str
    status: str
    created: int
    document: dict[str, Any]

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.document.get("tags") or {})

    def shown(self) -> dict[str, Any]:
        return {
            "ConsumerName": self.name,
            "ConsumerARN": self.arn,
            "ConsumerStatus": self.status,
            "ConsumerCreationTimestamp": self.created,
        }


def from_row(row: tuple[Any, ...]) -> Consumer:
    arn, stream, name, status, created, document = row
    return Consumer(arn, stream, name, status, created, orjson.loads(document))


def is_consumer(arn: str) -> bool:
    return "/consumer/" in arn


def stream_of(arn: str) -> str:
    """The ARN of a consumer's stream; a stream's is its own."""
    return arn.partition("/consumer/")[0]


def consumer_of_arn(call: Call, arn: str) -> Consumer:
    row = call.store.one(tables.FIND_CONSUMER, (arn,))
    if row is None:
        raise resource_not_found(f"Consumer {arn} under account {arn.split(':')[4]} not found.")
    call.span.subject = arn
    return from_row(row)


def save(call: Call, consumer: Consumer) -> Result:
    call.store.run(tables.SET_CONSUMER_DOCUMENT, (orjson.dumps(consumer.document).decode(), consumer.arn))
    return {}
