"""EventBridge Pipes: what goes through, in which form and order, and what becomes of what fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headwater.client import Headwater
from headwater.spine.clock import Clock
from headwater.spine.engine import SYSTEM
from headwater.spine.operations import Caller
from tests.server import ServerThread
from tests.services.pipes_lab import ACCOUNT, ROLE, Lab, queue_arn

EXECUTE = "SELECT subject, outcome FROM spans WHERE name = 'pipes:Execute'"


@pytest.fixture
def lab(timed: ServerThread) -> Lab:
    return Lab(timed)


def test_from_queue_to_queue(lab: Lab) -> None:
    lab.pipe()
    lab.send({"n": 1}, "plain")
    records = lab.bodies()
    assert [record["body"] for record in records] == ['{"n": 1}', "plain"]
    assert set(records[0]) == {
        *("messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody"),
        *("eventSource", "eventSourceARN", "awsRegion"),
    }
    assert records[0]["eventSource"] == "aws:sqs" and lab.left() == 0


def test_filters_and_templates(lab: Lab) -> None:
    pattern = '{"eventSource": ["aws:sqs"], "body": {"kind": ["order"]}}'
    lab.pipe(
        SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": pattern}]}},
        TargetParameters={"InputTemplate": '{"id": <$.body.id>, "by": "<aws.pipes.pipe-name>"}'},
    )
    lab.send({"kind": "order", "id": 7}, {"kind": "other", "id": 8}, "plain")
    assert lab.bodies() == [{"id": 7, "by": "p"}] and lab.left() == 0


def test_a_miss_is_told_in_the_trace_of_its_message(lab: Lab) -> None:
    arn = lab.pipe(SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": '{"body": {"kind": ["order"]}}'}]}})
    lab.send({"kind": "other"})
    rows = lab.server.call(
        lambda: lab.server.cloud.engine.store.all(
            "SELECT m.subject, m.notes FROM spans AS m JOIN spans AS s ON s.trace = m.trace "
            "WHERE m.name = 'pipes:Miss' AND s.name = 'sqs:SendMessage'"
        )
    )
    ((subject, notes),) = rows
    assert subject == arn and "body.kind" in json.loads(notes)["missed filter 1"]


def test_the_trace_runs_through_the_pipe(lab: Lab) -> None:
    arn = lab.pipe()
    lab.send({"n": 1})
    headwater = Headwater(lab.server.endpoint)
    assert headwater.settle(timeout=60)["settled"]
    rows = lab.server.call(
        lambda: lab.server.cloud.engine.store.all(
            "SELECT e.subject, e.outcome, t.name FROM spans AS s JOIN spans AS e ON e.trace = s.trace AND "
            "e.name = 'pipes:Execute' JOIN spans AS t ON t.parent = e.id WHERE s.name = 'sqs:SendMessage'"
        )
    )
    assert rows == [(arn, "ok", "sqs:SendMessageBatch")]


def test_fifo_order_and_groups(lab: Lab) -> None:
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    source, target = lab.queue("in.fifo", **fifo), lab.queue("out.fifo", **fifo)
    lab.pipe(
        Source=queue_arn("in.fifo"),
        Target=queue_arn("out.fifo"),
        TargetParameters={
            "InputTemplate": "<$.body.n>",
            "SqsQueueParameters": {
                "MessageGroupId": "$.attributes.MessageGroupId",
                "MessageDeduplicationId": "$.messageId",
            },
        },
    )
    for n in range(12):
        lab.send({"n": n}, url=source, MessageGroupId=f"g{n % 2}")
    found = lab.messages(target)
    groups = {"g0": [n for n in range(12) if n % 2 == 0], "g1": [n for n in range(12) if n % 2]}
    for group, expected in groups.items():
        ours = [m for m in found if m["Attributes"]["MessageGroupId"] == group]
        assert [int(message["Body"]) for message in ours] == expected


def test_a_window_gathers_a_batch(lab: Lab) -> None:
    machine = lab.machine("m", {"Send": _send_to("out", "$")})
    queue = {"SqsQueueParameters": {"BatchSize": 3, "MaximumBatchingWindowInSeconds": 20}}
    lab.pipe(Target=machine, SourceParameters=queue, TargetParameters={"InputTemplate": "<$.body.n>"})
    lab.send({"n": 1}, {"n": 2})
    assert lab.bodies() == []
    lab.server.advance(21_000)
    assert lab.bodies() == [[1, 2]]
    lab.send({"n": 3}, {"n": 4}, {"n": 5})
    assert lab.bodies() == [[3, 4, 5]]


def _send_to(queue: str, path: str) -> dict[str, Any]:
    """A Task that sends what is at a path to a queue, and answers with its input."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sqs:sendMessage",
        "Parameters": {
            "QueueUrl": f"http://localhost/{ACCOUNT}/{queue}",
            "MessageBody.$": f"States.JsonToString({path})",
        },
        "ResultPath": None,
        "End": True,
    }


