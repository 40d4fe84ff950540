"""The pytest plugin, as a user's tests have it: a session of its own in a process of its own."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Delay: {Type: Number, Default: 0}}
Resources:
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: !Sub "${AWS::StackName}-bus"}}
  Ship:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Timeout: 20
      InlineCode: |
        import boto3, os
        def handler(event, context):
            if event["detail"].get("broken"):
                raise ValueError("broken")
            boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=event["detail"]["id"])
      Environment: {Variables: {QUEUE: !Ref Parcels}}
      Events:
        Placed:
          Type: EventBridgeRule
          Properties: {EventBusName: !Ref Bus, Pattern: {source: [shop], detail-type: [Placed]}}
  Parcels: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref Delay}}
Outputs:
  Bus: {Value: !Ref Bus}
  Parcels: {Value: !Ref Parcels}
"""
TESTS = """
import asyncio, json, time
import boto3, pytest

def put(bus, kind="Placed", **detail):
    entry = {"EventBusName": bus, "Source": "shop", "DetailType": kind, "Detail": json.dumps(detail)}
    boto3.client("events").put_events(Entries=[entry])

@pytest.mark.parametrize("number", range(5))
def test_a_parcel_is_sent(stack, events, number):
    shop = stack("template.yaml")
    put(shop["Bus"], id=str(number))
    events.assert_delivered(source="shop", detail_type="Placed", to=shop.resource("Ship"), times=1)
    events.assert_delivered(source="shop", to=shop["Parcels"].rpartition("/")[2])
    messages = boto3.client("sqs").receive_message(QueueUrl=shop["Parcels"])["Messages"]
    assert [message["Body"] for message in messages] == [str(number)]  # and none of another test

def test_none_is_sent_for_another_event(stack, events):
    shop = stack("template.yaml")
    put(shop["Bus"], "Cancelled", id="1")
    events.assert_never(source="shop", to=shop.resource("Ship"))
    boto3.client("sqs").send_message(QueueUrl=shop["Parcels"], MessageBody="by hand")  # a cause: it is no effect
    events.assert_reached(to=shop["Parcels"], times=0)
    assert "missed" in events.story() and "detail-type" in events.story()

def test_a_parcel_is_late(stack, events, clock):
    clock.freeze()  # it is frozen in the universe of the stack, too
    shop = stack("template.yaml", Delay="600")
    put(shop["Bus"], id="late")
    events.settle()
    sqs = boto3.client("sqs")
    assert "Messages" not in sqs.receive_message(QueueUrl=shop["Parcels"])
    clock.advance("10m")
    events.assert_reached(to=shop["Parcels"], times=1)
    assert sqs.receive_message(QueueUrl=shop["Parcels"])["Messages"][0]["Body"] == "late"

def test_retries_take_no_time(stack, events, clock):
    shop = stack("template.yaml")
    clock.freeze()
    put(shop["Bus"], broken=True)
    events.settle()
    happened = clock.advance("10m")["happened"]
    assert [each["outcome"] for each in happened] == ["ValueError"] * 2
    events.assert_never(source="shop", to=shop["Parcels"].rpartition("/")[2])

@pytest.mark.parametrize("number", range(2))
def test_two_stacks_are_side_by_side(stack, events, clock, number):
    first, second = stack("template.yaml"), stack("template.yaml", Delay="600")
    put(first["Bus"], id="1")
    put(second["Bus"], id="2")
    events.settle()
    assert len(boto3.client("sqs").list_queues()["QueueUrls"]) == 2
    assert clock.now().timestamp() < time.time() + 60
    clock.advance("10m")
    for shop in first, second:
        assert len(boto3.client("sqs").receive_message(QueueUrl=shop["Parcels"])["Messages"]) == 1

def test_nothing_is_left_in_a_universe_of_ones_own(universe, events):
    assert "QueueUrls" not in boto3.client("sqs").list_queues()
    boto3.client("sqs").create_queue(QueueName="mine")
    assert "mine" in events.story()

def test_an_event_loop_goes_on_while_the_cloud_settles(stack, events):
    async def test():
        put(shop["Bus"], id="1")
        await events.settled()
        events.assert_delivered(source="shop", to=shop.resource("Ship"))
    shop = stack("template.yaml")
    asyncio.run(test())

@pytest.mark.fresh_functions
def test_functions_can_be_fresh(stack, events):
    shop = stack("template.yaml")
    put(shop["Bus"], id="1")
    events.settle()
    logs = boto3.client("logs")
    group = logs.describe_log_groups()["logGroups"][0]["logGroupName"]
    messages = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
    assert any("Init Duration" in message for message in messages)
"""
FAILING = """
import json
import boto3

def test_it_fails(stack, events):
    shop = stack("template.yaml")
    entry = {"EventBusName": shop["Bus"], "Source": "shop", "DetailType": "Lost", "Detail": "{}"}
    boto3.client("events").put_events(Entries=[entry])
    events.assert_delivered(source="shop", to=shop.resource("Ship"))

def test_it_arrives_after_all(stack, events):
    shop = stack("template.yaml")
    entry = {"EventBusName": shop["Bus"], "Source": "shop", "DetailType": "Placed", "Detail": '{"id": "1"}'}
    boto3.client("events").put_events(Entries=[entry])
    events.assert_never(source="shop", to=shop.resource("Ship"))

def test_nothing_reaches_what_is_misspelt(stack, events):
    stack("template.yaml")
    events.assert_never(source="shop", to="Shipp")

def test_no_such_template(stack):
    stack("nowhere.yaml")

def test_no_such_resource(stack):
    stack("template.yaml").resource("Shop")

def test_no_such_output(stack):
    stack("template.yaml")["Buss"]

def test_no_such_parameter(stack):
    stack("template.yaml", Colour="red")

def test_no_such_service(universe, faults):
    faults.throttle("stepfunctions")

def test_another_bus(stack, events):
    shop = stack("template.yaml")
    boto3.client("events").put_events(Entries=[{"Source": "shop", "DetailType": "Placed", "Detail": "{}"}])
    events.assert_delivered(source="shop", to=shop.resource("Ship"))

def test_another_rule_takes_it(stack, events):
    shop, client = stack("template.yaml"), boto3.client("events")
    client.put_rule(Name="audit", EventBusName=shop["Bus"], EventPattern='{"source": ["shop"]}')
    target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:000000000000:" + shop["Parcels"].rpartition("/")[2]}
    client.put_targets(Rule="audit", EventBusName=shop["Bus"], Targets=[target])
    client.put_events(Entries=[{"EventBusName": shop["Bus"], "Source": "shop", "DetailType": "Gone", "Detail": "{}"}])
    events.assert_delivered(source="shop", to=shop.resource("Ship"))

def test_a_logical_id_is_no_name(stack, events):
    stack("template.yaml")
    events.assert_delivered(source="shop", to="Parcels")

def test_stacks_are_asked_for_before_anything_is_done(stack):
    stack("template.yaml")
    boto3.client("sqs").create_queue(QueueName="mine")
    stack("template.yaml", Delay="600")
"""


