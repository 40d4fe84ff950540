"""Topic rules: making them, and what they do with messages."""

from __future__ import annotations

import base64
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Request
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import settle, wait_for

ROLE = "arn:aws:iam::000000000000:role/rules"
VERSION = "2016-03-23"


def sqs_action(url: str, **more: Any) -> dict[str, Any]:
    return {"sqs": {"roleArn": ROLE, "queueUrl": url, **more}}


def queue(aws: Client, name: str = "rule-queue") -> str:
    url: str = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url


def received(aws: Client, url: str) -> str:
    messages = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
    body: str = messages[0]["Body"]
    return body


def create(aws: Client, name: str, sql: str, *actions: dict[str, Any], **more: Any) -> None:
    payload = {"sql": sql, "actions": list(actions), "awsIotSqlVersion": VERSION, **more}
    aws("iot").create_topic_rule(ruleName=name, topicRulePayload=payload)


def publish(aws: Client, topic: str, payload: Any) -> None:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    aws("iot-data").publish(topic=topic, qos=1, payload=data)


def test_a_rule_is_made_read_replaced_and_deleted(aws: Client, account: str) -> None:
    iot, url = aws("iot"), queue(aws)
    create(aws, "first", "SELECT * FROM 'a/+'", sqs_action(url), description="the first")
    arn = f"arn:aws:iot:us-east-1:{account}:rule/first"
    found = iot.get_topic_rule(ruleName="first")
    created = found["rule"].pop("createdAt")
    assert found["ruleArn"] == arn
    assert found["rule"] == {
        "ruleName": "first",
        "sql": "SELECT * FROM 'a/+'",
        "description": "the first",
        "actions": [sqs_action(url)],
        "ruleDisabled": False,
        "awsIotSqlVersion": VERSION,
    }
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException) as raised:
        create(aws, "first", "SELECT * FROM 'a/+'", sqs_action(url))
    assert raised.value.response["resourceArn"] == arn
    payload = {"sql": "SELECT * FROM 'b'", "actions": [], "ruleDisabled": True}
    iot.replace_topic_rule(ruleName="first", topicRulePayload=payload)
    assert iot.list_topic_rules()["rules"] == [
        {"ruleArn": arn, "ruleName": "first", "topicPattern": "b", "createdAt": created, "ruleDisabled": True}
    ]
    assert iot.get_topic_rule(ruleName="first")["rule"]["awsIotSqlVersion"] == "2015-10-08"
    iot.delete_topic_rule(ruleName="first")
    with pytest.raises(iot.exceptions.UnauthorizedException, match="Access to topic rule 'first' was denied"):
        iot.get_topic_rule(ruleName="first")


def test_rules_are_listed_by_topic_and_page(aws: Client) -> None:
    iot, url = aws("iot"), queue(aws)
    for number in range(3):
        create(aws, f"rule{number}", f"SELECT * FROM 'list/{number}'", sqs_action(url))
    create(aws, "any", "SELECT * FROM 'list/#'", sqs_action(url), ruleDisabled=True)
    assert [rule["ruleName"] for rule in iot.list_topic_rules(topic="list/1")["rules"]] == ["any", "rule1"]
    assert [rule["ruleName"] for rule in iot.list_topic_rules(ruleDisabled=True)["rules"]] == ["any"]
    page = iot.list_topic_rules(maxResults=3)
    assert [rule["ruleName"] for rule in page["rules"]] == ["any", "rule0", "rule1"]
    assert [rule["ruleName"] for rule in iot.list_topic_rules(nextToken=page["nextToken"])["rules"]] == ["rule2"]


