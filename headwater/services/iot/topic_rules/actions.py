"""What rules do with a message: one function an action, each a call of the other service's operation.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-rule-actions.html
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from headwater.languages.mqtt.topics import topic_problem
from headwater.services.iot.errors import invalid_request
from headwater.services.iot.topic_rules.items import to_attribute
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request
from headwater.spine.permissions import session_of
from headwater.spine.trust import check_trust, for_source

Parameters = Mapping[str, Any]
_MOST_RECORDS = 500  # of PutRecordBatch


def carry_out(call: Call, rule: str, kind: str, parameters: Parameters, payload: bytes) -> None:
    """Do one action; raises the AwsError of the service that refused it."""
    if role := parameters.get("roleArn"):
        source = make_arn("iot", call.region, call.account, f"rule/{rule}")
        check_trust(call, role, for_source(call, "iot", source), _not_trusted)
    _ACTIONS[kind](call, rule, parameters, payload)


def _not_trusted(why: str) -> AwsError:
    return AwsError("AccessDenied", f"User: {why}", 403)


def _act(call: Call, parameters: Parameters, service: str, name: str, request: Request) -> None:
    """In the action's role."""
    role = parameters.get("roleArn")
    call.operation(service, name, request, principal=session_of(role, "iot") if role else None)


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise invalid_request("The action takes text, and the message is not UTF-8.") from error


