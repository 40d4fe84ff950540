"""kill -9 while a stack is made, changed and removed: each goes on to its end."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.conftest import client_factory

TEMPLATE = """
Parameters: {Seconds: {Type: Number, Default: 10}}
Resources:
  First: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: !Ref Seconds}}
  Slow:
    Type: Custom::Slow
    DependsOn: First
    Properties: {ServiceToken: !GetAtt Maker.Arn, Seconds: !Ref Seconds, ServiceTimeout: 60}
  Slower:
    Type: Custom::Slow
    DependsOn: Slow
    Properties: {ServiceToken: !GetAtt Maker.Arn, Seconds: !Ref Seconds, ServiceTimeout: 60}
  Last:
    Type: AWS::SQS::Queue
    DependsOn: Slower
    Properties: {VisibilityTimeout: !GetAtt Slow.Seconds}
  Maker:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Timeout: 20
      Role: arn:aws:iam::000000000000:role/any
      Code:
        ZipFile: |
          import json, time, urllib.request
          def handler(event, context):
              time.sleep(0.4)
              seconds = event["ResourceProperties"]["Seconds"]
              answer = {"Status": "SUCCESS", "PhysicalResourceId": "slow", "Data": {"Seconds": seconds}}
              request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
              urllib.request.urlopen(request).read()
Outputs:
  First: {Value: !Ref First}
  Last: {Value: !Ref Last}
"""


class Server:
    """`headwater start` on a data folder, always at the same port."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.data = data
        self.start()

    def start(self) -> None:
        headwater = Path(sys.executable).with_name("headwater")
        options = ("--port", str(self.port), "--mqtt-port", "0", "--data", str(self.data))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.process = subprocess.Popen([str(headwater), "start", *options], env=environment)
        until = time.monotonic() + 30
        while not self.answers():
            assert time.monotonic() < until, "it does not come up"
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_headwater/health", timeout=1):
                return True
        except OSError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data")
    yield running
    running.kill()


@pytest.mark.slow
def test_stacks_survive_kills(server: Server) -> None:
    draw = random.Random(7)
    aws = client_factory(server.endpoint, "000000000000")
    cloudformation: Any = aws("cloudformation")

    def settled(name: str) -> str:
        """The stack's status in the end; until then the server is killed again and again."""
        for kills in range(200):
            if kills < 3:
                time.sleep(draw.uniform(0.05, 0.6))
                server.kill()
                server.start()
            try:
                status = str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
            except (BotoCoreError, ClientError):
                continue
            if kills >= 3 and not status.endswith("_IN_PROGRESS"):
                return status
            time.sleep(0.05)
        raise AssertionError(f"{name} is still {status}")

    def timeouts() -> set[str]:
        out = cloudformation.describe_stacks(StackName="shop")["Stacks"][0]["Outputs"]
        return {
            aws("sqs").get_queue_attributes(QueueUrl=each["OutputValue"], AttributeNames=["All"])["Attributes"][
                "VisibilityTimeout"
            ]
            for each in out
        }

    identity = cloudformation.create_stack(StackName="shop", TemplateBody=TEMPLATE)["StackId"]
    assert settled("shop") == "CREATE_COMPLETE"
    assert timeouts() == {"10"}
    seconds = [{"ParameterKey": "Seconds", "ParameterValue": "20"}]
    cloudformation.update_stack(StackName="shop", UsePreviousTemplate=True, Parameters=seconds)
    assert settled("shop") == "UPDATE_COMPLETE"
    assert timeouts() == {"20"}
    cloudformation.delete_stack(StackName="shop")
    assert settled(identity) == "DELETE_COMPLETE"
    assert aws("sqs").list_queues().get("QueueUrls", []) == []
    assert aws("lambda").list_functions()["Functions"] == []
