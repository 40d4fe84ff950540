"""What browsers ask before a request to another origin, where no service has rules of its own."""

from __future__ import annotations

from headwater.gateway.messages import HttpRequest, HttpResponse

_PREFLIGHT = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "HEAD,GET,PUT,POST,DELETE,OPTIONS,PATCH"),
    ("Access-Control-Allow-Headers", "*"),
    ("Access-Control-Max-Age", "86400"),
    ("Vary", "Origin"),
]


def preflight(request: HttpRequest) -> HttpResponse:
    """Anything is allowed."""
    asked = request.headers.get("access-control-request-headers", "*")
    headers = [(name, asked if name == "Access-Control-Allow-Headers" else value) for name, value in _PREFLIGHT]
    return HttpResponse(200, headers)
