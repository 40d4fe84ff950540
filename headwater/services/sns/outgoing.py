"""Requests that SNS sends to HTTP endpoints; the one room in which it opens connections."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urlsplit

from headwater.spine.deliveries import Failed

# https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
_TIMEOUT = 15.0
AGENT = "Amazon Simple Notification Service Agent"


async def post(url: str, headers: Mapping[str, str], body: str) -> None:
    """POST to an endpoint; Failed unless it answers 200 to 299 within 15 seconds. Redirects are not followed."""
    try:
        async with asyncio.timeout(_TIMEOUT):  # of the machine's time, in which the endpoint lives
            status = await _post(url, headers, body.encode())
    except TimeoutError as error:
        raise Failed("ConnectionError", f"The endpoint did not answer within {_TIMEOUT:g} seconds.") from error
    except (OSError, ValueError, asyncio.IncompleteReadError) as error:
        raise Failed("ConnectionError", f"{type(error).__name__}: {error}") from error
    if not 200 <= status < 300:
        # what the endpoint says it will never take is not sent again; 429 means later
        retry = status >= 500 or status == 429
        raise Failed("HttpError", f"The endpoint answered {status}.", retry=retry)


async def _post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    reader, writer = await asyncio.open_connection(
        parts.hostname, parts.port or (443 if secure else 80), ssl=_trusted() if secure else None
    )
    try:
        writer.write(_head(parts, headers, len(body)) + body)
        await writer.drain()
        while (status := _status(await reader.readline())) == 100:
            while (await reader.readline()).strip():
                pass
        return status
    finally:
        writer.close()


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def _head(parts: SplitResult, headers: Mapping[str, str], length: int) -> bytes:
    sent = {
        "Host": parts.netloc.rpartition("@")[2],
        "User-Agent": AGENT,
        "Content-Type": "text/plain; charset=UTF-8",
        "Accept-Encoding": "gzip,deflate",
        "Connection": "close",
        "Content-Length": str(length),
        **headers,
    }
    if parts.username is not None:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        sent["Authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a line break in a header")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _status(line: bytes) -> int:
    """The code of a status line; ValueError where it is none."""
    parts = line.split(None, 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/") or not parts[1].isdigit():
        raise ValueError("what the endpoint answered is not HTTP")
    return int(parts[1])
