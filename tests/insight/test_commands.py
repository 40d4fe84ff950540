"""The commands that explain: what they print, and their exit codes."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from headwater.cli import follow
from headwater.cli.main import main
from headwater.cli.terminal import terminal
from headwater.client import Headwater, HeadwaterError
from tests.conftest import Client, client_factory
from tests.insight.test_explain import put, queue, rule
from tests.server import ServerThread
from tests.services.lambda_lab import make


@pytest.fixture
def cloud(timed: ServerThread) -> Iterator[tuple[Client, str]]:
    yield client_factory(timed.endpoint, "000000000000"), timed.endpoint


def run(endpoint: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--endpoint", endpoint])


def test_explain(cloud: tuple[Client, str], tmp_path: Path) -> None:
    aws, endpoint = cloud
    _, arn = queue(aws, "orders")
    rule(aws, "takes", {"source": ["shop"]}, arn)
    rule(aws, "misses", {"source": ["shop"], "detail": {"total": [{"numeric": ["<", 100]}]}}, arn)
    result = run(endpoint, "explain", put(aws))
    assert result.exit_code == 0
    assert "✓ delivered     rule takes → orders" in result.output
    assert "· not matched   rule misses  detail.total is 150, wanted < 100" in result.output
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"source": "desk", "detail-type": "x", "detail": {}}))
    result = run(endpoint, "explain", "--event", str(event), "--full")
    assert result.exit_code == 4
    assert "nobody took it" in result.output
    assert '✗ source equals "shop"  "desk" is not "shop"' in result.output
    result = run(endpoint, "explain", "--pattern", '{"source": ["shop"]}', "--last", "5")
    assert result.output.startswith("1 of the last 1 on default match")
    assert json.loads(run(endpoint, "explain", "--pattern", '{"source": ["x"]}', "--json").output)["matched"] == 0
    assert run(endpoint, "explain").exit_code == 2
    assert run(endpoint, "explain", "--event", "{").exit_code == 2
    assert run(endpoint, "explain", "nothing").exit_code == 1


def test_the_ledger_by_its_commands(cloud: tuple[Client, str], timed: ServerThread) -> None:
    aws, endpoint = cloud
    url, arn = queue(aws, "late")
    rule(aws, "takes", {"source": ["shop"]}, arn)
    aws("sqs").delete_queue(QueueUrl=url)
    event = put(aws)
    result = run(endpoint, "explain", event)
    assert result.exit_code == 4
    assert "✗ dropped" in result.output
    assert "there is no dead-letter queue, after 1 attempt: NO_RESOURCE" in result.output
    (dead,) = [
        json.loads(line) for line in run(endpoint, "deliveries", "--state", "dead", "--json").output.splitlines()
    ]
    assert (dead["subject"], dead["state"], dead["attempt"]) == (arn, "dead", 1)
    assert "events.target" in run(endpoint, "deliveries", "--state", "dead").output
    assert run(endpoint, "deliveries").output.strip() == "none"
    timed.advance(61_000)  # a queue's name is free again after a minute
    queue(aws, "late")
    result = run(endpoint, "redeliver", dead["id"])
    assert (result.exit_code, result.output) == (0, f"{dead['id']} was dead, is delivered anew\n")
    assert aws("sqs").receive_message(QueueUrl=url)["Messages"]
    assert run(endpoint, "explain", event).exit_code == 0
    assert [each["outcome"] for each in Headwater(endpoint).delivery(dead["id"])["attempts"]] == ["NO_RESOURCE", "ok"]
    result = run(endpoint, "redeliver", dead["id"])
    assert result.exit_code == 1
    assert "is waiting or was given up" in result.output


def test_a_delivery_that_is_tried_again(cloud: tuple[Client, str], timed: ServerThread) -> None:
    aws, endpoint = cloud
    topic = aws("sns").create_topic(Name="news")["TopicArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:9/")
    headwater = Headwater(endpoint)
    headwater.settle()
    found = headwater.deliveries(state="retrying")
    assert found[0]["attempt"] == 1
    result = run(endpoint, "deliveries")
    assert "retrying" in result.output
    assert run(endpoint, "redeliver", found[0]["id"]).output.endswith("was retrying, is delivered now\n")
    headwater.settle()
    assert [each["attempt"] for each in headwater.deliveries(state="retrying")] == [2]


def test_functions_and_their_events(aws: Client, endpoint: str) -> None:
    """A function that fails for good, and messages that a mapping's filter refuses."""
    headwater, lambda_, sqs = Headwater(endpoint), aws("lambda"), aws("sqs")
    function = make(lambda_, source="def handler(event, context):\n    raise ValueError('no')\n")
    lambda_.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    lambda_.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"n": 1}')
    headwater.settle()
    (dead,) = (each for each in headwater.deliveries(1000, "dead") if each["subject"] == function)
    assert dead["condition"] == "RetriesExhausted"
    assert (dead["error"] or "").startswith("ValueError")
    url, arn = queue(aws, "in")
    filters = {"Filters": [{"Pattern": json.dumps({"body": {"n": [{"numeric": [">", 5]}]}})}]}
    lambda_.create_event_source_mapping(EventSourceArn=arn, FunctionName="f", FilterCriteria=filters)
    ids = [sqs.send_message(QueueUrl=url, MessageBody=body)["MessageId"] for body in ('{"n": 3}', "text", '{"n": 7}')]

    def verdict(identity: str) -> dict[str, Any]:
        (found,) = headwater.explain(identity)["verdicts"]
        return dict(found)

    headwater.settle()
    assert verdict(ids[0])["reason"] == "body.n is 3, wanted > 5"
    assert verdict(ids[1])["reason"] == "body.n is not there, wanted > 5"
    failed = verdict(ids[2])
    assert failed["state"] == "failed"
    assert failed["deliveries"][0]["target"] == function
    with pytest.raises(HeadwaterError, match="No event, message or record"):
        headwater.explain("11111111-2222-3333-4444-555555555555")


