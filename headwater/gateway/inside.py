"""Requests that our own services send: they go the way of a client's, without a socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headwater.gateway.aws import AwsApis
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.s3_site import S3Site
from headwater.spine.operations import Caller
from headwater.spine.permissions import is_in_role
from headwater.spine.session_tokens import standing_token
from headwater.spine.store.blobs import Blob
from headwater.spine.wire import WireAnswer, WireRequest


class Inside:
    """Implements ``headwater.spine.wire.Wire``."""

    def __init__(self, apis: AwsApis, s3: S3Site) -> None:
        self._apis = apis
        self._s3 = s3

    def __call__(self, request: WireRequest, caller: Caller, trace: str, reply: Callable[[WireAnswer], None]) -> None:
        scope = f"{caller.account}/20260101/{caller.region}/{request.service}/aws4_request"
        headers = {
            **request.headers,
            "host": f"{request.service}.localhost",
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            "x-amzn-trace-id": trace,
        }
        if is_in_role(caller.principal):
            headers["x-amz-security-token"] = standing_token(caller.principal)
        plain = HttpRequest(request.method, request.path, request.query, headers, request.body)
        answer = _Answer(reply)
        if request.service != "s3" or not self._s3.handle(plain, answer):  # type: ignore[arg-type]
            self._apis.handle(plain, answer)  # type: ignore[arg-type]


class _Answer:
    """Stands where a client's connection would."""

    def __init__(self, reply: Callable[[WireAnswer], None]) -> None:
        self._reply = reply
        self.abandoned: Callable[[], object] | None = None

    def close(self) -> None:
        """A fault keeps the answer back: the sender has waited in vain."""
        self._reply(WireAnswer(504, {}, b""))

    def begin_stream(self, content_type: str) -> None:
        """None of our services reads events."""
        self._reply(
            WireAnswer(501, {}, b'{"__type":"NotImplemented","message":"A stream of events is not read here."}')
        )

    def send_chunk(self, chunk: bytes) -> bool:
        return False

    def end_stream(self) -> None:
        self.abandoned = None

    def respond(self, response: HttpResponse) -> None:
        body: Any = response.body
        headers = {name.lower(): value for name, value in response.headers}
        self._reply(WireAnswer(response.status, headers, body.read() if isinstance(body, Blob) else bytes(body)))
