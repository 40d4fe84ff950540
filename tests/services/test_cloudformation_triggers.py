"""Rollback triggers: alarms take creations and updates back."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import settle

ALARM = {
    "AlarmName": "errors",
    "Namespace": "shop",
    "MetricName": "errors",
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "Period": 60,
    "Statistic": "Sum",
    "Threshold": 1,
}


def template(delay: int, **others: Any) -> str:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "work", "DelaySeconds": delay}}
    return json.dumps({"Resources": {"Queue": queue, **others}})


class Shop:
    """The stack `shop`, watched by the alarm `errors`."""

    def __init__(self, aws: Client, minutes: int = 0) -> None:
        self.client, self.cloudwatch = aws("cloudformation"), aws("cloudwatch")
        self.cloudwatch.put_metric_alarm(**ALARM)
        self.alarm = self.cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]["AlarmArn"]
        self.minutes = minutes

    def put(self, verb: str, body: str, alarm: str | None = None) -> None:
        triggers = [{"Arn": alarm or self.alarm, "Type": "AWS::CloudWatch::Alarm"}]
        watching = {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": self.minutes}
        getattr(self.client, f"{verb}_stack")(StackName="shop", TemplateBody=body, RollbackConfiguration=watching)

    def ring(self) -> None:
        self.cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")

    @property
    def status(self) -> str:
        settle(self.client)
        return str(self.client.list_stacks()["StackSummaries"][0]["StackStatus"])  # which waits for nothing

    def reason(self, status: str) -> str:
        events = self.client.describe_stack_events(StackName="shop")["StackEvents"]
        return str(next(each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == status))


def test_an_alarm_takes_an_update_back_while_it_goes_on(aws: Client) -> None:
    shop = Shop(aws)
    shop.put("create", template(1))
    assert shop.status == "CREATE_COMPLETE"
    wait = {"Type": "AWS::CloudFormation::WaitCondition", "CreationPolicy": {"ResourceSignal": {}}}
    shop.put("update", template(2, Wait=wait))
    settle(shop.client)
    shop.ring()
    settle(shop.client)
    signal = {"LogicalResourceId": "Wait", "UniqueId": "a", "Status": "SUCCESS"}
    shop.client.signal_resource(StackName="shop", **signal)  # what has been begun is awaited
    assert shop.status == "UPDATE_ROLLBACK_COMPLETE"
    assert shop.reason("UPDATE_ROLLBACK_IN_PROGRESS") == f"Rollback triggers are in ALARM state: [{shop.alarm}]. "


def test_a_trigger_that_is_missing_fails_the_operation(aws: Client) -> None:
    shop = Shop(aws)
    shop.put("create", template(1), f"{shop.alarm}-gone")
    assert shop.status == "ROLLBACK_COMPLETE"
    told = f"Rollback triggers do not exist: [{shop.alarm}-gone]. "
    assert shop.reason("ROLLBACK_IN_PROGRESS").startswith(told)


def test_an_operation_is_watched_for_a_while_after_all_is_deployed(timed: ServerThread) -> None:
    shop = Shop(client_factory(timed.endpoint, "000000000000"), 10)
    shop.put("create", template(1))
    assert shop.status == "CREATE_IN_PROGRESS"
    timed.advance(600_000)
    assert shop.status == "CREATE_COMPLETE"
    shop.put("update", template(2))
    timed.advance(599_000)
    assert shop.status == "UPDATE_IN_PROGRESS"
    shop.ring()
    assert shop.status == "UPDATE_ROLLBACK_COMPLETE"
