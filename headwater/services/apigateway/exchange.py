"""One HTTP request to an API, as far as all integrations need it, and the answer."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import orjson

_TEXT = ("text/", "application/json", "application/javascript", "application/xml")
_TEXT_SUFFIXES = ("+json", "+xml")


class Response(NamedTuple):
    """Status, headers as they go out, body; ``kind``: the gateway's own answer to such a failure."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    kind: str = ""


class Backend(NamedTuple):
    """What an integration answered: the status of the service that was asked, which is Lambda's for a function, and the
    backend's own; None where there is none. ``latency`` in milliseconds."""

    service: int | None
    own: int | None
    latency: int = 0


class Message(NamedTuple):
    """What came over a connection of a WebSocket API; ``kind`` is CONNECT, MESSAGE or DISCONNECT.

    ``connected`` in milliseconds; ``code`` and ``reason`` of an end.
    """

    kind: str
    connection: str
    connected: int
    identity: str = ""
    code: int = 0
    reason: str = ""


@dataclass
class Exchange:
    """A request that has found its stage.

    ``path`` is percent-encoded, without the stage; ``headers`` have lower-case names; ``at`` is in
    milliseconds since the epoch. ``route_key``, ``resource`` and ``parameters`` are known once a route is found.
    """

    api_id: str
    rest: bool
    account: str
    region: str
    stage: str
    stage_variables: dict[str, str]
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    source_ip: str
    domain: str
    request_id: str
    extended_id: str
    at: int
    protocol: str = "HTTP/1.1"
    route_key: str = ""
    resource: str = ""
    resource_id: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    authorizer: dict[str, Any] | None = None
    by_token: bool = False  # the authorizer is a JWT one
    deployment_id: str = ""
    # AWS's code and message, where it is signed in a way that the gateway says no to
    refused: tuple[str, str] | None = None
    vouched: bool = False  # signed by a service of ours
    problem: str = ""
    backend: Backend | None = None  # once an integration was asked
    answer: Response | None = None  # the integration's, where something is to be changed on it
    # the API key that let it in, and the key's id
    api_key: tuple[str, str] | None = None
    # of WebSocket APIs alone
    message: Message | None = None
    # where an execution log wants them: its lines about what was sent on and came back
    told: list[str] | None = None

    @cached_property
    def queries(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)

    @cached_property
    def decoded_path(self) -> str:
        return unquote(self.path)

    @property
    def staged_path(self) -> str:
        """The path as the client sees it: with the stage, unless it is the default one."""
        return self.decoded_path if self.stage == "$default" else f"/{self.stage}{self.decoded_path}"

    @property
    def domain_prefix(self) -> str:
        return self.domain.partition(".")[0]


def is_text(content_type: str) -> bool:
    """Whether HTTP APIs take a body of this type for text."""
    kind = content_type.partition(";")[0].strip().lower()
    return not kind or kind.startswith(_TEXT) or kind.endswith(_TEXT_SUFFIXES)


def body_as_text(body: bytes, text: bool) -> tuple[str, bool]:
    """A body for an event: text, and whether that is base64."""
    if text:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def message(status: int, text: str, *headers: tuple[str, str], kind: str = "") -> Response:
    """API Gateway's own answer; ``kind`` as REST APIs name their gateway responses."""
    return Response(status, [("content-type", "application/json"), *headers], orjson.dumps({"message": text}), kind)
