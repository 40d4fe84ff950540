"""Answers that wait a little for what is about to be settled.

SDKs' waiters and `aws cloudformation deploy` ask at once and then every 30 seconds, while a deployment here takes one
or two: the first answer therefore waits for the end of what goes on, up to five seconds. These are real ones, since it
is a client that waits, whatever the cloud's clock says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from headwater.spine.operations import Answer, Call, Result
from headwater.spine.work import Watch, Work

PATIENCE = 5.0  # seconds

Look = Callable[[Call], tuple[bool, Result]]


def when_settled(call: Call, identity: str, look: Look) -> Answer:
    """What ``look`` sees of a stack or change set, once it says that this is settled."""
    settled, result = look(call)
    return result if settled else _later(call.work, call.watch(("cloudformation", identity)), look)


async def _later(work: Work, watch: Watch, look: Look) -> Result:
    settled = False
    with watch:
        try:
            async with asyncio.timeout(PATIENCE):
                while not settled:
                    await watch.wait()
                    settled, result = await work.transact(look)
        except TimeoutError:
            _, result = await work.transact(look)
    return result
