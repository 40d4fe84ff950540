"""Settle never answers while something is in flight: random graphs of rules, queues, functions and state machines,
with delays, and with the faults that may come at any time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.client import Headwater
from headwater.testing import RunningCloud
from tests.conftest import Client, client_factory
from tests.services.lambda_lab import ROLE, make

# how a node takes an event, and whether it hands on at once
WAYS = ("function", "queue", "machine", "waiting machine", "late queue")
Graph = list[tuple[str, list[int]]]
graphs = st.lists(
    st.tuples(st.sampled_from(WAYS), st.lists(st.integers(0, 100), max_size=2)), min_size=1, max_size=5
)  # fmt: skip
kinds = st.sets(st.sampled_from(["duplicate", "delay", "crash-after-send", "error"]))
FUNCTION = """
import boto3, json, os

def handler(event, context):
    onward = json.loads(os.environ["ONWARD"])
    for each in [json.loads(record["body"]) for record in event["Records"]] if "Records" in event else [event]:
        for node in onward[each["detail"]["node"]]:
            entry = {"Source": "graph", "DetailType": "Visit", "Detail": json.dumps({"node": node})}
            boto3.client("events").put_events(Entries=[entry])
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    with RunningCloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def client(cloud: RunningCloud) -> Client:
    return client_factory(cloud.endpoint, "000000000000")


def onward(graph: Graph) -> list[list[int]]:
    """Edges lead forward only, so that there is an end."""
    ahead = [len(graph) - at - 1 for at in range(len(graph))]
    return [[at + 1 + edge % ahead[at] for edge in edges] if ahead[at] else [] for at, (_, edges) in enumerate(graph)]


def reached(edges: list[list[int]], start: int = 0) -> int:
    return 1 + sum(reached(edges, target) for target in edges[start])


def build(client: Client, graph: Graph) -> str:
    """Rules, queues, functions, machines; the URL of the queue that gets a copy of each event."""
    edges = onward(graph)
    variables = {"Variables": {"ONWARD": json.dumps(edges)}}
    function = make(client("lambda"), source=FUNCTION, Environment=variables)
    sqs = client("sqs")
    book = sqs.create_queue(QueueName="book")["QueueUrl"]
    rule(client, "book", {"source": ["graph"]}, "arn:aws:sqs:us-east-1:000000000000:book")
    for node, (way, _) in enumerate(graph):
        if way == "function":
            target = function
        elif "queue" in way:
            delay = {"DelaySeconds": "20"} if way.startswith("late") else {}
            sqs.create_queue(QueueName=f"q{node}", Attributes=delay)
            target = f"arn:aws:sqs:us-east-1:000000000000:q{node}"
            client("lambda").create_event_source_mapping(FunctionName=function, EventSourceArn=target)
        else:
            target = machine(client, f"m{node}", edges[node], waits=way.startswith("waiting"))
        rule(client, f"r{node}", {"detail": {"node": [node]}}, target)
    return str(book)


def rule(client: Client, name: str, pattern: dict[str, Any], target: str) -> None:
    client("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    client("events").put_targets(Rule=name, Targets=[{"Id": "t", "Arn": target, "RoleArn": ROLE}])


def machine(client: Client, name: str, targets: list[int], waits: bool) -> str:
    entries = [{"Source": "graph", "DetailType": "Visit", "Detail": {"node": target}} for target in targets]
    put = {
        "Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": entries},
        "End": True,
    }  # fmt: skip
    last = put if targets else {"Type": "Succeed"}
    wait = {"Type": "Wait", "Seconds": 20, "Next": "Last"}
    definition = {"StartAt": "Wait", "States": {"Wait": wait, "Last": last}} if waits else None
    definition = definition or {"StartAt": "Last", "States": {"Last": last}}
    made = client("stepfunctions").create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
    return str(made["stateMachineArn"])


def visits(client: Client, book: str) -> int:
    attributes = client("sqs").get_queue_attributes(QueueUrl=book, AttributeNames=["All"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesDelayed"])


@settings(max_examples=8)
@given(graphs, st.integers(1, 3), kinds, st.integers(0, 10**6))
def test_once_settled_nothing_more_comes_but_by_timers(
    cloud: RunningCloud, client: Client, graph: Graph, starts: int, chosen: set[str], seed: int
) -> None:
    headwater = Headwater(cloud.endpoint)
    headwater.real()
    headwater.reset()
    book = build(client, graph)
    headwater.settle()
    headwater.freeze()
    headwater.explore_faults(sorted(chosen), seed)
    for _ in range(starts):
        entry = {"Source": "graph", "DetailType": "Visit", "Detail": '{"node": 0}'}
        client("events").put_events(Entries=[entry])
    settlement = headwater.settle(timeout=60)
    assert settlement["settled"], settlement["holding"]
    before, last = visits(client, book), headwater.last_span()
    for _ in range(5):
        headwater.health()
    assert visits(client, book) == before
    # nothing has happened since but that it was looked
    assert {span["name"] for span in headwater.spans(last)} <= {"sqs:GetQueueAttributes"}
    expected = starts * reached(onward(graph))
    if not settlement["timers"] and not chosen:
        assert before == expected
    headwater.advance("1h")
    assert visits(client, book) >= expected
    if not chosen & {"duplicate", "crash-after-send"}:
        assert visits(client, book) == expected
    assert [each for each in headwater.deliveries() if each["name"].startswith("events.")] == []


def test_the_log_of_the_server_is_clean(cloud: RunningCloud) -> None:
    assert "Traceback" not in Path(cloud.log).read_text()
