"""Which web pages may steer us: those of this machine, and our own.

A browser names the page's origin in every request that can change something. A page from elsewhere that a developer
happens to look at must not reset his cloud.
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin
"""

from __future__ import annotations

from urllib.parse import urlsplit

from headwater.gateway.messages import HttpRequest

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_foreign(request: HttpRequest) -> bool:
    """Whether a page of neither this machine nor this server sends it; what is no page names no origin."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    parts = urlsplit(origin)
    if parts.netloc and parts.netloc == request.headers.get("host"):
        return False
    host = parts.hostname or ""
    return host not in _LOOPBACK and not host.endswith(".localhost")
