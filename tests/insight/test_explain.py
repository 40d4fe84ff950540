"""What became of events, and why: asked over the surface, of a real server."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import wait_for

ORDER = {"Source": "shop", "DetailType": "OrderPlaced", "Detail": json.dumps({"total": 150, "vip": True})}


def ask(endpoint: str, page: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{endpoint}/_headwater/{page}", data, timeout=30) as response:
        return json.load(response)


def refusal(endpoint: str, page: str, body: Any = None) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(endpoint, page, body)
    with caught.value as error:
        return error.code, json.load(error)["error"]


def explained(endpoint: str, event: str) -> dict[str, Any]:
    """Without what other accounts, which other tests are, would have said."""
    answer: dict[str, Any] = ask(endpoint, f"explain?event={event}")
    answer["verdicts"] = [each for each in answer["verdicts"] if each["state"] != "wrong account"]
    return answer


def queue(aws: Client, name: str) -> tuple[str, str]:
    url = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return url, attributes["QueueArn"]


def rule(aws: Client, name: str, pattern: dict[str, Any], *targets: str, bus: str = "default", **more: Any) -> str:
    arn: str = aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern), EventBusName=bus)["RuleArn"]
    listed = [{"Id": f"t{number}", "Arn": target, **more} for number, target in enumerate(targets)]
    if listed:
        aws("events").put_targets(Rule=name, Targets=listed, EventBusName=bus)
    return arn


def put(aws: Client, **entry: Any) -> str:
    answer = aws("events").put_events(Entries=[ORDER | entry])["Entries"][0]
    event: str = answer["EventId"]
    return event


def test_every_rule_says_why(aws: Client, endpoint: str) -> None:
    _, arn = queue(aws, "orders")
    aws("events").create_event_bus(Name="other")
    rule(aws, "takes", {"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}, arn)
    rule(aws, "near", {"source": ["shop"], "detail": {"total": [{"numeric": ["<", 100]}, "150"]}}, arn)
    rule(aws, "far", {"source": ["desk"], "detail": {"vip": [False], "gone": [{"exists": True}]}}, arn)
    rule(aws, "elsewhere", {"source": ["shop"]}, arn, bus="other")
    rule(aws, "off", {"source": ["shop"]}, arn)
    aws("events").disable_rule(Name="off")
    event = put(aws)
    answer = explained(endpoint, event)
    assert answer["event"]["detail"] == {"total": 150, "vip": True}
    verdicts = {verdict["name"]: verdict for verdict in answer["verdicts"]}
    assert [verdict["name"] for verdict in answer["verdicts"]] == ["takes", "off", "near", "far", "elsewhere"]
    taken = verdicts["takes"]
    assert taken["state"] == "delivered"
    assert [(each["target"], each["state"]) for each in taken["deliveries"]] == [(arn, "delivered")]
    assert taken["deliveries"][0]["took"] > 0
    assert verdicts["near"]["state"] == "not matched"
    assert verdicts["near"]["reason"] == 'detail.total is 150, wanted < 100 or "150"'
    (field,) = [each for each in verdicts["near"]["explanation"]["branches"][0]["fields"] if not each["yes"]]
    assert [(each["operator"], each["compared"], each["why"]) for each in field["predicates"]] == [
        ("numeric", ["150"], "150 is not < 100"),
        ("equals", ["150"], '150 is a number, "150" is a text'),
    ]
    assert verdicts["far"]["failed"] == 3
    assert "detail.gone is not there" in verdicts["far"]["reason"]
    assert verdicts["off"]["state"] == "disabled"
    assert verdicts["elsewhere"]["state"] == "wrong bus"
    assert verdicts["elsewhere"]["reason"].endswith(":event-bus/other")


def test_rules_are_asked_as_they_stood(aws: Client, endpoint: str) -> None:
    _, arn = queue(aws, "orders")
    early = put(aws)
    rule(aws, "takes", {"source": ["shop"]}, arn)
    taken = put(aws)
    rule(aws, "takes", {"source": ["desk"]}, arn)
    refused = put(aws)
    aws("events").remove_targets(Rule="takes", Ids=["t0"])
    aws("events").delete_rule(Name="takes")
    late = put(aws)
    states = [
        [(verdict["name"], verdict["state"]) for verdict in explained(endpoint, event)["verdicts"]]
        for event in (early, taken, refused, late)
    ]
    assert states == [[], [("takes", "delivered")], [("takes", "not matched")], []]


def test_an_unknown_bus_and_another_region_are_told(aws: Client, endpoint: str, account: str) -> None:
    _, arn = queue(aws, "orders")
    rule(aws, "takes", {"source": ["shop"]}, arn)
    answer = explained(endpoint, put(aws, EventBusName="nowhere"))
    assert "There is no bus" in answer["problem"]
    assert [(verdict["name"], verdict["state"]) for verdict in answer["verdicts"]] == [("takes", "wrong bus")]
    event = {"source": "shop", "detail-type": "x", "detail": {}, "account": account, "region": "eu-west-1"}
    (verdict,) = [each for each in ask(endpoint, "explain", event)["verdicts"] if account in each["arn"]]
    assert verdict["state"] == "wrong region"
    event |= {"region": "us-east-1", "account": "999999999999"}
    (verdict,) = [each for each in ask(endpoint, "explain", event)["verdicts"] if account in each["arn"]]
    assert verdict["state"] == "wrong account"


def test_before_the_fact(aws: Client, endpoint: str, account: str) -> None:
    rule(aws, "takes", {"source": ["shop"]})
    bus = f"arn:aws:events:us-east-1:{account}:event-bus/default"
    (verdict,) = ask(endpoint, "explain", {"event": ORDER, "bus": bus})["verdicts"]
    assert (verdict["state"], verdict["reason"]) == ("matched", "the rule has no targets")
    other = {"source": "desk", "detail-type": "OrderPlaced", "detail": {}}
    verdict = ask(endpoint, "explain", {"event": other, "bus": bus})["verdicts"][0]
    assert verdict["reason"] == 'source is "desk", wanted "shop"'
    assert refusal(endpoint, "explain", {"event": 3}) == (400, "An event is a JSON object.")
    assert refusal(endpoint, "explain?event=nothing")[0] == 404
    assert refusal(endpoint, "explain")[0] == 400


def test_a_topic_and_its_filter_policies(aws: Client, endpoint: str) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    arns = [queue(aws, name)[1] for name in ("all", "large", "body")]
    everything = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns[0], ReturnSubscriptionArn=True)
    policies = {"FilterPolicy": json.dumps({"size": [{"numeric": [">", 5]}]})}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns[1], Attributes=policies)
    policies = {"FilterPolicy": json.dumps({"total": [7]}), "FilterPolicyScope": "MessageBody"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns[2], Attributes=policies)
    attributes = {"size": {"DataType": "Number", "StringValue": "3.0"}}
    message = sns.publish(TopicArn=topic, Message='{"total": 7}', MessageAttributes=attributes)["MessageId"]
    sns.unsubscribe(SubscriptionArn=everything["SubscriptionArn"])
    verdicts = {each["targets"][0]["arn"]: each for each in explained(endpoint, message)["verdicts"]}
    assert [verdicts[arn]["state"] for arn in arns] == ["delivered", "not matched", "delivered"]
    assert verdicts[arns[1]]["reason"] == "size is 3, wanted > 5"
    message = sns.publish(TopicArn=topic, Message="no JSON")["MessageId"]
    verdicts = {each["targets"][0]["arn"]: each for each in explained(endpoint, message)["verdicts"]}
    assert arns[0] not in verdicts
    assert verdicts[arns[2]]["reason"] == "the message is no JSON object"
    before = {"event": {"Message": "{}", "MessageAttributes": attributes}, "bus": topic}
    assert [each["state"] for each in ask(endpoint, "explain", before)["verdicts"]] == ["not matched"] * 2


def test_from_an_event_to_a_topic(aws: Client, endpoint: str) -> None:
    topic = aws("sns").create_topic(Name="orders")["TopicArn"]
    rule(aws, "takes", {"source": ["shop"]}, topic)
    (caused,) = explained(endpoint, put(aws))["caused"]
    assert caused["channel"] == topic
    assert explained(endpoint, caused["id"])["verdicts"] == []


def test_a_delivery_that_fails_is_followed_to_its_dead_letter(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, "123456789012")
    _, dead = queue(aws, "dead")
    gone = "arn:aws:lambda:us-east-1:123456789012:function:gone"
    retry = {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 3600}
    limited = "arn:aws:sns:us-east-1:123456789012:gone"
    rule(aws, "buried", {"source": ["shop"]}, gone, RetryPolicy=retry, DeadLetterConfig={"Arn": dead})
    rule(aws, "dropped", {"source": ["shop"]}, limited)
    event = put(aws)
    verdicts = {each["name"]: each for each in explained(timed.endpoint, event)["verdicts"]}
    buried, dropped = verdicts["buried"], verdicts["dropped"]
    assert (buried["state"], buried["deliveries"][0]["dead_letter"]) == ("dead-lettered", dead)
    assert dropped["state"] == "dropped"
    assert "NO_RESOURCE" in dropped["deliveries"][0]["error"]
    listed = ask(timed.endpoint, "deliveries?state=dead")["deliveries"]
    assert {each["subject"] for each in listed} == {gone, limited}


def test_patterns_on_recorded_traffic(aws: Client, endpoint: str, account: str) -> None:
    bus = f"arn:aws:events:us-east-1:{account}:event-bus/default"
    ids = [put(aws, Detail=json.dumps({"total": total})) for total in range(10)]
    pattern = {"source": ["shop"], "detail": {"total": [{"numeric": [">=", 7]}]}}
    answer = ask(endpoint, "patterns/test", {"pattern": pattern, "bus": bus, "last": 5})
    assert (answer["tried"], answer["matched"]) == (5, 3)
    assert answer["examples"] == ids[:6:-1]
    assert {miss["id"] for miss in answer["near_misses"]} == {ids[5], ids[6]}
    assert "wanted >= 7" in answer["near_misses"][0]["reason"]
    code, text = refusal(endpoint, "patterns/test", {"pattern": {"a": 3}, "bus": bus})
    assert (code, text) == (400, 'Event pattern is not valid. Reason: "a" must be an object or an array')
    topic = aws("sns").create_topic(Name="orders")["TopicArn"]
    aws("sns").publish(TopicArn=topic, Message='{"n": 1}')
    asked = {"pattern": {"n": [1]}, "bus": topic, "scope": "MessageBody"}
    assert ask(endpoint, "patterns/test", asked)["matched"] == 1


def test_a_transformers_work_is_shown(aws: Client, endpoint: str) -> None:
    _, arn = queue(aws, "orders")
    rule(aws, "takes", {"source": ["shop"]}, arn, InputPath="$.detail")
    (verdict,) = explained(endpoint, put(aws))["verdicts"]
    assert json.loads(verdict["deliveries"][0]["attempts"][0]["input"]) == {"total": 150, "vip": True}
    quoted = quote(verdict["deliveries"][0]["id"])
    assert ask(endpoint, f"delivery?id={quoted}")["state"] == "delivered"


def test_a_trace_is_found_by_its_event_and_shows_what_was_published(aws: Client, endpoint: str) -> None:
    _, arn = queue(aws, "orders")
    rule(aws, "takes", {"source": ["shop"]}, arn)
    event = put(aws, Detail=json.dumps({"long": "x" * 10_000}))
    trace = ask(endpoint, f"trace?id={event}")
    (published,) = trace["published"]
    assert published["id"] == event
    assert "characters in all]" in published["body"]
    (delivery,) = trace["spans"][0]["children"]
    assert [delivery["delivery"]] == published["deliveries"]


def test_patterns_on_records_of_streams(aws: Client, endpoint: str) -> None:
    kinesis, dynamodb = aws("kinesis"), aws("dynamodb")
    kinesis.create_stream(StreamName="s", ShardCount=2)
    wait_for(kinesis, "stream_exists", StreamName="s")
    stream = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    for total in range(6):
        kinesis.put_record(StreamName="s", PartitionKey=str(total), Data=json.dumps({"total": total}).encode())
    asked = {"pattern": {"data": {"total": [{"numeric": [">=", 4]}]}}, "bus": stream, "last": 5}
    answer = ask(endpoint, "patterns/test", asked)
    assert (answer["tried"], answer["matched"]) == (5, 2)
    assert "wanted >= 4" in answer["near_misses"][0]["reason"]
    assert explained(endpoint, answer["examples"][0])["event"]["data"] == {"total": 5}
    made = dynamodb.create_table(
        TableName="things", BillingMode="PAY_PER_REQUEST", StreamSpecification={"StreamEnabled": True,
        "StreamViewType": "NEW_IMAGE"}, KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
    )  # fmt: skip
    for number in range(4):
        dynamodb.put_item(TableName="things", Item={"k": {"S": str(number)}})
    dynamodb.delete_item(TableName="things", Key={"k": {"S": "0"}})
    asked = {"pattern": {"eventName": ["REMOVE"]}, "bus": made["TableDescription"]["LatestStreamArn"]}
    answer = ask(endpoint, "patterns/test", asked)
    assert (answer["tried"], answer["matched"]) == (5, 1)
    assert explained(endpoint, answer["examples"][0])["event"]["eventName"] == "REMOVE"
    code, _ = refusal(endpoint, "patterns/test", {"pattern": {"a": [1]}, "bus": stream.replace("/s", "/gone")})
    assert code == 400


def test_what_comes_again_later_is_found_by_its_id(timed: ServerThread) -> None:
    aws, sqs = client_factory(timed.endpoint, "123456789012"), "arn:aws:sqs:us-east-1:123456789012:q"
    events = aws("events")
    bus = events.describe_event_bus()["Arn"]
    archive = events.create_archive(ArchiveName="a", EventSourceArn=bus)["ArchiveArn"]
    event = put(aws)
    rule(aws, "later", {"replay-name": [{"exists": True}]}, sqs)
    timed.advance(3_600_000)
    first = explained(timed.endpoint, event)
    assert "replay-name" not in first["event"] and first["at"] < timed.cloud.engine.clock.now() - 3_000_000
    ends = {"EventStartTime": 1_794_990_000, "EventEndTime": 1_795_010_000}
    events.start_replay(ReplayName="again", EventSourceArn=archive, Destination={"Arn": bus}, **ends)
    timed.advance(1000)
    assert explained(timed.endpoint, event)["event"]["replay-name"] == "again"
