"""Faults of each kind, through boto3 against a real server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from headwater.client import Headwater, HeadwaterError
from headwater.testing import Faults
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.lambda_lab import ROLE, make

ONCE = {"retries": {"total_max_attempts": 1, "mode": "standard"}}
THROTTLED = {
    "sqs": ("ListQueues", "list_queues", "RequestThrottled", 403),
    "dynamodb": ("ListTables", "list_tables", "ProvisionedThroughputExceededException", 400),
    "sns": ("ListTopics", "list_topics", "Throttled", 429),
    "lambda": ("ListFunctions", "list_functions", "TooManyRequestsException", 429),
    "s3": ("ListBuckets", "list_buckets", "SlowDown", 503),
    "stepfunctions": ("ListStateMachines", "list_state_machines", "ThrottlingException", 400),
}
NAMES = {"stepfunctions": "states"}


@pytest.fixture
def faults(headwater: Headwater) -> Faults:
    return Faults(headwater)


def queue(client: Client, name: str = "q", **attributes: str) -> tuple[str, str]:
    url = client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:000000000000:{name}"


def bodies(client: Client, url: str) -> list[str]:
    return [m["Body"] for m in client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ())]


def rule_to(client: Client, *targets: str) -> None:
    events = client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="r", Targets=[{"Id": str(n), "Arn": arn} for n, arn in enumerate(targets)])


def put(client: Client, detail: str = "{}") -> None:
    client("events").put_events(Entries=[{"Source": "shop", "DetailType": "Placed", "Detail": detail}])


def failure(call: Any, **arguments: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


# ---- operations


def test_each_service_throttles_in_its_own_way(faults: Faults, client: Client) -> None:
    for service, (operation, method, code, status) in THROTTLED.items():
        faults.throttle(NAMES.get(service, service), operation, times=1)
        assert failure(getattr(client(service, **ONCE), method))[:2] == (code, status)
    assert [fired["kind"] for fired in faults.fired()] == ["throttle"] * len(THROTTLED)


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_clients_try_again(faults: Faults, client: Client, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    for service in ("sqs", "dynamodb"):
        faults.throttle(service, times=1)
        faults.error(service, times=1)
        faults.timeout_after_commit(service, times=1)
        _, method, *_ = THROTTLED[service]
        getattr(client(service, retries={"total_max_attempts": 4, "mode": mode}), method)()
    assert [fired["kind"] for fired in faults.fired()] == ["throttle", "error", "timeout-after-commit"] * 2


def test_an_error_is_the_services_own_or_the_one_that_was_named(faults: Faults, client: Client) -> None:
    url, _ = queue(client)
    queue(client, "other")
    faults.error("sqs", "GetQueueUrl", "q", nth=2)
    faults.error("sqs", "Purge*", code="TooBusy", status=400, message="Not yet.")
    once = client("sqs", **ONCE)
    once.get_queue_url(QueueName="other")
    once.get_queue_url(QueueName="q")
    assert failure(once.get_queue_url, QueueName="q")[:2] == ("InternalFailure", 500)
    once.get_queue_url(QueueName="q")
    assert failure(once.purge_queue, QueueUrl=url) == ("TooBusy", 400, "Not yet.")
    [first, second] = faults.fired()
    assert (first["service"], first["operation"], first["resource"], first["nth"]) == ("sqs", "GetQueueUrl", "q", 2)
    assert (second["rule"], second["nth"]) == (1, 1)


def test_an_operation_inside_another_ones_transaction_fails_too(
    faults: Faults, client: Client, headwater: Headwater
) -> None:
    url, arn = queue(client)
    rule_to(client, arn)
    faults.throttle("sqs", "SendMessage", times=1)
    put(client)
    headwater.settle()
    assert bodies(client, url) == []
    [waiting] = [each for each in headwater.deliveries() if each["name"] == "events.target"]
    assert waiting["error"].startswith("THROTTLING: The request was denied")
    headwater.advance("1h")
    assert len(bodies(client, url)) == 1
    [fired] = faults.fired()
    spans = json.dumps(headwater.trace(fired["trace"]))
    assert '"fault": "throttle"' in spans


def test_step_functions_integrations_see_them(faults: Faults, client: Client, headwater: Headwater) -> None:
    states = client("stepfunctions")
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues", "Parameters": {}, "End": True}
    retried = task | {"Retry": [{"ErrorEquals": ["Sqs.RequestThrottledException"], "IntervalSeconds": 5}]}
    definition = json.dumps({"StartAt": "T", "States": {"T": retried}})
    machine = states.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]
    headwater.freeze()
    faults.throttle("sqs", "ListQueues", times=1)
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    headwater.settle()
    assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
    headwater.advance("5s")
    assert states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


def test_latency_is_on_the_clock_and_the_operation_happens_after_it(
    faults: Faults, client: Client, headwater: Headwater, steered: ServerThread
) -> None:
    url, _ = queue(client)
    headwater.freeze()
    faults.latency("sqs", "SendMessage", "q", by="20s", times=1)
    sender = threading.Thread(target=client("sqs").send_message, kwargs={"QueueUrl": url, "MessageBody": "late"})
    with steered.waiting("latency of sqs:SendMessage"):
        sender.start()
    assert "latency of sqs:SendMessage" in [timer["name"] for timer in headwater.settle()["timers"]]
    assert bodies(client, url) == []
    headwater.advance("20s")
    sender.join(60)
    assert bodies(client, url) == ["late"]


@pytest.mark.parametrize("held", ["0s", "50ms"])
def test_a_timeout_after_the_commit_leaves_the_effect(faults: Faults, client: Client, held: str) -> None:
    url, _ = queue(client)
    faults.timeout_after_commit("sqs", "SendMessage", held=held, times=1)
    with pytest.raises(ConnectionClosedError):
        client("sqs", **ONCE).send_message(QueueUrl=url, MessageBody="a")
    assert bodies(client, url) == ["a"]
    client("sqs", **ONCE).send_message(QueueUrl=url, MessageBody="b")
    assert bodies(client, url) == ["b"]


# ---- deliveries


def test_a_delivery_comes_twice(faults: Faults, client: Client, headwater: Headwater) -> None:
    (first, arn), (second, other) = queue(client, "first"), queue(client, "second")
    rule_to(client, arn, other)
    faults.duplicate(to="first", service="events", times=1)
    put(client)
    headwater.settle()
    assert [len(bodies(client, url)) for url in (first, second)] == [2, 1]
    put(client)
    headwater.settle()
    assert [len(bodies(client, url)) for url in (first, second)] == [1, 1]


def test_a_message_comes_twice_late_and_out_of_order(faults: Faults, client: Client, headwater: Headwater) -> None:
    url, arn = queue(client)
    sqs = client("sqs")
    headwater.freeze()
    faults.duplicate(to=arn, nth=1)
    faults.delay(to="q", by="5s", nth=2)
    faults.reorder(to="q*")
    for body in ("a", "b", "c"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == ["c", "a", "a"]
    assert messages[1]["MessageId"] == messages[2]["MessageId"]
    headwater.advance("5s")
    assert bodies(client, url) == ["b"]


def test_a_fifo_queue_keeps_its_word(faults: Faults, client: Client) -> None:
    url = client("sqs").create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    faults.duplicate(service="sqs")
    faults.reorder()
    for body in ("a", "b"):
        client("sqs").send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body)
    assert bodies(client, url) == ["a", "b"]
    assert faults.fired() == []


def test_a_delivery_is_delayed_on_the_clock(faults: Faults, client: Client, headwater: Headwater) -> None:
    url, arn = queue(client)
    rule_to(client, arn)
    headwater.freeze()
    faults.delay(to="q", service="events", by="1m")
    put(client)
    assert [timer["name"] for timer in headwater.settle()["timers"]] == ["events.target"]
    assert bodies(client, url) == []
    headwater.advance("1m")
    assert len(bodies(client, url)) == 1


COUNTING = """
import boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody="ran")
"""


def test_a_crash_after_sending_has_it_happen_again(faults: Faults, client: Client, headwater: Headwater) -> None:
    url, _ = queue(client, "runs")
    work, work_arn = queue(client, "work")
    make(client("lambda"), source=COUNTING.format(url=url))
    client("lambda").create_event_source_mapping(FunctionName="f", EventSourceArn=work_arn)
    headwater.settle()
    faults.crash_after_send(to="f", operation="event", times=1)
    faults.crash_after_send(to="f", operation="batch")
    client("lambda").invoke(FunctionName="f", InvocationType="Event")
    headwater.settle()
    assert bodies(client, url) == ["ran", "ran"]
    client("sqs").send_message(QueueUrl=work, MessageBody="x")
    headwater.settle()
    assert bodies(client, url) == ["ran", "ran"]
    attributes = client("sqs").get_queue_attributes(QueueUrl=work, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0"
    assert [fired["operation"] for fired in faults.fired()] == ["event", "batch"]


def test_a_streams_batch_happens_again(faults: Faults, client: Client, headwater: Headwater) -> None:
    url, _ = queue(client, "runs")
    make(client("lambda"), source=COUNTING.format(url=url))
    table = client("dynamodb").create_table(
        TableName="table", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]  # fmt: skip
    client("lambda").create_event_source_mapping(
        FunctionName="f", EventSourceArn=table["LatestStreamArn"], StartingPosition="TRIM_HORIZON"
    )
    faults.crash_after_send(to="f")
    client("dynamodb").put_item(TableName="table", Item={"id": {"S": "1"}})
    headwater.settle()
    assert bodies(client, url) == ["ran", "ran"]


# ---- the books


def test_a_seeded_run_repeats_exactly(faults: Faults, client: Client, headwater: Headwater) -> None:
    sqs = client("sqs", retries={"total_max_attempts": 1})
    url, arn = queue(client)
    target, target_arn = queue(client, "target")
    rule_to(client, target_arn)
    runs = []
    faults.error("sqs", "SendMessage", by_chance := "q", probability=0.4)
    faults.duplicate(to="target", service="events", probability=0.4)
    for seed in (7, 7, 8):
        faults.seed(seed)
        refused = []
        for number in range(20):
            put(client)
            try:
                sqs.send_message(QueueUrl=url, MessageBody=str(number))
            except ClientError:
                refused.append(number)
        headwater.settle()
        fired = [(each["index"], each["rule"], each["kind"], each["resource"], each["nth"]) for each in faults.fired()]
        assert len([each for each in fired if each[2] == "error"]) == len(refused) > 0
        runs.append((refused, fired))
        sqs.purge_queue(QueueUrl=target) if seed == 8 else None
    assert by_chance == "q" and arn
    assert runs[0] == runs[1] != runs[2]


def test_the_books_outlive_a_restart_and_a_reset_clears_them(tmp_path: Any) -> None:
    with ServerThread(data=tmp_path) as server:
        headwater = Headwater(server.endpoint)
        sqs = client_factory(server.endpoint, "000000000000")("sqs", **ONCE)
        headwater.add_faults({"kind": "error", "service": "sqs", "nth": 3}, seed=1)
        sqs.list_queues()
        sqs.list_queues()
    with ServerThread(data=tmp_path) as server:
        headwater = Headwater(server.endpoint)
        sqs = client_factory(server.endpoint, "000000000000")("sqs", **ONCE)
        assert failure(sqs.list_queues)[1] == 500
        sqs.list_queues()
        books = headwater.faults()
        assert (books["seed"], books["rules"][0]["matched"], books["rules"][0]["fired"]) == (1, 4, 1)
        assert len(books["fired"]) == 1
        headwater.reset()
        books = headwater.faults()
        assert books["rules"] == books["fired"] == []


@contextmanager
def started(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    options = ["--json", "--data", str(folder), "--port", "0", "--mqtt-port", "0", "--allow-kill"]
    command = [sys.executable, "-m", "headwater", "start", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())["endpoint"]
        process.terminate()


def test_the_server_is_killed_at_that_point_and_goes_on_from_there(tmp_path: Path) -> None:
    with started(tmp_path) as (process, endpoint):
        client = client_factory(endpoint, "000000000000")
        url, arn = queue(client)
        rule_to(client, arn)
        faults = Faults(Headwater(endpoint))
        faults.kill("sqs", "SendMessage", times=1)
        faults.kill(to="q", at="delivery", service="events", times=1)
        with pytest.raises(ConnectionClosedError):
            client("sqs", **ONCE).send_message(QueueUrl=url, MessageBody="a")
        assert process.wait(60) == -signal.SIGKILL
    with started(tmp_path) as (process, endpoint):
        client = client_factory(endpoint, "000000000000")
        url = client("sqs").get_queue_url(QueueName="q")["QueueUrl"]
        assert bodies(client, url) == ["a"]
        with pytest.raises(ConnectionClosedError):
            client("events", **ONCE).put_events(Entries=[{"Source": "shop", "DetailType": "Placed", "Detail": "{}"}])
        assert process.wait(60) == -signal.SIGKILL
    with started(tmp_path) as (_, endpoint):
        client, headwater = client_factory(endpoint, "000000000000"), Headwater(endpoint)
        url = client("sqs").get_queue_url(QueueName="q")["QueueUrl"]
        headwater.settle()
        assert len(bodies(client, url)) == 2  # it was delivered, nobody knew, it was delivered
        assert [(fired["kind"], fired["operation"]) for fired in Faults(headwater).fired()] == [
            ("kill", "SendMessage"), ("kill", "target"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"kind": "melt"}, "kind is one of"),
        ({"kind": "error", "nth": 0}, "nth is a whole number from 1"),
        ({"kind": "error", "probability": 2}, "probability"),
        ({"kind": "throttle", "code": "X"}, "Only an error"),
        ({"kind": "duplicate", "milliseconds": 5}, "takes no time"),
        ({"kind": "error", "colour": "red"}, "has no colour"),
        ({"kind": "kill"}, "--allow-kill"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(headwater: Headwater, rule: Any, reason: str) -> None:
    with pytest.raises(HeadwaterError, match=reason) as raised:
        headwater.add_faults(rule)
    assert raised.value.status == 400
    assert headwater.faults()["rules"] == []
