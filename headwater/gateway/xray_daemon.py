"""What X-Ray's SDKs send to a daemon beside them, over UDP: here to the very number of our port.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
"""

from __future__ import annotations

import asyncio
import logging

import orjson

from headwater.gateway.identity import DEFAULT_ACCOUNT, DEFAULT_REGION
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import ANYBODY, Caller, Result

_ANYBODY = Caller(DEFAULT_ACCOUNT, DEFAULT_REGION, ANYBODY)
_HEADER = {"format": "json", "version": 1}
log = logging.getLogger(__name__)


class XRayDaemon(asyncio.DatagramProtocol):
    """A datagram is a header, a newline and a segment; what is anything else is dropped, as a daemon does."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._transport: asyncio.BaseTransport | None = None

    async def start(self, host: str, port: int) -> None:
        try:
            self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: self, local_addr=(host, port)
            )
        except OSError as error:  # somebody else has it; nothing but this is lost
            log.warning("no X-Ray segments are taken over UDP at %s:%s: %s", host, port, error)

    def datagram_received(self, data: bytes, address: object) -> None:
        header, _, document = data.partition(b"\n")
        try:
            if orjson.loads(header) != _HEADER:
                return
            text = document.decode()
        except ValueError:
            return
        operation = self._engine.find("xray", "PutTraceSegments")
        self._engine.submit(operation, {"TraceSegmentDocuments": [text]}, _ANYBODY, None, _dropped)

    def stop(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _dropped(result: Result | None, error: AwsError | None) -> None:
    """Nobody waits for an answer."""
