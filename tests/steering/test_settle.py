"""Settle, deliveries and the document of the surface, over HTTP and in the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from click.testing import CliRunner, Result

from headwater.cli.main import main
from headwater.client import Headwater, HeadwaterError
from tests.conftest import Client
from tests.server import ServerThread
from tests.services.lambda_lab import ROLE, Gate, make

PASS = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
FORWARD = """
import boto3, json, os

def handler(event, context):
    for record in event["Records"]:
        boto3.client("events").put_events(Entries=[
            {"Source": "f", "DetailType": "seen", "Detail": json.dumps({"body": record["body"]})}])
"""


@pytest.fixture
def run(steered: ServerThread) -> Any:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, [*arguments, "--endpoint", steered.endpoint])

    return run


def chain(client: Client) -> tuple[str, str]:
    """Messages of ``in`` go through a function and a rule to ``out``: the URLs of both."""
    sqs, events = client("sqs"), client("events")
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("in", "out")]
    make(client("lambda"), source=FORWARD)
    client("lambda").create_event_source_mapping(
        FunctionName="f", EventSourceArn="arn:aws:sqs:us-east-1:000000000000:in", BatchSize=10
    )
    events.put_rule(Name="r", EventPattern='{"source": ["f"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:000000000000:out"}])
    return urls[0], urls[1]


def visible(sqs: Any, url: str) -> int:
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def test_all_that_comes_of_a_message_is_there_once_settled(headwater: Headwater, client: Client) -> None:
    sqs = client("sqs")
    first, last = chain(client)
    for number in range(1, 21):
        sqs.send_message(QueueUrl=first, MessageBody=str(number))
        assert headwater.settle()["settled"]
        assert visible(sqs, last) == number


def test_each_trace_of_a_batch_settles_with_the_batch(headwater: Headwater, client: Client) -> None:
    sqs = client("sqs")
    first, last = chain(client)
    headwater.settle()
    traces = [f"1-{n:08x}-{n:024x}" for n in range(1, 9)]

    def sender(trace: str) -> Any:
        """Made one after the other: boto3 makes no clients in several threads at once."""

        def add_trace(params: dict[str, Any], **_: object) -> None:
            params["headers"]["X-Amzn-Trace-Id"] = f"Root={trace}"

        made = client("sqs", retries={"max_attempts": 2})
        made.meta.events.register("before-call.sqs.SendMessage", add_trace)
        return lambda: made.send_message(QueueUrl=first, MessageBody=trace)

    with ThreadPoolExecutor(len(traces)) as pool:
        for sent in [pool.submit(send) for send in [sender(trace) for trace in traces]]:
            sent.result()
    for trace in traces:
        assert headwater.settle(trace)["settled"]
        seen = sqs.receive_message(QueueUrl=last, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        assert seen, trace
    assert visible(sqs, last) == len(traces)


def test_what_holds_it_up_is_named_and_told_by_the_exit_code(headwater: Headwater, client: Client, run: Any) -> None:
    with Gate() as gate:
        arn = make(client("lambda"), source=f"{gate.source}\ndef handler(event, context):\n    pass_gate()\n")
        client("lambda").invoke(FunctionName="f", InvocationType="Event")
        with gate.arrival():
            result = run("settle", "--timeout", "0.05")
            assert result.exit_code == 3
            assert "lambda.event" in result.output
            held = json.loads(run("settle", "--timeout", "0", "--json").output)["holding"]
            assert [(each["name"], each["subject"]) for each in held] == [("lambda.event", arn)]
            assert [(each["name"], each["running"]) for each in headwater.deliveries()] == [("lambda.event", True)]
    done = run("settle")
    assert (done.exit_code, done.output) == (0, "settled\n")
    assert headwater.deliveries() == []


def test_one_cause_settles_while_another_is_held(headwater: Headwater, client: Client) -> None:
    """By whatever names it: the id of its event, its execution's ARN, its trace."""
    events, states, lambda_ = client("events"), client("stepfunctions"), client("lambda")
    with Gate() as gate:
        source = f"{gate.source}\ndef handler(event, context):\n    if event['detail']['slow']: pass_gate()\n"
        arn = make(lambda_, source=source)
        lambda_.add_permission(
            FunctionName="f", StatementId="e", Action="lambda:InvokeFunction", Principal="events.amazonaws.com"
        )
        events.put_rule(Name="r", EventPattern='{"source": ["s"]}')
        events.put_targets(Rule="r", Targets=[{"Id": "f", "Arn": arn}])

        def put(slow: bool) -> str:
            entry = {"Source": "s", "DetailType": "d", "Detail": json.dumps({"slow": slow})}
            return str(events.put_events(Entries=[entry])["Entries"][0]["EventId"])

        slow = put(True)
        with gate.arrival():
            machine = states.create_state_machine(name="m", definition=PASS, roleArn=ROLE)["stateMachineArn"]
            execution = states.start_execution(stateMachineArn=machine)["executionArn"]
            quick = put(False)
            for cause in (quick, execution, headwater.trace(quick)["trace"]):
                assert headwater.settle(cause)["settled"]
            for cause in (slow, headwater.trace(slow)["trace"], None):
                settlement = headwater.settle(cause, timeout=0.01)
                assert not settlement["settled"]
                assert {held["subject"] for held in settlement["holding"]} == {arn}
    assert headwater.settle(slow)["settled"]


