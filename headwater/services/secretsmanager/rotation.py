"""A secret's rotation as its row has it, and the timer of its next window."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.secretsmanager import tables
from headwater.services.secretsmanager.rotation_rules import days_between, next_window
from headwater.services.secretsmanager.secret import Secret
from headwater.spine.operations import Call


class Rotation(NamedTuple):
    """A row; times in ms. ``rotated``: when a rotation last succeeded; ``due``: the last second of the window in which
    the next is to be, past where one has failed; ``timer``: the delivery that begins it; ``job``: the one that carries
    out a rotation, ``version`` the version that it makes."""

    function: str
    rules: str | None
    enabled: int
    rotated: int | None
    due: int | None
    timer: int | None
    job: int | None
    version: str | None

    @property
    def rule_map(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.rules) if self.rules else {}
        return found


def find_rotation(call: Call, secret: str) -> Rotation | None:
    """Of the secret of an ARN; None where it was never configured."""
    row = call.store.one(tables.FIND_ROTATION, (secret,))
    return None if row is None else Rotation(*row)


def save_rotation(call: Call, secret: str, rotation: Rotation) -> None:
    call.store.run(tables.SAVE_ROTATION, (secret, call.account, call.region, *rotation))


def describe_rotation(call: Call, secret: Secret) -> dict[str, Any]:
    """What descriptions say of it: nothing where rotation was never turned on."""
    rotation = find_rotation(call, secret.arn)
    if rotation is None:
        return {}
    on = bool(rotation.enabled)
    return {
        "RotationEnabled": on,
        "RotationLambdaARN": rotation.function,
        "RotationRules": rotation.rule_map or None,
        "LastRotatedDate": rotation.rotated,
        "NextRotationDate": rotation.due if on else None,
    }


def scheduled(call: Call, secret: str, rotation: Rotation) -> Rotation:
    """With the timer of the first window after now, in place of a former one."""
    if rotation.timer is not None:
        call.cancel(rotation.timer)
    rules = rotation.rule_map
    window = next_window(rules, call.now) if rules and rotation.enabled else None
    if window is None:
        return rotation._replace(timer=None, due=None)
    timer = call.deliver("secretsmanager.rotation", {"secret": secret}, target=secret, due=window.start)
    if rotation.rotated is not None:
        rules["AutomaticallyAfterDays"] = days_between(rules, call.now, window)
    return rotation._replace(timer=timer, due=window.end, rules=orjson.dumps(rules).decode())


def value_changed(call: Call, secret: str, version: str) -> None:
    """A new current value that no rotation made counts as one where the next is reckoned from it."""
    rotation = find_rotation(call, secret)
    if rotation is not None and rotation.enabled and rotation.version != version:
        save_rotation(call, secret, scheduled(call, secret, rotation))


def forget_rotation(call: Call, secret: str) -> None:
    """With the secret itself."""
    rotation = find_rotation(call, secret)
    if rotation is None:
        return
    for identity in (rotation.timer, rotation.job):
        if identity is not None:
            call.cancel(identity)
    call.store.run(tables.DELETE_ROTATION, (secret,))
