"""Archives and replays through boto3: what is kept and for how long, what comes again, in which order, once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.services.events import replays
from headwater.spine.clock import Clock
from headwater.spine.operations import Caller
from tests.conftest import Client, client_factory
from tests.server import ServerThread

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
START = 1_795_000_000_000
DAY = 86_400_000


def entry(number: int, source: str = "orders", time: datetime | None = None) -> dict[str, Any]:
    made = {"Source": source, "DetailType": "OrderPlaced", "Detail": json.dumps({"id": number})}
    return made if time is None else {**made, "Time": time}


def bus_arn(account: str, name: str = "default") -> str:
    return f"arn:aws:events:us-east-1:{account}:event-bus/{name}"


def make_queue(sqs: Any, name: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def drain(sqs: Any, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def route(events: Any, name: str, arn: str) -> str:
    rule: str = events.put_rule(Name=name, EventPattern='{"source": ["orders"]}')["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": arn}])
    return rule


def replay(events: Any, archive: str, bus: str, **destination: Any) -> dict[str, Any]:
    started = events.start_replay(
        ReplayName="again",
        EventSourceArn=archive,
        EventStartTime=NOON - timedelta(hours=1),
        EventEndTime=NOON + timedelta(hours=1),
        Destination={"Arn": bus, **destination},
    )
    assert started["State"] == "STARTING"
    described: dict[str, Any] = events.describe_replay(ReplayName="again")
    return described


def test_an_archive_keeps_what_its_pattern_takes(aws: Client, account: str) -> None:
    events = aws("events")
    pattern = '{"source": ["orders"]}'
    made = events.create_archive(
        ArchiveName="kept", EventSourceArn=bus_arn(account), EventPattern=pattern, RetentionDays=3, Description="d"
    )
    assert made["ArchiveArn"] == f"arn:aws:events:us-east-1:{account}:archive/kept"
    assert made["State"] == "ENABLED"
    events.put_events(Entries=[entry(1), entry(2), entry(3, source="others")])
    described = events.describe_archive(ArchiveName="kept")
    assert (described["EventCount"], described["RetentionDays"], described["EventPattern"]) == (2, 3, pattern)
    assert described["SizeBytes"] > 200
    (listed,) = events.list_archives(NamePrefix="ke")["Archives"]
    assert (listed["ArchiveName"], listed["EventSourceArn"]) == ("kept", bus_arn(account))
    (rule,) = events.list_rules()["Rules"]
    assert (rule["Name"], rule["ManagedBy"]) == ("Events-Archive-kept", "prod.vhs.events.aws.internal")
    assert json.loads(rule["EventPattern"]) == {"source": ["orders"], "replay-name": [{"exists": False}]}
    (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert target["Arn"] == "arn:aws:events:us-east-1:::"
    for refused in (
        lambda: events.disable_rule(Name=rule["Name"]),
        lambda: events.delete_rule(Name=rule["Name"]),
        lambda: events.remove_targets(Rule=rule["Name"], Ids=[target["Id"]]),
    ):
        with pytest.raises(ClientError, match="ManagedRuleException"):
            refused()
    events.update_archive(ArchiveName="kept", EventPattern='{"source": ["others"]}', RetentionDays=0)
    events.put_events(Entries=[entry(4), entry(5, source="others")])
    assert events.describe_archive(ArchiveName="kept")["EventCount"] == 3
    events.delete_archive(ArchiveName="kept")
    assert events.list_rules()["Rules"] == []
    with pytest.raises(ClientError, match="Archive kept does not exist"):
        events.describe_archive(ArchiveName="kept")


def test_explanations_and_the_map_know_archives(aws: Client, account: str, server: ServerThread) -> None:
    events, caller = aws("events"), Caller(account, "us-east-1", "arn:aws:iam::x:root")
    archive = events.create_archive(ArchiveName="kept", EventSourceArn=bus_arn(account))["ArchiveArn"]
    event = {"id": "1", "source": "a", "detail-type": "b", "detail": {}, "time": "2026-03-04T12:00:00Z"}
    call = server.cloud.engine.call
    (verdict,) = server.run(call("events", "ExplainEvent", {"Event": event}, caller, None))["Verdicts"]
    assert (verdict["state"], verdict["reason"]) == ("matched", f"kept in the archive {archive}")
    told = json.dumps(server.run(call("events", "Topology", {}, caller, None)))
    assert told.count(f'"{archive}"') >= 2  # itself, and what leads to it
    assert ":::" not in told


def test_a_replay_sends_them_again_in_order(aws: Client, account: str) -> None:
    events, sqs = aws("events"), aws("sqs")
    (first_url, first_arn), (second_url, second_arn) = make_queue(sqs, "a"), make_queue(sqs, "b")
    chosen = route(events, "chosen", first_arn)
    route(events, "other", second_arn)
    archive = events.create_archive(ArchiveName="kept", EventSourceArn=bus_arn(account))["ArchiveArn"]
    times = [NOON + timedelta(minutes=5), NOON, NOON + timedelta(minutes=1), NOON + timedelta(hours=2)]
    events.put_events(Entries=[entry(number, time=time) for number, time in enumerate(times)])
    assert len(drain(sqs, first_url)) == len(drain(sqs, second_url)) == 4
    described = replay(events, archive, bus_arn(account), FilterArns=[chosen])
    assert described["State"] == "COMPLETED"
    assert described["EventLastReplayedTime"] == NOON + timedelta(minutes=5)
    again = drain(sqs, first_url)
    assert [event["detail"]["id"] for event in again] == [1, 2, 0]
    assert {event["replay-name"] for event in again} == {"again"}
    assert list(again[0]) == [
        *("version", "id", "detail-type", "source", "account", "time", "region", "replay-name", "resources", "detail"),
    ]
    assert drain(sqs, second_url) == []
    assert events.describe_archive(ArchiveName="kept")["EventCount"] == 4
    (listed,) = events.list_replays(State="COMPLETED")["Replays"]
    assert listed["ReplayName"] == "again"
    with pytest.raises(ClientError, match="Replay again is not in a valid state"):
        events.cancel_replay(ReplayName="again")


def test_refusals(aws: Client, account: str) -> None:
    events = aws("events")
    bus = bus_arn(account)
    other = events.create_event_bus(Name="other")["EventBusArn"]
    archive = events.create_archive(ArchiveName="kept", EventSourceArn=bus)["ArchiveArn"]
    window = {"EventStartTime": NOON, "EventEndTime": NOON + timedelta(hours=1)}
    backwards = {"EventStartTime": NOON, "EventEndTime": NOON}
    start = {"ReplayName": "r", "EventSourceArn": archive, "Destination": {"Arn": bus}, **window}
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("create_archive", {"ArchiveName": "kept", "EventSourceArn": bus}, "Archive kept already exists."),
        ("create_archive", {"ArchiveName": "x", "EventSourceArn": f"{bus}-no"}, "Event bus default-no does not exist."),
        ("create_archive", {"ArchiveName": "x", "EventSourceArn": archive}, "an event bus ARN"),
        ("create_archive", {"ArchiveName": "x", "EventSourceArn": bus, "EventPattern": "{"}, "InvalidEventPattern"),
        ("list_archives", {"NamePrefix": "a", "State": "ENABLED"}, "At most one filter is allowed for ListArchives"),
        ("start_replay", start | {"Destination": {"Arn": other}}, "Cross event bus replay is not permitted."),
        ("start_replay", start | backwards, "EventStartTime must be before EventEndTime."),
        ("start_replay", start | {"EventSourceArn": f"{archive}-no"}, "Archive kept-no does not exist."),
        ("describe_replay", {"ReplayName": "r"}, "Replay r does not exist."),
    ]
    for name, request, message in cases:
        with pytest.raises(ClientError, match=message):
            getattr(events, name)(**request)


def test_days_of_an_archive_pass_on_the_clock(timed: ServerThread) -> None:
    events = client_factory(timed.endpoint, "444455556666")("events")
    events.create_archive(ArchiveName="kept", EventSourceArn=bus_arn("444455556666"), RetentionDays=2)
    events.put_events(Entries=[entry(1)])
    timed.advance(DAY)
    events.put_events(Entries=[entry(2)])
    timed.advance(DAY)
    assert events.describe_archive(ArchiveName="kept")["EventCount"] == 1
    timed.advance(DAY)
    assert events.describe_archive(ArchiveName="kept")["EventCount"] == 0
    events.put_events(Entries=[entry(3)])
    events.update_archive(ArchiveName="kept", RetentionDays=5)
    timed.advance(3 * DAY)
    assert events.describe_archive(ArchiveName="kept")["EventCount"] == 1
    timed.advance(2 * DAY)
    assert events.describe_archive(ArchiveName="kept")["EventCount"] == 0


class Crash(Exception):
    """What ends the process in the middle of a page."""


def test_a_replay_goes_on_after_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third page fails whenever it is tried, until the server is another one: nothing is sent twice or lost."""
    account = "444455556666"
    with ServerThread(data=tmp_path, clock=Clock(START)) as server:
        aws = client_factory(server.endpoint, account)
        _, arn = make_queue(aws("sqs"), "q")
        events = aws("events")
        archive = events.create_archive(ArchiveName="kept", EventSourceArn=bus_arn(account))["ArchiveArn"]
        for tens in range(25):
            events.put_events(
                Entries=[entry(10 * tens + ones, time=NOON + timedelta(seconds=ones)) for ones in range(10)]
            )
        route(events, "r", arn)
        publish, sent = replays.publish, []

        def failing(*arguments: Any, **more: Any) -> bool:
            sent.append(arguments)
            if len(sent) > 220:
                raise Crash
            return publish(*arguments, **more)

        monkeypatch.setattr(replays, "publish", failing)
        assert replay(events, archive, bus_arn(account))["State"] == "RUNNING"
    monkeypatch.setattr(replays, "publish", publish)
    with ServerThread(data=tmp_path, clock=Clock(START + 3_600_000)) as server:
        server.advance(1000)
        aws = client_factory(server.endpoint, account)
        assert aws("events").describe_replay(ReplayName="again")["State"] == "COMPLETED"
        queue = aws("sqs").get_queue_url(QueueName="q")["QueueUrl"]
        numbers = [event["detail"]["id"] for event in drain(aws("sqs"), queue)]
    assert sorted(numbers) == list(range(250))
    assert [number % 10 for number in numbers] == sorted(number % 10 for number in numbers)


def test_a_replay_is_cancelled_between_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    account = "444455556666"
    with ServerThread(clock=Clock(START)) as server:
        events = client_factory(server.endpoint, account)("events")
        archive = events.create_archive(ArchiveName="kept", EventSourceArn=bus_arn(account))["ArchiveArn"]
        events.put_events(Entries=[entry(1, time=NOON)])

        def failing(*arguments: Any, **more: Any) -> bool:
            raise Crash

        monkeypatch.setattr(replays, "publish", failing)
        assert replay(events, archive, bus_arn(account))["State"] == "STARTING"
        assert events.cancel_replay(ReplayName="again")["State"] == "CANCELLING"
        server.advance(10_000)
        assert events.describe_replay(ReplayName="again")["State"] == "CANCELLED"
