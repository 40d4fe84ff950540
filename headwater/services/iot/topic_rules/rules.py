"""Making, reading and changing topic rules.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-create-rule.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from headwater.languages.iot_sql.functions.signature import VERSION_1
from headwater.languages.mqtt.topics import matches
from headwater.services.iot.broker.memory import Broker, broker_of
from headwater.services.iot.errors import already_exists, check_name, invalid_request, rule_denied
from headwater.services.iot.listing import from_memory, list_page
from headwater.services.iot.tags import forget_tags, set_tags
from headwater.services.iot.topic_rules import tables
from headwater.services.iot.topic_rules.destinations import make_implied
from headwater.services.iot.topic_rules.rule import Rule
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.permissions import check_passing

_NAME = re.compile("^[a-zA-Z0-9_]+$")
_PAGE = 10_000


def _arn(broker: Broker, name: str) -> str:
    return f"{broker.prefix}rule/{name}"


@operation("iot", "CreateTopicRule")
def create_topic_rule(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateTopicRule.html"""
    name = check_name(request, "ruleName", _NAME)
    payload = _payload(request)
    broker = broker_of(call)
    call.span.subject = arn = _arn(broker, name)
    if name in broker.rules:
        raise already_exists("Rule already exists", name, arn)
    disabled = bool(payload.get("ruleDisabled"))
    rule = Rule.parse(name, payload, disabled, call.now)
    _check_roles(call, payload)
    tags = parse_qsl(request.get("tags") or "", keep_blank_values=True)
    row = (call.account, call.region, name, _text(payload), int(disabled), call.now)
    call.store.run(tables.INSERT_RULE, row)
    set_tags(call, arn, [{"Key": key, "Value": value} for key, value in tags])
    make_implied(call, payload)
    broker.set_rule(rule)
    return {}


@operation("iot", "ReplaceTopicRule")
def replace_topic_rule(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ReplaceTopicRule.html"""
    broker, former = _find(call, request)
    payload = _payload(request)
    rule = Rule.parse(former.name, payload, bool(payload.get("ruleDisabled")), former.created)
    _check_roles(call, payload)
    row = (_text(payload), int(rule.disabled), call.account, call.region, rule.name)
    call.store.run(tables.REPLACE_RULE, row)
    make_implied(call, payload)
    broker.set_rule(rule)
    return {}


@operation("iot", "GetTopicRule")
def get_topic_rule(call: Call, request: Request) -> Result:
    broker, rule = _find(call, request)
    row = call.store.one(tables.RULE, (call.account, call.region, rule.name))
    document = orjson.loads(row[0]) if row else {}
    described = {"ruleName": rule.name, "createdAt": rule.created, "ruleDisabled": rule.disabled}
    version = {"awsIotSqlVersion": document.get("awsIotSqlVersion") or VERSION_1}
    return {"ruleArn": _arn(broker, rule.name), "rule": document | version | described}


@operation("iot", "ListTopicRules")
def list_topic_rules(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListTopicRules.html"""
    broker = broker_of(call)
    topic, disabled = request.get("topic"), request.get("ruleDisabled")
    wanted = [
        name
        for name, rule in sorted(broker.rules.items())
        if (disabled is None or rule.disabled is disabled)
        and (topic is None or matches(rule.statement.topic_filter or "", topic))
    ]
    names, token = list_page(request, from_memory(wanted), str, _PAGE)
    listed = [
        {
            "ruleArn": _arn(broker, rule.name),
            "ruleName": rule.name,
            "topicPattern": rule.statement.topic_filter,
            "createdAt": rule.created,
            "ruleDisabled": rule.disabled,
        }
        for rule in map(broker.rules.__getitem__, names)
    ]
    return {"rules": listed, "nextToken": token}


@operation("iot", "EnableTopicRule")
def enable_topic_rule(call: Call, request: Request) -> Result:
    return _set_disabled(call, request, disabled=False)


@operation("iot", "DisableTopicRule")
def disable_topic_rule(call: Call, request: Request) -> Result:
    return _set_disabled(call, request, disabled=True)


def _check_roles(call: Call, payload: Mapping[str, Any]) -> None:
    """Who makes a rule hands over the roles of its actions."""
    actions = [*(payload.get("actions") or ()), payload.get("errorAction") or {}]
    roles = (parameters.get("roleArn") for action in actions for parameters in action.values())
    for role in dict.fromkeys(filter(None, roles)):
        check_passing(call, role, "iot")


def _set_disabled(call: Call, request: Request, disabled: bool) -> Result:
    broker, rule = _find(call, request)
    call.store.run(tables.SET_RULE_DISABLED, (int(disabled), call.account, call.region, rule.name))
    changed = Rule(rule.name, rule.statement, rule.actions, rule.error_action, disabled, rule.created)
    broker.set_rule(changed)
    return {}


@operation("iot", "DeleteTopicRule")
def delete_topic_rule(call: Call, request: Request) -> Result:
    broker, rule = _find(call, request)
    call.store.run(tables.DELETE_RULE, (call.account, call.region, rule.name))
    forget_tags(call, _arn(broker, rule.name))
    broker.remove_rule(rule.name)
    return {}


def _find(call: Call, request: Request) -> tuple[Broker, Rule]:
    name = check_name(request, "ruleName", _NAME)
    broker = broker_of(call)
    rule = broker.rules.get(name)
    if rule is None:
        raise rule_denied(name)
    call.span.subject = _arn(broker, name)
    return broker, rule


def _payload(request: Request) -> Mapping[str, Any]:
    payload = request.get("topicRulePayload")
    if not isinstance(payload, Mapping):
        raise invalid_request("The rule has no topicRulePayload.")
    return payload


def _text(payload: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(payload)).decode()
