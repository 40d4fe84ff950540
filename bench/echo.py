"""The bare HTTP layer: our server, answering each request with its own body. ``python -m bench.echo PORT``."""

from __future__ import annotations

import asyncio
import sys

import uvloop

from headwater.gateway.connection import HttpConnection
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.server import Server


class Echo:
    """Answers without doing anything."""

    def handle(self, request: HttpRequest, connection: HttpConnection) -> None:
        connection.respond(HttpResponse(200, [("Content-Type", "application/json")], request.body))

    def upgrade(self, request: HttpRequest) -> None:
        return None

    def too_large(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(413, [])


async def main(port: int) -> None:
    await Server(Echo()).start("127.0.0.1", port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
