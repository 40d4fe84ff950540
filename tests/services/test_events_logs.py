"""What a bus tells of its events, delivered as vended logs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.client import Headwater
from tests.conftest import Client, client_factory
from tests.server import ServerThread

ACCOUNT = "123456789012"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/orders"
GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/vendedlogs/events/event-bus/orders"


def _refused(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return str(caught.value.response["Error"]["Code"])


def _deliver(logs: Any, *types: str, bus: str = BUS, group: str = GROUP) -> None:
    logs.create_log_group(logGroupName=group.rpartition("log-group:")[2])
    to = {"destinationResourceArn": group}
    made = logs.put_delivery_destination(name="to", deliveryDestinationConfiguration=to)["deliveryDestination"]
    for log_type in types:
        logs.put_delivery_source(name=log_type, resourceArn=bus, logType=log_type)
        logs.create_delivery(deliverySourceName=log_type, deliveryDestinationArn=made["arn"])


def _told(server: ServerThread, logs: Any) -> list[dict[str, Any]]:
    Headwater(server.endpoint).settle()
    events = logs.filter_log_events(logGroupName=GROUP.rpartition("log-group:")[2])["events"]
    return [json.loads(event["message"]) for event in events]


def _put(events: Any, **more: Any) -> dict[str, Any]:
    entry = {"Source": "shop", "DetailType": "Placed", "Detail": '{"id": 7}', "EventBusName": "orders", **more}
    answer: dict[str, Any] = events.put_events(Entries=[entry])["Entries"][0]
    return answer


def test_a_bus_tells_all_steps_of_an_event(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, ACCOUNT)
    events, logs = aws("events"), aws("logs")
    events.create_event_bus(Name="orders", LogConfig={"IncludeDetail": "FULL", "Level": "TRACE"})
    _deliver(logs, "ERROR_LOGS", "INFO_LOGS", "TRACE_LOGS")
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
    aws("sqs").create_queue(QueueName="q", Attributes={"Policy": json.dumps({"Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]})})  # fmt: skip
    rule = events.put_rule(Name="r", EventBusName="orders", EventPattern='{"source": ["shop"]}')["RuleArn"]
    events.put_targets(Rule="r", EventBusName="orders", Targets=[{"Id": "1", "Arn": queue}])
    event = _put(events, Resources=["x"])["EventId"]
    told = _told(timed, logs)
    assert [record["message_type"] for record in told] == [
        *("EVENT_INGEST_SUCCESS", "EVENT_RECEIPT", "RULE_MATCH_START", "RULE_MATCH", "INVOCATION_START"),
        *("INVOCATION_ATTEMPT_START", "INVOCATION_ATTEMPT_SUCCESS", "INVOCATION_SUCCESS"),
    ]
    assert {record["event_id"] for record in told} == {event}
    assert len({record["request_id"] for record in told}) == 1
    first, match, last = told[0], told[3], told[-1]
    assert first["details"] == {
        "caller_account_id": ACCOUNT, "source_time_ms": 1_795_000_000_000, "source": "shop", "detail_type": "Placed",
        "resources": ["x"], "event_detail": '{"id":7}',
    }  # fmt: skip
    assert (first["resource_arn"], first["event_bus_name"], first["log_level"]) == (BUS, "orders", "INFO")
    assert match["details"]["target_arns"] == [queue] and match["details"]["rule_arn"] == rule
    assert match["details"]["invocation_ids"] == [last["invocation_id"]]
    assert last["details"]["total_attempts"] == 1 and last["details"]["final_invocation_status"] == "SUCCESS"
    assert json.loads(last["details"]["target_input"])["detail"] == {"id": 7}
    assert "error" not in last


def test_a_bus_tells_no_more_than_its_level(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, ACCOUNT)
    events, logs = aws("events"), aws("logs")
    events.create_event_bus(Name="orders", LogConfig={"Level": "ERROR"})
    _deliver(logs, "ERROR_LOGS", "INFO_LOGS")
    _put(events)
    assert _told(timed, logs) == []
    assert _put(events, Detail="{")["ErrorCode"] == "MalformedDetail"
    [failure] = _told(timed, logs)
    assert failure["message_type"] == "EVENT_INGEST_FAILURE" and "event_detail" not in failure["details"]
    assert failure["error"] == {"error_message": "Detail is malformed.", "aws_service": "AmazonEventBridge"}
    changed = {"IncludeDetail": "NONE", "Level": "INFO"}
    assert events.update_event_bus(Name="orders", LogConfig=changed)["LogConfig"] == changed
    _put(events)
    ingest, unmatched = _told(timed, logs)[1:]
    assert ingest["message_type"] == "EVENT_INGEST_SUCCESS" and "event_detail" not in ingest["details"]
    assert unmatched["message_type"] == "NO_STANDARD_RULES_MATCHED"
    events.update_event_bus(Name="orders", LogConfig={"Level": "OFF"})
    _put(events)
    assert len(_told(timed, logs)) == 3


def test_a_bus_tells_why_a_target_was_given_up(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, ACCOUNT)
    events, logs = aws("events"), aws("logs")
    events.create_event_bus(Name="orders", LogConfig={"IncludeDetail": "FULL", "Level": "INFO"})
    _deliver(logs, "ERROR_LOGS", "INFO_LOGS")
    dead = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"
    aws("sqs").create_queue(QueueName="dead")
    events.put_rule(Name="r", EventBusName="orders", EventPattern='{"source": ["shop"]}')
    target = {"Id": "1", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:gone", "DeadLetterConfig": {"Arn": dead}}
    events.put_targets(Rule="r", EventBusName="orders", Targets=[target])
    _put(events)
    told = _told(timed, logs)
    assert [(record["message_type"], record["log_level"]) for record in told][2:] == [
        ("INVOCATION_START", "INFO"), ("INVOCATION_ATTEMPT_PERMANENT_FAILURE", "ERROR"),
        ("INVOCATION_FAILURE", "ERROR"), ("INVOCATION_DLQ", "ERROR"),
    ]  # fmt: skip
    attempt = told[3]
    assert attempt["details"]["invocation_status"] == "NO_RESOURCE" and attempt["details"]["attempt_type"] == "FIRST"
    assert attempt["error"]["http_status_code"] == 400 and attempt["error"]["aws_service"] == "AmazonSQS"


def test_record_fields_and_a_group_that_is_gone(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, ACCOUNT)
    events, logs = aws("events"), aws("logs")
    events.create_event_bus(Name="orders", LogConfig={"Level": "INFO"})
    _deliver(logs, "INFO_LOGS")
    [delivery] = logs.describe_deliveries()["deliveries"]
    logs.delete_delivery(id=delivery["id"])
    asked = {"deliverySourceName": "INFO_LOGS", "deliveryDestinationArn": delivery["deliveryDestinationArn"]}
    logs.create_delivery(**asked, recordFields=["message_type", "event_id"])
    event = _put(events)["EventId"]
    assert _told(timed, logs)[0] == {"message_type": "EVENT_INGEST_SUCCESS", "event_id": event}
    logs.delete_log_group(logGroupName=GROUP.rpartition("log-group:")[2])
    assert "EventId" in _put(events)


def test_vended_logs_are_managed(aws: Client, account: str) -> None:
    logs, bus = aws("logs"), f"arn:aws:events:us-east-1:{account}:event-bus/default"
    group = f"arn:aws:logs:us-east-1:{account}:log-group:g"
    source = logs.put_delivery_source(name="s", resourceArn=bus, logType="INFO_LOGS", tags={"a": "b"})["deliverySource"]
    assert source == {
        "name": "s", "arn": f"arn:aws:logs:us-east-1:{account}:delivery-source:s", "resourceArns": [bus],
        "service": "events", "logType": "INFO_LOGS", "tags": {"a": "b"},
    }  # fmt: skip
    assert logs.get_delivery_source(name="s")["deliverySource"] == source
    assert _refused(logs.put_delivery_source, name="t", resourceArn=bus, logType="INFO_LOGS") == "ConflictException"
    assert _refused(logs.put_delivery_source, name="t", resourceArn=bus, logType="X") == "ValidationException"
    gone = {"name": "t", "resourceArn": f"{bus}x", "logType": "INFO_LOGS"}
    assert _refused(logs.put_delivery_source, **gone) == "ResourceNotFoundException"
    other = {"name": "t", "resourceArn": f"arn:aws:lambda:us-east-1:{account}:function:f", "logType": "TRACES"}
    assert _refused(logs.put_delivery_source, **other) == "NotImplemented"
    made = logs.put_delivery_destination(
        name="d", deliveryDestinationConfiguration={"destinationResourceArn": group}, outputFormat="json"
    )["deliveryDestination"]
    assert (made["deliveryDestinationType"], made["outputFormat"]) == ("CWL", "json")
    bucket = {"name": "b", "deliveryDestinationConfiguration": {"destinationResourceArn": "arn:aws:s3:::b"}}
    assert _refused(logs.put_delivery_destination, **bucket) == "NotImplemented"
    asked = {"deliverySourceName": "s", "deliveryDestinationArn": made["arn"]}
    delivery = logs.create_delivery(**asked)["delivery"]
    assert delivery["arn"].endswith(f":delivery:{delivery['id']}") and delivery["deliveryDestinationType"] == "CWL"
    assert _refused(logs.create_delivery, **asked) == "ConflictException"
    assert logs.get_delivery(id=delivery["id"])["delivery"] == delivery
    assert [each["name"] for each in logs.describe_delivery_sources()["deliverySources"]] == ["s"]
    assert [each["name"] for each in logs.describe_delivery_destinations()["deliveryDestinations"]] == ["d"]
    assert _refused(logs.delete_delivery_source, name="s") == "ConflictException"
    assert _refused(logs.delete_delivery_destination, name="d") == "ConflictException"
    logs.delete_delivery(id=delivery["id"])
    logs.delete_delivery_source(name="s")
    logs.delete_delivery_destination(name="d")
    assert _refused(logs.get_delivery, id=delivery["id"]) == "ResourceNotFoundException"


def test_a_template_declares_the_logs_of_a_bus(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, ACCOUNT)
    source = {"Name": "INFO_LOGS", "ResourceArn": {"Fn::GetAtt": ["Bus", "Arn"]}, "LogType": "INFO_LOGS"}
    destination = {"Name": "to", "DestinationResourceArn": {"Fn::GetAtt": ["Group", "Arn"]}}
    delivery = {"DeliverySourceName": {"Ref": "Source"}, "DeliveryDestinationArn": {"Fn::GetAtt": ["To", "Arn"]}}
    resources = {
        "Bus": ("AWS::Events::EventBus", {"Name": "orders", "LogConfig": {"Level": "INFO", "IncludeDetail": "FULL"}}),
        "Group": ("AWS::Logs::LogGroup", {"LogGroupName": GROUP.rpartition("log-group:")[2]}),
        "Source": ("AWS::Logs::DeliverySource", source),
        "To": ("AWS::Logs::DeliveryDestination", destination),
        "Delivery": ("AWS::Logs::Delivery", delivery),
    }
    template = {name: {"Type": kind, "Properties": properties} for name, (kind, properties) in resources.items()}
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": template}))
    Headwater(timed.endpoint).settle()
    _put(aws("events"))
    assert [record["message_type"] for record in _told(timed, aws("logs"))] == [
        *("EVENT_INGEST_SUCCESS", "NO_STANDARD_RULES_MATCHED")
    ]
    del template["Bus"]["Properties"]["LogConfig"]
    cloudformation.update_stack(StackName="s", TemplateBody=json.dumps({"Resources": template}))
    Headwater(timed.endpoint).settle()
    _put(aws("events"))
    assert len(_told(timed, aws("logs"))) == 2, "no more is told"
    cloudformation.delete_stack(StackName="s")
    Headwater(timed.endpoint).settle()
    assert aws("logs").describe_deliveries()["deliveries"] == []
