"""Requests to the user's own APIs: ``/_aws/execute-api/{api}/…``, or the host ``{api}.execute-api.…``.

The internal operation ``execute-api:Invoke`` answers them.
"""

from __future__ import annotations

import re

from headwater.gateway.connection import HttpConnection
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import Caller, Result
from headwater.spine.spans import cause_of

PREFIX = "/_aws/execute-api/"
_HOST = re.compile(r"([a-z0-9]{10})\.execute-api\.[^:]+")
# nobody signs these; the operation finds the API's own account and region
_ANYBODY = Caller("000000000000", "us-east-1", "anonymous")


class UserApis:
    """Takes what is addressed to an API and leaves the rest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def handle(self, request: HttpRequest, connection: HttpConnection) -> bool:
        """True where the request was one for an API; it is then answered, now or later."""
        domain = ""
        if request.path.startswith(PREFIX):
            api, _, rest = request.path[len(PREFIX) :].partition("/")
            path = f"/{rest}"
        elif host := _HOST.match(request.headers.get("host", "")):
            api, domain, path = host[1], host[0], request.path
        else:
            return False
        self._engine.submit(
            self._engine.find("execute-api", "Invoke"),
            {
                "ApiId": api,
                "Method": request.method,
                "Path": path,
                "Query": request.query,
                "Headers": request.headers,
                "Body": request.body,
                "SourceIp": _address(connection),
                "Host": domain,
            },
            _ANYBODY,
            cause_of(request.headers),
            lambda result, error: connection.respond(_response(result, error)),
        )
        return True


def _address(connection: HttpConnection) -> str:
    peer = connection.transport.get_extra_info("peername") if connection.transport is not None else None
    return str(peer[0]) if peer else "127.0.0.1"


def _response(result: Result | None, error: AwsError | None) -> HttpResponse:
    if result is None:
        status = error.status if error is not None else 500
        return HttpResponse(status, [("Content-Type", "application/json")], b'{"message":"Internal Server Error"}')
    return HttpResponse(result["Status"], result["Headers"], result["Body"])
