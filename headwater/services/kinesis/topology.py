"""Streams on the map."""

from __future__ import annotations

from headwater.services.kinesis import tables
from headwater.services.kinesis.stream import lookup
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import resource, topology


@operation("kinesis", "Topology", internal=True, reads=True)
def map_streams(call: Call, request: Request) -> Result:
    streams = [lookup(call, row[1]) for row in call.store.all(tables.ALL_STREAMS, (call.account, call.region))]
    shown = [
        resource(stream.arn, "AWS::Kinesis::Stream", stream.name, shards=len(stream.open_shards))
        for stream in streams
        if stream is not None
    ]
    return topology(call, shown, [])
