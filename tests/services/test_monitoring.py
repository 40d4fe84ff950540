"""CloudWatch's metrics and alarms through boto3, on a clock that the test moves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.services.monitoring.verdict import Rule, judge
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import settle

START = 1_795_000_020_000  # a full minute
MINUTE = 60_000


def _at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@pytest.fixture
def cloud(timed: ServerThread) -> Client:
    timed.advance(20_000)
    return client_factory(timed.endpoint, "123456789012")


def _data(client: Any, *queries: dict[str, Any], start: int = START, end: int = START + 10 * MINUTE) -> dict[str, Any]:
    answer = client.get_metric_data(
        MetricDataQueries=list(queries), StartTime=_at(start), EndTime=_at(end), ScanBy="TimestampAscending"
    )
    return {result["Id"]: result["Values"] for result in answer["MetricDataResults"]}


def _stat(name: str, metric: str, stat: str, namespace: str = "Shop", **dimensions: str) -> dict[str, Any]:
    named = {
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }
    return {"Id": name, "MetricStat": {"Metric": named, "Period": 60, "Stat": stat}}


def test_what_is_put_is_read_as_statistics_and_by_expressions(cloud: Client) -> None:
    client = cloud("cloudwatch")
    place = [{"Name": "Region", "Value": "eu"}]
    client.put_metric_data(
        Namespace="Shop",
        MetricData=[
            {"MetricName": "Orders", "Value": 3, "Timestamp": _at(START), "Unit": "Count"},
            {"MetricName": "Orders", "Values": [1.0, 9.0], "Counts": [2.0, 1.0], "Timestamp": _at(START + 1)},
            {"MetricName": "Orders", "Value": 10, "Timestamp": _at(START + MINUTE)},
            {"MetricName": "Errors", "Value": 1, "Timestamp": _at(START), "Dimensions": place},
            {
                "MetricName": "Sizes",
                "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4},
                "Timestamp": _at(START),
            },
        ],
    )
    points = client.get_metric_statistics(
        Namespace="Shop", MetricName="Orders", StartTime=_at(START), EndTime=_at(START + 2 * MINUTE), Period=60,
        Statistics=["Sum", "SampleCount", "Average", "Minimum", "Maximum"], ExtendedStatistics=["p90"],
    )["Datapoints"]  # fmt: skip
    first = next(point for point in points if point["Timestamp"] == _at(START))
    assert (first["Sum"], first["SampleCount"], first["Average"]) == (14.0, 4.0, 3.5)
    assert (first["Minimum"], first["Maximum"], first["ExtendedStatistics"]) == (1.0, 9.0, {"p90": 9.0})
    found = _data(
        client,
        _stat("o", "Orders", "Sum"),
        {**_stat("e", "Errors", "Sum", Region="eu"), "ReturnData": False},
        {"Id": "rate", "Expression": "100 * FILL(e, 0) / o"},
        {"Id": "sizes", "Expression": "SUM(METRICS())"},
        _stat("s", "Sizes", "Maximum"),
    )
    assert found == {"o": [14.0, 10.0], "rate": [pytest.approx(100 / 14), 0.0], "sizes": [19.0, 10.0], "s": [4.0]}
    metrics = client.list_metrics(Namespace="Shop", MetricName="Errors")["Metrics"]
    assert metrics == [{"Namespace": "Shop", "MetricName": "Errors", "Dimensions": place}]


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({"MetricName": "m"}, "MissingParameter"),
        ({"MetricName": "m", "Value": 1, "Values": [1.0]}, "InvalidParameterCombination"),
        ({"MetricName": "m", "Values": [1.0, 2.0], "Counts": [1.0]}, "InvalidParameterValue"),
        ({"MetricName": "m", "Value": float("nan")}, "InvalidParameterValue"),
        ({"MetricName": "m", "Value": 1, "Timestamp": _at(START - 20 * 86_400_000)}, "InvalidParameterValue"),
    ],
)
def test_data_that_is_refused(cloud: Client, datum: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        cloud("cloudwatch").put_metric_data(Namespace="N", MetricData=[datum])
    assert caught.value.response["Error"]["Code"] == code


def test_what_is_not_known_is_refused_by_name(cloud: Client) -> None:
    with pytest.raises(ClientError, match=r"ANOMALY_DETECTION_BAND in metric math is not implemented"):
        _data(cloud("cloudwatch"), _stat("a", "m", "Sum"), {"Id": "b", "Expression": "ANOMALY_DETECTION_BAND(a)"})
    with pytest.raises(ClientError, match=r"Unknown identifier\(s\): c"):
        _data(cloud("cloudwatch"), {"Id": "b", "Expression": "c + 1"})


def _inbox(cloud: Client) -> tuple[str, str]:
    """A queue's URL, and a topic that sends to it."""
    url = cloud("sqs").create_queue(QueueName="inbox")["QueueUrl"]
    queue = cloud("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = cloud("sns").create_topic(Name="operations")["TopicArn"]
    cloud("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    return url, topic


def _told(cloud: Client, url: str) -> list[dict[str, Any]]:
    messages = cloud("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        cloud("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


def test_an_alarm_is_evaluated_as_the_clock_moves(cloud: Client, timed: ServerThread) -> None:
    client = cloud("cloudwatch")
    url, topic = _inbox(cloud)
    events = cloud("sqs").create_queue(QueueName="events")["QueueUrl"]
    cloud("events").put_rule(Name="alarms", EventPattern=json.dumps({"source": ["aws.cloudwatch"]}))
    cloud("events").put_targets(
        Rule="alarms", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:123456789012:events"}]
    )
    client.put_metric_alarm(
        AlarmName="few", Namespace="Shop", MetricName="Orders", Statistic="Sum", Period=60, EvaluationPeriods=2,
        DatapointsToAlarm=2, Threshold=5, ComparisonOperator="LessThanThreshold", AlarmActions=[topic],
        OKActions=[topic],
    )  # fmt: skip
    client.put_composite_alarm(AlarmName="all", AlarmRule='ALARM("few")', AlarmActions=[topic])
    for _ in range(2):
        client.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 2}])
        timed.advance(MINUTE)
    settle(timed.endpoint)
    (alarm,) = client.describe_alarms(AlarmNames=["few"])["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"
    first, second = (f"{_at(START + age * MINUTE):%d/%m/%y %H:%M:%S}" for age in (0, 1))
    assert alarm["StateReason"] == (
        f"Threshold Crossed: 2 out of the last 2 datapoints [2.0 ({second}), 2.0 ({first})] were less than the "
        "threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
    (composite,) = client.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert (composite["AlarmName"], composite["StateValue"]) == ("all", "ALARM")
    at = composite["StateTransitionedTimestamp"].astimezone(UTC)
    assert composite["StateReason"] == f"{alarm['AlarmArn']} transitioned to ALARM at {at:%A %d %B, %Y %H:%M:%S} UTC"
    (triggering,) = json.loads(composite["StateReasonData"])["triggeringAlarms"]
    assert (triggering["arn"], triggering["state"]["value"]) == (alarm["AlarmArn"], "ALARM")
    told = _told(cloud, url)
    (child,) = next(each["TriggeringChildren"] for each in told if each["AlarmName"] == "all")
    assert child == {
        "Arn": alarm["AlarmArn"],
        "State": {"Value": "ALARM", "Timestamp": triggering["state"]["timestamp"]},
    }
    assert sorted((each["AlarmName"], each["NewStateValue"]) for each in told) == [("all", "ALARM"), ("few", "ALARM")]
    trigger = next(each["Trigger"] for each in told if each["AlarmName"] == "few")
    assert (trigger["MetricName"], trigger["Threshold"]) == ("Orders", 5.0)
    client.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 50}])
    timed.advance(MINUTE)
    settle(timed.endpoint)
    (well,) = _told(cloud, url)
    assert well["NewStateValue"] == "OK"
    assert well["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 2 datapoints [50.0 (")
    assert well["NewStateReason"].endswith(
        "was not less than the threshold (5.0) (minimum 1 datapoint for ALARM -> OK transition)."
    )
    details = [each["detail"] for each in _told(cloud, events)]
    assert [(each["alarmName"], each["state"]["value"]) for each in details if each["alarmName"] == "few"] == [
        ("few", "ALARM"),
        ("few", "OK"),
    ]
    summaries = [
        item["HistorySummary"]
        for item in client.describe_alarm_history(AlarmName="few", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    ]
    assert summaries == ["Alarm updated from ALARM to OK", "Alarm updated from INSUFFICIENT_DATA to ALARM"]
    timed.advance(10 * MINUTE)
    (alarm,) = client.describe_alarms_for_metric(Namespace="Shop", MetricName="Orders")["MetricAlarms"]
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"


def test_alarms_over_what_our_own_services_did(cloud: Client, timed: ServerThread) -> None:
    client = cloud("cloudwatch")
    url = cloud("sqs").create_queue(QueueName="work")["QueueUrl"]
    client.put_metric_alarm(
        AlarmName="backlog", Namespace="AWS/SQS", MetricName="ApproximateNumberOfMessagesVisible", Period=60,
        Dimensions=[{"Name": "QueueName", "Value": "work"}], Statistic="Maximum", EvaluationPeriods=2, Threshold=2,
        ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    cloud("sqs").send_message(QueueUrl=url, MessageBody="a")
    cloud("sqs").send_message_batch(QueueUrl=url, Entries=[{"Id": n, "MessageBody": n} for n in "bcd"])
    timed.advance(2 * MINUTE)
    assert client.describe_alarms(AlarmNames=["backlog"])["MetricAlarms"][0]["StateValue"] == "ALARM"
    sent = _stat("sent", "NumberOfMessagesSent", "Sum", "AWS/SQS", QueueName="work")
    assert _data(client, sent) == {"sent": [4.0]}
    cloud("events").put_rule(Name="r", EventPattern=json.dumps({"source": ["s"]}))
    target = "arn:aws:sqs:us-east-1:123456789012:"
    cloud("events").put_targets(Rule="r", Targets=[{"Id": n, "Arn": target + n} for n in ("work", "gone")])
    cloud("events").put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}])
    settle(timed.endpoint)
    rule = {"namespace": "AWS/Events", "RuleName": "r"}
    found = _data(
        client, _stat("m", "MatchedEvents", "Sum", **rule), _stat("i", "Invocations", "Sum", **rule),
        _stat("f", "FailedInvocations", "Sum", **rule),
    )  # fmt: skip
    assert found == {"m": [1.0], "i": [2.0], "f": [1.0]}
    names = {metric["MetricName"] for metric in client.list_metrics(Namespace="AWS/SQS")["Metrics"]}
    assert "NumberOfMessagesSent" in names


