"""Rollback triggers: alarms that end a creation or an update, while it goes on and for a while after.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from headwater.services.cloudformation.alarms import alarmed
from headwater.services.cloudformation.deployment import FORWARD, advance, stop
from headwater.services.cloudformation.stack import ALARMS, Stack, find_stack
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.operations import Call
from headwater.spine.work import Work


@delivery("cloudformation.triggers")
def watch_triggers(call: Call, item: Delivery) -> Coroutine[Any, Any, None]:
    return _watch(call.work, item.payload["stack"], item.payload["operation"])


async def _watch(work: Work, stack_id: str, operation: int) -> None:
    with work.watch(ALARMS) as watch:
        while await work.transact(_look, stack_id, operation):
            await watch.wait()


def _look(call: Call, stack_id: str, operation: int) -> bool:
    """Stop the operation where an alarm tells; whether it is to be watched on."""
    stack = find_stack(call, stack_id)
    if not _is_going_on(stack, operation) or "Stopping" in stack.settings:
        return False
    if (told := alarmed(call, stack)) is not None:
        stop(call, stack, told)
    return told is None


def _is_going_on(stack: Stack, operation: int) -> bool:
    return stack.operation == operation and stack.status in FORWARD


@delivery("cloudformation.watched")
def end_watch(call: Call, item: Delivery) -> None:
    """The time is up for which an operation was to be watched after all was deployed."""
    stack = find_stack(call, item.payload["stack"])
    if _is_going_on(stack, item.payload["operation"]):
        advance(call, stack)
