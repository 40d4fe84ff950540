"""Letting time pass on a server's virtual clock."""

from __future__ import annotations

import asyncio

from headwater.spine.clock import VirtualClock
from tests.server import ServerThread


def pass_time(server: ServerThread, milliseconds: int) -> None:
    """Let so much time pass on the server's virtual clock, timer by timer."""
    clock = server.cloud.engine.clock
    assert isinstance(clock, VirtualClock)

    async def advance() -> None:
        end = clock.now() + milliseconds
        while (due := clock.next_due()) is not None and due <= end:
            clock.advance_to(due)
            for _ in range(20):
                await asyncio.sleep(0)
        clock.advance_to(end)

    server.run(advance())