def test_logs_tell_metrics_in_the_embedded_format(cloud: Client) -> None:
    logs, client = cloud("logs"), cloud("cloudwatch")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    document = {
        "_aws": {
            "Timestamp": START + 5,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Shop",
                    "Dimensions": [["service"], []],
                    "Metrics": [{"Name": "latency", "Unit": "Milliseconds"}, {"Name": "absent"}],
                }
            ],
        },
        "service": "orders",
        "latency": [10, 30],
    }
    messages = ["plain", json.dumps(document), '{"CloudWatchMetrics": broken', '{"_aws": {"CloudWatchMetrics": [1]}}']
    logs.put_log_events(
        logGroupName="g", logStreamName="s", logEvents=[{"timestamp": START, "message": text} for text in messages]
    )
    found = _data(client, _stat("a", "latency", "Average", service="orders"), _stat("b", "latency", "SampleCount"))
    assert found == {"a": [20.0], "b": [2.0]}
    assert len(client.list_metrics(Namespace="Shop")["Metrics"]) == 2


def test_what_a_node_function_prints_tells_metrics_behind_its_prefix(cloud: Client) -> None:
    logs, client = cloud("logs"), cloud("cloudwatch")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    directive = {"Namespace": "Node", "Dimensions": [[]], "Metrics": [{"Name": "m"}]}
    text = json.dumps({"_aws": {"Timestamp": START + 5, "CloudWatchMetrics": [directive]}, "m": 1})
    printed = f"2026-01-01T00:00:00.000Z\tdddddddd-0000-4000-8000-000000000000\tINFO\t{text}"
    messages = [printed, printed.replace("INFO\t", "INFO\t\n"), f"said: {text}", f"{printed} and more"]
    logs.put_log_events(
        logGroupName="g", logStreamName="s", logEvents=[{"timestamp": START, "message": each} for each in messages]
    )
    assert _data(client, _stat("a", "m", "SampleCount", namespace="Node")) == {"a": [2.0]}


