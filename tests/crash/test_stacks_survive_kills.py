"""kill -9 while stacks are made, changed, taken back and removed, also by stack sets: each goes on to its end."""

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
      Timeout: 2
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


class Crashes:
    """A server that is killed again and again while CloudFormation works."""

    def __init__(self, server: Server, seed: int, kills: int) -> None:
        """``kills`` in each operation."""
        self.server, self.draw, self.kills = server, random.Random(seed), kills
        self.aws = client_factory(server.endpoint, "000000000000")
        self.cloudformation: Any = self.aws("cloudformation")

    def settle(self) -> None:
        for _ in range(self.kills):
            time.sleep(self.draw.uniform(0.05, 0.6))  # the moment is left to chance; nothing is waited for
            self.server.kill()
            self.server.start()
        self.server.settle()

    def settled(self, name: str) -> str:
        """The stack's status in the end."""
        self.settle()
        return str(self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    def timeouts(self) -> set[str]:
        out = self.cloudformation.describe_stacks(StackName="shop")["Stacks"][0]["Outputs"]
        sqs, wanted = self.aws("sqs"), ["VisibilityTimeout"]
        return {
            sqs.get_queue_attributes(QueueUrl=each["OutputValue"], AttributeNames=wanted)["Attributes"][wanted[0]]
            for each in out
        }


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_stacks_survive_kills(server: Server) -> None:
    crashes = Crashes(server, 7, 3)
    cloudformation, aws = crashes.cloudformation, crashes.aws
    identity = cloudformation.create_stack(StackName="shop", TemplateBody=TEMPLATE)["StackId"]
    assert crashes.settled("shop") == "CREATE_COMPLETE"
    assert crashes.timeouts() == {"10"}
    seconds = [{"ParameterKey": "Seconds", "ParameterValue": "20"}]
    cloudformation.update_stack(StackName="shop", UsePreviousTemplate=True, Parameters=seconds)
    assert crashes.settled("shop") == "UPDATE_COMPLETE"
    assert crashes.timeouts() == {"20"}
    cloudformation.delete_stack(StackName="shop")
    assert crashes.settled(identity) == "DELETE_COMPLETE"
    assert aws("sqs").list_queues().get("QueueUrls", []) == []
    assert aws("lambda").list_functions()["Functions"] == []


# a rule that no service takes, when all else is done
WRONG = """  Wrong:
    Type: AWS::Events::Rule
    DependsOn: Last
    Properties: {EventPattern: {source: wrong}}
"""
IMPORTED = """  There:
    Type: AWS::SQS::Queue
    DependsOn: Slow
    DeletionPolicy: Retain
    Properties: {QueueName: there}
"""


def with_more(resources: str, seconds: int = 10) -> str:
    return TEMPLATE.replace("Outputs:", f"{resources}Outputs:").replace("Default: 10", f"Default: {seconds}")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_rollbacks_and_imports_survive_kills(server: Server) -> None:
    crashes = Crashes(server, 11, 1)
    cloudformation, sqs = crashes.cloudformation, crashes.aws("sqs")
    cloudformation.create_stack(StackName="shop", TemplateBody=TEMPLATE)
    server.settle()
    cloudformation.update_stack(StackName="shop", TemplateBody=with_more(WRONG, 20))
    assert crashes.settled("shop") == "UPDATE_ROLLBACK_COMPLETE"
    assert crashes.timeouts() == {"10"}
    url = sqs.create_queue(QueueName="there")["QueueUrl"]
    request = {"StackName": "shop", "ChangeSetName": "import"}
    body = with_more(IMPORTED, 30)
    cloudformation.create_change_set(**request, TemplateBody=body, ImportExistingResources=True)
    server.settle()
    cloudformation.execute_change_set(**request)
    assert crashes.settled("shop") == "UPDATE_COMPLETE"
    assert crashes.timeouts() == {"30"}
    detail = cloudformation.describe_stack_resource(StackName="shop", LogicalResourceId="There")["StackResourceDetail"]
    assert (detail["PhysicalResourceId"], detail["ResourceStatus"]) == (url, "IMPORT_COMPLETE")
    assert len(sqs.list_queues()["QueueUrls"]) == 3


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_stack_sets_survive_kills(server: Server) -> None:
    crashes, regions = Crashes(server, 13, 1), ["us-east-1", "eu-west-1"]
    cloudformation = crashes.cloudformation
    cloudformation.create_stack_set(StackSetName="set", TemplateBody=TEMPLATE)
    where = {"StackSetName": "set", "Accounts": ["000000000000"], "Regions": regions}

    def stacks() -> list[tuple[str, str]]:
        """The operation's outcome, and where which stacks stand."""
        (last, *_) = cloudformation.list_stack_set_operations(StackSetName="set")["Summaries"]
        found = [("", last["Status"])]
        for region in regions:
            there = client_factory(server.endpoint, "000000000000", region)("cloudformation")
            found += [(region, each["StackStatus"]) for each in there.list_stacks()["StackSummaries"]]
        return found

    cloudformation.create_stack_instances(**where)
    crashes.settle()
    assert stacks() == [("", "SUCCEEDED"), *((region, "CREATE_COMPLETE") for region in regions)]
    overrides = [{"ParameterKey": "Seconds", "ParameterValue": "20"}]
    cloudformation.update_stack_instances(**where, ParameterOverrides=overrides)
    crashes.settle()
    assert stacks() == [("", "SUCCEEDED"), *((region, "UPDATE_COMPLETE") for region in regions)]
    cloudformation.delete_stack_instances(**where, RetainStacks=False)
    crashes.settle()
    assert stacks() == [("", "SUCCEEDED"), *((region, "DELETE_COMPLETE") for region in regions)]
    assert cloudformation.list_stack_instances(StackSetName="set")["Summaries"] == []