def test_enrichment_takes_the_events_place(lab: Lab) -> None:
    enriched = {"Type": "Pass", "Parameters": {"first.$": "$[0]", "added": True}, "End": True}
    machine = lab.machine("enrich", {"Enrich": enriched})
    lab.pipe(
        Enrichment=machine,
        EnrichmentParameters={"InputTemplate": '{"n": <$.body.n>}'},
        TargetParameters={"InputTemplate": '{"was": <$.first.n>, "added": <$.added>}'},
    )
    lab.send({"n": 1})
    assert lab.bodies() == [{"was": 1, "added": True}]


def test_an_enrichment_that_answers_nothing_sends_nothing_on(lab: Lab) -> None:
    machine = lab.machine("none", {"None": {"Type": "Pass", "Result": [], "End": True}})
    lab.pipe(Enrichment=machine)
    lab.send({"n": 1})
    assert lab.bodies() == [] and lab.left() == 0


def test_an_enrichment_that_fails_is_tried_again_when_the_message_shows_again(lab: Lab) -> None:
    machine = lab.machine("fails", {"Fail": {"Type": "Fail", "Error": "Bad", "Cause": "Luck"}})
    dead = lab.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": queue_arn("dead"), "maxReceiveCount": 2})
    lab.aws("sqs").set_queue_attributes(QueueUrl=lab.source, Attributes={"RedrivePolicy": policy})
    lab.pipe(Enrichment=machine)
    lab.send({"n": 1})
    assert lab.left() == 1
    lab.server.advance(70_000)
    assert lab.bodies(dead) == [{"n": 1}] and lab.bodies() == []
    rows = lab.server.call(lambda: lab.server.cloud.engine.store.all(EXECUTE))
    assert [outcome for _, outcome in rows] == ["ExecutionFailed", "ExecutionFailed"]


