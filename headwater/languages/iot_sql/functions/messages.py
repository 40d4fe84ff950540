"""What is known of the message that is being looked at."""

from __future__ import annotations

import base64

from headwater.languages.iot_sql.functions.signature import VERSION_1, VERSION_2, Function
from headwater.languages.iot_sql.message import Message
from headwater.languages.iot_sql.values import UNDEFINED, Value, to_int

_MQTT_PROPERTIES = {
    "format_indicator": "payload_format_indicator",
    "content_type": "content_type",
    "response_topic": "response_topic",
    "correlation_data": "correlation_data",
}


def _topic(message: Message, segment: Value = None) -> Value:
    if segment is None:
        return message.topic
    index = to_int(segment)
    levels = message.topic.split("/")
    return levels[index - 1] if isinstance(index, int) and 0 < index <= len(levels) else UNDEFINED


def _or_undefined(value: str | None) -> Value:
    return UNDEFINED if value is None else value


def _mqtt_property(message: Message, name: Value) -> Value:
    value = message.properties.get(_MQTT_PROPERTIES.get(name, "")) if isinstance(name, str) else None
    if name == "format_indicator":
        return "UTF8_DATA" if value == 1 else "UNSPECIFIED_BYTES"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return _or_undefined(value)


def _user_properties(message: Message, key: Value) -> Value:
    values = [value for name, value in message.properties.get("user_property", ()) if name == key]
    return values or UNDEFINED


def _get_dynamodb(message: Message, table: Value, *arguments: Value) -> Value:
    """`get_dynamodb(table, key, value[, sort key, value], role)`; the role is not looked at yet."""
    if len(arguments) not in (3, 5) or not isinstance(table, str):
        return UNDEFINED
    key = dict(zip(arguments[:-1:2], arguments[1:-1:2], strict=True))
    if not all(isinstance(name, str) for name in key) or UNDEFINED in key.values():
        return UNDEFINED
    return message.get_item(table, key)


def _get_thing_shadow(message: Message, thing: Value, *arguments: Value) -> Value:
    """`get_thing_shadow(thing[, shadow], role)`: its whole document; the role is not looked at yet."""
    name = arguments[0] if len(arguments) == 2 else ""
    if not isinstance(thing, str) or not isinstance(name, str):
        return UNDEFINED
    return message.get_shadow(thing, name)


def _of_message(call: object, fewest: int = 0, most: int = 0, since: str = VERSION_1) -> Function:
    return Function(call, fewest, most, since, wants_message=True)  # type: ignore[arg-type]


FUNCTIONS = {
    "accountid": _of_message(lambda message: message.account),
    "clientid": _of_message(lambda message: "n/a" if message.client_id is None else message.client_id),
    "get_dynamodb": _of_message(_get_dynamodb, 4, 6, VERSION_2),
    "get_mqtt_property": _of_message(_mqtt_property, 1, 1, VERSION_2),
    "get_thing_shadow": _of_message(_get_thing_shadow, 2, 3, VERSION_2),
    "get_user_properties": _of_message(_user_properties, 1, 1, VERSION_2),
    "newuuid": _of_message(lambda message: message.new_uuid()),
    "principal": _of_message(lambda message: _or_undefined(message.principal)),
    "rand": _of_message(lambda message: message.random()),
    "sourceip": _of_message(lambda message: _or_undefined(message.source_ip)),
    "timestamp": _of_message(lambda message: message.now),
    "topic": _of_message(_topic, 0, 1),
    "traceid": _of_message(lambda message: _or_undefined(message.trace_id)),
}
