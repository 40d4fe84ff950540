"""Putting, listing and removing the targets of rules."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.inputs import InputPath, InputTransformer, InvalidInput
from headwater.services.events import tables
from headwater.services.events.buses import find_bus
from headwater.services.events.destinations import DESTINATIONS
from headwater.services.events.errors import limit_exceeded, validation
from headwater.services.events.explaining import keep_version
from headwater.services.events.pages import page
from headwater.services.events.rules import find_rule
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
_MOST_TARGETS = 5
_INPUTS = ("Input", "InputPath", "InputTransformer")


@operation("events", "PutTargets")
def put_targets(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html"""
    rule = find_rule(call, request, request["Rule"])
    for target in request["Targets"]:
        _check(target)
        definition = {name: value for name, value in target.items() if value is not None}
        call.store.run(tables.PUT_TARGET, (rule.arn, target["Id"], target["Arn"], orjson.dumps(definition).decode()))
    if (call.store.one(tables.COUNT_TARGETS, (rule.arn,)) or (0,))[0] > _MOST_TARGETS:
        raise limit_exceeded()
    keep_version(call, rule.bus, rule.arn)
    call.memory.drop(rule.bus)
    return {"FailedEntryCount": 0, "FailedEntries": []}


def _check(target: dict[str, Any]) -> None:
    parts = parse_arn(target["Arn"])
    if parts is None:
        raise validation(f"Parameter {target['Arn']} is not valid. Reason: Provided Arn is not in correct format.")
    if parts.service not in DESTINATIONS:
        raise not_implemented(f"A rule's target of the service {parts.service}")
    _check_input(target)
    if _is_fifo(parts) and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
        raise validation(f"Parameter(s) SqsParameters must be specified for target: {target['Id']}.")


def _is_fifo(arn: Arn) -> bool:
    return arn.service == "sqs" and arn.resource.endswith(".fifo")


def _check_input(target: dict[str, Any]) -> None:
    identity = target["Id"]
    given = [name for name in _INPUTS if target.get(name)]
    if len(given) > 1:
        raise validation(f"Only one of Input, InputPath, or InputTransformer must be provided for target {identity}.")
    try:
        if text := target.get("Input"):
            orjson.loads(text)
        if path := target.get("InputPath"):
            InputPath(path)
        if transformer := target.get("InputTransformer"):
            InputTransformer(transformer.get("InputPathsMap") or {}, transformer["InputTemplate"])
    except orjson.JSONDecodeError:
        raise validation(f"JSON syntax error in input for target {identity}") from None
    except InvalidInput as refusal:
        part = "InputPath" if target.get("InputPath") else "InputTemplate"
        raise validation(f"Invalid {part} for target {identity} : [{refusal}]") from None


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
    call.memory.drop(rule.bus)
    return {"FailedEntryCount": len(failed), "FailedEntries": failed}


@operation("events", "ListRuleNamesByTarget", reads=True)
def list_rule_names_by_target(call: Call, request: Request) -> Result:
    bus = find_bus(call, request.get("EventBusName"))

    def fetch(after: str, count: int) -> list[str]:
        asked = (request["TargetArn"], bus.arn, after, count)
        return [name for (name,) in call.store.all(tables.RULE_NAMES_BY_TARGET, asked)]

    names, more = page(request, fetch, lambda name: name)
    return {"RuleNames": names, **more}