def _invoke_function(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    request = {"FunctionName": parameters["functionArn"], "InvocationType": "Event", "Payload": payload}
    call.operation("lambda", "Invoke", request)


def _send_message(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    body = base64.b64encode(payload).decode() if parameters.get("useBase64") else _text(payload)
    _act(call, parameters, "sqs", "SendMessage", {"QueueUrl": parameters["queueUrl"], "MessageBody": body})


def _notify(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    request = {"TopicArn": parameters["targetArn"], "Message": _text(payload)}
    if parameters.get("messageFormat") == "JSON":
        request["MessageStructure"] = "json"
    _act(call, parameters, "sns", "Publish", request)


def _put_object(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    request = {"Bucket": parameters["bucketName"], "Key": parameters["key"], "Body": payload}
    if parameters.get("cannedAcl"):
        request["ACL"] = parameters["cannedAcl"]
    _act(call, parameters, "s3", "PutObject", request)


def _put_columns(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    """dynamoDBv2: each attribute of the message is a column."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise invalid_request("The message is not JSON.") from error
    if not isinstance(document, dict):
        raise invalid_request("The message is not a JSON object.")
    item = {name: to_attribute(value) for name, value in document.items()}
    _act(call, parameters, "dynamodb", "PutItem", {"TableName": parameters["putItem"]["tableName"], "Item": item})


def _put_payload(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    """dynamoDB: the whole message in one column, under the given key."""
    key = {parameters["hashKeyField"]: _key(parameters, "hashKey")}
    if parameters.get("rangeKeyField"):
        key[parameters["rangeKeyField"]] = _key(parameters, "rangeKey")
    table, column = parameters["tableName"], parameters.get("payloadField") or "payload"
    operation = (parameters.get("operation") or "INSERT").upper()
    if operation == "DELETE":
        _act(call, parameters, "dynamodb", "DeleteItem", {"TableName": table, "Key": key})
    elif operation == "INSERT":
        _act(call, parameters, "dynamodb", "PutItem", {"TableName": table, "Item": key | {column: _document(payload)}})
    elif operation == "UPDATE":
        request = {
            "TableName": table,
            "Key": key,
            "UpdateExpression": "SET #payload = :payload",
            "ExpressionAttributeNames": {"#payload": column},
            "ExpressionAttributeValues": {":payload": _document(payload)},
        }
        _act(call, parameters, "dynamodb", "UpdateItem", request)
    else:
        raise invalid_request(f"The operation {operation} is not INSERT, UPDATE or DELETE.")


def _key(parameters: Parameters, prefix: str) -> dict[str, str]:
    kind = "N" if parameters.get(f"{prefix}Type") == "NUMBER" else "S"
    return {kind: parameters.get(f"{prefix}Value") or ""}


def _document(payload: bytes) -> dict[str, Any]:
    try:
        return to_attribute(orjson.loads(payload))
    except orjson.JSONDecodeError:
        return {"B": payload}


def _start_execution(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    machine = make_arn("states", call.region, call.account, f"stateMachine:{parameters['stateMachineName']}")
    name = (parameters.get("executionNamePrefix") or "") + call.ids.uuid()
    request = {"stateMachineArn": machine, "name": name[:80], "input": _text(payload)}
    _act(call, parameters, "states", "StartExecution", request)


def _republish(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    topic = parameters["topic"]
    if topic.startswith("$$"):  # how a rule names a reserved topic, next to its own variables
        topic = topic[1:]
    if problem := topic_problem(topic):
        raise invalid_request(f"The topic {topic} is not valid: {problem}.")
    qos = str(parameters.get("qos") or 0)
    if qos not in ("0", "1"):
        raise invalid_request(f"The QoS {qos} is not 0 or 1.")
    request = {"Topic": topic, "Payload": payload, "Qos": int(qos)}
    call.operation("iot-mqtt", "Republish", request | {"Headers": parameters.get("headers") or {}})


def _put_log_events(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    stream = {"logGroupName": parameters["logGroupName"], "logStreamName": rule}
    try:
        _act(call, parameters, "logs", "CreateLogStream", stream)
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise
    if parameters.get("batchMode"):
        events = [_log_event(item) for item in _batch(payload)]
    else:
        events = [{"timestamp": call.now, "message": _text(payload)}]
    _act(call, parameters, "logs", "PutLogEvents", stream | {"logEvents": events})


def _log_event(item: Any) -> dict[str, Any]:
    timestamp, message = (item.get("timestamp"), item.get("message")) if isinstance(item, dict) else (None, None)
    if not isinstance(timestamp, int) or not isinstance(message, str):
        raise invalid_request("Each record of a batch of logs has a timestamp, in milliseconds, and a message.")
    return {"timestamp": timestamp, "message": message}


def _batch(payload: bytes) -> list[Any]:
    """The records of an action in batchMode."""
    try:
        items = orjson.loads(payload)
    except orjson.JSONDecodeError:
        items = None
    if not isinstance(items, list) or not items:
        raise invalid_request("With batchMode the message must be a JSON array of records.")
    return items


def _put_metric(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    """The time of the metric is in seconds, as the value a text."""
    value, at = _number("metricValue", parameters["metricValue"]), parameters.get("metricTimestamp")
    datum = {"MetricName": parameters["metricName"], "Value": value, "Unit": parameters["metricUnit"]}
    if at:
        datum["Timestamp"] = round(_number("metricTimestamp", at) * 1000)
    _act(
        call,
        parameters,
        "monitoring",
        "PutMetricData",
        {"Namespace": parameters["metricNamespace"], "MetricData": [datum]},
    )


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise invalid_request(f"{name} is not a number: {text}")
    return number


def _set_alarm_state(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    request = {
        "AlarmName": parameters["alarmName"],
        "StateReason": parameters["stateReason"],
        "StateValue": parameters["stateValue"],
    }
    _act(call, parameters, "monitoring", "SetAlarmState", request)


def _put_record(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    key = parameters.get("partitionKey") or call.ids.uuid()
    request = {"StreamName": parameters["streamName"], "Data": payload, "PartitionKey": key}
    _act(call, parameters, "kinesis", "PutRecord", request)


def _deliver_record(call: Call, rule: str, parameters: Parameters, payload: bytes) -> None:
    request: dict[str, Any] = {"DeliveryStreamName": parameters["deliveryStreamName"]}
    separator = (parameters.get("separator") or "").encode()
    if not parameters.get("batchMode"):
        _act(call, parameters, "firehose", "PutRecord", request | {"Record": {"Data": payload + separator}})
        return
    items = _batch(payload)
    if len(items) > _MOST_RECORDS:
        raise invalid_request(f"A batch can have {_MOST_RECORDS} records at most.")
    records = [{"Data": orjson.dumps(item) + separator} for item in items]
    _act(call, parameters, "firehose", "PutRecordBatch", request | {"Records": records})


_ACTIONS: Mapping[str, Callable[[Call, str, Parameters, bytes], None]] = {
    "cloudwatchAlarm": _set_alarm_state,
    "cloudwatchLogs": _put_log_events,
    "cloudwatchMetric": _put_metric,
    "dynamoDB": _put_payload,
    "dynamoDBv2": _put_columns,
    "firehose": _deliver_record,
    "kinesis": _put_record,
    "lambda": _invoke_function,
    "republish": _republish,
    "s3": _put_object,
    "sns": _notify,
    "sqs": _send_message,
    "stepFunctions": _start_execution,
}
