"""Streams with a key of KMS: one that is missing, disabled or about to go lets no record in or out.

https://docs.aws.amazon.com/streams/latest/dev/server-side-encryption.html
"""

from __future__ import annotations

from headwater.services.kinesis.stream import Stream
from headwater.spine.encryption_keys import as_shape, usable_key
from headwater.spine.operations import Call


def check_key(call: Call, stream: Stream, key: str, actions: tuple[str, ...]) -> None:
    """AwsError unless the stream's key can be used, and who calls may do these actions of KMS's with it."""
    usable_key(call, key, actions, as_shape, stream.account, stream.region)
