"""Wait conditions: a stack goes on once so many signals have come, to a handle's URL or by SignalResource.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Coroutine
from typing import Any

import orjson

from headwater.services.cloudformation import tables
from headwater.services.cloudformation.responses import RESPONSE_PATH
from headwater.services.cloudformation.signals import (
    FAILURE,
    SIGNALLED,
    Signals,
    begin_signals,
    policy_of,
    read_signals,
    watch_signals,
)
from headwater.services.cloudformation.types import ResourceFailed, StackChange
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Resource, resource

_LONGEST = 43_200
_TOKEN = f"{RESPONSE_PATH}?token="


@resource("AWS::CloudFormation::WaitConditionHandle")
class WaitConditionHandle(Resource):
    """`Ref` is the URL that signals are put to; templates also use it as a resource that does nothing."""

    def create(self, call: Call, change: Change) -> None:
        assert isinstance(change, StackChange)
        token = hashlib.sha256(change.token.encode()).hexdigest()
        # not under the stack's own id: what waits for an answer goes with each operation's end, a handle stays
        begin_signals(call, token, f"{change.stack_id}/{change.logical_id}")
        change.physical_id = f"{call.endpoint}{_TOKEN}{token}"

    def update(self, call: Call, change: Change) -> None:
        """Nothing to do."""

    def delete(self, call: Call, change: Change) -> None:
        call.store.run(tables.DELETE_RESPONSE, (_token(change.physical_id),))


@resource(SIGNALLED)
class WaitCondition(Resource):
    """`Ref` names it; attribute Data: what each signal brought, by its UniqueId."""

    def create(self, call: Call, change: Change) -> Coroutine[Any, Any, None]:
        assert isinstance(change, StackChange)
        if change.creation_policy:
            return _await_policy(change)
        if not change.properties.get("Handle"):
            raise ResourceFailed("Property Handle cannot be empty.")
        return _await_handle(change)

    def update(self, call: Call, change: Change) -> None:
        if change.properties != change.previous:
            raise ResourceFailed(f"Update to resource type {change.type} is not supported.")

    def delete(self, call: Call, change: Change) -> None:
        """Nothing to do."""


async def _await_handle(change: StackChange) -> None:
    """Until enough have succeeded, one has failed, or the time is up. Raises ResourceFailed."""
    seconds, count = _whole(change, "Timeout", -1, _LONGEST), _whole(change, "Count", 1, None)
    received, failed = await _gather(change, _token(str(change.properties["Handle"])), seconds, count)
    for key, signal in failed.items():
        raise ResourceFailed(f"WaitCondition received failed message: '{signal.get('Reason', '')}' for uniqueId: {key}")
    if len(received) < count:
        raise ResourceFailed(f"WaitCondition timed out. Received {len(received)} conditions when expecting {count}")
    _made(change, received)


async def _await_policy(change: StackChange) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html"""
    assert change.work is not None
    seconds, count = policy_of(change.creation_policy)
    await change.work.transact(begin_signals, f"{change.stack_id}/{change.logical_id}", change.stack_id)
    received, failed = await _gather(change, f"{change.stack_id}/{change.logical_id}", seconds, count)
    if failed:
        raise ResourceFailed(f"Received {len(failed)} FAILURE signal(s) out of {count}. ")
    if len(received) < count:
        raise ResourceFailed(
            f"Failed to receive {count - len(received)} resource signal(s) within the specified duration"
        )
    _made(change, received)


async def _gather(change: StackChange, token: str, seconds: int, count: int) -> tuple[Signals, Signals]:
    """The signals that have come, and those of them that tell of a failure."""
    assert change.work is not None
    until = change.begun + seconds * 1000
    watch, signals = await change.work.transact(watch_signals, token)
    with watch:
        while True:
            failed = {key: each for key, each in signals.items() if each["Status"] == FAILURE}
            if failed or len(signals) >= count or not await watch.wait(until):
                return signals, failed
            signals = await change.work.transact(read_signals, token)


def _made(change: StackChange, signals: Signals) -> None:
    change.physical_id = f"{change.stack_id}/{change.logical_id}"
    change.attributes = {"Data": orjson.dumps({key: each.get("Data", "") for key, each in signals.items()}).decode()}


def _token(handle: str) -> str:
    return handle.rpartition(_TOKEN)[2]


def _whole(change: Change, name: str, default: int, most: int | None) -> int:
    """A template may give a number as text."""
    try:
        number = int(change.properties.get(name, default))
    except (TypeError, ValueError):
        number = -1
    if number < 0 or (most is not None and number > most):
        raise ResourceFailed(f"Invalid {name} specified for {change.type}: {change.properties.get(name)}")
    return number
