"""Wait conditions: signals to a handle's URL let a stack go on, or fail it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import settle, wait_for

HANDLE = {
    "Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
    "Outputs": {"Url": {"Value": {"Ref": "Handle"}}},
}


def signal(url: str, status: str, identity: str, **more: str) -> None:
    body = json.dumps({"Status": status, "UniqueId": identity, **more}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": ""}, method="PUT")) as response:
        assert response.status == 200


def handle(cloudformation: Any) -> str:
    cloudformation.create_stack(StackName="handle", TemplateBody=json.dumps(HANDLE))
    wait_for(cloudformation, "stack_create_complete", StackName="handle")
    url: str = cloudformation.describe_stacks(StackName="handle")["Stacks"][0]["Outputs"][0]["OutputValue"]
    return url


def wait_on(cloudformation: Any, url: str, **properties: Any) -> None:
    properties = {"Handle": url, "Timeout": "60", **properties}
    body = {
        "Resources": {"Wait": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": properties}},
        "Outputs": {"Data": {"Value": {"Fn::GetAtt": "Wait.Data"}}},
    }
    cloudformation.create_stack(StackName="waits", TemplateBody=json.dumps(body), OnFailure="DO_NOTHING")


def failure(cloudformation: Any) -> str:
    with pytest.raises(Exception, match="CREATE_FAILED"):
        wait_for(cloudformation, "stack_create_complete", StackName="waits")
    events = cloudformation.describe_stack_events(StackName="waits")["StackEvents"]
    reason: str = next(
        event["ResourceStatusReason"]
        for event in events
        if (event["LogicalResourceId"], event["ResourceStatus"]) == ("Wait", "CREATE_FAILED")
    )
    return reason


@pytest.mark.parametrize("before", [True, False])
def test_a_stack_goes_on_once_enough_signals_have_come(aws: Client, before: bool) -> None:
    cloudformation = aws("cloudformation")
    url = handle(cloudformation)
    if before:
        signal(url, "SUCCESS", "a", Data="one")
        wait_on(cloudformation, url, Count=2)
    else:
        wait_on(cloudformation, url, Count=2)
        signal(url, "SUCCESS", "a", Data="one")
    signal(url, "SUCCESS", "a", Data="again")  # the first counts
    signal(url, "SUCCESS", "b")
    wait_for(cloudformation, "stack_create_complete", StackName="waits")
    (output,) = cloudformation.describe_stacks(StackName="waits")["Stacks"][0]["Outputs"]
    assert json.loads(output["OutputValue"]) == {"a": "one", "b": ""}
    cloudformation.delete_stack(StackName="waits")
    wait_for(cloudformation, "stack_delete_complete", StackName="waits")


def test_a_failed_signal_fails_the_stack(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    url = handle(cloudformation)
    wait_on(cloudformation, url)
    signal(url, "FAILURE", "a", Reason="no room")
    assert failure(cloudformation) == "WaitCondition received failed message: 'no room' for uniqueId: a"


def test_time_runs_out(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    url = handle(cloudformation)
    signal(url, "SUCCESS", "a")
    wait_on(cloudformation, url, Timeout=0, Count=3)
    assert failure(cloudformation) == "WaitCondition timed out. Received 1 conditions when expecting 3"


@pytest.mark.parametrize("body", [{}, {"Status": "DONE", "UniqueId": "a"}, {"Status": "SUCCESS"}, []])
def test_what_is_no_signal_is_refused(aws: Client, body: Any) -> None:
    url = handle(aws("cloudformation"))
    with pytest.raises(urllib.error.HTTPError, match="400") as refused:
        urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), method="PUT"))
    refused.value.close()


def policy(**signal: Any) -> str:
    wait = {"Type": "AWS::CloudFormation::WaitCondition", "CreationPolicy": {"ResourceSignal": signal}}
    return json.dumps({"Resources": {"Wait": wait}})


def test_signals_by_the_api_let_a_creation_policy_go_on(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="waits", TemplateBody=policy(Count=2, Timeout="PT10M"))
    settle(cloudformation)

    def signal_resource(identity: str, **more: str) -> None:
        request = {"StackName": "waits", "LogicalResourceId": "Wait", "UniqueId": identity, "Status": "SUCCESS"}
        cloudformation.signal_resource(**{**request, **more})

    with pytest.raises(ClientError, match="Resource Other does not exist"):
        signal_resource("a", LogicalResourceId="Other")
    for identity in ("a", "a", "b"):  # each counts once
        signal_resource(identity)
    wait_for(cloudformation, "stack_create_complete", StackName="waits")
    events = cloudformation.describe_stack_events(StackName="waits")["StackEvents"]
    told = [each["ResourceStatusReason"] for each in events if "signal" in each.get("ResourceStatusReason", "")]
    assert told == ["Received SUCCESS signal with UniqueId b", "Received SUCCESS signal with UniqueId a"]
    with pytest.raises(ClientError, match=r"is in CREATE_COMPLETE state and cannot be signaled"):
        signal_resource("c")


def test_a_creation_policy_runs_out_of_time(timed: ServerThread) -> None:
    cloudformation = client_factory(timed.endpoint, "000000000000")("cloudformation")
    cloudformation.create_stack(StackName="waits", TemplateBody=policy(), OnFailure="DO_NOTHING")
    settle(cloudformation)
    timed.advance(299_000)
    settle(cloudformation)
    assert cloudformation.describe_stacks(StackName="waits")["Stacks"][0]["StackStatus"] == "CREATE_IN_PROGRESS"
    timed.advance(1_000)
    settle(cloudformation)
    assert failure(cloudformation) == "Failed to receive 1 resource signal(s) within the specified duration"
