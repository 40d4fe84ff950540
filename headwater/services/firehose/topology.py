"""Delivery streams on the map: what they read, what they go through, where they write."""

from __future__ import annotations

from headwater.services.firehose import tables
from headwater.services.firehose.stream import DeliveryStream
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology


@operation("firehose", "Topology", internal=True, reads=True)
def map_delivery_streams(call: Call, request: Request) -> Result:
    streams = [DeliveryStream(row) for row in call.store.all(tables.LIST_STREAMS, (call.account, call.region, ""))]
    shown, links = [], []
    for stream in streams:
        held = call.store.one(tables.COUNT_RECORDS, (stream.id,))
        kind = "AWS::KinesisFirehose::DeliveryStream"
        shown.append(resource(stream.arn, kind, stream.name, buffered=held[0] if held else 0))
        links.append(link(stream.arn, f"arn:aws:s3:::{stream.destination.bucket}", "target"))
        if stream.source:
            links.append(link(stream.source, stream.arn, "source"))
        if stream.destination.processing.function:
            links.append(link(stream.arn, stream.destination.processing.function, "transformation"))
    return topology(call, shown, links)
