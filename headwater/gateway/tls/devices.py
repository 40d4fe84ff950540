"""HTTPS requests of a device that has shown a certificate: it publishes and asks for shadows without signing.

https://docs.aws.amazon.com/iot/latest/developerguide/http.html
"""

from __future__ import annotations

import asyncio
import re

import orjson

from headwater.gateway.connection import Handler, HttpConnection
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.spine.engine import SYSTEM, Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import Result
from headwater.spine.session_tokens import standing_token
from headwater.spine.spans import cause_of

_DATA_PLANE = re.compile(r"/topics/.|/things/[^/]+/shadow\Z|/api/things/shadow/|/retainedMessage(?:/|\Z)")
_TOPICS = "/topics/"


class DeviceHandler:
    """Stands before another handler for one connection, and asks whether its device may do what it wants."""

    def __init__(self, handler: Handler, engine: Engine, certificate: bytes) -> None:
        self._handler = handler
        self._engine = engine
        self._certificate = certificate

    def handle(self, request: HttpRequest, connection: HttpConnection) -> None:
        is_signed = "authorization" in request.headers or "X-Amz-Credential" in request.query
        if is_signed or not _DATA_PLANE.match(request.path):
            self._handler.handle(request, connection)
            return

        def admitted(result: Result | None, error: AwsError | None) -> None:
            if result is None:
                connection.respond(_refusal(error))
                return
            self._sign(request, result)
            self._handler.handle(request, connection)

        asked = {
            "Certificate": self._certificate,
            "Method": request.method,
            "Path": request.path,
            "Query": request.query,
            "SourceIp": connection.peer,
        }
        operation = self._engine.find("iot-mqtt", "AdmitRequest")
        self._engine.submit(operation, asked, SYSTEM, cause_of(request.headers), admitted)

    def _sign(self, request: HttpRequest, admitted: Result) -> None:
        """Say for whom the request is, as a signature would that is not verified."""
        request.excused = True
        principal = admitted["Principal"]
        scope = f"{admitted['Account']}/20260101/{admitted['Region']}/iotdata/aws4_request"
        request.headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        request.headers["x-amz-security-token"] = standing_token(principal)
        if request.path.startswith(_TOPICS):  # devices write levels as they are, and SDKs as %2F
            request.path = _TOPICS + request.path[len(_TOPICS) :].replace("/", "%2F")

    def upgrade(self, request: HttpRequest) -> asyncio.Protocol | None:
        return self._handler.upgrade(request)

    def too_large(self, request: HttpRequest) -> HttpResponse:
        return self._handler.too_large(request)


def _refusal(error: AwsError | None) -> HttpResponse:
    code, status = (error.code, error.status) if error is not None else ("InternalFailureException", 500)
    body = orjson.dumps({"message": error.message if error is not None else "Internal failure"})
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code)]
    return HttpResponse(status, headers, body)
