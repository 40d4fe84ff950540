"""Why the rules of a bus took an event, or which field said no; computed when somebody asks."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.patterns import InvalidPattern, compile_pattern
from headwater.services.events import tables
from headwater.services.events.archiving import archive_of
from headwater.services.events.buses import bus_arn, bus_by_arn
from headwater.services.events.errors import invalid_pattern
from headwater.services.events.routing import RoutedRule, RoutedTarget
from headwater.spine import versions
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call, Request, Result, operation

_INPUTS = ("Input", "InputPath", "InputTransformer")
_KEPT = (*_INPUTS, "RoleArn")
_MOST_SHOWN = 8192  # characters of what a target gets
_NOT_LISTED = 100  # of the rules that said no, those beyond the nearest


def keep_version(call: Call, bus: str, arn: str) -> None:
    """A rule or its targets have changed: events to come are explained by what stands now."""
    row = call.store.one(tables.FIND_RULE, (arn,))
    versions.keep(call, bus, arn, None if row is None else _definition(call, row))


def _definition(call: Call, row: tuple[Any, ...]) -> dict[str, Any]:
    arn, _, name, pattern, schedule, state = row[:6]
    targets = [orjson.loads(definition) for _, definition in call.store.all(tables.ALL_TARGETS, (arn,))]
    return {
        "name": name,
        "pattern": pattern,
        "schedule": schedule,
        "state": state,
        "targets": [
            {"id": target["Id"], "arn": target["Arn"], **{key: target[key] for key in _KEPT if key in target}}
            for target in targets
        ],
    }


@operation("events", "ExplainEvent", internal=True, reads=True)
def explain_event(call: Call, request: Request) -> Result:
    """What each rule says of an ``Event`` (parsed) on a bus: of those that stood when the row of the id ``At`` was
    written, or that stand now. Those that said no come nearest first."""
    call.span.kept = False
    bus = bus_arn(call, request.get("EventBusName"))
    event = request["Event"]
    now = {row[0]: _definition(call, row) for row in call.store.all(tables.RULES_OF_BUS, (bus,))}
    at = request.get("At")
    standing = now if at is None else versions.standing_at(call.store, bus, at, now)
    verdicts = [_verdict(arn, definition, event) for arn, definition in standing.items()]
    verdicts.sort(key=lambda verdict: (verdict["state"] != "matched", verdict["failed"], verdict["name"]))
    matched = sum(verdict["state"] == "matched" for verdict in verdicts)
    result: Result = {
        "Channel": bus,
        "Verdicts": verdicts[: matched + _NOT_LISTED] + _elsewhere(call, bus, event, far=not matched),
        "Count": len(verdicts),
    }
    if bus_by_arn(call, bus) is None:
        result["Problem"] = f"There is no bus {bus}: EventBridge swallows events that are put there."
    return result


def _verdict(arn: str, definition: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    verdict: dict[str, Any] = {
        "kind": "rule",
        "arn": arn,
        "name": definition["name"],
        "targets": [{"id": target["id"], "arn": target["arn"]} for target in definition["targets"]],
    }
    if definition["pattern"] is None:
        reason = f"it takes no events, it fires by its schedule {definition['schedule']}"
        return verdict | {"state": "not matched", "reason": reason, "failed": 1_000_000}
    explanation = compile_pattern(definition["pattern"]).explain(event)
    verdict |= {"failed": explanation.failed, "explanation": explanation.shown()}
    if definition["state"] == "DISABLED":
        would = "its pattern matches" if explanation.matched else explanation.reason()
        return verdict | {"state": "disabled", "reason": f"the rule is disabled; {would}"}
    if not explanation.matched:
        return verdict | {"state": "not matched", "reason": explanation.reason()}
    for target in definition["targets"]:
        if archive := archive_of(arn, target["arn"]):
            return verdict | {"state": "matched", "targets": [], "reason": f"kept in the archive {archive}"}
    verdict["targets"] = [_given(arn, definition, target, event) for target in definition["targets"]]
    return verdict | {"state": "matched", "reason": "" if definition["targets"] else "the rule has no targets"}


def _given(arn: str, definition: dict[str, Any], target: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """A target with what it gets of the event, where that is not the event itself."""
    shown = {"id": target["id"], "arn": target["arn"]}
    if "RoleArn" in target:
        shown["role"] = target["RoleArn"]
    if not any(key in target for key in _INPUTS):
        return shown
    rule = RoutedRule(arn, "", definition["name"], None, [])
    text = RoutedTarget({"Id": target["id"], "Arn": target["arn"], **target}).render(rule, event, "")
    return shown | {"given": text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"}


def _elsewhere(call: Call, bus: str, event: dict[str, Any], far: bool) -> list[dict[str, Any]]:
    """Rules that would have taken the event, had it come on their bus; ``far``: in other accounts and regions too."""
    came, found = parse_arn(bus), []
    for row in call.store.all(tables.RULES_ELSEWHERE, (bus,)):
        if compile_pattern(row[3]).matches(event):
            verdict = _verdict(row[0], _definition(call, row), event)
            listens = parse_arn(row[1])
            wrong = "bus"
            if came is not None and listens is not None and came.account != listens.account:
                wrong = "account"
            elif came is not None and listens is not None and came.region != listens.region:
                wrong = "region"
            if wrong != "bus" and not far:
                continue
            reason = f"its pattern matches, but it listens on {row[1]}"
            found.append(verdict | {"state": f"wrong {wrong}", "reason": reason})
    return found[:_NOT_LISTED]


@operation("events", "TryPattern", internal=True, reads=True)
def try_pattern(call: Call, request: Request) -> Result:
    """What an ``EventPattern`` says of ``Events`` (parsed), one after the other."""
    call.span.kept = False
    try:
        pattern = compile_pattern(request["EventPattern"])
    except InvalidPattern as refusal:
        raise invalid_pattern(refusal.message) from None
    return {"Verdicts": [pattern.explain(event).shown() for event in request["Events"]]}
