"""What EventBridge is told of keys.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
"""

from __future__ import annotations

from headwater.spine.operations import Call


def tell(call: Call, what: str, key: str) -> None:
    """``what``: KMS CMK Rotation or KMS CMK Deletion; ``key``: its ARN."""
    event = {"Source": "aws.kms", "DetailType": what, "Detail": {"key-id": key.rpartition("/")[2]}, "Resources": [key]}
    call.operation("events", "PutServiceEvent", event)