def test_a_pipe_and_its_filters(cloud: tuple[Client, str], timed: ServerThread) -> None:
    aws, endpoint = cloud
    (url, source), (out, target) = queue(aws, "in"), queue(aws, "out")
    filters = {"FilterCriteria": {"Filters": [{"Pattern": json.dumps({"body": {"n": [7]}})}]}}
    role = "arn:aws:iam::000000000000:role/pipe"
    aws("pipes").create_pipe(Name="p", RoleArn=role, Source=source, Target=target, SourceParameters=filters)
    timed.advance(1000)
    ids = [aws("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"n": n}))["MessageId"] for n in (3, 7)]
    headwater = Headwater(endpoint)
    assert headwater.settle()["settled"]
    missed, taken = (headwater.explain(identity)["verdicts"][0] for identity in ids)
    assert (missed["kind"], missed["name"], missed["reason"]) == ("pipe", "p", "body.n is 3, wanted 7")
    assert (taken["state"], taken["deliveries"][0]["target"]) == ("delivered", target)
    aws("pipes").stop_pipe(Name="p")
    timed.advance(1000)
    before = headwater.explain({"body": {"n": 7}}, source)["verdicts"][0]
    assert (before["state"], before["reason"]) == ("disabled", "the pipe is STOPPED")
    assert aws("sqs").receive_message(QueueUrl=out)["Messages"]


def test_records_of_a_stream(aws: Client, endpoint: str) -> None:
    headwater, lambda_, db = Headwater(endpoint), aws("lambda"), aws("dynamodb")
    make(lambda_)
    table = db.create_table(
        TableName="things",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    filters = {"Filters": [{"Pattern": json.dumps({"eventName": ["REMOVE"]})}]}
    lambda_.create_event_source_mapping(
        EventSourceArn=table["LatestStreamArn"], FunctionName="f", StartingPosition="LATEST", FilterCriteria=filters
    )
    db.put_item(TableName="things", Item={"pk": {"S": "a"}})
    streams = aws("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=table["LatestStreamArn"])["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=table["LatestStreamArn"], ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    event = streams.get_records(ShardIterator=iterator)["Records"][0]["eventID"]
    (verdict,) = headwater.explain(event)["verdicts"]
    assert (verdict["state"], verdict["reason"]) == ("not matched", 'eventName is "INSERT", wanted "REMOVE"')


def test_tail(cloud: tuple[Client, str]) -> None:
    aws, endpoint = cloud
    _, arn = queue(aws, "orders")
    rule(aws, "takes", {"source": ["shop"]}, arn)
    chosen = {"kind": "delivery", "events": "1", "pattern": '{"detail": {"total": [7]}}', "bus": "default"}
    following = Headwater(endpoint).follow(**chosen)
    put(aws)
    put(aws, Detail='{"total": 7}')
    heard = list(itertools.islice(following, 2))
    following.close()
    assert [line["kind"] for line in heard] == ["event", "delivery"]
    assert heard[0]["event"]["detail"] == {"total": 7}
    assert heard[0]["deliveries"] == [heard[1]["delivery"]]
    result = run(endpoint, "tail", "--pattern", '{"a": 3}')
    assert result.exit_code == 1
    assert "must be an object or an array" in result.output
    assert run(endpoint, "tail", "--pattern", "nothing.json").exit_code == 2


def test_a_server_is_named_by_its_port_as_well(cloud: tuple[Any, str]) -> None:
    _, endpoint = cloud
    port = endpoint.rpartition(":")[2]
    quotas = CliRunner().invoke(main, ["quotas", "--port", port, "--json", "show", "events"])
    assert quotas.exit_code == 0 and json.loads(quotas.output)["quotas"]
    deliveries = CliRunner().invoke(main, ["deliveries", "--port", port, "--json"])
    assert deliveries.exit_code == 0, deliveries.output
    assert "Start one" in CliRunner().invoke(main, ["trace", "--port", "1"]).output


def test_lines_are_whole_in_a_pipe(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    subject = f"arn:aws:sqs:us-east-1:000000000000:{'q' * 80}"
    span: Any = {"id": "1", "parent": None, "kind": "operation", "name": "sqs:SendMessage", "account": "000000000000"}
    span |= {"started": 0, "duration": 5, "outcome": "ok", "subject": subject, "notes": {}, "trace": "t"}
    for stderr in (False, True):
        follow.show(terminal(stderr=stderr), span)
    assert [stream.count("q" * 80) for stream in capfd.readouterr()] == [1, 1]
    monkeypatch.setenv("COLUMNS", "40")
    follow.show(terminal(), span)
    assert "q" * 40 not in capfd.readouterr().out
    # and no command has a console of another kind
    rooms = [path for path in Path(follow.__file__).parent.glob("*.py") if path.name != "terminal.py"]
    assert [path.name for path in rooms if re.search(r"\bConsole\(", path.read_text())] == []
