"""WebSockets without sockets: the server's handshake and its frames (RFC 6455). No extensions."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION: Final = "13"
MOST_FRAME_BYTES: Final = 1024 * 1024


class Opcode(IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class CloseCode(IntEnum):
    """Why a connection ends (section 7.4.1)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    NO_STATUS = 1005
    TOO_BIG = 1009


class WebSocketError(Exception):
    """The peer broke the protocol; `code` is what it is told."""

    def __init__(self, code: CloseCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Frame(NamedTuple):
    """One frame as it came; a fragment's opcode is that of its message, which ends with the one that is final."""

    opcode: Opcode
    payload: bytes
    is_final: bool = True


def accept(method: str, headers: Mapping[str, str], subprotocols: Sequence[str]) -> tuple[bool, bytes]:
    """Whether an upgrade request is taken, and the response. Names of headers are in lower case.

    One of `subprotocols` must be among those that the client offers; the first such is chosen.
    """
    refused = refuse(method, headers)
    if refused is not None:
        return False, refused
    offered = _items(headers.get("sec-websocket-protocol", ""))
    chosen = next((name for name in subprotocols if name in offered), None)
    if chosen is None:
        return False, refusal("400 Bad Request")
    return True, welcome(headers, chosen)


def refuse(method: str, headers: Mapping[str, str]) -> bytes | None:
    """The response to a request that asks for no WebSocket, or for none that there is; None where it is one."""
    if headers.get("sec-websocket-version", _VERSION) != _VERSION:
        return refusal("426 Upgrade Required", f"Sec-WebSocket-Version: {_VERSION}\r\n")
    is_upgrade = method == "GET" and headers.get("upgrade", "").lower() == "websocket"
    if not is_upgrade or not _is_key(headers.get("sec-websocket-key", "")):
        return refusal("400 Bad Request")
    return None


def welcome(headers: Mapping[str, str], subprotocol: str | None) -> bytes:
    """The response that opens the WebSocket."""
    key = headers.get("sec-websocket-key", "")
    proof = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()
    chosen = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol is not None else ""
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {proof}\r\n{chosen}\r\n"
    ).encode()


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",")]


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def refusal(status: str, headers: str = "") -> bytes:
    """A response that opens none; `headers` are whole lines."""
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()


def encode_frame(opcode: Opcode, payload: bytes = b"") -> bytes:
    """A whole message in one frame, as servers send it: not masked."""
    length = len(payload)
    first = 0x80 | opcode
    if length < 126:
        return bytes((first, length)) + payload
    if length < 0x10000:
        return bytes((first, 126)) + length.to_bytes(2, "big") + payload
    return bytes((first, 127)) + length.to_bytes(8, "big") + payload


def encode_close(code: int, reason: str = "") -> bytes:
    payload = b"" if code == CloseCode.NO_STATUS else code.to_bytes(2, "big") + reason.encode()
    return encode_frame(Opcode.CLOSE, payload)


def read_close(payload: bytes) -> tuple[int, str]:
    """Code and reason of a frame that closes."""
    if len(payload) < 2:
        return CloseCode.NO_STATUS, ""
    return int.from_bytes(payload[:2], "big"), payload[2:].decode(errors="replace")


class FrameDecoder:
    """Cuts what a client sends into frames, however the bytes are chopped."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._message: Opcode | None = None  # of the message whose fragments are coming

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes; raises `WebSocketError`."""
        self._buffer += data
        return self._frames()

    def _frames(self) -> Iterator[Frame]:
        buffer = self._buffer
        while len(buffer) >= 2:
            first, length, start = buffer[0], buffer[1] & 0x7F, 2
            opcode = _check_header(first, buffer[1])
            if length >= 126:
                start += 2 if length == 126 else 8
                if len(buffer) < start:
                    return
                length = int.from_bytes(buffer[2:start], "big")
            if length > MOST_FRAME_BYTES:
                raise WebSocketError(CloseCode.TOO_BIG, f"a frame of more than {MOST_FRAME_BYTES} bytes")
            end = start + 4 + length
            if len(buffer) < end:
                return
            payload = _unmask(bytes(buffer[start + 4 : end]), bytes(buffer[start : start + 4]))
            del buffer[:end]
            yield self._frame(opcode, bool(first & 0x80), payload)

    def _frame(self, opcode: Opcode, is_final: bool, payload: bytes) -> Frame:
        if opcode >= Opcode.CLOSE:
            if opcode is Opcode.CLOSE and len(payload) == 1:
                raise WebSocketError(CloseCode.PROTOCOL_ERROR, "half a close code")
            return Frame(opcode, payload)
        if (opcode is Opcode.CONTINUATION) is (self._message is None):
            raise WebSocketError(CloseCode.PROTOCOL_ERROR, "a fragment without its message, or in the midst of one")
        message = self._message or opcode
        self._message = None if is_final else message
        return Frame(message, payload, is_final)


def _check_header(first: int, second: int) -> Opcode:
    if first & 0x70:
        raise WebSocketError(CloseCode.PROTOCOL_ERROR, "reserved bits are set")
    if not second & 0x80:
        raise WebSocketError(CloseCode.PROTOCOL_ERROR, "a client's frame is not masked")
    try:
        opcode = Opcode(first & 0x0F)
    except ValueError as error:
        raise WebSocketError(CloseCode.PROTOCOL_ERROR, f"{first & 0x0F} is no opcode") from error
    if opcode >= Opcode.CLOSE and (not first & 0x80 or second & 0x7F > 125):
        raise WebSocketError(CloseCode.PROTOCOL_ERROR, "a control frame is fragmented or long")
    return opcode


def _unmask(payload: bytes, key: bytes) -> bytes:
    """All of a payload at once, as one large number."""
    length = len(payload)
    mask = (key * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(length, "big")
