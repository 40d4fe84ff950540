"""The data plane over HTTP: publishing, and retained messages.

https://docs.aws.amazon.com/iot/latest/apireference/API_Operations_AWS_IoT_Data_Plane.html
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import orjson

from headwater.languages.mqtt.limits import AWS_LIMITS
from headwater.languages.mqtt.packets import Properties
from headwater.languages.mqtt.topics import is_reserved, topic_problem
from headwater.services.iot.broker import tables
from headwater.services.iot.broker.memory import broker_of
from headwater.services.iot.broker.messages import Publication, properties_of
from headwater.services.iot.broker.publishing import publish
from headwater.services.iot.errors import invalid_request, not_found, unauthorized
from headwater.services.iot.listing import first, list_page
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 200


@operation("iotdata", "Publish", atomic=True)
def publish_over_http(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html"""
    topic = _checked_topic(request)
    if is_reserved(topic):
        raise unauthorized(f"The topic {topic} is reserved.")
    return _publish(call, topic, request.get("payload") or b"", request, _request_properties(request))


@operation("iot-mqtt", "Republish", internal=True)
def republish(call: Call, request: Request) -> Result:
    """A rule's republish action. Request: Topic, Payload, Qos, Headers (MqttHeaders of the API)."""
    message = {"qos": request["Qos"]}
    return _publish(call, request["Topic"], request["Payload"], message, _header_properties(request["Headers"]))


def _publish(call: Call, topic: str, payload: bytes, request: Request, properties: Properties) -> Result:
    broker = broker_of(call)
    call.span.subject = f"{broker.prefix}topic/{topic}"
    if len(payload) > AWS_LIMITS.payload_bytes:
        raise AwsError("RequestEntityTooLarge", "The payload has more than 128 KB.", 413)
    qos = request.get("qos") or 0
    if qos not in (0, 1):
        raise invalid_request("The QoS must be 0 or 1.")
    message = Publication(topic, payload, qos, bool(request.get("retain")), properties)
    message.principal = call.principal
    publish(call, broker, message)
    return {}


def _checked_topic(request: Request) -> str:
    topic = request.get("topic") or ""
    if problem := topic_problem(topic):
        raise invalid_request(f"The topic is not valid: {problem}.")
    return topic


def _request_properties(request: Request) -> Properties:
    """MQTT 5's properties from the members of the API."""
    properties: Properties = {}
    if (expiry := request.get("messageExpiry")) is not None:
        properties["message_expiry_interval"] = expiry
    if request.get("contentType"):
        properties["content_type"] = request["contentType"]
    if request.get("responseTopic"):
        properties["response_topic"] = request["responseTopic"]
    if request.get("payloadFormatIndicator"):
        properties["payload_format_indicator"] = int(request["payloadFormatIndicator"] == "UTF8_DATA")
    if request.get("correlationData"):
        properties["correlation_data"] = _base64(request["correlationData"])
    if request.get("userProperties"):
        properties["user_property"] = list(_pairs(request["userProperties"]))
    return properties


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise invalid_request("The correlation data is not base64.") from error


def _pairs(given: Any) -> Iterable[tuple[str, str]]:
    """User properties: a list of objects of one key each, which SDKs send as JSON within JSON."""
    try:
        items = orjson.loads(given) if isinstance(given, str) else given
    except orjson.JSONDecodeError as error:
        raise invalid_request("The user properties are not JSON.") from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise invalid_request("The user properties are not a list of objects.")
    for item in items:
        for name, value in item.items():
            if not isinstance(value, str):
                raise invalid_request("A user property is text.")
            yield name, value


def _header_properties(headers: Request) -> Properties:
    """MQTT 5's properties from the headers of a republish action, where all are text."""
    members = {name: headers[name] for name in ("contentType", "responseTopic") if headers.get(name)}
    properties = _request_properties(members)
    if headers.get("payloadFormatIndicator"):
        properties["payload_format_indicator"] = int(headers["payloadFormatIndicator"] == "UTF8_DATA")
    if headers.get("correlationData"):
        properties["correlation_data"] = headers["correlationData"].encode()
    if str(headers.get("messageExpiry") or "").isdigit():
        properties["message_expiry_interval"] = int(headers["messageExpiry"])
    pairs = [(item["key"], item["value"]) for item in headers.get("userProperties") or ()]
    return properties | ({"user_property": pairs} if pairs else {})


@operation("iotdata", "GetRetainedMessage")
def get_retained_message(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetRetainedMessage.html"""
    topic = _checked_topic(request)
    row = call.store.one(tables.RETAINED, (call.account, call.region, topic, call.now))
    if row is None:
        raise not_found("No retained message exists for the specified topic")
    payload, qos, text, modified, _ = row
    result: Result = {"topic": topic, "payload": payload, "qos": qos, "lastModifiedTime": modified}
    if pairs := properties_of(text).get("user_property"):
        result["userProperties"] = orjson.dumps([{name: value} for name, value in pairs])
    return result


@operation("iotdata", "ListRetainedMessages")
def list_retained_messages(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_ListRetainedMessages.html"""

    def fetch(after: str, count: int) -> list[tuple[Any, ...]]:
        return call.store.all(tables.LIST_RETAINED, (call.account, call.region, after, call.now, count))

    rows, token = list_page(request, fetch, first, _PAGE)
    listed = [
        {"topic": topic, "payloadSize": size, "qos": qos, "lastModifiedTime": modified}
        for topic, size, qos, modified in rows
    ]
    return {"retainedTopics": listed, "nextToken": token}
