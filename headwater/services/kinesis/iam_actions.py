"""What streams' operations ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesis.html
"""

from __future__ import annotations

from collections.abc import Iterable

from headwater.services.kinesis.stream import stream_arn
from headwater.spine.authorization import Access, Authorization, Needs
from headwater.spine.operations import Call, Request

_OF_STREAMS = """
    DeleteStream DescribeStream DescribeStreamSummary GetShardIterator ListShards MergeShards PutRecord PutRecords
    SplitShard
"""


def _on_stream(action: str) -> Needs:
    def needs(call: Call, request: Request) -> Iterable[Access]:
        name = request.get("StreamName")
        return (Access(action, request.get("StreamARN") or (stream_arn(call, name) if name else "")),)

    return needs


AUTHORIZATION = Authorization({name: _on_stream(f"kinesis:{name}") for name in _OF_STREAMS.split()})
