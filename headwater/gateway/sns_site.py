"""The certificate by which receivers verify what SNS signed, where ``SigningCertURL`` says it is."""

from __future__ import annotations

from headwater.gateway.connection import HttpConnection
from headwater.gateway.identity import DEFAULT_ACCOUNT, DEFAULT_REGION
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import ANYBODY, Caller, Result

_PATH = "/SimpleNotificationService.pem"
_ANYBODY = Caller(DEFAULT_ACCOUNT, DEFAULT_REGION, ANYBODY)


class SnsSite:
    """Answers one path."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def handle(self, request: HttpRequest, connection: HttpConnection) -> bool:
        if request.path != _PATH or request.method != "GET":
            return False

        def reply(result: Result | None, error: AwsError | None) -> None:
            if result is None:
                text = error.message if error is not None else ""
                connection.respond(HttpResponse(503, [("Content-Type", "text/plain")], text.encode()))
                return
            headers = [("Content-Type", "application/x-pem-file")]
            connection.respond(HttpResponse(200, headers, result["Certificate"].encode()))

        operation = self._engine.find("sns", "GetSigningCertificate")
        self._engine.submit(operation, {}, _ANYBODY, None, reply)
        return True
