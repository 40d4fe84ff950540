"""Frames of HTTP/2 (RFC 9113, sections 4 and 6)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MOST_FRAME_BYTES: Final = 16_384
WINDOW: Final = 65_535
"""What may be sent unasked, on a stream and on the connection, until somebody says otherwise."""
MOST_WINDOW: Final = 2**31 - 1

END_STREAM: Final = 0x1
ACK: Final = 0x1
END_HEADERS: Final = 0x4
PADDED: Final = 0x8
PRIORITY: Final = 0x20


class Kind(IntEnum):
    DATA = 0
    HEADERS = 1
    PRIORITY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PUSH_PROMISE = 5
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9


class Setting(IntEnum):
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5


class Reason(IntEnum):
    """Why a stream or a connection ends (section 7)."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    COMPRESSION_ERROR = 9


class Http2Error(Exception):
    """The peer broke the protocol; ``reason`` is what it is told."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


class Frame(NamedTuple):
    """``kind`` as a number: what nobody knows is to be ignored."""

    kind: int
    flags: int
    stream: int
    payload: bytes


class FrameReader:
    """Cuts what arrives into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole by now; Http2Error for one that is too large."""
        buffer = self._buffer
        buffer += data
        while len(buffer) >= 9:
            length = int.from_bytes(buffer[:3])
            if length > MOST_FRAME_BYTES:
                raise Http2Error(Reason.FRAME_SIZE_ERROR)
            if len(buffer) < 9 + length:
                return
            stream = int.from_bytes(buffer[5:9]) & MOST_WINDOW
            found = Frame(buffer[3], buffer[4], stream, bytes(buffer[9 : 9 + length]))
            del buffer[: 9 + length]
            yield found


def frame(kind: Kind, flags: int, stream: int, payload: bytes = b"") -> bytes:
    head = len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4)
    return head + payload


def settings(values: dict[Setting, int]) -> bytes:
    return frame(Kind.SETTINGS, 0, 0, b"".join(key.to_bytes(2) + value.to_bytes(4) for key, value in values.items()))


def read_settings(payload: bytes) -> dict[int, int]:
    if len(payload) % 6:
        raise Http2Error(Reason.FRAME_SIZE_ERROR)
    pairs = (payload[at : at + 6] for at in range(0, len(payload), 6))
    return {int.from_bytes(pair[:2]): int.from_bytes(pair[2:]) for pair in pairs}


def window_update(stream: int, more: int) -> bytes:
    return frame(Kind.WINDOW_UPDATE, 0, stream, more.to_bytes(4))


def content(found: Frame) -> bytes:
    """The payload of DATA or HEADERS without padding and priority."""
    payload = found.payload
    start = end = 0
    if found.flags & PADDED:
        if not payload:
            raise Http2Error(Reason.FRAME_SIZE_ERROR)
        start, end = 1, payload[0]
    if found.kind == Kind.HEADERS and found.flags & PRIORITY:
        start += 5
    if start + end > len(payload):
        raise Http2Error(Reason.PROTOCOL_ERROR)
    return payload[start : len(payload) - end]
