"""The Runtime API as a function's process speaks it: HTTP/1.1 on one kept-alive socket.

A response is not sent until the next event is asked for, so that both leave in one segment.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import socket
from typing import NamedTuple

_NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n"
_POST = "POST /2018-06-01/runtime/%s HTTP/1.1\r\nHost: runtime\r\n%sContent-Length: %d\r\n\r\n"


class Event(NamedTuple):
    """An event with the headers that came with it, their names in lower case."""

    body: bytes
    headers: dict[str, str]


class RuntimeClient:
    """One environment's side of the conversation."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._unsent = b""
        self._received = b""

    def next(self) -> Event | None:
        """Send what is due, and wait for an event; None once the server has gone."""
        owed, data = bool(self._unsent), self._unsent + _NEXT
        self._unsent = b""
        self._connection.sendall(data)
        if owed and self._read() is None:
            return None
        return self._read()

    def respond(self, request_id: str, payload: bytes) -> None:
        self._post(f"invocation/{request_id}/response", "", payload)

    def fail(self, request_id: str, error_type: str, payload: bytes) -> None:
        header = f"Lambda-Runtime-Function-Error-Type: {error_type}\r\n"
        self._post(f"invocation/{request_id}/error", header, payload)

    def fail_init(self, error_type: str, payload: bytes) -> None:
        self._post("init/error", f"Lambda-Runtime-Function-Error-Type: {error_type}\r\n", payload)
        self._connection.sendall(self._unsent)
        self._read()

    def _post(self, path: str, headers: str, payload: bytes) -> None:
        self._unsent = (_POST % (path, headers, len(payload))).encode("ascii", "replace") + payload

    def _read(self) -> Event | None:
        end = self._received.find(b"\r\n\r\n")
        while end < 0:
            if not self._receive():
                return None
            end = self._received.find(b"\r\n\r\n")
        headers = {}
        for line in self._received[:end].decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        size = end + 4 + int(headers["content-length"])
        while len(self._received) < size:
            if not self._receive():
                return None
        body, self._received = self._received[end + 4 : size], self._received[size:]
        return Event(body, headers)

    def _receive(self) -> bool:
        chunk = self._connection.recv(1 << 18)
        self._received += chunk
        return bool(chunk)
