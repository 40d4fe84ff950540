"""Where a request goes: our own surface, an API of the user's, a WebSocket, or an AWS service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from headwater.gateway.aws import AwsApis
from headwater.gateway.connection import HttpConnection
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.preflight import preflight

if TYPE_CHECKING:
    from headwater.languages.signatures.faults import Flaw


class Site(Protocol):
    """Something that answers the requests that are its own: True where it has taken one."""

    def handle(self, request: HttpRequest, connection: HttpConnection) -> bool: ...


# what takes the socket over; None for a request that is not its own
Upgrade = Callable[[HttpRequest], asyncio.Protocol | None]
# what is wrong with how a request is signed
Judge = Callable[[HttpRequest], "Flaw | None"]


class Router:
    """Asks each site in turn; what nobody claims is a request to AWS. ``judge``: where signatures are verified."""

    def __init__(
        self, sites: list[Site], upgrades: Sequence[Upgrade], apis: AwsApis, judge: Judge | None = None
    ) -> None:
        self._sites = sites
        self._upgrades = upgrades
        self._apis = apis
        self._judge = judge

    def handle(self, request: HttpRequest, connection: HttpConnection) -> None:
        if self._judge is not None and not request.excused:  # now, for sites make changes
            request.flaw = self._judge(request)
        # a signed POST to / is nearly all of the traffic, and no site's; with a query it may be a bucket's, by its host
        if request.path != "/" or request.method != "POST" or request.query or "authorization" not in request.headers:
            for site in self._sites:
                if site.handle(request, connection):
                    return
            if request.method == "OPTIONS" and "origin" in request.headers:
                connection.respond(preflight(request))
                return
        self._apis.handle(request, connection)

    def upgrade(self, request: HttpRequest) -> asyncio.Protocol | None:
        if self._judge is not None:
            request.flaw = self._judge(request)
        for upgrade in self._upgrades:
            if (made := upgrade(request)) is not None:
                return made
        return None

    def too_large(self, request: HttpRequest) -> HttpResponse:
        body = (
            b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>EntityTooLarge</Code>'
            b"<Message>Your proposed upload exceeds the maximum allowed size</Message></Error>"
        )
        return HttpResponse(400, [("Content-Type", "application/xml")], body)
