"""Rules: a pattern or a schedule, and whether it is in force."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.languages.patterns import InvalidPattern, compile_pattern
from headwater.languages.schedules import InvalidSchedule, parse_schedule
from headwater.services.events import quotas, tables
from headwater.services.events.buses import DEFAULT, Bus, bus_name, find_bus
from headwater.services.events.errors import (
    invalid_pattern,
    limit_exceeded,
    managed_rule,
    role_refusal,
    rule_not_found,
    validation,
)
from headwater.services.events.explaining import keep_version
from headwater.services.events.pages import page
from headwater.services.events.routing import refresh_rule
from headwater.services.events.scheduling import set_timer
from headwater.services.events.trail import attend
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.trust import for_source, hand_over

ENABLED, DISABLED = "ENABLED", "DISABLED"


class Rule(NamedTuple):
    """A row."""

    arn: str
    bus: str
    name: str
    pattern: str | None
    schedule: str | None
    state: str
    description: str | None
    role: str | None
    created_by: str
    tags: str
    timer: int | None
    managed_by: str | None


def rule_arn(bus: str, name: str) -> str:
    """The ARN of a rule on the bus of an ARN; rules on the default bus do not name it."""
    parts = parse_arn(bus)
    if parts is None:
        raise validation(f"Parameter {bus} is not valid. Reason: Provided Arn is not in correct format.")
    path = name if bus_name(bus) == DEFAULT else f"{bus_name(bus)}/{name}"
    return str(Arn(parts.partition, "events", parts.region, parts.account, f"rule/{path}"))


def rule_by_arn(call: Call, arn: str) -> Rule | None:
    row = call.store.one(tables.FIND_RULE, (arn,))
    return None if row is None else Rule(*row)


def find_rule(call: Call, request: Request, name: str) -> Rule:
    """The rule of a name on the bus that a request means; AwsError where there is none."""
    bus = find_bus(call, request.get("EventBusName"))
    found = rule_by_arn(call, rule_arn(bus.arn, name))
    if found is None:
        raise rule_not_found(name, bus.name)
    call.span.subject = found.arn
    return found


@operation("events", "PutRule")
def put_rule(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html"""
    bus = find_bus(call, request.get("EventBusName"))
    arn = rule_arn(bus.arn, request["Name"])
    pattern, schedule = request.get("EventPattern") or None, request.get("ScheduleExpression") or None
    _check(bus, pattern, schedule)
    existing = rule_by_arn(call, arn)
    check_not_managed(existing, request)
    check_role(call, request.get("RoleArn"), arn)
    if existing is None and call.is_full(quotas.RULES, tables.COUNT_RULES, (bus.arn,)):
        raise limit_exceeded()
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}
    state = request.get("State") or ENABLED
    row = (arn, bus.arn, request["Name"], pattern, schedule, state, request.get("Description"))
    call.store.run(tables.PUT_RULE, (*row, request.get("RoleArn"), call.account, orjson.dumps(tags).decode(), None))
    _changed(call, arn)
    call.span.subject = arn
    return {"RuleArn": arn}


def check_role(call: Call, role: str | None, rule: str) -> None:
    """AwsError where the role does not let EventBridge in, for a rule (its ARN), and policies are enforced."""
    hand_over(call, role, for_source(call, "events", rule), lambda why: role_refusal(str(role)))


def check_not_managed(rule: Rule | None, request: Request) -> None:
    """What a service manages is changed by it alone, unless ``Force`` is given where it may be."""
    if rule is not None and rule.managed_by is not None and not request.get("Force"):
        raise managed_rule(rule.name)


def put_managed_rule(call: Call, bus: str, name: str, pattern: str, manager: str, target: dict[str, Any]) -> None:
    """A rule that a service makes for itself, with its one target."""
    arn = rule_arn(bus, name)
    call.store.run(tables.PUT_RULE, (arn, bus, name, pattern, None, ENABLED, None, None, call.account, "{}", manager))
    call.store.run(tables.PUT_TARGET, (arn, target["Id"], target["Arn"], orjson.dumps(target).decode()))
    _changed(call, arn)


def drop_managed_rule(call: Call, bus: str, name: str) -> None:
    arn = rule_arn(bus, name)
    call.store.run(tables.DELETE_TARGETS, (arn,))
    call.store.run(tables.DELETE_RULE, (arn,))
    keep_version(call, bus, arn)
    refresh_rule(call, bus, arn)


