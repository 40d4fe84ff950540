"""One delivery stream: finding it, keeping it, showing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.firehose import tables
from headwater.services.firehose.destination import S3Destination
from headwater.services.firehose.errors import stream_not_found
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call, Request
from headwater.spine.permissions import session_of

ACTIVE, CREATING, DELETING = "ACTIVE", "CREATING", "DELETING"
DIRECT, FROM_KINESIS = "DirectPut", "KinesisStreamAsSource"
DESTINATION_ID = "destinationId-000000000001"
CHANGED = ("firehose", "streams")
"""What is signalled when a stream is made, changed or removed."""


class DeliveryStream:
    """A stream as its row has it. ``document`` holds ``type``, ``source``, ``destination`` as it is described,
    ``tags``, ``encryption``."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        (
            self.id,
            self.arn,
            self.account,
            self.region,
            self.name,
            self.status,
            self.version,
            self.created,
            self.updated,
            document,
        ) = row
        self.document: dict[str, Any] = orjson.loads(document)
        self.destination = S3Destination(self.document["destination"])

    @property
    def type(self) -> str:
        return str(self.document["type"])

    @property
    def source(self) -> str | None:
        """The ARN of the stream that it reads."""
        found: Mapping[str, Any] = self.document.get("source") or {}
        return found.get("KinesisStreamARN")

    def acting(self, destination: S3Destination) -> str | None:
        """The principal that Firehose is by the role of a destination."""
        return session_of(destination.role, self.name) if destination.role else None

    def shown(self) -> dict[str, Any]:
        destination = self.document["destination"]
        plain = {name: value for name, value in destination.items() if name in _PLAIN}
        described: dict[str, Any] = {
            "DeliveryStreamName": self.name,
            "DeliveryStreamARN": self.arn,
            "DeliveryStreamStatus": self.status,
            "DeliveryStreamType": self.type,
            "VersionId": str(self.version),
            "CreateTimestamp": self.created,
            "Destinations": [
                {
                    "DestinationId": DESTINATION_ID,
                    "S3DestinationDescription": plain,
                    "ExtendedS3DestinationDescription": destination,
                }
            ],
            "HasMoreDestinations": False,
            "DeliveryStreamEncryptionConfiguration": self.document.get("encryption") or {"Status": "DISABLED"},
        }
        if self.updated != self.created:
            described["LastUpdateTimestamp"] = self.updated
        if self.source:
            source = self.document["source"] | {"DeliveryStartTimestamp": self.created}
            described["Source"] = {"KinesisStreamSourceDescription": source}
        return described


_PLAIN = frozenset(
    {
        "RoleARN",
        "BucketARN",
        "Prefix",
        "ErrorOutputPrefix",
        "BufferingHints",
        "CompressionFormat",
        "EncryptionConfiguration",
        "CloudWatchLoggingOptions",
    }
)


def record_id(identity: int) -> str:
    """A long number, as AWS's are."""
    return f"4960{identity:052d}000000"


class StreamMemory:
    """Streams by their ARNs, as long as nothing of theirs changes."""

    def __init__(self) -> None:
        self.streams: dict[str, DeliveryStream] = {}

    def clear(self) -> None:
        self.streams.clear()


def stream_arn(call: Call, name: str) -> str:
    return make_arn("firehose", call.region, call.account, f"deliverystream/{name}")


def lookup(call: Call, arn: str) -> DeliveryStream | None:
    memory: StreamMemory = call.memory
    found = memory.streams.get(arn)
    if found is None:
        row = call.store.one(tables.FIND_STREAM, (arn,))
        if row is None:
            return None
        found = memory.streams[arn] = DeliveryStream(row)
    return found


def find_stream(call: Call, request: Request) -> DeliveryStream:
    name = request["DeliveryStreamName"]
    found = lookup(call, stream_arn(call, name))
    if found is None:
        raise stream_not_found(name, call.account)
    call.span.subject = found.arn
    return found


def changed(call: Call, arn: str) -> None:
    """Its row is another now."""
    call.memory.streams.pop(arn, None)
    call.signal(CHANGED)


def save(call: Call, stream: DeliveryStream, version: int | None = None) -> None:
    """Keep its document."""
    text = orjson.dumps(stream.document).decode()
    updated = stream.updated if version is None else call.now
    call.store.run(tables.SET_DOCUMENT, (text, version or stream.version, updated, stream.id))
    changed(call, stream.arn)
