"""A topic rule, its SQL and its actions' templates compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headwater.languages.iot_sql import Message, SqlParseError, Statement, compile_statement, compile_template
from headwater.languages.iot_sql.functions.signature import VERSION_1
from headwater.languages.iot_sql.templates import Template
from headwater.services.iot.errors import invalid_request, sql_parse
from headwater.services.iot.topic_rules.http_urls import check_action
from headwater.spine.errors import not_implemented

# The actions that we carry out, each with the parameters that it cannot be without.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "cloudwatchAlarm": ("roleArn", "alarmName", "stateReason", "stateValue"),
    "cloudwatchLogs": ("roleArn", "logGroupName"),
    "cloudwatchMetric": ("roleArn", "metricNamespace", "metricName", "metricValue", "metricUnit"),
    "dynamoDB": ("roleArn", "tableName", "hashKeyField", "hashKeyValue"),
    "dynamoDBv2": ("roleArn", "putItem"),
    "firehose": ("roleArn", "deliveryStreamName"),
    "http": ("url",),
    "kinesis": ("roleArn", "streamName"),
    "lambda": ("functionArn",),
    "republish": ("roleArn", "topic"),
    "s3": ("roleArn", "bucketName", "key"),
    "sns": ("roleArn", "targetArn"),
    "sqs": ("roleArn", "queueUrl"),
    "stepFunctions": ("roleArn", "stateMachineName"),
}
_MOST_ACTIONS = 10


@dataclass(frozen=True, slots=True)
class Action:
    """`parameters` are those of the API, with a `Template` in place of each text that has one."""

    kind: str
    parameters: Any

    def rendered(self, message: Message) -> dict[str, Any]:
        """The action for one message, as what JSON can hold."""
        return {"kind": self.kind, "parameters": _render(self.parameters, message)}


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    statement: Statement
    actions: tuple[Action, ...]
    error_action: Action | None
    disabled: bool
    created: int

    @classmethod
    def parse(cls, name: str, document: Mapping[str, Any], disabled: bool, created: int) -> Rule:
        """A rule from its TopicRulePayload; AwsError where AWS would refuse it."""
        actions = document.get("actions")
        if document.get("sql") is None or actions is None:
            raise invalid_request("The rule payload must have sql and actions.")
        if len(actions) > _MOST_ACTIONS:
            raise invalid_request(f"The rule has more than {_MOST_ACTIONS} actions.")
        version = document.get("awsIotSqlVersion") or VERSION_1
        error_action = document.get("errorAction")
        try:
            return cls(
                name,
                compile_statement(document["sql"], version),
                tuple(_action(action, version) for action in actions),
                _action(error_action, version) if error_action else None,
                disabled,
                created,
            )
        except SqlParseError as error:
            raise sql_parse(str(error)) from error


def _action(document: Mapping[str, Any], version: str) -> Action:
    if len(document) != 1:
        raise invalid_request("An action must have exactly one type.")
    ((kind, parameters),) = document.items()
    if kind not in ACTIONS:
        raise not_implemented(f"The IoT rule action {kind}")
    for name in ACTIONS[kind]:
        if parameters.get(name) is None:
            raise invalid_request(f"The {kind} action must have {name}.")
    if kind == "http":
        check_action(parameters)
    return Action(kind, _compile(parameters, version))


def _compile(value: Any, version: str) -> Any:
    if isinstance(value, str):
        return compile_template(value, version) if "${" in value else value
    if isinstance(value, Mapping):
        return {key: _compile(item, version) for key, item in value.items()}
    if isinstance(value, list):
        return [_compile(item, version) for item in value]
    return value


def _render(value: Any, message: Message) -> Any:
    if isinstance(value, Template):
        return value.render(message)
    if isinstance(value, dict):
        return {key: _render(item, message) for key, item in value.items()}
    if isinstance(value, list):
        return [_render(item, message) for item in value]
    return value
