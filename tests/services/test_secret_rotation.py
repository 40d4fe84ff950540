"""Rotating secrets with a function: the four steps, schedules on the clock, failures, templates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.client import Headwater
from headwater.services.secretsmanager.rotation_rules import AN_HOUR, check_rules, next_window
from headwater.spine.clock import Clock
from headwater.spine.errors import AwsError
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.lambda_lab import Gate, make, receive
from tests.settling import settle, wait_for

DAY = 86_400_000
PLACE = ("123456789012", "eu-west-1")
# As AWS's template does it: each step looks first whether it is done. What its secret's description says goes wrong.
# Without an SDK, which takes longer to import than all that is tested here.
ROTATOR = """
import json, os, urllib.error, urllib.request

def ask(operation, **request):
    scope = f"{os.environ['AWS_ACCESS_KEY_ID']}/20260304/{os.environ['AWS_REGION']}/secretsmanager/aws4_request"
    headers = {"X-Amz-Target": f"secretsmanager.{operation}", "Content-Type": "application/x-amz-json-1.1",
               "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
               "X-Amz-Security-Token": os.environ["AWS_SESSION_TOKEN"]}
    asked = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], json.dumps(request).encode(), headers)
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)

def handler(event, context):
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    told = ask("DescribeSecret", SecretId=arn)
    assert told["RotationEnabled"] and event["RotationToken"]
    stages = told["VersionIdsToStages"][token]
    if "AWSCURRENT" in stages:
        return
    assert "AWSPENDING" in stages
    if told["Description"] == step:
        raise RuntimeError("no " + step)
    if step == "createSecret":
        current = ask("GetSecretValue", SecretId=arn)["SecretString"]
        try:
            ask("GetSecretValue", SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
        except urllib.error.HTTPError:
            ask("PutSecretValue", SecretId=arn, ClientRequestToken=token, SecretString=current + "'",
                VersionStages=["AWSPENDING"], RotationToken=event["RotationToken"])
    elif step == "testSecret":
        ask("GetSecretValue", SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
    elif step == "finishSecret":
        [current] = [id for id, stages in told["VersionIdsToStages"].items() if "AWSCURRENT" in stages]
        ask("UpdateSecretVersionStage", SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token,
            RemoveFromVersionId=current)
"""


class Lab:
    """A server whose clock stands still at the beginning of a Wednesday's tenth hour, with a secret and a function."""

    def __init__(self, server: ServerThread) -> None:
        self.server = server
        client = client_factory(server.endpoint, *PLACE)
        self.secrets = client("secretsmanager")
        self.lambda_ = client("lambda")
        self.sqs = client("sqs")
        self.events = client("events")

    def prepare(self) -> None:
        self.function = make(self.lambda_, "rotator", ROTATOR)
        self.arn = self.secrets.create_secret(Name="db", SecretString="one", Description="")["ARN"]

    def listen(self) -> str:
        """The URL of a queue that is told of rotations."""
        url: str = self.sqs.create_queue(QueueName="told")["QueueUrl"]
        pattern = {"source": ["aws.secretsmanager"], "detail-type": ["AWS Service Event via CloudTrail"]}
        self.events.put_rule(Name="told", EventPattern=json.dumps(pattern))
        queue = f"arn:aws:sqs:{PLACE[1]}:{PLACE[0]}:told"
        self.events.put_targets(Rule="told", Targets=[{"Id": "q", "Arn": queue}])
        return url

    def rotate(self, **more: Any) -> dict[str, Any]:
        told: dict[str, Any] = self.secrets.rotate_secret(SecretId="db", RotationLambdaARN=self.function, **more)
        return told

    def described(self) -> dict[str, Any]:
        settle(self.secrets)
        told: dict[str, Any] = self.secrets.describe_secret(SecretId="db")
        return told

    def value(self) -> str:
        settle(self.secrets)
        value: str = self.secrets.get_secret_value(SecretId="db")["SecretString"]
        return value


@pytest.fixture
def lab() -> Iterator[Lab]:
    with ServerThread(clock=Clock(int(at("2026-03-04T10:20").timestamp() * 1000))) as server:
        lab = Lab(server)
        lab.prepare()
        yield lab


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def refusal(error: Any) -> tuple[str, str]:
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_a_rotation_is_four_steps_and_comes_again_on_its_schedule(lab: Lab) -> None:
    secrets = lab.secrets
    first = secrets.describe_secret(SecretId="db")
    assert "RotationEnabled" not in first
    url = lab.listen()
    made = lab.rotate(RotationRules={"ScheduleExpression": "rate(10 days)", "Duration": "3h"})
    told = lab.described()
    names = {json.loads(each["Body"])["detail"]["eventName"] for each in receive(lab.sqs, url, 2)}
    assert names == {"RotationStarted", "RotationSucceeded"}
    version = made["VersionId"]
    assert (told["RotationEnabled"], told["RotationLambdaARN"]) == (True, lab.function)
    assert told["VersionIdsToStages"][version] == ["AWSPENDING", "AWSCURRENT"]
    assert lab.value() == "one'"
    assert secrets.get_secret_value(SecretId="db", VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    assert told["LastRotatedDate"] == at("2026-03-04T10:20")
    assert told["NextRotationDate"] == at("2026-03-14T02:59:59")
    assert told["RotationRules"] == {
        "AutomaticallyAfterDays": 10,
        "Duration": "3h",
        "ScheduleExpression": "rate(10 days)",
    }
    assert secrets.list_secrets()["SecretList"][0]["NextRotationDate"] == at("2026-03-14T02:59:59")
    [told_of] = Headwater(lab.server.endpoint).trace(version)["spans"]
    [rotation] = [span for span in told_of["children"] if span["name"] == "secretsmanager.rotate"]
    steps = [step["notes"]["step"] for step in rotation["children"] if "step" in step["notes"]]
    assert steps == ["createSecret", "setSecret", "testSecret", "finishSecret"]
    lab.server.advance(9 * DAY)
    assert lab.value() == "one'"
    lab.server.advance(DAY)
    assert lab.value() == "one''"
    assert lab.described()["NextRotationDate"] == at("2026-03-24T02:59:59")
    # a value that is put by hand counts as a rotation
    secrets.put_secret_value(SecretId="db", SecretString="two")
    lab.server.advance(3 * DAY)
    secrets.put_secret_value(SecretId="db", SecretString="three")
    assert lab.described()["NextRotationDate"] == at("2026-03-27T02:59:59")
    cancelled = secrets.cancel_rotate_secret(SecretId="db")
    assert cancelled["ARN"] == lab.arn
    lab.server.advance(30 * DAY)
    told = lab.described()
    assert (lab.value(), told["RotationEnabled"], "NextRotationDate" in told) == ("three", False, False)
    assert told["RotationRules"]["ScheduleExpression"] == "rate(10 days)"


def test_a_rotation_that_fails_is_tried_again_and_stays_pending(lab: Lab) -> None:
    secrets = lab.secrets
    url = lab.listen()
    secrets.update_secret(SecretId="db", Description="setSecret")
    version = lab.rotate(RotationRules={"AutomaticallyAfterDays": 1})["VersionId"]
    settle(secrets)
    details = [json.loads(each["Body"])["detail"] for each in receive(lab.sqs, url, 2)]
    failed, _ = sorted(details, key=lambda each: str(each["eventName"]))
    assert [each["eventName"] for each in details].count("RotationStarted") == 1
    assert failed["errorMessage"] == f"Error when executing lambda {lab.function} during setSecret step"
    assert failed["additionalEventData"] == {"SecretId": lab.arn}
    assert failed["requestID"] == f"Rotation-{lab.arn}-{version}"
    with pytest.raises(ClientError) as error:
        secrets.rotate_secret(SecretId="db")
    assert refusal(error) == (
        "InvalidRequestException",
        "A previous rotation isn't complete. That rotation will be reattempted.",
    )
    same = secrets.rotate_secret(SecretId="db", ClientRequestToken=version)
    assert same["VersionId"] == version
    lab.server.advance(3 * AN_HOUR)
    assert lab.value() == "one"
    told = lab.described()
    assert told["VersionIdsToStages"][version] == ["AWSPENDING"]
    assert "LastRotatedDate" not in told
    assert told["NextRotationDate"] == at("2026-03-05T23:59:59")
    lab.server.advance(DAY)
    assert lab.described()["NextRotationDate"] == at("2026-03-05T23:59:59")
    # once its cause is mended, the same version is made at the next window
    secrets.update_secret(SecretId="db", Description="")
    lab.server.advance(DAY)
    assert (lab.value(), lab.described()["NextRotationDate"]) == ("one'", at("2026-03-07T23:59:59"))
    assert lab.described()["VersionIdsToStages"][version] == ["AWSPENDING", "AWSCURRENT"]


def test_a_configuration_for_later_is_tested_and_nothing_else(lab: Lab) -> None:
    told = lab.rotate(RotationRules={"ScheduleExpression": "cron(0 16 1,15 * ? *)"}, RotateImmediately=False)
    assert "VersionId" not in told
    told = lab.described()
    assert list(told["VersionIdsToStages"].values()) == [["AWSCURRENT"]]
    assert told["NextRotationDate"] == at("2026-03-15T23:59:59")
    lab.server.advance(11 * DAY)
    assert lab.value() == "one"
    lab.server.advance(DAY)
    assert lab.value() == "one'"
    assert lab.described()["NextRotationDate"] == at("2026-04-01T23:59:59")
    lab.secrets.delete_secret(SecretId="db")
    lab.server.advance(20 * DAY)
    lab.secrets.restore_secret(SecretId="db")
    assert lab.value() == "one'"


def test_a_version_without_its_label_is_given_up(lab: Lab) -> None:
    secrets = lab.secrets
    secrets.update_secret(SecretId="db", Description="createSecret")
    version = lab.rotate()["VersionId"]
    settle(secrets)
    with pytest.raises(ClientError) as error:
        secrets.get_secret_value(SecretId="db", VersionStage="AWSPENDING")
    assert refusal(error) == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
    )
    secrets.update_secret_version_stage(SecretId="db", VersionStage="AWSPENDING", RemoveFromVersionId=version)
    secrets.update_secret(SecretId="db", Description="")
    lab.server.advance(AN_HOUR)
    assert lab.value() == "one"
    secrets.rotate_secret(SecretId="db")
    assert lab.value() == "one'"


def test_what_a_rotation_needs(lab: Lab) -> None:
    secrets = lab.secrets
    with pytest.raises(ClientError) as error:
        secrets.rotate_secret(SecretId="db")
    assert refusal(error) == (
        "InvalidRequestException",
        "No Lambda rotation function ARN is associated with this secret.",
    )
    with pytest.raises(ClientError) as error:
        secrets.rotate_secret(SecretId="db", RotationLambdaARN=lab.function + "s")
    assert refusal(error) == (
        "AccessDeniedException",
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access "
        "to the principal secretsmanager.amazonaws.com.",
    )
    for rules in (
        {"AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 day)"},
        {"Duration": "2h"},
        {"ScheduleExpression": "rate(3 hours)"},
        {"ScheduleExpression": "rate(90 minutes)"},
        {"ScheduleExpression": "cron(5 8 * * ? *)"},
        {"ScheduleExpression": "cron(0 8 * * ? 2027)"},
        {"ScheduleExpression": "cron(0 8,10 * * ? *)"},
        {"ScheduleExpression": "cron(0 20 * * ? *)", "Duration": "5h"},
    ):
        with pytest.raises(ClientError) as error:
            lab.rotate(RotationRules=rules)
        assert refusal(error)[0] == "InvalidParameterException"
    with pytest.raises(ClientError) as error:
        secrets.cancel_rotate_secret(SecretId="db")
    assert refusal(error)[0] == "InvalidRequestException"
    assert "RotationEnabled" not in lab.described()


def test_a_rotation_goes_on_after_a_restart(tmp_path: Path) -> None:
    with Gate() as gate, ExitStack() as held_until, ServerThread(data=tmp_path) as server:
        lab = Lab(server)
        lab.prepare()
        held = (gate.source + ROTATOR).replace(
            '    elif step == "testSecret":',
            '    elif step == "setSecret":\n        pass_gate()\n    elif step == "testSecret":',
        )
        lab.function = make(lab.lambda_, "held", held)
        version = lab.rotate()["VersionId"]
        held_until.enter_context(gate.arrival())
    with ServerThread(data=tmp_path) as server:
        lab = Lab(server)
        assert lab.value() == "one'"
        assert lab.described()["VersionIdsToStages"][version] == ["AWSPENDING", "AWSCURRENT"]


def test_a_template_that_rotates(aws: Client) -> None:
    cloudformation, secrets = aws("cloudformation"), aws("secretsmanager")
    body: dict[str, Any] = {
        "Resources": {
            "Secret": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {"Name": "db", "Description": "", "SecretString": "one"},
            },
            "Rotator": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.11",
                    "Handler": "index.handler",
                    "Role": "arn:aws:iam::000000000000:role/function",
                    "Code": {"ZipFile": ROTATOR},
                },
            },
            "Rotation": {
                "Type": "AWS::SecretsManager::RotationSchedule",
                "Properties": {
                    "SecretId": {"Ref": "Secret"},
                    "RotationLambdaARN": {"Fn::GetAtt": ["Rotator", "Arn"]},
                    "RotationRules": {"AutomaticallyAfterDays": "30"},
                    "RotateImmediatelyOnUpdate": "false",
                },
            },
        },
        "Outputs": {"Rotation": {"Value": {"Ref": "Rotation"}}},
    }
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(body))
    wait_for(cloudformation, "stack_create_complete", StackName="s")
    [stack] = cloudformation.describe_stacks(StackName="s")["Stacks"]
    told = secrets.describe_secret(SecretId="db")
    assert stack["Outputs"][0]["OutputValue"] == told["ARN"]
    assert told["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert told["RotationEnabled"] and "LastRotatedDate" not in told
    del body["Resources"]["Rotation"], body["Outputs"]
    cloudformation.update_stack(StackName="s", TemplateBody=json.dumps(body))
    wait_for(cloudformation, "stack_update_complete", StackName="s")
    assert not secrets.describe_secret(SecretId="db")["RotationEnabled"]


@settings(max_examples=30)
@given(
    st.one_of(
        st.builds(lambda days: {"AutomaticallyAfterDays": days}, st.integers(1, 1000)),
        st.builds(lambda n: {"ScheduleExpression": f"rate({n} hours)"}, st.integers(4, 100)),
        st.builds(
            lambda h, d: {"ScheduleExpression": f"cron(0 {h} {d} * ? *)"}, st.integers(0, 23), st.integers(1, 28)
        ),
    ),
    st.none() | st.integers(1, 30),
    st.integers(1_700_000_000_000, 1_800_000_000_000),
)
def test_windows_open_on_the_hour_and_close_on_their_day(rules: dict[str, Any], hours: int | None, now: int) -> None:
    rules = rules if hours is None else {**rules, "Duration": f"{hours}h"}
    try:
        check_rules(rules)
    except AwsError:
        assert hours is not None
        return
    window = next_window(rules, now)
    assert window is not None
    following = next_window(rules, window.start)
    assert following is not None
    assert now < window.start < window.end < following.start
    assert window.start % AN_HOUR == 0
    if "hours" not in str(rules):
        assert window.start // DAY == window.end // DAY
