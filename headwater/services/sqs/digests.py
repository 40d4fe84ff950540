"""MD5 digests as SDKs verify them.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5
from typing import Any


def digest_of_text(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def digest_of_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """Names in order; each of name, type and value preceded by its length, the value by its kind."""
    digest = md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        kind = attribute["DataType"]
        for part in (name, kind):
            encoded = part.encode()
            digest.update(len(encoded).to_bytes(4, "big") + encoded)
        if kind.startswith("Binary"):
            value = attribute["BinaryValue"]
            digest.update(b"\x02")
        else:
            value = attribute["StringValue"].encode()
            digest.update(b"\x01")
        digest.update(len(value).to_bytes(4, "big") + value)
    return digest.hexdigest()