@pytest.mark.parametrize(
    ("name", "sql", "action", "code"),
    [
        ("bad", "SELEKT * FROM 'a'", None, "SqlParseException"),
        ("bad", "SELECT nosuch() FROM 'a'", None, "SqlParseException"),
        ("bad", "SELECT * FROM 'a/#/b'", None, "SqlParseException"),
        ("bad", "SELECT * FROM 'a'", {"republish": {"roleArn": ROLE, "topic": "${"}}, "SqlParseException"),
        ("bad", "SELECT * FROM 'a'", {}, "InvalidRequestException"),
        ("bad-name", "SELECT * FROM 'a'", None, "InvalidRequestException"),
        (
            "bad",
            "SELECT * FROM 'a'",
            {"openSearch": {"roleArn": ROLE, "endpoint": "https://x", "index": "i", "type": "t", "id": "1"}},
            "NotImplemented",
        ),
    ],
)
def test_rules_that_are_refused(aws: Client, name: str, sql: str, action: dict[str, Any] | None, code: str) -> None:
    actions = [] if action is None else [action]
    with pytest.raises(ClientError) as raised:
        create(aws, name, sql, *actions)
    assert raised.value.response["Error"]["Code"] == code


def test_select_and_where(aws: Client) -> None:
    url = queue(aws)
    sql = "SELECT *, topic(2) AS device, upper(color) AS loud FROM 'things/+' WHERE temperature > 30"
    create(aws, "hot", sql, sqs_action(url))
    publish(aws, "things/one", {"temperature": 20, "color": "red"})
    publish(aws, "other/one", {"temperature": 50, "color": "red"})
    publish(aws, "things/two", {"temperature": 40, "color": "red"})
    assert json.loads(received(aws, url)) == {"temperature": 40, "color": "red", "device": "two", "loud": "RED"}


def test_disabled_rules_rest(aws: Client) -> None:
    iot, url = aws("iot"), queue(aws)
    create(aws, "sleeper", "SELECT * FROM 'sleep'", sqs_action(url))
    iot.disable_topic_rule(ruleName="sleeper")
    publish(aws, "sleep", {"n": 1})
    iot.enable_topic_rule(ruleName="sleeper")
    publish(aws, "sleep", {"n": 2})
    assert json.loads(received(aws, url)) == {"n": 2}


def test_basic_ingest_goes_to_the_rule_alone(aws: Client) -> None:
    url, other = queue(aws), queue(aws, "other-queue")
    create(aws, "ingest", "SELECT topic() AS t, n", sqs_action(url))
    create(aws, "bystander", "SELECT topic() AS t FROM '#'", sqs_action(other))
    publish(aws, "$aws/rules/ingest/a/b", {"n": 1})
    assert json.loads(received(aws, url)) == {"t": "a/b", "n": 1}
    publish(aws, "plain", {})
    assert json.loads(received(aws, other)) == {"t": "plain"}


def test_binary_payloads_go_as_base64(aws: Client) -> None:
    url = queue(aws)
    create(aws, "binary", "SELECT * FROM 'binary'", sqs_action(url, useBase64=True))
    publish(aws, "binary", b"\x00\xff")
    assert base64.b64decode(received(aws, url)) == b"\x00\xff"


def test_republish_with_templates_and_headers(aws: Client) -> None:
    url = queue(aws)
    headers = {"contentType": "text/plain", "userProperties": [{"key": "from", "value": "${topic()}"}]}
    action = {"republish": {"roleArn": ROLE, "topic": "copy/${device}", "qos": 1, "headers": headers}}
    create(aws, "copy", "SELECT n FROM 'original'", action)
    sql = (
        "SELECT *, topic() AS t, get_user_properties('from') AS f, get_mqtt_property('content_type') AS c FROM 'copy/+'"
    )
    create(aws, "watch", sql, sqs_action(url))
    publish(aws, "original", {"device": "d1", "n": 3})
    assert json.loads(received(aws, url)) == {"n": 3, "t": "copy/d1", "f": ["original"], "c": "text/plain"}


