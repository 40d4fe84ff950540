"""`headwater up`, as a library on a running server and as a command with a server of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.deploy import DeploymentError, Progress, up
from tests.conftest import client_factory

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Word: {Type: String, Default: hello}, Seconds: {Type: Number, Default: 30}}
Resources:
  Speak:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: code/
      Environment: {Variables: {WORD: !Ref Word}}
      Events: {Get: {Type: HttpApi, Properties: {Path: /, Method: get}}}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      DefinitionUri: machine.asl.json
      DefinitionSubstitutions: {Function: !GetAtt Speak.Arn}
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: !Ref Seconds}}
Outputs:
  Api: {Value: !Sub "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.amazonaws.com/"}
  Machine: {Value: !Ref Machine}
"""
CODE = """
import os
def handler(event, context):
    return {"statusCode": 200, "body": os.environ["WORD"] + " one"}
"""
MACHINE = """
{"StartAt": "Call",
 "States": {"Call": {"Type": "Task", "Resource": "${Function}", "OutputPath": "$.body", "End": true}}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop-front"
    (folder / "code").mkdir(parents=True)
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "code/app.py").write_text(CODE)
    (folder / "machine.asl.json").write_text(MACHINE)
    return folder


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as response:
        return str(response.read().decode())


def test_up_and_up_again(endpoint: str, project: Path, tmp_path: Path) -> None:
    heard: list[Progress] = []

    def deploy(stack: str = "front", **parameters: str) -> Any:
        heard.clear()
        return up(project / "template.yaml", stack, parameters, endpoint, heard.append, tmp_path / "cache")

    first = deploy()
    assert (first.stack, first.changed) == ("front", True)
    assert read(first.outputs["Api"]) == "hello one"
    assert {each.name for each in heard if each.kind == "package"} == {"Speak", "Machine"}
    assert ("Speak", "CREATE_COMPLETE") in {(each.name, each.status) for each in heard}
    assert (heard[-1].name, heard[-1].status) == ("front", "CREATE_COMPLETE")
    states = client_factory(endpoint, "000000000000")("stepfunctions", inject_host_prefix=False)
    answer = states.start_sync_execution(stateMachineArn=first.outputs["Machine"])
    assert json.loads(answer["output"]) == "hello one"

    assert not deploy().changed
    assert deploy(Word="goodbye").changed
    assert read(first.outputs["Api"]) == "goodbye one"
    (project / "code/app.py").write_text(CODE.replace("one", "two"))
    again = deploy()
    assert again.outputs == first.outputs
    assert read(first.outputs["Api"]) == "goodbye two"

    with pytest.raises(DeploymentError) as caught:
        deploy(Seconds="99999999")
    assert "The stack front is UPDATE_ROLLBACK_COMPLETE." in str(caught.value)
    assert "Queue (AWS::SQS::Queue): " in str(caught.value)


def test_a_failed_creation_is_made_anew(endpoint: str, project: Path, tmp_path: Path) -> None:
    arguments = (project / "template.yaml", "anew")
    rest = (endpoint, lambda progress: None, tmp_path / "cache")
    with pytest.raises(DeploymentError, match="The stack anew is ROLLBACK_COMPLETE"):
        up(*arguments, {"Seconds": "99999999"}, *rest)
    assert up(*arguments, {"Seconds": "3"}, *rest).changed


def test_a_template_too_large_for_a_request(endpoint: str, tmp_path: Path) -> None:
    queues = {f"Queue{n}": {"Type": "AWS::SQS::Queue", "Metadata": {"Note": "x" * 1000}} for n in range(60)}
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"Resources": queues, "Outputs": {"Url": {"Value": {"Ref": "Queue59"}}}}))
    deployed = up(template, "large", {}, endpoint, lambda progress: None, tmp_path / "cache")
    assert "large-Queue59-" in deployed.outputs["Url"]


def test_refusals(endpoint: str, project: Path, tmp_path: Path) -> None:
    def refusal(text: str, **parameters: str) -> str:
        (project / "template.yaml").write_text(text)
        with pytest.raises(DeploymentError) as caught:
            up(project / "template.yaml", "refused", parameters, endpoint, lambda progress: None, tmp_path / "cache")
        return str(caught.value)

    assert "YAML not well-formed. (line 2, column 1)" in refusal("a: [")
    assert refusal("Resources: {A: {Type: AWS::SQS::Queue}}", B="c") == "Parameters: [B] do not exist in the template"
    wrong = """
    Transform: AWS::Serverless-2016-10-31
    Resources: {F: {Type: AWS::Serverless::Function, Properties: {InlineCode: x}}}
    """
    assert "Resource with id [F] is invalid." in refusal(wrong)


@pytest.fixture
def started(project: Path, tmp_path: Path) -> Iterator[Any]:
    """Starts `headwater up` with arguments; ended by SIGINT."""
    running: list[subprocess.Popen[str]] = []
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def start(*arguments: str) -> subprocess.Popen[str]:
        headwater = Path(sys.executable).with_name("headwater")
        command = [str(headwater), "up", str(project / "template.yaml"), *arguments]
        process = subprocess.Popen(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=500)


def test_the_command(started: Any, project: Path) -> None:
    options = ("--port", "0", "--mqtt-port", "0", "--ephemeral", "--json", "--watch")
    process = started(*options, "--parameter", "Word=hi")
    told = json.loads(process.stdout.readline())
    assert told["stack"] == "shop-front"
    assert set(told["outputs"]) == {"Api", "Machine"}
    assert told["outputs"]["Api"].startswith(told["endpoint"])
    assert read(told["outputs"]["Api"]) == "hi one"
    (project / "code/app.py").write_text(CODE.replace("one", "three"))
    assert json.loads(process.stdout.readline()) == told
    assert read(told["outputs"]["Api"]) == "hi three"

    port = told["endpoint"].rpartition(":")[2]
    beside = started("--port", port, "--json", "--stack", "beside")
    assert json.loads(beside.stdout.readline())["endpoint"] == told["endpoint"]


def test_the_command_tells_what_went_wrong(started: Any) -> None:
    process = started("--port", "0", "--mqtt-port", "0", "--ephemeral", "--parameter", "Seconds=-5")
    assert process.wait(timeout=500) == 1
    said = process.stderr.read()
    assert "The stack shop-front is ROLLBACK_COMPLETE." in said
    assert "Traceback" not in said
