"""kill -9 while a stack is made, changed and removed: each goes on to its end."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from tests.conftest import client_factory
from tests.crash.server import Server

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


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_stacks_survive_kills(server: Server) -> None:
    draw = random.Random(7)
    aws = client_factory(server.endpoint, "000000000000")
    cloudformation: Any = aws("cloudformation")

    def settled(name: str) -> str:
        """The stack's status in the end; until then the server is killed again and again."""
        for _ in range(3):
            time.sleep(draw.uniform(0.05, 0.6))  # the moment is left to chance; nothing is waited for
            server.kill()
            server.start()
        server.settle()
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

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
