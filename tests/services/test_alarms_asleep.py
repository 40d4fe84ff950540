"""Alarms over a long time in which little happens: they tell what they would if they were evaluated each minute."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from headwater.client import Headwater
from headwater.spine.clock import Clock
from tests.conftest import client_factory
from tests.server import ServerThread

ACCOUNT = "123456789012"
MINUTE, HOUR = 60_000, 3_600_000
DEPTH = {
    "Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible", "Statistic": "Maximum",
    "Dimensions": [{"Name": "QueueName", "Value": "work"}],
}  # fmt: skip
SENT = DEPTH | {"MetricName": "NumberOfMessagesSent", "Statistic": "Sum"}
OWN = {"Namespace": "Shop", "MetricName": "Orders", "Statistic": "Sum"}


def alarm(aws: Any, name: str, metric: dict[str, Any], periods: int, missing: str, threshold: float = 0) -> None:
    aws("cloudwatch").put_metric_alarm(
        AlarmName=name, **metric, Period=60, EvaluationPeriods=periods, Threshold=threshold,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData=missing,
    )  # fmt: skip


def told(aws: Any) -> list[tuple[str, str, str]]:
    """What became of each alarm, and when."""
    items = aws("cloudwatch").describe_alarm_history(HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    seen = [(item["AlarmName"], str(item["Timestamp"]), json.loads(item["HistoryData"])) for item in items]
    return sorted((name, at, data["newState"]["stateValue"]) for name, at, data in seen)


def some_hours(server: ServerThread) -> list[tuple[str, str, str]]:
    aws = client_factory(server.endpoint, ACCOUNT)
    url = aws("sqs").create_queue(QueueName="work")["QueueUrl"]
    alarm(aws, "depth", DEPTH, 2, "breaching")
    alarm(aws, "once", DEPTH, 1, "notBreaching")
    alarm(aws, "sent", SENT, 1, "notBreaching", 1)
    alarm(aws, "own", OWN, 1, "missing")
    now = datetime.fromtimestamp(Headwater(server.endpoint).time()["now"] / 1000, UTC)
    ahead = {"MetricName": "Orders", "Value": 1, "Timestamp": now + timedelta(minutes=110)}
    aws("cloudwatch").put_metric_data(Namespace="Shop", MetricData=[ahead])
    for name, hours in (("first", 4), ("second", 7)):
        aws("scheduler").create_schedule(
            Name=name,
            ScheduleExpression=(now + timedelta(hours=hours, seconds=17)).strftime("at(%Y-%m-%dT%H:%M:%S)"),
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:work", "RoleArn": "arn:aws:iam::123456789012:role/r"},
        )
    server.advance(4 * HOUR + 10 * MINUTE)
    aws("sqs").purge_queue(QueueUrl=url)
    server.advance(3 * HOUR)
    return told(aws)


def samples(server: ServerThread) -> int:
    row = server.call(lambda: server.cloud.engine.store.one("SELECT count(*) FROM monitoring_samples"))
    assert row is not None
    return int(row[0])


def test_what_alarms_tell_does_not_depend_on_their_sleep(timed: ServerThread, monkeypatch: pytest.MonkeyPatch) -> None:
    begins = timed.cloud.engine.clock.now()
    asleep = some_hours(timed)
    with ServerThread(clock=Clock(begins)) as other:
        monkeypatch.setattr(other.cloud.engine.time, "still_until", lambda handler: None)
        assert asleep == some_hours(other)
        assert samples(timed) < samples(other) - 50
    assert {name for name, _, state in asleep if state == "ALARM"} == {"depth", "once", "own"}
