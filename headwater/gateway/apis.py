"""Requests to the user's own APIs: ``/_aws/execute-api/{api}/…``, or the host ``{api}.execute-api.…``; scripts that
were written for other emulators know them as ``/restapis/{api}/{stage}/_user_request_/…``.

The internal operation ``execute-api:Invoke`` answers them. What backends ask about a WebSocket API's connections,
``/{stage}/@connections/{id}``, is a signed request to AWS below the API's address.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from headwater.gateway.connection import HttpConnection
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.signatures import refused_by_signature
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import Caller, Result
from headwater.spine.spans import cause_of

PREFIX = "/_aws/execute-api/"
_USER_REQUEST = re.compile(r"/restapis/([^/]+)(/[^/]+)/_user_request_(/.*|)\Z")
_HOST = re.compile(r"([a-z0-9]{10})\.execute-api\.[^:]+")
# nobody signs these; the operation finds the API's own account and region
ANYBODY = Caller("000000000000", "us-east-1", "anonymous")
_CONNECTIONS = re.compile(r"/[^/]+(/(?:@|%40)connections/[^/]+)\Z")


class Address(NamedTuple):
    """The API of a request, the host that named it (empty where the path did), and the rest of the path."""

    api: str
    domain: str
    path: str


def address_of(request: HttpRequest) -> Address | None:
    """None for a request to no API."""
    if request.path.startswith(PREFIX):
        api, _, rest = request.path[len(PREFIX) :].partition("/")
        return Address(api, "", f"/{rest}")
    if request.path.startswith("/restapis/") and (named := _USER_REQUEST.match(request.path)):
        return Address(named[1], "", named[2] + named[3])
    if host := _HOST.match(request.headers.get("host", "")):
        return Address(host[1], host[0], request.path)
    return None


class UserApis:
    """Takes what is addressed to an API and leaves the rest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def handle(self, request: HttpRequest, connection: HttpConnection) -> bool:
        """True where the request was one for an API; it is then answered, now or later."""
        address = address_of(request)
        if address is None:
            return False
        connections = _CONNECTIONS.match(address.path)
        if connections and "authorization" in request.headers:
            request.path = connections[1]
            return False
        self._engine.submit(
            self._engine.find("execute-api", "Invoke"),
            {
                "ApiId": address.api,
                "Method": request.method,
                "Path": address.path,
                "Query": request.query,
                "Headers": request.headers,
                "Body": request.body,
                "SourceIp": connection.peer,
                "Host": address.domain,
                "Refused": refused_by_signature(request),
            },
            ANYBODY,
            cause_of(request.headers),
            lambda result, error: connection.respond(_response(result, error)),
        )
        return True


def _response(result: Result | None, error: AwsError | None) -> HttpResponse:
    if result is None:
        status = error.status if error is not None else 500
        return HttpResponse(status, [("Content-Type", "application/json")], b'{"message":"Internal Server Error"}')
    return HttpResponse(result["Status"], result["Headers"], result["Body"])
