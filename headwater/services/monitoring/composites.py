"""Composite alarms: rules over the states of other alarms.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from headwater.languages.metrics import AlarmRule, InvalidRule, compile_rule
from headwater.services.monitoring.alarm import Alarm, all_alarms, find_alarm, is_composite, new_alarm, save_alarm
from headwater.services.monitoring.changes import Change, change_state, offset_time
from headwater.services.monitoring.errors import invalid
from headwater.services.monitoring.history import CONFIGURATION, note_history
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.timestamps import spoken

_LACKS = ("ActionsSuppressor", "ActionConfiguration")
_compiled = lru_cache(maxsize=256)(compile_rule)


@operation("monitoring", "PutCompositeAlarm")
def put_composite_alarm(call: Call, request: Request) -> Result:
    for member in _LACKS:
        if request.get(member) is not None:
            raise not_implemented(f"{member} of composite alarms")
    name = request["AlarmName"]
    former = find_alarm(call, name)
    if former is not None and not is_composite(former):
        raise invalid(f"Alarm {name} already exists as a metric alarm.")
    try:
        rule = _compiled(request["AlarmRule"])
    except InvalidRule as error:
        raise invalid(f"AlarmRule must not contain syntax errors: {error}") from None
    named = [_short(each) for each in rule.alarms]
    if unknown := [each for each in named if find_alarm(call, each) is None]:
        raise invalid(f"The alarm rule contains alarms that do not exist: {', '.join(unknown)}")
    if any(name in _below(call, each) for each in named):
        raise invalid(f"The alarm rule of {name} must not contain a cycle.")
    alarm = new_alarm(call, request, former)
    save_alarm(call, alarm, request.get("Tags"))
    note_history(call, alarm, CONFIGURATION, f'Alarm "{name}" {"updated" if former else "created"}', {
        "type": "Update" if former else "Create", "version": "1.0",
    })  # fmt: skip
    word = "updated" if former else "created"
    call.deliver("monitoring.composites", {"composite": name, "word": word}, target=alarm["AlarmArn"])
    return {}


@delivery("monitoring.composites")
def look_again(call: Call, item: Delivery) -> None:
    """A composite alarm is new, or an alarm that some ask for has changed."""
    names = [item.payload["composite"]] if "composite" in item.payload else parents(call, item.payload["alarm"])
    call.span.kept = bool(names)
    for name in sorted(names):
        alarm = find_alarm(call, name)
        if alarm is None:
            continue
        call.span.subject = alarm["AlarmArn"]
        rule = _compiled(alarm["AlarmRule"])
        states = {each: _state(call, each) for each in rule.alarms}
        state = "ALARM" if rule.holds(states) else "OK"
        if state != alarm["StateValue"]:
            change_state(call, alarm, _change(call, alarm, state, item.payload))


def _change(call: Call, alarm: Alarm, state: str, payload: Mapping[str, Any]) -> Change:
    """Why: it is new, or the alarm that triggered it has changed."""
    child = find_alarm(call, payload["alarm"]) if "alarm" in payload else None
    if child is None:
        word = payload.get("word", "updated")
        return Change(state, f"{alarm['AlarmArn']} was {word} and its alarm rule evaluates to {state}")
    arn, value, at = child["AlarmArn"], child["StateValue"], child["StateTransitionedTimestamp"]
    triggering = {"arn": arn, "state": {"value": value, "timestamp": offset_time(at)}}
    data = orjson.dumps({"triggeringAlarms": [triggering]}).decode()
    return Change(state, f"{arn} transitioned to {value} at {spoken(at)}", data)


def _state(call: Call, identifier: str) -> str:
    alarm = find_alarm(call, _short(identifier))
    return alarm["StateValue"] if alarm is not None else ""


def _short(identifier: str) -> str:
    """The name in a name or an ARN."""
    return identifier.split(":alarm:", 1)[1] if identifier.startswith("arn:") else identifier


def _rule_of(alarm: Alarm) -> AlarmRule:
    return _compiled(alarm["AlarmRule"])


def parents(call: Call, name: str) -> set[str]:
    """The names of composite alarms that ask for an alarm."""
    return {
        alarm["AlarmName"]
        for alarm in all_alarms(call)
        if is_composite(alarm) and name in map(_short, _rule_of(alarm).alarms)
    }


def children(call: Call, name: str) -> set[str]:
    alarm = find_alarm(call, name)
    return set(map(_short, _rule_of(alarm).alarms)) if alarm is not None and is_composite(alarm) else set()


def _below(call: Call, name: str) -> set[str]:
    """An alarm's name and all that its rule asks for, through others too."""
    found, waiting = set[str](), [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += children(call, each)
    return found
