"""Messages of event streams: a prelude with lengths and a checksum, headers, the payload, a checksum.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import struct
import zlib

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_TEXT = 7
_PRELUDE, _CHECKSUM = struct.Struct(">II"), struct.Struct(">I")


def event(kind: str, payload: bytes, content_type: str = "application/json") -> bytes:
    """An event of a kind; ``initial-response`` is what comes before all others."""
    return _message({":event-type": kind, ":content-type": content_type, ":message-type": "event"}, payload)


def _message(headers: dict[str, str], payload: bytes) -> bytes:
    fields = b"".join(
        bytes((len(name),)) + name.encode() + struct.pack(">BH", _TEXT, len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = _PRELUDE.pack(len(fields) + len(payload) + 16, len(fields))
    body = prelude + _CHECKSUM.pack(zlib.crc32(prelude)) + fields + payload
    return body + _CHECKSUM.pack(zlib.crc32(body))
