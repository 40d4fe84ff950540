"""Rules are shown each message; what they make of it is left to be delivered, one delivery a rule.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-rules.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from headwater.languages.iot_sql import UNDEFINED, EvaluationError, Message
from headwater.languages.iot_sql.values import to_json
from headwater.services.iot.broker.memory import Broker
from headwater.services.iot.broker.messages import Publication, pack, unpack
from headwater.services.iot.topic_rules.actions import carry_out
from headwater.services.iot.topic_rules.failures import described, failure
from headwater.services.iot.topic_rules.items import get_item
from headwater.services.iot.topic_rules.rule import Rule
from headwater.spine.deliveries import FOREVER, Again, Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

_ATTEMPTS = 3
_WAIT = 1_000
_HTTP = "http"  # what waits for somebody outside is a delivery of its own


def run_rules(call: Call, broker: Broker, publication: Publication, ingest: tuple[str, str] | None) -> None:
    """Show a message to the rules of its topic, or to the one that Basic Ingest names."""
    topic = publication.topic
    if ingest is not None:
        name, topic = ingest
        named = broker.rules.get(name)
        rules = [] if named is None or named.disabled else [named]
    else:
        rules = broker.rules_for(topic)
    if not rules:
        return
    message = Message(
        topic,
        publication.payload,
        call.now,
        call.account,
        publication.client_id,
        publication.principal,
        publication.source_ip,
        call.ids.uuid(),
        publication.properties,
        lambda table, key: get_item(call, table, key),
        lambda thing, name: _get_shadow(call, thing, name),
        call.ids.random,
        call.ids.uuid,
    )
    for rule in rules:
        _run(call, rule, message)


def _get_shadow(call: Call, thing: str, name: str) -> Any:
    """A shadow for `get_thing_shadow`; one that cannot be read is told to the span, and gives nothing."""
    request = {"thingName": thing} | ({"shadowName": name} if name else {})
    try:
        return orjson.loads(call.operation("iotdata", "GetThingShadow", request)["payload"])
    except AwsError as error:
        call.span.note("get_thing_shadow", f"{error.code}: {error.message}")
        return UNDEFINED


def _run(call: Call, rule: Rule, message: Message) -> None:
    actions: list[dict[str, Any]] = []
    failures: list[dict[str, str]] = []
    payload = b""
    try:
        if rule.statement.condition(message) is not True:
            call.span.note(f"missed {rule.name}", rule.statement.reason(message))
            return
        payload = to_json(rule.statement.select(message))
        actions = [action.rendered(message) for action in rule.actions]
    except EvaluationError as error:
        call.span.note(f"failed {rule.name}", str(error))
        failures.append({"failedAction": "", "failedResource": rule.name, "errorMessage": str(error)})
    todo = {
        "rule": rule.name,
        "actions": actions,
        "payload": pack(payload),
        "failures": failures,
        "attempt": 1,
    }
    if rule.error_action is not None:
        todo["errorAction"] = rule.error_action.rendered(message)
        todo["context"] = {
            "ruleName": rule.name,
            "topic": message.topic,
            "cloudwatchTraceId": message.trace_id,
            "clientId": message.client_id or "N/A",
            "base64OriginalPayload": base64.b64encode(message.payload).decode(),
        }
    call.deliver("iot.rule", todo, target=f"rule/{rule.name}", policy=FOREVER)


@delivery("iot.rule")
def act(call: Call, item: Delivery) -> Again | None:
    """Carry out a rule's actions; those that failed for now are tried again, and then the error action is told. Where
    there are HTTP actions it is told after them, in `posting.py`."""
    todo = item.payload
    payload = unpack(todo["payload"])
    failures = list(todo["failures"])
    topic = todo["context"]["topic"] if "context" in todo else ""
    later = []
    posts = [action for action in todo["actions"] if action["kind"] == _HTTP]
    for action in todo["actions"]:
        if action["kind"] == _HTTP:
            continue
        try:
            _attempt(call, todo["rule"], action, payload)
        except AwsError as error:
            call.span.note(action["kind"], f"{error.code}: {error.message}")
            if error.status >= 500 and error.code != "NotImplemented" and todo["attempt"] < _ATTEMPTS:
                later.append(action)
            else:
                failures.append(failure(action, described(call, action, topic, error)))
    if later:
        attempt = todo["attempt"]
        return Again(
            call.now + _WAIT * 2 ** (attempt - 1),
            todo | {"actions": later + posts, "failures": failures, "attempt": attempt + 1},
        )
    if posts:
        _leave_posts(call, {**todo, "actions": posts, "failures": failures})
    else:
        conclude(call, todo, failures)
    return None


def conclude(call: Call, todo: Mapping[str, Any], failures: list[dict[str, str]]) -> None:
    """All actions of a rule have had their turn: its error action is told what failed."""
    action = todo.get("errorAction")
    if not failures or action is None:
        return
    told = orjson.dumps(todo["context"] | {"failures": failures})
    if action["kind"] == _HTTP:
        _leave_posts(call, {"rule": todo["rule"], "actions": [action], "payload": pack(told), "failures": []})
        return
    try:
        _attempt(call, todo["rule"], action, told)
    except AwsError as error:
        call.span.note("errorAction", f"{error.code}: {error.message}")


def _leave_posts(call: Call, todo: Mapping[str, Any]) -> None:
    call.deliver("iot.http", todo, target=f"rule/{todo['rule']}")


def _attempt(call: Call, rule: str, action: dict[str, Any], payload: bytes) -> None:
    carry_out(call, rule, action["kind"], action["parameters"], payload)
