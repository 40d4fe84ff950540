"""Putting, listing and removing the targets of rules."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.events import tables
from headwater.services.events.buses import find_bus
from headwater.services.events.errors import limit_exceeded
from headwater.services.events.explaining import keep_version
from headwater.services.events.pages import page
from headwater.services.events.quotas import TARGETS
from headwater.services.events.routing import refresh_rule
from headwater.services.events.rules import check_not_managed, check_role, find_rule
from headwater.services.events.target_checks import check_target
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call, Request, Result, operation


@operation("events", "PutTargets")
def put_targets(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html"""
    rule = find_rule(call, request, request["Rule"])
    check_not_managed(rule, request)
    bus = parse_arn(rule.bus)
    for target in request["Targets"]:
        check_target(target, bus)
        check_role(call, target.get("RoleArn"), rule.arn)
        definition = {name: value for name, value in target.items() if value is not None}
        call.store.run(tables.PUT_TARGET, (rule.arn, target["Id"], target["Arn"], orjson.dumps(definition).decode()))
    if (call.store.one(tables.COUNT_TARGETS, (rule.arn,)) or (0,))[0] > call.quota(TARGETS):
        raise limit_exceeded()
    keep_version(call, rule.bus, rule.arn)
    refresh_rule(call, rule.bus, rule.arn)
    return {"FailedEntryCount": 0, "FailedEntries": []}


@operation("events", "ListTargetsByRule", reads=True)
def list_targets_by_rule(call: Call, request: Request) -> Result:
    rule = find_rule(call, request, request["Rule"])

    def fetch(after: str, count: int) -> list[tuple[Any, ...]]:
        return call.store.all(tables.LIST_TARGETS, (rule.arn, after, count))

    rows, more = page(request, fetch, lambda row: str(row[0]))
    return {"Targets": [orjson.loads(definition) for _, definition in rows], **more}


@operation("events", "RemoveTargets")
def remove_targets(call: Call, request: Request) -> Result:
    rule = find_rule(call, request, request["Rule"])
    check_not_managed(rule, request)
    failed = [
        {
            "TargetId": identity,
            "ErrorCode": "ResourceNotFoundException",
            "ErrorMessage": f"Rule {rule.name} does not have a target with the Id {identity}.",
        }
        for identity in request["Ids"]
        if not call.store.run(tables.DELETE_TARGET, (rule.arn, identity))
    ]
    keep_version(call, rule.bus, rule.arn)
    refresh_rule(call, rule.bus, rule.arn)
    return {"FailedEntryCount": len(failed), "FailedEntries": failed}


@operation("events", "ListRuleNamesByTarget", reads=True)
def list_rule_names_by_target(call: Call, request: Request) -> Result:
    bus = find_bus(call, request.get("EventBusName"))

    def fetch(after: str, count: int) -> list[str]:
        asked = (request["TargetArn"], bus.arn, after, count)
        return [name for (name,) in call.store.all(tables.RULE_NAMES_BY_TARGET, asked)]

    names, more = page(request, fetch, lambda name: name)
    return {"RuleNames": names, **more}
