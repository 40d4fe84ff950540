"""Cross-origin requests to HTTP APIs: preflights are answered, answers get their headers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.apigateway.exchange import Response


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def preflight(cors: Mapping[str, Any], origin: str) -> Response:
    """204, with the headers only where the origin is an allowed one."""
    allowed = _origin_headers(cors, origin)
    if not allowed:
        return Response(204, [], b"")
    for member, header in (("AllowMethods", "methods"), ("AllowHeaders", "headers")):
        if values := cors.get(member):
            allowed.append((f"access-control-allow-{header}", ",".join(values)))
    if cors.get("MaxAge"):
        allowed.append(("access-control-max-age", str(cors["MaxAge"])))
    return Response(204, allowed, b"")


def add_cors(cors: Mapping[str, Any], origin: str, response: Response) -> Response:
    """The API's own headers in place of those that the integration gave."""
    kept = [pair for pair in response.headers if not pair[0].lower().startswith("access-control-")]
    return response._replace(headers=kept + _origin_headers(cors, origin))


def _origin_headers(cors: Mapping[str, Any], origin: str) -> list[tuple[str, str]]:
    allowed = cors.get("AllowOrigins") or []
    if not any(_matches(pattern, origin) for pattern in allowed):
        return []
    wildcard = "*" in allowed and not cors.get("AllowCredentials")
    headers = [("access-control-allow-origin", "*" if wildcard else origin)]
    if not wildcard:
        headers.append(("vary", "origin"))
    if cors.get("AllowCredentials"):
        headers.append(("access-control-allow-credentials", "true"))
    if exposed := cors.get("ExposeHeaders"):
        headers.append(("access-control-expose-headers", ",".join(exposed)))
    return headers


def _matches(pattern: str, origin: str) -> bool:
    """``*``, ``https://*``, ``http://*``, or the origin itself."""
    if pattern.endswith("*"):
        return origin.lower().startswith(pattern[:-1].lower())
    return pattern.lower().rstrip("/") == origin.lower()