def test_partial_failures_of_a_batch(lab: Lab) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html"""
    failing = {"Parameters": {"batchItemFailures": [{"itemIdentifier.$": "$[1].id"}]}, "Type": "Pass", "End": True}
    machine = lab.machine("partly", {"Partly": failing})
    queue = {"SqsQueueParameters": {"BatchSize": 2, "MaximumBatchingWindowInSeconds": 20}}
    lab.pipe(Target=machine, SourceParameters=queue, TargetParameters={"InputTemplate": '{"id": <$.messageId>}'})
    lab.send({"n": 1}, {"n": 2})
    assert lab.left() == 1


def test_an_entry_that_a_target_refuses_is_the_one_that_is_tried_again(lab: Lab) -> None:
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    lab.aws("events").put_rule(Name="r", EventPattern='{"source": ["Pipe p"]}')
    lab.aws("events").put_targets(Rule="r", Targets=[{"Id": "1", "Arn": queue_arn("out")}])
    queue = {"SqsQueueParameters": {"BatchSize": 2, "MaximumBatchingWindowInSeconds": 20}}
    lab.pipe(Target=bus, SourceParameters=queue, TargetParameters={"InputTemplate": "<$.body>"})
    lab.send({"n": 1}, "not an object")
    (event,) = lab.bodies()
    assert (event["source"], event["detail-type"], event["detail"]) == ("Pipe p", "Event from aws:sqs", {"n": 1})
    assert lab.left() == 1


def test_parameters_of_a_bus(lab: Lab) -> None:
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    lab.aws("events").put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    lab.aws("events").put_targets(Rule="r", Targets=[{"Id": "1", "Arn": queue_arn("out")}])
    parameters = {
        "DetailType": "$.body.kind",
        "Source": "shop",
        "Resources": ["$.eventSourceARN"],
        "Time": "$.body.at",
    }
    lab.pipe(Target=bus, TargetParameters={"EventBridgeEventBusParameters": parameters, "InputTemplate": "<$.body>"})
    lab.send({"kind": "Placed", "at": "2026-01-02T03:04:05Z"})
    (event,) = lab.bodies()
    assert (event["detail-type"], event["resources"]) == ("Placed", [queue_arn("in")])
    assert event["time"] == "2026-01-02T03:04:05Z"


def test_topics_and_log_groups(lab: Lab) -> None:
    topic = lab.aws("sns").create_topic(Name="t")["TopicArn"]
    lab.aws("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue_arn("out"), Attributes={"RawMessageDelivery": "true"}
    )
    lab.aws("logs").create_log_group(logGroupName="/pipes")
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/pipes"
    lab.queue("in2")
    lab.pipe("p1", Target=topic, TargetParameters={"InputTemplate": "<$.body>"})
    lab.pipe(
        "p2",
        Source=queue_arn("in2"),
        Target=group,
        TargetParameters={"InputTemplate": "<$.body>", "CloudWatchLogsParameters": {"LogStreamName": "s"}},
    )
    lab.send("published")
    lab.send("logged", url=lab.source.replace("/in", "/in2"))
    assert lab.bodies() == ["published"]
    found = lab.aws("logs").get_log_events(logGroupName="/pipes", logStreamName="s")["events"]
    assert [event["message"] for event in found] == ["logged"]


def test_an_api_is_called(lab: Lab) -> None:
    api = lab.aws("apigateway").create_rest_api(name="a")["id"]
    root = lab.aws("apigateway").get_resources(restApiId=api)["items"][0]["id"]
    part = lab.aws("apigateway").create_resource(restApiId=api, parentId=root, pathPart="{id}")["id"]
    place = {"restApiId": api, "resourceId": part, "httpMethod": "POST"}
    lab.aws("apigateway").put_method(**place, authorizationType="NONE")
    template = '{"id": "$input.params(\'id\')", "q": "$input.params(\'q\')", "body": $input.json(\'$\')}'
    lab.aws("apigateway").put_integration(
        **place, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    lab.aws("apigateway").put_method_response(**place, statusCode="200")
    lab.aws("apigateway").put_integration_response(
        **place, statusCode="200", responseTemplates={"application/json": template.replace("$input.json('$')", "1")}
    )
    lab.aws("apigateway").create_deployment(restApiId=api, stageName="dev")
    lab.pipe(
        Enrichment=f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api}/dev/POST/*",
        SourceParameters={"SqsQueueParameters": {"BatchSize": 1}},
        EnrichmentParameters={
            "HttpParameters": {"PathParameterValues": ["$.body.id"], "QueryStringParameters": {"q": "$.messageId"}}
        },
    )
    lab.send({"id": "a b"})
    (answer,) = lab.bodies()
    assert answer["id"] == "a b" and len(answer["q"]) == 36


def test_what_a_pipe_logs(lab: Lab) -> None:
    lab.aws("logs").create_log_group(logGroupName="/p")
    destination = {"LogGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/p"}
    arn = lab.pipe(
        LogConfiguration={
            "Level": "TRACE",
            "CloudwatchLogsLogDestination": destination,
            "IncludeExecutionData": ["ALL"],
        },
        TargetParameters={"InputTemplate": "<$.body.n>"},
    )
    lab.send({"n": 1})
    found = lab.aws("logs").filter_log_events(logGroupName="/p")["events"]
    records = [json.loads(event["message"]) for event in found]
    assert [record["messageType"] for record in records] == [
        *("EXECUTION_STARTED", "TARGET_STAGE_ENTERED", "TARGET_TRANSFORMATION_STARTED"),
        *("TARGET_TRANSFORMATION_SUCCEEDED", "TARGET_INVOCATION_STARTED", "TARGET_INVOCATION_SUCCEEDED"),
        *("TARGET_STAGE_SUCCEEDED", "EXECUTION_SUCCEEDED"),
    ]
    assert {record["resourceArn"] for record in records} == {arn}
    assert len({record["executionId"] for record in records}) == 1
    assert json.loads(json.loads(records[0]["payload"])[0]["body"]) == {"n": 1}


def test_a_pipe_that_is_stopped_takes_nothing(lab: Lab) -> None:
    lab.pipe()
    lab.aws("pipes").stop_pipe(Name="p")
    lab.server.advance(100)
    lab.send({"n": 1})
    lab.server.advance(100_000)
    assert lab.bodies() == [] and lab.left() == 1
    lab.aws("pipes").start_pipe(Name="p")
    lab.server.advance(100)
    assert len(lab.bodies()) == 1


def test_a_server_that_starts_again_goes_on_with_its_pipes(tmp_path: Path) -> None:
    with ServerThread(tmp_path, Clock(1_795_000_000_000)) as server:
        lab = Lab(server)
        lab.pipe(TargetParameters={"InputTemplate": "<$.body>"})
        lab.aws("pipes").stop_pipe(Name="p")
        lab.server.advance(100)
        lab.send("kept")
        lab.aws("pipes").start_pipe(Name="p")  # whether it has begun or not when the server ends
    with ServerThread(tmp_path, Clock(1_795_000_010_000)) as server:
        server.advance(100)
        lab = Lab(server)
        assert {*lab.bodies()} == {"kept"}, "at least once: it may have been under way"
        assert lab.aws("pipes").describe_pipe(Name="p")["CurrentState"] == "RUNNING"


def test_pipes_explain_themselves(lab: Lab) -> None:
    arn = lab.pipe(SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": '{"body": {"kind": ["order"]}}'}]}})

    def asked(kind: str) -> dict[str, Any]:
        """What the pipe says of a message as filters see it."""
        request = {"EventSourceArn": queue_arn("in"), "Record": {"body": {"kind": kind}}}
        engine = lab.server.cloud.engine
        answer = lab.server.run(engine.call("pipes", "ExplainRecord", request, SYSTEM, None))
        (verdict,) = answer["Verdicts"]
        return dict(verdict)

    verdict = asked("order")
    assert (verdict["kind"], verdict["arn"], verdict["state"]) == ("pipe", arn, "matched")
    assert verdict["targets"] == [{"id": "pipe", "arn": queue_arn("out")}]
    refused = asked("other")
    assert refused["state"] == "not matched" and "body.kind" in refused["reason"]
    lab.aws("pipes").stop_pipe(Name="p")
    lab.server.advance(100)
    assert asked("order")["reason"] == "the pipe is STOPPED"


def test_pipes_and_schedules_are_on_the_map(lab: Lab) -> None:
    pipe = lab.pipe()
    schedule = lab.aws("scheduler").create_schedule(
        Name="s",
        ScheduleExpression="cron(0 0 1 1 ? 2199)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": queue_arn("in"), "RoleArn": ROLE},
    )["ScheduleArn"]
    engine = lab.server.cloud.engine
    caller = Caller(ACCOUNT, "us-east-1", "")
    links = [
        (link["from"], link["to"])
        for service in ("pipes", "scheduler")
        for link in lab.server.run(engine.call(service, "Topology", {}, caller, None))["links"]
    ]
    assert links == [(queue_arn("in"), pipe), (pipe, queue_arn("out")), (schedule, queue_arn("in"))]


def test_what_became_of_a_message_is_told(lab: Lab) -> None:
    arn = lab.pipe()
    sent = lab.aws("sqs").send_message(QueueUrl=lab.source, MessageBody="x")["MessageId"]
    lab.server.advance(10)
    (verdict,) = Headwater(lab.server.endpoint).explain(sent)["verdicts"]
    assert (verdict["arn"], verdict["state"]) == (arn, "delivered")
    assert verdict["deliveries"][0]["target"] == queue_arn("out")
