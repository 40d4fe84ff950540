"""What a function streams, made an HTTP answer as it comes.

It may begin with an answer's status and headers, as JSON with eight zeros after it.
https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

_INTEGRATION = "application/vnd.awslambda.http-integration-response"
_END = b"\0" * 8
Headers = list[tuple[str, str]]


class Relay:
    """A function's sink. ``begin`` is told status and headers once, ``send`` each piece of the body; ``cors`` are
    headers that come on top. ``status`` is 0 until it has begun."""

    def __init__(self, begin: Callable[[int, Headers], object], send: Callable[[bytes], object], cors: Headers) -> None:
        self._begin = begin
        self._send = send
        self._head = b""
        self.cors = cors
        self.status = 0

    def __call__(self, chunk: bytes, content_type: str) -> None:
        if self.status:
            self._pass(chunk)
        elif content_type.startswith(_INTEGRATION):
            self._head += chunk
            prelude, end, rest = self._head.partition(_END)
            if end:
                self._begin_with(_read(prelude))
                self._pass(rest)
        else:
            self._begin_with({"headers": {"content-type": content_type or "application/octet-stream"}})
            self._pass(chunk)

    def _begin_with(self, prelude: dict[str, Any]) -> None:
        status = prelude.get("statusCode", 200)
        self.status = status if isinstance(status, int) and 100 <= status <= 599 else 502
        given = {str(name).lower(): str(value) for name, value in (prelude.get("headers") or {}).items()}
        given.setdefault("content-type", "application/octet-stream")
        cookies = [("set-cookie", str(cookie)) for cookie in prelude.get("cookies") or ()]
        self._begin(self.status, [*given.items(), *cookies, *self.cors])

    def _pass(self, chunk: bytes) -> None:
        if chunk:
            self._send(chunk)


def _read(prelude: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(prelude)
    except orjson.JSONDecodeError:
        value = None
    return value if isinstance(value, dict) else {"statusCode": 502}
