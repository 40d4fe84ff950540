"""Function URLs, ``/_aws/lambda-url/{id}/…`` or the host ``{id}.lambda-url.…``; and the packages that
GetFunction points to, ``/_aws/lambda-code/{name}``.

The internal operations ``lambda:InvokeUrl`` and ``lambda:GetPackage`` answer them.
"""

from __future__ import annotations

import re
from typing import Any

from headwater.gateway.connection import HttpConnection
from headwater.gateway.identity import DEFAULT_ACCOUNT, DEFAULT_REGION
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.signatures import refused_by_signature
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import Caller, Result
from headwater.spine.spans import cause_of

URLS = "/_aws/lambda-url/"
PACKAGES = "/_aws/lambda-code/"
_HOST = re.compile(r"([a-z0-9]{32})\.lambda-url\.[^:]+")
# nobody signs these; the operations find account and region
_ANYBODY = Caller(DEFAULT_ACCOUNT, DEFAULT_REGION, "anonymous")


class LambdaSite:
    """Takes what is addressed to a function URL or a package and leaves the rest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def handle(self, request: HttpRequest, connection: HttpConnection) -> bool:
        if request.path.startswith(PACKAGES):
            self._submit("GetPackage", {"Name": request.path[len(PACKAGES) :]}, request, connection)
            return True
        host = request.headers.get("host", "")
        if request.path.startswith(URLS):
            identity, _, rest = request.path[len(URLS) :].partition("/")
            path = f"/{rest}"
        elif named := _HOST.match(host):
            identity, path = named[1], request.path
        else:
            return False
        event = {
            "UrlId": identity,
            "Method": request.method,
            "Path": path,
            "Query": request.query,
            "Headers": request.headers,
            "Body": request.body,
            "SourceIp": _address(connection),
            "Host": host,
            "Refused": refused_by_signature(request),
            "Begin": connection.begin_answer,
            "Send": lambda chunk: _send(connection, chunk),
        }
        self._submit("InvokeUrl", event, request, connection)
        return True

    def _submit(self, operation: str, event: dict[str, Any], request: HttpRequest, connection: HttpConnection) -> None:
        self._engine.submit(
            self._engine.find("lambda", operation),
            event,
            _ANYBODY,
            cause_of(request.headers),
            lambda result, error: _reply(connection, result, error),
        )


def _address(connection: HttpConnection) -> str:
    peer = connection.transport.get_extra_info("peername") if connection.transport is not None else None
    return str(peer[0]) if peer else "127.0.0.1"


def _send(connection: HttpConnection, chunk: bytes) -> None:
    """A piece of a streamed answer; an answer with a gap is none."""
    if not connection.send_chunk(chunk):
        connection.close()


def _reply(connection: HttpConnection, result: Result | None, error: AwsError | None) -> None:
    """Answer, or end the answer that has been streamed."""
    if result is not None and result.get("Streamed"):
        connection.end_stream()
    else:
        connection.respond(_response(result, error))


def _response(result: Result | None, error: AwsError | None) -> HttpResponse:
    if result is None:
        status = error.status if error is not None else 500
        return HttpResponse(status, [("Content-Type", "application/json")], b'{"Message":"Internal Server Error"}')
    return HttpResponse(result["Status"], result["Headers"], result["Body"])
