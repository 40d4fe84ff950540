"""Device shadows as devices and applications use them: reserved topics by paho-mqtt, the API by boto3, and rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import settle
from tests.wire.mqtt_clients import V5, Device, unique

DEFAULT_ACCOUNT = "000000000000"


@pytest.fixture
def device(server: ServerThread) -> Iterator[Device]:
    with Device(server.cloud.mqtt.port, version=V5) as device:
        yield device


@pytest.fixture
def data(endpoint: str) -> Any:
    """The data plane of the account that plain TCP belongs to."""
    return client_factory(endpoint, DEFAULT_ACCOUNT)("iot-data")


def told(device: Device, count: int) -> dict[str, Any]:
    """The next messages by the end of their topics."""
    messages = [device.next() for _ in range(count)]
    return {message.topic.partition("/shadow/")[2]: json.loads(message.payload) for message in messages}


def without_times(document: Any) -> Any:
    if isinstance(document, dict):
        return {name: without_times(value) for name, value in document.items() if name not in ("timestamp", "metadata")}
    return document


def update(data: Any, thing: str, state: dict[str, Any], **more: Any) -> dict[str, Any]:
    name = {"shadowName": more.pop("shadowName")} if "shadowName" in more else {}
    answer = data.update_thing_shadow(thingName=thing, payload=json.dumps({"state": state, **more}), **name)
    document: dict[str, Any] = json.loads(answer["payload"].read())
    return document


def get(data: Any, thing: str, **name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(data.get_thing_shadow(thingName=thing, **name)["payload"].read())
    return document


def test_a_device_and_an_application_meet_in_a_shadow(device: Device, data: Any) -> None:
    prefix = f"$aws/things/{(thing := unique('lamp'))}/shadow"
    device.subscribe(f"{prefix}/update/+", 1)
    device.subscribe(f"{prefix}/get/+", 1)
    answer = update(data, thing, {"desired": {"light": "on", "colour": {"r": 1}}}, clientToken="app")
    stamp = {"timestamp": answer["timestamp"]}
    assert answer == {
        "state": {"desired": {"light": "on", "colour": {"r": 1}}},
        "metadata": {"desired": {"light": stamp, "colour": {"r": stamp}}},
        "version": 1,
        "timestamp": answer["timestamp"],
        "clientToken": "app",
    }
    messages = told(device, 3)
    assert messages["update/accepted"] == answer
    assert messages["update/delta"] == {
        "version": 1,
        "timestamp": answer["timestamp"],
        "state": {"light": "on", "colour": {"r": 1}},
        "metadata": {"light": stamp, "colour": {"r": stamp}},
        "clientToken": "app",
    }
    assert messages["update/documents"]["previous"] == {"state": {}, "metadata": {}, "version": 0}
    assert messages["update/documents"]["current"]["version"] == 1

    device.publish(f"{prefix}/update", json.dumps({"state": {"reported": {"light": "on"}}, "version": 1}))
    messages = told(device, 3)
    assert messages["update/accepted"]["state"] == {"reported": {"light": "on"}}
    assert messages["update/delta"]["state"] == {"colour": {"r": 1}}
    device.publish(f"{prefix}/update", json.dumps({"state": {"reported": {"colour": {"r": 1}}, "desired": None}}))
    assert sorted(told(device, 2)) == ["update/accepted", "update/documents"]
    device.publish(f"{prefix}/get", b"")
    assert without_times(told(device, 1)) == {
        "get/accepted": {"state": {"reported": {"light": "on", "colour": {"r": 1}}}, "version": 3}
    }
    assert without_times(get(data, thing))["version"] == 3


def test_what_is_rejected_is_told_on_the_topic_of_rejections(device: Device) -> None:
    prefix = f"$aws/things/{(thing := unique('lamp'))}/shadow"
    device.subscribe(f"{prefix}/+/rejected", 1)
    device.publish(f"{prefix}/get", json.dumps({"clientToken": "mine"}))
    rejected = told(device, 1)["get/rejected"]
    assert without_times(rejected) == {
        "code": 404,
        "message": f"No shadow exists with name: '{thing}'",
        "clientToken": "mine",
    }
    device.publish(f"{prefix}/update", b"{")
    assert without_times(told(device, 1)) == {"update/rejected": {"code": 400, "message": "Invalid JSON"}}
    device.publish(f"{prefix}/delete", b"")
    assert told(device, 1)["delete/rejected"]["code"] == 404


def test_named_shadows_are_apart_from_the_classic_one(device: Device, data: Any) -> None:
    thing = unique("lamp")
    device.subscribe(f"$aws/things/{thing}/shadow/name/+/update/delta", 1)
    for name in ("b", "a", "c"):
        update(data, thing, {"desired": {"name": name}}, shadowName=name)
        assert device.next().topic == f"$aws/things/{thing}/shadow/name/{name}/update/delta"
    first = data.list_named_shadows_for_thing(thingName=thing, pageSize=2)
    assert first["results"] == ["a", "b"]
    rest = data.list_named_shadows_for_thing(thingName=thing, nextToken=first["nextToken"])
    assert (rest["results"], rest.get("nextToken")) == (["c"], None)
    assert get(data, thing, shadowName="a")["state"]["delta"] == {"name": "a"}
    with pytest.raises(ClientError, match=f"No shadow exists with name: '{thing}'"):
        get(data, thing)
    data.delete_thing_shadow(thingName=thing, shadowName="a")
    with pytest.raises(ClientError, match=f"No shadow exists with name: '{thing}~a'"):
        get(data, thing, shadowName="a")
    assert data.list_named_shadows_for_thing(thingName=thing)["results"] == ["b", "c"]


def test_a_shadow_that_expects_another_version_is_not_changed(data: Any) -> None:
    thing = unique("lamp")
    update(data, thing, {"desired": {"light": "on"}}, version=0)
    with pytest.raises(ClientError) as refused:
        update(data, thing, {"desired": {"light": "off"}}, version=4)
    error, meta = refused.value.response["Error"], refused.value.response["ResponseMetadata"]
    assert (error["Code"], error["Message"], meta["HTTPStatusCode"]) == ("ConflictException", "Version conflict", 409)
    assert get(data, thing)["state"]["desired"] == {"light": "on"}


def test_a_deleted_shadow_counts_on_for_two_days(timed: ServerThread) -> None:
    data = client_factory(timed.endpoint, DEFAULT_ACCOUNT)("iot-data")
    for hours, version in ((0, 1), (47, 2), (49, 1)):
        timed.advance(hours * 3_600_000)
        assert update(data, "lamp", {"reported": {"a": 1}})["version"] == version
        deleted = json.loads(data.delete_thing_shadow(thingName="lamp")["payload"].read())
        assert without_times(deleted) == {"version": version}


def test_rules_see_what_shadows_tell_and_read_them(aws: Client, account: str) -> None:
    queue = aws("sqs").create_queue(QueueName="deltas")["QueueUrl"]
    role = f"arn:aws:iam::{account}:role/r"
    version = f"get_thing_shadow(topic(3), 'main', '{role}').version"
    topics = "$aws/things/+/shadow/name/main/update/delta"
    sql = f"SELECT state.light AS light, topic(3) AS thing, {version} AS version FROM '{topics}'"
    action = {"sqs": {"roleArn": role, "queueUrl": queue}}
    rule = {"sql": sql, "actions": [action], "awsIotSqlVersion": "2016-03-23"}
    aws("iot").create_topic_rule(ruleName="deltas", topicRulePayload=rule)
    request = json.dumps({"state": {"desired": {"light": "on"}}})
    aws("iot-data").publish(topic="$aws/things/lamp/shadow/name/main/update", qos=1, payload=request)
    (message,) = aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    assert json.loads(message["Body"]) == {"light": "on", "thing": "lamp", "version": 1}


def test_a_rule_can_report_for_a_device(aws: Client, account: str) -> None:
    topic = "$$aws/things/${topic(2)}/shadow/update"
    action = {"republish": {"roleArn": f"arn:aws:iam::{account}:role/r", "topic": topic}}
    rule = {"sql": "SELECT * AS state.reported FROM 'lamps/+'", "actions": [action], "awsIotSqlVersion": "2016-03-23"}
    aws("iot").create_topic_rule(ruleName="report", topicRulePayload=rule)
    aws("iot-data").publish(topic="lamps/kitchen", qos=1, payload=b'{"light":"on"}')
    settle(aws("iot-data"))
    assert get(aws("iot-data"), "kitchen")["state"] == {"reported": {"light": "on"}}