def session(folder: Path, tests: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "test_shop.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "headwater.testing.plugin", "-q", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=500, check=False)


@pytest.mark.parametrize(("options", "count"), [([], 13), (["-n", "2", "-k", "test_a_parcel_is_sent"], 5)])
def test_a_users_tests_pass(tmp_path: Path, options: list[str], count: int) -> None:
    result = session(tmp_path, TESTS, *options)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{count} passed" in result.stdout


def test_a_failure_tells_what_happened_to_the_event(tmp_path: Path) -> None:
    result = session(tmp_path, FAILING, "--headwater-report", "report.html")
    assert result.returncode == 1
    report = (tmp_path / "report.html").read_text()
    assert "test_shop.py::test_it_fails" in report and "test_shop.py::test_it_arrives_after_all" in report
    assert "12 failed" in result.stdout
    assert "Nothing here is named Shipp, so that nothing could reach it." in result.stdout
    assert "0 such were routed, 0 arrived" in result.stdout
    assert "near miss: shop: Lost: missed" in result.stdout
    assert "; 1 did." in result.stdout
    # another rule took it, and still the one that leads to where it was awaited tells why it did not
    assert "1 such were routed, 0 arrived" in result.stdout
    assert re.search(r'near miss: shop: Gone: missed \S+: detail-type is "Gone", wanted "Placed"', result.stdout)
    assert re.search(r"Nothing here is named Parcels\S*.* Is it arn:aws:sqs:\S+-Parcels-\w+\?", result.stdout)
    assert "Ask for all stacks of a test before" in result.stdout
    assert "Headwater: what happened" in result.stdout
    assert "There is no nowhere.yaml beside the test" in result.stdout
    assert "has no resource Shop; is it Ship?" in result.stdout
    assert "has no output Buss; is it Bus?" in result.stdout
    assert "template.yaml: Parameters: [Colour] do not exist in the template" in result.stdout
    assert "During handling" not in result.stdout
    assert "There is no service stepfunctions. Is it states?" in result.stdout
    assert "shop: Placed: arn:aws:events:us-east-1:000000000000:event-bus/default has no rule" in result.stdout
    # the near miss, and which field it was
    assert "missed" in result.stdout
    assert "detail-type" in result.stdout


HANGING = """
import time

def test_it_hangs(cloud):
    with open("told", "w") as told:
        told.write(str(cloud._process.pid))
    time.sleep(600)
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells of the end of a process that is no child")
def test_the_cloud_ends_with_its_tests_even_if_they_are_killed(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(HANGING)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    os.mkfifo(tmp_path / "told")
    command = [sys.executable, "-m", "pytest", "-p", "headwater.testing.plugin", "-q", "test_shop.py"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as tests:
        server = int((tmp_path / "told").read_text())
        end = os.pidfd_open(server)
        tests.kill()
    ended, _, _ = select.select([end], [], [], 60)
    os.close(end)
    if not ended:
        os.kill(server, signal.SIGKILL)
    assert ended