@operation("events", "PutManagedRule", internal=True)
def put_rule_of_service(call: Call, request: Request) -> Result:
    """For other services: ``Bus`` (its ARN), ``Name``, ``Pattern``, ``ManagedBy``, ``Target``."""
    wanted = (request["Bus"], request["Name"], request["Pattern"], request["ManagedBy"])
    put_managed_rule(call, *wanted, request["Target"])
    return {}


@operation("events", "DropManagedRule", internal=True)
def drop_rule_of_service(call: Call, request: Request) -> Result:
    drop_managed_rule(call, request["Bus"], request["Name"])
    return {}


def _check(bus: Bus, pattern: str | None, schedule: str | None) -> None:
    if pattern is None and schedule is None:
        raise validation("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if schedule is not None:
        if bus.name != DEFAULT:
            raise validation("ScheduleExpression is supported only on the default event bus.")
        try:
            # at() belongs to EventBridge Scheduler
            if schedule.startswith("at("):
                raise InvalidSchedule
            parse_schedule(schedule)
        except InvalidSchedule as refusal:
            raise validation(str(refusal)) from None
    if pattern is not None:
        try:
            compile_pattern(pattern)
        except InvalidPattern as refusal:
            raise invalid_pattern(refusal.message) from None


def _changed(call: Call, arn: str) -> None:
    """After a row was written: the clock and the routes must know."""
    rule = rule_by_arn(call, arn)
    if rule is not None:
        set_timer(call, arn, rule.schedule if rule.state != DISABLED else None, rule.timer)
        keep_version(call, rule.bus, arn)
        refresh_rule(call, rule.bus, rule.arn)
        attend(call, rule.pattern)


@operation("events", "DescribeRule", reads=True)
def describe_rule(call: Call, request: Request) -> Result:
    rule = find_rule(call, request, request["Name"])
    return _description(rule) | {"CreatedBy": rule.created_by}


@operation("events", "ListRules", reads=True)
def list_rules(call: Call, request: Request) -> Result:
    bus = find_bus(call, request.get("EventBusName"))
    prefix = request.get("NamePrefix") or ""

    def fetch(after: str, count: int) -> list[Rule]:
        return [Rule(*row) for row in call.store.all(tables.LIST_RULES, (bus.arn, len(prefix), prefix, after, count))]

    rules, more = page(request, fetch, lambda rule: rule.name)
    return {"Rules": [_description(rule) for rule in rules], **more}


def _description(rule: Rule) -> dict[str, Any]:
    members = {
        "Name": rule.name,
        "Arn": rule.arn,
        "EventPattern": rule.pattern,
        "ScheduleExpression": rule.schedule,
        "State": rule.state,
        "Description": rule.description,
        "RoleArn": rule.role,
        "ManagedBy": rule.managed_by,
        "EventBusName": bus_name(rule.bus),
    }
    return {name: value for name, value in members.items() if value is not None}


@operation("events", "EnableRule")
def enable_rule(call: Call, request: Request) -> Result:
    return _set_state(call, request, ENABLED)


@operation("events", "DisableRule")
def disable_rule(call: Call, request: Request) -> Result:
    return _set_state(call, request, DISABLED)


def _set_state(call: Call, request: Request, state: str) -> Result:
    rule = find_rule(call, request, request["Name"])
    check_not_managed(rule, request)
    call.store.run(tables.SET_RULE_STATE, (state, rule.arn))
    _changed(call, rule.arn)
    return {}


@operation("events", "DeleteRule")
def delete_rule(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteRule.html: a rule that is not
    there is as good as deleted."""
    bus = find_bus(call, request.get("EventBusName"))
    rule = rule_by_arn(call, rule_arn(bus.arn, request["Name"]))
    if rule is None:
        return {}
    check_not_managed(rule, request)
    if (call.store.one(tables.COUNT_TARGETS, (rule.arn,)) or (0,))[0]:
        raise validation("Rule can't be deleted since it has targets.")
    set_timer(call, rule.arn, None, rule.timer)
    call.store.run(tables.DELETE_RULE, (rule.arn,))
    keep_version(call, bus.arn, rule.arn)
    refresh_rule(call, bus.arn, rule.arn)
    attend(call, None)
    return {}
