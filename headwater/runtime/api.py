"""The server's side of the Lambda Runtime API.

Each environment has an address or a socket of its own, so who asks needs no saying.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

import httptools

from headwater.spine.functions import Invocation

PREFIX = b"/2018-06-01/runtime/"
LARGEST_RESPONSE = 6 * 1024 * 1024 + 100  # AWS: 6 MB and a little, counted so in its error message
LARGEST_BODY = 64 * 1024 * 1024  # past this nothing is read any more

_ACCEPTED = b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'
_ERROR = "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
_EVENT = (
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: %s\r\n"
    "Lambda-Runtime-Deadline-Ms: %d\r\nLambda-Runtime-Invoked-Function-Arn: %s\r\n"
    "Lambda-Runtime-Trace-Id: %s\r\n%sContent-Length: %d\r\n\r\n"
)


class Owner(Protocol):
    """What an environment does about the requests of its process."""

    def next_asked(self, connection: RuntimeConnection) -> None: ...

    def answered(self, request_id: str, payload: bytes, error_type: str | None, streamed: bool) -> bool:
        """False where that invocation is not the present one."""
        ...

    def streamed(self, request_id: str, chunk: bytes, content_type: str) -> None:
        """A piece of an answer that is streamed."""
        ...

    def init_failed(self, payload: bytes, error_type: str) -> None: ...


class RuntimeConnection(asyncio.Protocol):
    """One connection of a function's process.

    The reply to a response that came together with the request for the next event leaves together
    with that event: a segment less each way.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._url = b""
        self._error_type: str | None = None
        self._is_streaming = False
        self._content_type = ""
        self._body = bytearray()
        self._unsent = b""
        self._waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._reply_error("400 Bad Request", "InvalidRequest", "Malformed HTTP request")
            self.close()
        if self._unsent and not self._waiting:
            self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def on_message_begin(self) -> None:
        self._url, self._error_type = b"", None
        self._is_streaming, self._content_type = False, ""
        self._body = bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(name) == 34 and name.lower() == b"lambda-runtime-function-error-type":
            self._error_type = value.decode("latin-1")
        elif len(name) == 37 and name.lower() == b"lambda-runtime-function-response-mode":
            self._is_streaming = value.lower() == b"streaming"
        elif len(name) == 12 and name.lower() == b"content-type":
            self._content_type = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        if self._is_streaming:
            self._owner.streamed(self._url.decode("latin-1").split("/")[-2], body, self._content_type)
        if len(self._body) < LARGEST_BODY:
            self._body += body

    def on_message_complete(self) -> None:
        if not self._url.startswith(PREFIX):
            self._reply_error("404 Not Found", "NotFound", "No such path")
            return
        path = self._url[len(PREFIX) :].decode("latin-1").split("/")
        match self._parser.get_method(), path:
            case b"GET", ["invocation", "next"]:
                self._waiting = True
                self._owner.next_asked(self)
            case b"POST", ["invocation", request_id, "response"]:
                self._answered(request_id, self._error_type if self._is_streaming else None)
            case b"POST", ["invocation", request_id, "error"]:
                self._answered(request_id, self._error_type or "Unhandled")
            case b"POST", ["init", "error"]:
                self._unsent += _ACCEPTED
                self._owner.init_failed(bytes(self._body), self._error_type or "Runtime.Unknown")
            case _:
                self._reply_error("404 Not Found", "NotFound", "No such path")

    def _answered(self, request_id: str, error_type: str | None) -> None:
        if len(self._body) > LARGEST_RESPONSE and not self._is_streaming:
            text = f"Exceeded maximum allowed payload size ({LARGEST_RESPONSE} bytes)."
            self._reply_error("413 Request Entity Too Large", "RequestEntityTooLarge", text)
        if self._owner.answered(request_id, bytes(self._body), error_type, self._is_streaming):
            self._unsent = self._unsent or _ACCEPTED
        else:
            self._reply_error("400 Bad Request", "InvalidRequestID", "Invalid request ID")

    def _reply_error(self, status: str, kind: str, message: str) -> None:
        body = f'{{"errorMessage":"{message}","errorType":"{kind}"}}'
        self._unsent += (_ERROR % (status, len(body), body)).encode()

    def send(self, invocation: Invocation, deadline: int, more: str = "") -> None:
        """Answer the request for the next event; ``deadline`` in ms since the epoch, ``more`` header lines."""
        if invocation.client_context:
            more += f"Lambda-Runtime-Client-Context: {invocation.client_context}\r\n"
        if invocation.identity:
            more += f"Lambda-Runtime-Cognito-Identity: {invocation.identity}\r\n"
        head = _EVENT % (
            invocation.request_id,
            deadline,
            invocation.arn,
            invocation.trace,
            more,
            len(invocation.payload),
        )
        self._unsent += head.encode("latin-1", "replace") + invocation.payload
        self._waiting = False
        self._flush()

    def _flush(self) -> None:
        if self._transport is not None:
            self._transport.write(self._unsent)
        self._unsent = b""

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