def test_the_error_action_is_told_once_of_all_failures(aws: Client, account: str) -> None:
    url = queue(aws)
    missing = f"{url}-missing"
    create(
        aws,
        "failing",
        "SELECT * FROM 'fail'",
        sqs_action(missing),
        sqs_action(url),
        sqs_action(missing),
        errorAction=sqs_action(url),
    )
    publish(aws, "fail", {"n": 1})
    bodies = [json.loads(received(aws, url)) for _ in range(2)]
    told = next(body for body in bodies if "failures" in body)
    assert {"n": 1} in bodies
    assert (told["ruleName"], told["topic"], told["clientId"]) == ("failing", "fail", "N/A")
    assert json.loads(base64.b64decode(told["base64OriginalPayload"])) == {"n": 1}
    assert [failure["failedAction"] for failure in told["failures"]] == ["SqsAction"] * 2
    assert told["failures"][0]["failedResource"] == missing
    assert "QueueDoesNotExist" in told["failures"][0]["errorMessage"]


@pytest.mark.parametrize(("failures", "is_given_up"), [(2, False), (3, True)])
def test_actions_that_fail_for_now_are_tried_again(timed: ServerThread, failures: int, is_given_up: bool) -> None:
    aws = client_factory(timed.endpoint, "000000000000")
    url, errors = queue(aws), queue(aws, "errors")
    create(aws, "shaky", "SELECT * FROM 'shaky'", sqs_action(url), errorAction=sqs_action(errors))
    send = timed.cloud.engine.find("sqs", "SendMessage")
    handler, attempts = send.handler, []

    def shaky(call: Call, request: Request) -> Answer:
        if request["QueueUrl"] == url:
            attempts.append(call.now)
            if len(attempts) <= failures:
                raise AwsError("ServiceUnavailable", "not now", 503)
        return handler(call, request)

    send.handler = shaky
    publish(aws, "shaky", {"n": 1})
    timed.advance(10_000)
    if is_given_up:
        assert "ServiceUnavailable" in json.loads(received(aws, errors))["failures"][0]["errorMessage"]
    else:
        assert json.loads(received(aws, url)) == {"n": 1}
    assert [later - earlier for earlier, later in itertools.pairwise(attempts)] == [1_000, 2_000]


def test_a_payload_that_is_not_json_is_an_error_where_the_rule_reads_it(aws: Client) -> None:
    url = queue(aws)
    create(aws, "reader", "SELECT n FROM 'text'", errorAction=sqs_action(url))
    publish(aws, "text", b"not json")
    assert "not JSON" in json.loads(received(aws, url))["failures"][0]["errorMessage"]


def test_dynamodb_actions(aws: Client) -> None:
    dynamodb = aws("dynamodb")
    for table in ("columns", "payloads"):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        wait_for(dynamodb, "table_exists", TableName=table)
    key = {"hashKeyField": "id", "hashKeyValue": "${id}"}
    create(
        aws,
        "store",
        "SELECT * FROM 'store'",
        {"dynamoDBv2": {"roleArn": ROLE, "putItem": {"tableName": "columns"}}},
        {"dynamoDB": {"roleArn": ROLE, "tableName": "payloads", **key}},
        sqs_action(queue(aws)),
    )
    publish(aws, "store", {"id": "x", "n": 1.5, "on": True, "list": [None, "a"]})
    received(aws, queue(aws))
    columns = dynamodb.get_item(TableName="columns", Key={"id": {"S": "x"}})["Item"]
    assert columns == {
        "id": {"S": "x"},
        "n": {"N": "1.5"},
        "on": {"BOOL": True},
        "list": {"L": [{"NULL": True}, {"S": "a"}]},
    }
    payload = dynamodb.get_item(TableName="payloads", Key={"id": {"S": "x"}})["Item"]["payload"]
    assert payload["M"]["n"] == {"N": "1.5"}


