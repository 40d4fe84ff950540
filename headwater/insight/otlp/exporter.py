"""The exporter: hears of spans after each commit, and sends them in batches from a thread of its own.

What a collector cannot take in time is dropped and counted: nobody waits for it. Where no endpoint is named nothing
listens, and nothing is paid.
"""

from __future__ import annotations

import asyncio
import logging
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from typing import Any

from headwater.insight.follow import SPANS
from headwater.insight.otlp.extra import NoSuchExtra
from headwater.spine.engine import Engine
from headwater.spine.spans import Span

_MOST_QUEUED = 50_000
_BATCH = 1000
_SECONDS_BETWEEN = 0.5
_SECONDS_TO_ANSWER = 10.0
_SECONDS_AT_THE_END = 3.0
_PATH = "/v1/traces"
log = logging.getLogger(__name__)


class Exporter:
    """``dropped`` counts spans that were not sent; ``sent`` those that were taken."""

    def __init__(self, engine: Engine, endpoint: str) -> None:
        try:
            from headwater.insight.otlp.encoding import encode
        except ImportError:
            raise NoSuchExtra("Exporting needs the extra: pip install 'headwater[otel]'.") from None
        self._encode: Callable[[list[Span]], bytes] = encode
        self._url = endpoint if endpoint.endswith(_PATH) else endpoint.rstrip("/") + _PATH
        self._queue: deque[Span] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None
        self._complained = False
        self.sent = self.dropped = 0
        self._end = engine.listen(SPANS, self._heard)

    def _heard(self, spans: Any) -> None:
        room = _MOST_QUEUED - len(self._queue)
        ended = [span for span in spans if span.outcome is not None and span.kept]
        self._queue.extend(ended[:room] if room > 0 else ())
        self.dropped += max(len(ended) - max(room, 0), 0)
        if self._timer is None and self._sending is None and self._queue:
            self._timer = asyncio.get_running_loop().call_later(_SECONDS_BETWEEN, self._begin)

    def _begin(self) -> None:
        self._timer = None
        self._sending = asyncio.get_running_loop().create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]
                try:
                    await asyncio.to_thread(self._send, batch)
                except (OSError, ValueError) as error:
                    self.dropped += len(batch)
                    self._complain(error)
                else:
                    self.sent += len(batch)
                    self._complained = False
        finally:
            self._sending = None

    def _send(self, batch: list[Span]) -> None:
        headers = {"Content-Type": "application/x-protobuf"}
        request = urllib.request.Request(self._url, self._encode(batch), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS_TO_ANSWER) as answer:
                answer.read()
        except urllib.error.HTTPError as error:
            with error:  # its connection is left open otherwise
                raise

    def _complain(self, error: Exception) -> None:
        """Once, until it goes well again."""
        if not self._complained:
            log.warning("spans could not be exported to %s: %s", self._url, error)
        self._complained = True

    async def stop(self) -> None:
        """Send what is left, if that is quickly done."""
        self._end()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        task = self._sending or asyncio.get_running_loop().create_task(self._send_all())
        try:
            await asyncio.wait_for(task, _SECONDS_AT_THE_END)
        except TimeoutError:
            self.dropped += len(self._queue)
