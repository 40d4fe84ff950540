"""Wait conditions: a stack goes on once so many signals have come to a handle's URL.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Coroutine, Mapping
from typing import Any

import orjson

from headwater.services.cloudformation import tables
from headwater.services.cloudformation.responses import RESPONSE_PATH, RESPONSE_SIGNAL
from headwater.services.cloudformation.types import ResourceFailed, StackChange
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Resource, resource
from headwater.spine.work import Watch

SUCCESS, FAILURE = "SUCCESS", "FAILURE"
_LONGEST = 43_200
_TOKEN = f"{RESPONSE_PATH}?token="

Signals = dict[str, dict[str, str]]
"""By UniqueId: Status, Data, Reason."""


@resource("AWS::CloudFormation::WaitConditionHandle")
class WaitConditionHandle(Resource):
    """`Ref` is the URL that signals are put to; templates also use it as a resource that does nothing."""

    def create(self, call: Call, change: Change) -> None:
        assert isinstance(change, StackChange)
        token = hashlib.sha256(change.token.encode()).hexdigest()
        # not under the stack's own id: what waits for an answer goes with each operation's end, a handle stays
        call.store.run(tables.INSERT_RESPONSE, (token, f"{change.stack_id}/{change.logical_id}", call.now))
        _save(call, token, {})
        change.physical_id = f"{call.endpoint}{_TOKEN}{token}"

    def update(self, call: Call, change: Change) -> None:
        """Nothing to do."""

    def delete(self, call: Call, change: Change) -> None:
        call.store.run(tables.DELETE_RESPONSE, (_token(change.physical_id),))


@resource("AWS::CloudFormation::WaitCondition")
class WaitCondition(Resource):
    """`Ref` names it; attribute Data: what each signal brought, by its UniqueId."""

    def create(self, call: Call, change: Change) -> Coroutine[Any, Any, None]:
        if not change.properties.get("Handle"):
            raise not_implemented("An AWS::CloudFormation::WaitCondition that has no Handle")
        return _wait(change)

    def update(self, call: Call, change: Change) -> None:
        if change.properties != change.previous:
            raise ResourceFailed(f"Update to resource type {change.type} is not supported.")

    def delete(self, call: Call, change: Change) -> None:
        """Nothing to do."""


async def _wait(change: Change) -> None:
    """Until enough have succeeded, one has failed, or the time is up. Raises ResourceFailed."""
    assert change.work is not None
    seconds, count = _whole(change, "Timeout", -1, _LONGEST), _whole(change, "Count", 1, None)
    token = _token(str(change.properties["Handle"]))
    watch, until, signals = await change.work.transact(_look, token, seconds * 1000)
    with watch:
        while (missing := _missing(signals, count)) > 0:
            if not await watch.wait(until):
                received = count - missing
                raise ResourceFailed(f"WaitCondition timed out. Received {received} conditions when expecting {count}")
            signals = await change.work.transact(_signals, token)
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


def _missing(signals: Signals, count: int) -> int:
    for key, signal in signals.items():
        if signal["Status"] == FAILURE:
            raise ResourceFailed(
                f"WaitCondition received failed message: '{signal.get('Reason', '')}' for uniqueId: {key}"
            )
    return count - len(signals)


def _look(call: Call, token: str, milliseconds: int) -> tuple[Watch, int, Signals]:
    watch = call.watch((RESPONSE_SIGNAL, token))
    return watch, call.now + milliseconds, _signals(call, token)


def _signals(call: Call, token: str) -> Signals:
    row = call.store.one(tables.SELECT_RESPONSE, (token,))
    signals = signals_of(row[1]) if row is not None else None
    if signals is None:
        raise ResourceFailed("The Handle of a WaitCondition is no WaitConditionHandle's")
    return signals


def signals_of(body: str | None) -> Signals | None:
    """What has come to a handle; None where it is no handle's row."""
    kept = orjson.loads(body) if body else {}
    found: Signals | None = None if "Status" in kept else kept.get("Signals")
    return found


def keep_signal(call: Call, token: str, signals: Signals, body: Any) -> None:
    """The first signal of a UniqueId counts."""
    if not isinstance(body, Mapping) or body.get("Status") not in (SUCCESS, FAILURE) or not body.get("UniqueId"):
        raise AwsError("ValidationError", "A signal has a Status of SUCCESS or FAILURE, and a UniqueId.", 400)
    told = {name: str(body[name]) for name in ("Status", "Data", "Reason") if body.get(name) is not None}
    _save(call, token, {str(body["UniqueId"]): told} | signals)
    call.signal((RESPONSE_SIGNAL, token))


def _save(call: Call, token: str, signals: Signals) -> None:
    call.store.run(tables.SET_RESPONSE, (orjson.dumps({"Signals": signals}).decode(), token))
