"""Answers that wait a little for what is about to be settled.

SDKs' waiters and `aws cloudformation deploy` ask at once and then every 30 seconds, while a deployment here takes one
or two: the first answer therefore waits for the end of what goes on, up to five seconds.
"""

from __future__ import annotations

from collections.abc import Callable

from headwater.spine.operations import Answer, Call, Result
from headwater.spine.work import Watch, Work

PATIENCE = 5_000  # ms

Look = Callable[[Call], tuple[bool, Result]]


def when_settled(call: Call, identity: str, look: Look) -> Answer:
    """What ``look`` sees of a stack or change set, once it says that this is settled."""
    settled, result = look(call)
    if settled:
        return result
    return _later(call.work, call.watch(("cloudformation", identity)), look, call.now + PATIENCE)


async def _later(work: Work, watch: Watch, look: Look, until: int) -> Result:
    with watch:
        while True:
            in_time = await watch.wait(until)
            settled, result = await work.transact(look)
            if settled or not in_time:
                return result