def test_time_in_the_terminal(client: Client, run: Any) -> None:
    def shown(*arguments: str) -> str:
        result = run("time", *arguments)
        assert result.exit_code == 0, result.output
        return str(result.output)

    assert "real: goes on" in shown()
    assert "frozen: stands still" in shown("freeze")
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 86_400, "End": True}}}
    states = client("stepfunctions")
    machine = states.create_state_machine(name="day", definition=json.dumps(wait), roleArn=ROLE)
    states.start_execution(stateMachineArn=machine["stateMachineArn"])
    assert "next timer in 1d" in shown("show")
    assert "in 1d:" in run("settle").output
    assert "states" in shown("advance", "1d12h")
    assert "1d 1" in shown("show")
    assert json.loads(shown("real", "--json"))["mode"] == "real"
    assert "auto" in shown("auto")
    for wrong in (["advance"], ["show", "7d"], ["advance", "soon"], ["backwards"]):
        assert run("time", *wrong).exit_code == 2


def test_nobody_there_is_said_in_words() -> None:
    nobody = ["--endpoint", "http://127.0.0.1:9"]
    commands = (["settle"], ["time"], ["trace"], ["faults"], ["faults", "clear"], ["snapshot", "list"])
    for command in (*([*each, *nobody] for each in commands), ["faults", *nobody, "seed", "7"]):
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 1
        assert "No Headwater answers at http://127.0.0.1:9: Connection refused. Start one with" in result.output
    with pytest.raises(HeadwaterError) as raised:
        Headwater("http://127.0.0.1:9").time()
    assert raised.value.status is None


def test_the_document_describes_what_is_answered(headwater: Headwater) -> None:
    document = headwater._ask("GET", "openapi.json")
    assert document["openapi"] == "3.1.0"
    paths = document["paths"]
    assert {"/_headwater/time", "/_headwater/settle", "/_headwater/deliveries", "/_headwater/trace"} <= paths.keys()
    answers = {
        ("get", "time"): headwater.time(),
        ("post", "time"): headwater.advance("1s"),
        ("post", "settle"): headwater.settle(),
        ("get", "deliveries"): headwater._ask("GET", "deliveries"),
    }
    for (method, page), answer in answers.items():
        schema = paths[f"/_headwater/{page}"][method]["responses"]["200"]["content"]["application/json"]["schema"]
        assert set(schema["required"]) <= answer.keys() <= schema["properties"].keys()


def names(happened: Sequence[Any]) -> list[str]:
    return [each["name"] for each in happened]


def test_functions_tried_again_come_due_in_their_order(headwater: Headwater, client: Client) -> None:
    make(client("lambda"), source="def handler(event, context):\n    raise ValueError('no')\n")
    headwater.freeze()
    client("lambda").invoke(FunctionName="f", InvocationType="Event")
    assert headwater.settle()["settled"]
    assert headwater.advance("59s")["count"] == 0
    first = headwater.advance("1s")
    assert (names(first["happened"]), first["happened"][0]["outcome"]) == (["lambda.event"], "ValueError")
    assert headwater.advance("10m")["count"] == 1
    assert headwater.settle()["timers"] == []
