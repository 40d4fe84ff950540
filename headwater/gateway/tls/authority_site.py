"""The authority's certificate at an address, for clients that are to trust it."""

from __future__ import annotations

from headwater.gateway.connection import HttpConnection
from headwater.gateway.messages import HttpRequest, HttpResponse

AUTHORITY_PATH = "/_headwater/ca.pem"


class AuthoritySite:
    """One page, of public content."""

    def __init__(self, pem: bytes) -> None:
        self._pem = pem

    def handle(self, request: HttpRequest, connection: HttpConnection) -> bool:
        if request.path != AUTHORITY_PATH or request.method not in ("GET", "HEAD"):
            return False
        headers = [("Content-Type", "application/x-pem-file"), ("Access-Control-Allow-Origin", "*")]
        connection.respond(HttpResponse(200, headers, self._pem))
        return True