def test_get_dynamodb_enriches_messages(aws: Client) -> None:
    dynamodb, url = aws("dynamodb"), queue(aws)
    dynamodb.create_table(
        TableName="places",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    wait_for(dynamodb, "table_exists", TableName="places")
    place = {"M": {"room": {"S": "hall"}, "floors": {"NS": ["1", "2.5"]}, "none": {"NULL": True}}}
    dynamodb.put_item(TableName="places", Item={"id": {"S": "x"}, "n": {"N": "1"}, "place": place})
    sql = "SELECT id, get_dynamodb('places', 'id', id, 'n', 1, 'role').place AS place FROM 'enrich'"
    create(aws, "enrich", sql, sqs_action(url))
    publish(aws, "enrich", {"id": "x"})
    found = json.loads(received(aws, url))["place"]
    assert (found["room"], sorted(found["floors"]), found["none"]) == ("hall", [1, 2.5], None)
    publish(aws, "enrich", {"id": "missing"})
    assert json.loads(received(aws, url)) == {"id": "missing"}


def test_s3_and_sns_actions(aws: Client) -> None:
    url = queue(aws)
    aws("s3").create_bucket(Bucket="rule-bucket")
    topic = aws("sns").create_topic(Name="rule-topic")["TopicArn"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    create(
        aws,
        "fan",
        "SELECT n FROM 'fan'",
        {"s3": {"roleArn": ROLE, "bucketName": "rule-bucket", "key": "${topic()}/${n}.json"}},
        {"sns": {"roleArn": ROLE, "targetArn": topic, "messageFormat": "RAW"}},
    )
    publish(aws, "fan", {"n": 7})
    assert json.loads(received(aws, url)) == {"n": 7}
    assert json.loads(aws("s3").get_object(Bucket="rule-bucket", Key="fan/7.json")["Body"].read()) == {"n": 7}


def test_step_functions_action(aws: Client) -> None:
    url = queue(aws)
    definition = {
        "StartAt": "Send",
        "States": {
            "Send": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": url, "MessageBody.$": "$.n"},
                "End": True,
            }
        },
    }
    aws("stepfunctions").create_state_machine(name="machine", definition=json.dumps(definition), roleArn=ROLE)
    action = {"stepFunctions": {"roleArn": ROLE, "stateMachineName": "machine", "executionNamePrefix": "from-rule-"}}
    create(aws, "start", "SELECT n FROM 'start'", action)
    publish(aws, "start", {"n": "told"})
    assert received(aws, url) == "told"


def test_cloudwatch_actions(aws: Client) -> None:
    cloudwatch = aws("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="hot", MetricName="heat", Namespace="Home", Period=60, EvaluationPeriods=1, Threshold=30,
        Statistic="Maximum", ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    metric = {"metricNamespace": "Home", "metricName": "${topic(2)}", "metricValue": "${n}", "metricUnit": "None"}
    alarm = {"alarmName": "hot", "stateReason": "it is ${n}", "stateValue": "ALARM"}
    create(
        aws,
        "heat",
        "SELECT * FROM 'home/+'",
        {"cloudwatchMetric": {"roleArn": ROLE, **metric, "metricTimestamp": "${at}"}},
        {"cloudwatchAlarm": {"roleArn": ROLE, **alarm}},
        errorAction=sqs_action(url := queue(aws)),
    )
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    publish(aws, "home/heat", {"n": 42.5, "at": int(minute.timestamp())})
    settle(cloudwatch)
    (found,) = cloudwatch.describe_alarms(AlarmNames=["hot"])["MetricAlarms"]
    assert (found["StateValue"], found["StateReason"]) == ("ALARM", "it is 42.5")
    points = cloudwatch.get_metric_statistics(
        Namespace="Home", MetricName="heat", StartTime=minute, EndTime=minute + timedelta(minutes=1), Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]  # fmt: skip
    assert [point["Maximum"] for point in points] == [42.5]
    publish(aws, "home/heat", {"n": "much", "at": int(minute.timestamp())})
    (failure,) = json.loads(received(aws, url))["failures"]
    assert (failure["failedAction"], failure["failedResource"]) == ("CloudwatchMetricAction", "heat")
