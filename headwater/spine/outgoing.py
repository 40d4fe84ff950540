"""HTTP requests to endpoints outside: the room in which connections are opened for those who deliver to them.

A request is one connection of its own, as AWS's are, on the event loop: an endpoint that is slow, or says nothing at
all, holds up nobody else. Limits of time are the machine's, for it is the machine's time that an endpoint takes.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import httptools

from headwater.spine.spans import Span

_READ = 65_536
NOTED_BYTES = 2048  # of a body, for whoever asks why
# What may stand in a path and a query as it is; ``%`` because it is taken as written.
_AS_WRITTEN = "%/:=&?~+!$,;'@()*[]"


class OutgoingAnswer(NamedTuple):
    """``headers`` have lower-case names; of a body, no more than was asked for."""

    status: int
    headers: dict[str, str]
    body: bytes


class Unreachable(Exception):
    """No answer: the endpoint is not there, said nothing in time (``timed_out``), hung up (``closed``), or talked
    something else."""

    def __init__(self, message: str, timed_out: bool = False, closed: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.timed_out = timed_out
        self.closed = closed


def note_answer(span: Span, status: int, body: bytes) -> None:
    """Have an attempt tell what it was answered: the status, and how the body begins."""
    text = body[:NOTED_BYTES].decode(errors="replace")
    span.note("response", f"{status} {text}".rstrip() + (" …" if len(body) > NOTED_BYTES else ""))


async def send(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    seconds: float,
    most: int = 1_048_576,
    patience: float | None = None,
) -> OutgoingAnswer:
    """Send a request and read its answer, up to ``most`` bytes of body. Redirects are not followed. ``patience``: so
    many seconds after the status, what has come of the body will do."""
    try:
        async with asyncio.timeout(seconds):
            return await _exchange(method, url, headers, body, _Reading(most, patience))
    except TimeoutError:
        raise Unreachable(f"No answer within {seconds:g} seconds.", timed_out=True) from None
    except (OSError, ValueError, httptools.HttpParserError) as error:
        closed = isinstance(error, (ConnectionResetError, BrokenPipeError))
        raise Unreachable(f"{type(error).__name__}: {error}", closed=closed) from error


async def _exchange(
    method: str, url: str, headers: Mapping[str, str], body: bytes, reading: _Reading
) -> OutgoingAnswer:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    if (not secure and parts.scheme != "http") or not parts.hostname:
        raise ValueError(f"{url} is no HTTP address")
    head = _head(method, parts.path, parts.query, {"Host": parts.netloc.rpartition("@")[2], **headers}, len(body))
    reader, writer = await asyncio.open_connection(
        parts.hostname, parts.port or (443 if secure else 80), ssl=_context() if secure else None
    )
    try:
        writer.write(head + body)
        return await reading.answer(reader)
    finally:
        writer.close()


def _head(method: str, path: str, query: str, headers: Mapping[str, str], length: int) -> bytes:
    target = quote(path or "/", safe=_AS_WRITTEN) + (f"?{quote(query, safe=_AS_WRITTEN)}" if query else "")
    fields = {**headers, "Content-Length": str(length), "Connection": "close"}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header holds the end of a line")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@lru_cache(maxsize=1)
def _context() -> ssl.SSLContext:
    """Reading the certificates takes milliseconds."""
    return ssl.create_default_context()


class _Reading:
    """What the parser calls."""

    def __init__(self, most: int, patience: float | None) -> None:
        self._patience = patience
        self._parser = httptools.HttpResponseParser(self)
        self._most = most
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._done = False

    async def answer(self, reader: asyncio.StreamReader) -> OutgoingAnswer:
        while not self._status:
            if not await self._read(reader):
                raise ConnectionResetError("the connection was closed without an answer")
        with suppress(*(() if self._patience is None else (TimeoutError,))):
            async with asyncio.timeout(self._patience):
                while not self._done and len(self._body) < self._most and await self._read(reader):
                    pass
        return OutgoingAnswer(self._status, self._headers, bytes(self._body[: self._most]))

    async def _read(self, reader: asyncio.StreamReader) -> bool:
        data = await reader.read(_READ)
        if data:
            self._parser.feed_data(data)
        return bool(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:  # what comes before is no answer yet
            self._status = status

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        self._done = self._status > 0
