"""Policies of parameters: expiry on the clock, and what EventBridge is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import settle

DAY = 86_400_000
EXPIRES = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2026-12-25T12:00:00.000Z"}}
BEFORE = {"Type": "ExpirationNotification", "Version": "1.0", "Attributes": {"Before": "15", "Unit": "Days"}}
UNCHANGED = {"Type": "NoChangeNotification", "Version": "1.0", "Attributes": {"After": "20", "Unit": "Days"}}


def told(sqs: Any, url: str) -> list[dict[str, Any]]:
    settle(sqs)
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ())
    for each in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return [json.loads(each["Body"]) for each in messages]


def test_policies_are_carried_out_on_the_clock(timed: ServerThread) -> None:
    account = "123456789012"
    aws = client_factory(timed.endpoint, account)
    ssm, sqs, events = aws("ssm"), aws("sqs"), aws("events")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    events.put_rule(Name="policies", EventPattern='{"detail-type": ["Parameter Store Policy Action"]}')
    events.put_targets(Rule="policies", Targets=[{"Id": "q", "Arn": f"arn:aws:sqs:us-east-1:{account}:told"}])
    now = datetime.fromtimestamp(timed.cloud.engine.now / 1000, UTC)
    expires = json.loads(json.dumps(EXPIRES))
    expires["Attributes"]["Timestamp"] = (now + timedelta(days=30)).isoformat()
    policies = json.dumps([expires, BEFORE, UNCHANGED])
    made = ssm.put_parameter(Name="/p", Value="1", Type="String", Tier="Intelligent-Tiering", Policies=policies)
    assert made["Tier"] == "Advanced"
    [kept] = ssm.describe_parameters()["Parameters"]
    assert [(each["PolicyType"], each["PolicyStatus"]) for each in kept["Policies"]] == [
        ("Expiration", "Pending"),
        ("ExpirationNotification", "Pending"),
        ("NoChangeNotification", "Pending"),
    ]
    assert json.loads(kept["Policies"][1]["PolicyText"]) == BEFORE
    timed.advance(16 * DAY)
    [event] = told(sqs, url)
    assert event["resources"] == [f"arn:aws:ssm:us-east-1:{account}:parameter/p"]
    detail = event["detail"]
    assert (detail["policy-type"], detail["parameter-name"]) == ("ExpirationNotification", "/p")
    assert (detail["parameter-type"], detail["action-status"]) == ("String", "Success")
    assert json.loads(detail["policy-content"]) == BEFORE
    # a new version keeps its expiration, and begins to wait for changes anew
    ssm.put_parameter(Name="/p", Value="2", Overwrite=True)
    [kept] = ssm.describe_parameters()["Parameters"]
    assert [each["PolicyStatus"] for each in kept["Policies"]] == ["Pending", "Finished", "Pending"]
    timed.advance(5 * DAY)
    assert told(sqs, url) == []
    timed.advance(10 * DAY)
    [event] = told(sqs, url)
    assert event["detail"]["policy-type"] == "Expiration"
    assert ssm.describe_parameters()["Parameters"] == []
    # an empty policy takes away those that were there
    unchanged = json.dumps([UNCHANGED])
    ssm.put_parameter(Name="/q", Value="1", Type="String", Tier="Advanced", Policies=unchanged)
    ssm.put_parameter(Name="/r", Value="1", Type="String", Tier="Advanced", Policies=unchanged)
    ssm.put_parameter(Name="/q", Value="1", Overwrite=True, Policies="[{}]")
    timed.advance(21 * DAY)
    [event] = told(sqs, url)
    assert (event["detail"]["parameter-name"], event["detail"]["policy-type"]) == ("/r", "NoChangeNotification")
    assert event["detail"]["action-reason"].startswith("The parameter has not been changed for 20 days. This ")
    [history] = ssm.get_parameter_history(Name="/r")["Parameters"]
    assert history["Policies"][0]["PolicyStatus"] == "Finished"


@pytest.mark.parametrize(
    ("policies", "code", "message"),
    [
        ("{}", "ValidationException", "Invalid policies input"),
        ([{**EXPIRES, "Type": "Expiry"}], "InvalidPolicyTypeException", "Policy type Expiry is not supported."),
        ([{**EXPIRES, "Version": "2.0"}], "InvalidPolicyAttributeException", "Unsupported policy version."),
        ([{**EXPIRES, "Attributes": {"Timestamp": "soon"}}], "InvalidPolicyAttributeException", "Invalid timestamp"),
        ([EXPIRES, EXPIRES], "IncompatiblePolicyException", "There can be only one expiration policy"),
        ([BEFORE], "IncompatiblePolicyException", "missing expiration policy"),
        (
            [{**UNCHANGED, "Attributes": {"After": "0", "Unit": "Days"}}],
            "InvalidPolicyAttributeException",
            "Attribute After must be a positive integer.",
        ),
        (
            [{**UNCHANGED, "Attributes": {"After": "1", "Unit": "Weeks"}}],
            "InvalidPolicyAttributeException",
            "Supported time units: DAYS HOURS",
        ),
        ([UNCHANGED] * 11, "PoliciesLimitExceededException", "cannot exceed 10"),
    ],
)
def test_policies_that_mean_nothing(aws: Client, policies: Any, code: str, message: str) -> None:
    text = policies if isinstance(policies, str) else json.dumps(policies)
    with pytest.raises(ClientError) as error:
        aws("ssm").put_parameter(Name="/p", Value="1", Type="String", Tier="Advanced", Policies=text)
    told = error.value.response["Error"]
    assert told["Code"] == code
    assert message in told["Message"]


def test_an_advanced_parameter_stays_one(aws: Client) -> None:
    ssm = aws("ssm")
    with pytest.raises(ClientError, match="don't support parameter policies"):
        ssm.put_parameter(Name="/p", Value="1", Type="String", Policies=json.dumps([UNCHANGED]))
    ssm.put_parameter(Name="/p", Value="1", Type="String", Tier="Advanced")
    with pytest.raises(ClientError, match="You can't downgrade a parameter from the advanced-parameter tier"):
        ssm.put_parameter(Name="/p", Value="2", Overwrite=True, Tier="Standard")
    assert ssm.put_parameter(Name="/p", Value="2", Overwrite=True, Tier="Intelligent-Tiering")["Tier"] == "Advanced"