def test_composite_alarms_and_dashboards_are_checked(cloud: Client) -> None:
    client = cloud("cloudwatch")
    for rule, said in (("ALARM(x", "syntax"), ('ALARM("x")', "do not exist")):
        with pytest.raises(ClientError, match=said):
            client.put_composite_alarm(AlarmName="c", AlarmRule=rule)
    client.put_dashboard(DashboardName="d", DashboardBody='{"widgets": []}')
    assert client.get_dashboard(DashboardName="d")["DashboardBody"] == '{"widgets": []}'
    client.delete_dashboards(DashboardNames=["d"])
    with pytest.raises(ClientError, match="does not exist"):
        client.get_dashboard(DashboardName="d")


X, G, N = 9.0, 0.0, None  # breaching, fine, missing; the newest last, as AWS's page shows them


@pytest.mark.parametrize(
    ("points", "needed", "periods", "missing", "ignore", "breaching", "not_breaching"),
    [
        ((G, N, X, N, X), 3, 3, "OK", "OK", "OK", "OK"),
        ((G, N, N, N, N), 3, 3, "OK", "OK", "OK", "OK"),
        ((N, N, N, N, N), 3, 3, "INSUFFICIENT_DATA", None, "ALARM", "OK"),
        ((G, X, X, N, X), 3, 3, "ALARM", "ALARM", "ALARM", "ALARM"),
        ((N, N, X, N, N), 3, 3, "ALARM", None, "ALARM", "OK"),
        ((G, N, X, N, X), 2, 3, "ALARM", "ALARM", "ALARM", "ALARM"),
        ((G, G, X, G, X), 2, 3, "ALARM", "ALARM", "ALARM", "ALARM"),
        ((G, N, X, N, N), 2, 3, "OK", "OK", "ALARM", "OK"),
        ((N, N, N, N, G), 2, 3, "OK", "OK", "ALARM", "OK"),
        ((N, N, N, X, N), 2, 3, "ALARM", None, "ALARM", "OK"),
    ],
)
def test_missing_data_as_awss_page_has_it(
    points: tuple[float | None, ...], needed: int, periods: int,
    missing: str | None, ignore: str | None, breaching: str | None, not_breaching: str | None,
) -> None:  # fmt: skip
    for treatment, wanted in zip(
        ("missing", "ignore", "breaching", "notBreaching"), (missing, ignore, breaching, not_breaching), strict=True
    ):
        rule = Rule("GreaterThanThreshold", 5, periods, needed, treatment)
        assert judge(rule, points[::-1]).state == wanted, treatment
