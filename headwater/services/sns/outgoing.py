"""Requests that SNS sends to HTTP endpoints; the one room in which it opens connections."""

from __future__ import annotations

import asyncio
import http.client
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from headwater.spine.deliveries import Failed

# https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
_TIMEOUT = 15.0
AGENT = "Amazon Simple Notification Service Agent"


async def post(url: str, headers: Mapping[str, str], body: str) -> None:
    """POST to an endpoint; Failed unless it answers 200 to 299 within 15 seconds. Redirects are not followed."""
    status = await asyncio.to_thread(_post, url, headers, body.encode())
    if not 200 <= status < 300:
        # what the endpoint says it will never take is not sent again; 429 means later
        retry = status >= 500 or status == 429
        raise Failed("HttpError", f"The endpoint answered {status}.", retry=retry)


def _post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    sent = {"User-Agent": AGENT, "Content-Type": "text/plain; charset=UTF-8", **headers}
    if parts.username is not None:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        sent["Authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        try:
            connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, sent)
            return connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Failed("ConnectionError", f"{type(error).__name__}: {error}") from error
