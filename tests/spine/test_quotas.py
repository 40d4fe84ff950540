"""Quotas that are changed, and rates that are kept to; on a server of the test's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from headwater.cli.main import main
from headwater.client import Headwater, HeadwaterError
from headwater.spine.quotas import Allowance, BadQuota, Rate, read_number, read_rate
from tests.conftest import client_factory
from tests.server import ServerThread


def _refused(call: Any, **arguments: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("text", ["", "-1", "x", "1/", "/1", "1e3", "1/1.5"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(BadQuota):
        read_rate(text)


def test_rates_and_numbers_are_read() -> None:
    assert read_rate("100") == Allowance(100, 100)
    assert read_rate("0.5") == Allowance(0.5, 1)
    assert read_rate("100/7") == Allowance(100, 7)
    assert read_number("0") == 0
    with pytest.raises(BadQuota):
        read_number("1.5")


@given(
    st.integers(1, 50), st.integers(1, 20), st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 3)), max_size=60)
)
def test_no_more_is_taken_than_the_bucket_ever_held(per_second: int, burst: int, asked: list[tuple[int, int]]) -> None:
    rate, now, taken = Rate(Allowance(per_second, burst)), 1_000_000, 0
    for pause, count in asked:
        now += pause
        if rate.take("a", "r", now, count):
            taken += count
        assert taken <= burst + per_second * (now - 1_000_000) / 1000 + 1e-6
    assert rate.take("b", "r", now), "another account has a bucket of its own"


def test_rates_throttle_as_each_service_says_it(timed: ServerThread) -> None:
    aws, headwater = client_factory(timed.endpoint, "123456789012"), Headwater(timed.endpoint)
    other = client_factory(timed.endpoint, "210987654321")
    url = aws("sqs").create_queue(QueueName="q")["QueueUrl"]
    rates = {"events:PutEvents": "2", "sqs:SendMessage": "1/3", "scheduler:ListSchedules": "1"}
    assert headwater.set_quotas(rates)["rates"] == [
        {"name": "events:PutEvents", "per_second": 2.0, "burst": 2},
        {"name": "scheduler:ListSchedules", "per_second": 1.0, "burst": 1},
        {"name": "sqs:SendMessage", "per_second": 1.0, "burst": 3},
    ]
    entries = [{"Source": "s", "DetailType": "d", "Detail": "{}"}]
    events = aws("events", retries={"total_max_attempts": 1})
    for _ in range(2):
        events.put_events(Entries=entries)
    assert _refused(events.put_events, Entries=entries) == ("ThrottlingException", 400)
    other("events").put_events(Entries=entries)
    timed.advance(500)
    events.put_events(Entries=entries)
    sqs = aws("sqs", retries={"total_max_attempts": 1})
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody="m")
    assert _refused(sqs.send_message, QueueUrl=url, MessageBody="m") == ("RequestThrottled", 403)
    schedules = aws("scheduler", retries={"total_max_attempts": 1})
    schedules.list_schedules()
    assert _refused(schedules.list_schedules) == ("ThrottlingException", 429)
    headwater.set_quotas({"sqs:SendMessage": None})
    sqs.send_message(QueueUrl=url, MessageBody="m")
    headwater.reset()
    assert headwater.quotas("sqs")["rates"] == []
    schedules.list_schedules()


def test_what_services_send_each_other_is_not_throttled(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, "123456789012")
    url = aws("sqs").create_queue(QueueName="q")["QueueUrl"]
    aws("events").put_rule(Name="r", EventPattern='{"source": ["s"]}')
    aws("events").put_targets(Rule="r", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:q"}])
    policy = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [policy]})})
    Headwater(timed.endpoint).set_quotas({"sqs:SendMessage": "0/0"})
    aws("events").put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}] * 3)
    messages = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20)["Messages"]
    assert len(messages) == 3


def test_numbers_are_kept_to(timed: ServerThread) -> None:
    aws, headwater = client_factory(timed.endpoint, "123456789012"), Headwater(timed.endpoint)
    wanted = {"events:rules-per-bus": 1, "events:targets-per-rule": 1, "events:event-buses": 1, "sns:topics": 1}
    wanted |= {"sns:subscriptions-per-topic": 1, "sns:fifo-topics": 1, "scheduler:schedules": 1}
    wanted |= {"scheduler:schedule-groups": 1, "sqs:in-flight-messages": 1}
    shown = {quota["name"]: quota for quota in headwater.set_quotas(wanted)["quotas"]}
    assert all(shown[name]["value"] == 1 and shown[name]["default"] > 1 for name in wanted)
    events, sns, scheduler = aws("events"), aws("sns"), aws("scheduler")
    events.put_rule(Name="r", EventPattern='{"source": ["s"]}')
    events.put_rule(Name="r", EventPattern='{"source": ["t"]}')
    assert _refused(events.put_rule, Name="r2", EventPattern='{"source": ["s"]}')[0] == "LimitExceededException"
    targets = [{"Id": str(n), "Arn": f"arn:aws:sqs:us-east-1:123456789012:q{n}"} for n in range(2)]
    assert _refused(events.put_targets, Rule="r", Targets=targets)[0] == "LimitExceededException"
    events.create_event_bus(Name="b")
    assert _refused(events.create_event_bus, Name="b2")[0] == "LimitExceededException"
    topic = sns.create_topic(Name="t")["TopicArn"]
    assert _refused(sns.create_topic, Name="t2") == ("TopicLimitExceeded", 403)
    sns.create_topic(Name="t.fifo", Attributes={"FifoTopic": "true"})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=targets[0]["Arn"])
    second = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": targets[1]["Arn"]}
    assert _refused(sns.subscribe, **second) == ("SubscriptionLimitExceeded", 403)
    headwater.set_quotas({"sns:subscriptions-per-topic": None, "sns:filter-policies-per-topic": 0})
    filtered = second | {"Attributes": {"FilterPolicy": '{"a": ["b"]}'}}
    assert _refused(sns.subscribe, **filtered) == ("FilterPolicyLimitExceeded", 403)
    scheduler.create_schedule_group(Name="g")
    assert _refused(scheduler.create_schedule_group, Name="g2") == ("ServiceQuotaExceededException", 402)
    target = {"Arn": targets[0]["Arn"], "RoleArn": "arn:aws:iam::123456789012:role/r"}
    every = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
    scheduler.create_schedule(Name="s", **every)
    assert _refused(scheduler.create_schedule, Name="s2", **every) == ("ServiceQuotaExceededException", 402)
    url = aws("sqs").create_queue(QueueName="q")["QueueUrl"]
    for _ in range(2):
        aws("sqs").send_message(QueueUrl=url, MessageBody="m")
    aws("sqs").receive_message(QueueUrl=url)
    assert _refused(aws("sqs").receive_message, QueueUrl=url)[0] == "OverLimit"
    headwater.clear_quotas()
    assert len(aws("sqs").receive_message(QueueUrl=url)["Messages"]) == 1


def test_what_is_no_quota_is_refused(endpoint: str) -> None:
    headwater = Headwater(endpoint)
    for name, value, why in [
        ("events:nonsense", 1, "those of events are events:event-buses, "),
        ("events:Nonsense", 1, "There is no quota"),
        ("nonsense:x", 1, "There is no service 'nonsense'"),
        ("events:rules-per-bus", "1/2", "no whole number"),
        ("events:PutEvents", "fast", "no rate"),
        ("events:rules-per-bus", True, "A quota is a number"),
    ]:
        with pytest.raises(HeadwaterError, match=why):
            headwater.set_quotas({name: value})


def test_options_hold_beneath_what_is_kept(tmp_path: Path) -> None:
    options = {"events:rules-per-bus": "7", "sqs:SendMessage": "5"}

    def value(server: ServerThread) -> int:
        [found] = [q for q in Headwater(server.endpoint).quotas("events")["quotas"] if "rules" in q["name"]]
        return found["value"]

    with ServerThread(tmp_path, quotas=options) as server:
        assert value(server) == 7
        assert Headwater(server.endpoint).quotas("sqs")["rates"] == [
            {"name": "sqs:SendMessage", "per_second": 5.0, "burst": 5}
        ]
        Headwater(server.endpoint).set_quotas({"events:rules-per-bus": 9})
    with ServerThread(tmp_path, quotas=options) as server:
        assert value(server) == 9
        Headwater(server.endpoint).set_quotas({"events:rules-per-bus": None})
        assert value(server) == 7


def test_the_command(endpoint: str) -> None:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(main, ["quotas", *arguments, "--endpoint", endpoint])
        assert result.exit_code == 0, result.output
        return result.output

    assert "pipes of an account in a region" in run("show", "pipes")
    assert "(AWS: 1,000)" in run("set", "pipes:pipes=1001", "pipes:ListPipes=1000/2000")
    books = json.loads(run("show", "pipes", "--json"))
    assert books["rates"] == [{"name": "pipes:ListPipes", "per_second": 1000.0, "burst": 2000}]
    run("clear", "pipes:pipes", "pipes:ListPipes")
    assert json.loads(run("show", "pipes", "--json"))["rates"] == []
    refused = CliRunner().invoke(main, ["start", "--quota", "events:rules-per-bus"])
    assert refused.exit_code == 2 and "has no value" in refused.output


def test_the_document_lists_all(endpoint: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "quotas.md").read_text()
    for quota in Headwater(endpoint).quotas()["quotas"]:
        assert f"| `{quota['name']}` | {quota['default']:,} | {quota['counts']} |" in text
