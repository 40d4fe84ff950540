"""The explorer: it finds a planted bug, and the fewest faults that bring it; what is right passes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from headwater.cli.main import main

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: !Sub "${AWS::StackName}-bus"}}
  Payments: {Type: AWS::SQS::Queue}
  Ledger:
    Type: AWS::Serverless::SimpleTable
    Properties: {PrimaryKey: {Name: id, Type: String}}
  ToPayments:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {source: [shop]}
      Targets: [{Id: payments, Arn: !GetAtt Payments.Arn, InputPath: $.detail}]
  PaymentsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Payments]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Payments.Arn
  Charge:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Timeout: 20
      Policies: [{DynamoDBCrudPolicy: {TableName: !Ref Ledger}}]
      Environment: {Variables: {TABLE: !Ref Ledger}}
      InlineCode: |
        import boto3, json, os
        def handler(event, context):
            table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
            for record in event["Records"]:
                order = json.loads(record["body"])
                CHARGE
      Events: {Payments: {Type: SQS, Properties: {Queue: !GetAtt Payments.Arn, BatchSize: 1}}}
Outputs: {Bus: {Value: !Ref Bus}, Ledger: {Value: !Ref Ledger}}
"""
# the account is charged once for each time that the message comes, or once for each order
CHARGE = """if order["careful"]:
                    table.put_item(Item={"id": order["customer"] + "/" + order["id"], "charged": order["amount"]})
                    continue
                table.update_item(Key={"id": order["customer"]}, UpdateExpression="ADD charged :a",
                                  ExpressionAttributeValues={":a": order["amount"]})"""
TESTS = """
import json
import boto3, pytest

@pytest.mark.parametrize("careful", [False, True])
def test_each_order_is_charged_once(stack, events, careful):
    shop = stack("template.yaml")
    for order in ("1", "2", "3"):
        detail = json.dumps({"id": order, "customer": "c", "amount": 10, "careful": careful})
        entry = {"EventBusName": shop["Bus"], "Source": "shop", "DetailType": "Placed", "Detail": detail}
        boto3.client("events").put_events(Entries=[entry])
    events.settle()
    items = boto3.resource("dynamodb").Table(shop["Ledger"]).scan()["Items"]
    assert sum(item["charged"] for item in items) == 30
"""
WITHOUT_STACK = """
import boto3

def test_what_is_sent_arrives(universe, events):
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    for body in ("1", "2", "3", "4"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    events.settle()
    seen = set()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        seen |= {message["Body"] for message in messages}
    assert seen == {"1", "2", "3", "4"}
"""
PYTEST = [sys.executable, "-m", "pytest", "-p", "headwater.testing.plugin", "-q"]


def run(folder: Path, tests: str, *command: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_shop.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run([*command, *PYTEST], cwd=folder, capture_output=True, text=True, timeout=500, check=False)


def explore(folder: Path, tests: str, *options: str) -> subprocess.CompletedProcess[str]:
    return run(folder, tests, sys.executable, "-m", "headwater", "faults", "explore", *options, "--")


def test_a_planted_bug_is_found_with_its_shortest_schedule(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE.replace("CHARGE", CHARGE))
    result = explore(tmp_path, TESTS, "--seeds", "5")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "2 passed" in result.stdout  # for the record: without faults
    assert "test_shop.py::test_each_order_is_charged_once[False] fails with 1 fault;" in result.stdout
    assert result.stdout.count("none can be spared") == 1  # the careful one bears them all
    assert "assert Decimal('40') == 30" in result.stdout
    [(kind, arguments)] = re.findall(r"^    faults\.(\w+)\((.*)\)$", result.stdout, re.MULTILINE)
    assert kind in ("duplicate", "crash_after_send")
    assert re.search(r'to="(Payments|Charge)", service=".*", operation=".*", nth=\d', arguments)
    assert re.search(r"^    headwater faults add (duplicate|crash-after-send) --", result.stdout, re.MULTILINE)

    # pasted into the test it breaks it too, and only where it matters
    pasted = TESTS.replace("events, careful", "events, faults, careful").replace(
        "    shop =", f"    faults.{kind}({arguments})\n    shop ="
    )
    again = run(tmp_path, pasted)
    assert "1 failed, 1 passed" in again.stdout
    assert "assert Decimal('40') == 30" in again.stdout


def test_where_nothing_breaks_nothing_is_found(tmp_path: Path) -> None:
    result = explore(tmp_path, WITHOUT_STACK, "--seeds", "8", "--kinds", "duplicate,reorder,delay,error")
    assert result.returncode == 0, result.stdout + result.stderr
    found = re.search(r"^1 tests, 8 seeds, (\d+) faults: nothing found\.$", result.stdout, re.MULTILINE)
    assert found is not None
    assert int(found[1]) > 5


def test_what_cannot_be_explored_is_a_mistake_of_use(tmp_path: Path) -> None:
    result = explore(tmp_path, "def test_broken():\n    assert False\n")
    assert (result.returncode, "fail without any fault" in result.stderr) == (2, True), result.stderr
    for arguments, reason in (
        (["--kinds", "melt", "--", "true"], "melt is no kind of fault"),
        (["--", "no-such-program"], "No such file"),
        (["--", "true"], "no test that uses"),
        ([], "Missing argument"),
    ):
        told = CliRunner().invoke(main, ["faults", "explore", *arguments])
        assert (told.exit_code, reason in told.output) == (2, True), told.output
