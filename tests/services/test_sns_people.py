"""What SNS sends to people and devices: confirmed by mail, kept in the outbox, shown by the surface and the CLI."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from headwater.cli.outbox import command
from headwater.client import Headwater, Sent
from tests.conftest import Client
from tests.services.http_listener import verify
from tests.settling import wait_for

PHONE = "+15555550100"


def _error(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def outbox(endpoint: str, account: str) -> Any:
    """What was sent for the test's own account, oldest first."""
    headwater = Headwater(endpoint)

    def sent() -> list[Sent]:
        headwater.settle()
        return [message for message in reversed(headwater.outbox(1000)) if message["account"] == account]

    return sent


def _visit_link(text: str) -> None:
    found = re.search(r"http://\S+ConfirmSubscription[^\s\"]*", text)
    assert found
    with urllib.request.urlopen(found[0]):
        pass


@pytest.mark.parametrize("protocol", ["email", "email-json"])
def test_a_person_confirms_and_is_written_to(aws: Client, outbox: Any, protocol: str) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="t", Attributes={"DisplayName": "Shop"})["TopicArn"]
    asked = sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint="a@example.com")
    assert asked["SubscriptionArn"] == "pending confirmation"
    sns.publish(TopicArn=topic, Message="too early")
    (confirmation,) = outbox()
    assert (confirmation["kind"], confirmation["to"]) == (protocol, "a@example.com")
    assert confirmation["subject"] == "AWS Notification - Subscription Confirmation"
    _visit_link(confirmation["body"])
    sns.publish(TopicArn=topic, Message="hello", Subject="Greetings")
    sns.publish(TopicArn=topic, Message="no subject")
    _, first, second = outbox()
    assert (first["subject"], first["from"], first["topic"]) == ("Greetings", "Shop", topic)
    assert second["subject"] == "AWS Notification Message"
    if protocol == "email":
        assert first["body"].startswith("hello\n")
        assert "Action=Unsubscribe" in first["body"]
    else:
        notification = json.loads(first["body"])
        assert (notification["Message"], notification["MessageId"]) == ("hello", first["message"])
        verify(notification)


def test_text_messages(aws: Client, outbox: Any, endpoint: str, account: str) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    arn = sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint=PHONE)["SubscriptionArn"]
    assert arn.startswith(topic)
    sns.publish(TopicArn=topic, Message=json.dumps({"default": "all", "sms": "short"}), MessageStructure="json")
    sender = {"AWS.SNS.SMS.SenderID": {"DataType": "String", "StringValue": "Shop"}}
    identity = sns.publish(PhoneNumber=PHONE, Message="to you", MessageAttributes=sender)["MessageId"]
    first, second = outbox()
    assert (first["kind"], first["to"], first["body"]) == ("sms", PHONE, "short")
    assert (second["body"], second["from"], second["message"]) == ("to you", "Shop", identity)
    request = urllib.request.Request(
        f"{endpoint}/_headwater/outbox", json.dumps({"stop": PHONE, "account": account}).encode(), method="POST"
    )
    with urllib.request.urlopen(request):
        pass
    assert sns.check_if_phone_number_is_opted_out(phoneNumber=PHONE)["isOptedOut"] is True
    assert sns.list_phone_numbers_opted_out()["phoneNumbers"] == [PHONE]
    with pytest.raises(ClientError, match="is opted out"):
        sns.publish(PhoneNumber=PHONE, Message="to you")
    sns.publish(TopicArn=topic, Message="dropped")
    assert len(outbox()) == 2
    sns.opt_in_phone_number(phoneNumber=PHONE)
    assert sns.check_if_phone_number_is_opted_out(phoneNumber=PHONE)["isOptedOut"] is False
    with pytest.raises(ClientError) as raised:
        sns.publish(PhoneNumber="0123", Message="x")
    told = "Invalid parameter: PhoneNumber Reason: 0123 is not valid to publish to"
    assert _error(raised) == ("InvalidParameter", told)
    with pytest.raises(ClientError, match="Invalid SMS endpoint: nobody"):
        sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="nobody")


def test_sms_settings_and_sandbox(aws: Client, outbox: Any) -> None:
    sns = aws("sns")
    sns.set_sms_attributes(attributes={"DefaultSMSType": "Transactional", "DefaultSenderID": "Shop"})
    assert sns.get_sms_attributes(attributes=["DefaultSMSType"])["attributes"] == {"DefaultSMSType": "Transactional"}
    with pytest.raises(ClientError, match="Invalid parameter"):
        sns.set_sms_attributes(attributes={"Nonsense": "1"})
    assert sns.get_sms_sandbox_account_status()["IsInSandbox"] is False
    sns.create_sms_sandbox_phone_number(PhoneNumber=PHONE)
    with pytest.raises(ClientError) as raised:
        sns.verify_sms_sandbox_phone_number(PhoneNumber=PHONE, OneTimePassword="nonsense")
    assert _error(raised)[0] == "VerificationException"
    password = re.search(r"\d{6}", outbox()[0]["body"])
    assert password
    sns.verify_sms_sandbox_phone_number(PhoneNumber=PHONE, OneTimePassword=password[0])
    listed = [{"PhoneNumber": PHONE, "Status": "Verified"}]
    assert sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"] == listed
    sns.delete_sms_sandbox_phone_number(PhoneNumber=PHONE)
    assert sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"] == []


def test_pushes_to_devices(aws: Client, account: str, outbox: Any) -> None:
    sns = aws("sns")
    credential = {"PlatformCredential": "secret"}
    application = sns.create_platform_application(Name="app", Platform="GCM", Attributes=credential)
    arn = application["PlatformApplicationArn"]
    assert arn == f"arn:aws:sns:us-east-1:{account}:app/GCM/app"
    assert "PlatformCredential" not in sns.get_platform_application_attributes(PlatformApplicationArn=arn)["Attributes"]
    device = sns.create_platform_endpoint(PlatformApplicationArn=arn, Token="token", CustomUserData="me")["EndpointArn"]
    again = sns.create_platform_endpoint(PlatformApplicationArn=arn, Token="token", CustomUserData="me")
    assert again["EndpointArn"] == device
    with pytest.raises(ClientError, match="already exists with the same Token, but different attributes"):
        sns.create_platform_endpoint(PlatformApplicationArn=arn, Token="token", CustomUserData="you")
    payload = {"default": "all", "GCM": '{"notification": {"text": "hi"}}'}
    sns.publish(TargetArn=device, Message=json.dumps(payload), MessageStructure="json")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="application", Endpoint=device)
    sns.publish(TopicArn=topic, Message="hello")
    first, second = outbox()
    assert (first["kind"], first["to"], first["body"]) == ("push", device, payload["GCM"])
    assert second["body"] == "hello"
    sns.set_endpoint_attributes(EndpointArn=device, Attributes={"Enabled": "false"})
    with pytest.raises(ClientError) as raised:
        sns.publish(TargetArn=device, Message="x")
    assert _error(raised) == ("EndpointDisabled", "Endpoint is disabled")
    assert len(sns.list_endpoints_by_platform_application(PlatformApplicationArn=arn)["Endpoints"]) == 1
    assert len(sns.list_platform_applications()["PlatformApplications"]) == 1
    sns.delete_platform_application(PlatformApplicationArn=arn)
    with pytest.raises(ClientError, match="Endpoint does not exist"):
        sns.get_endpoint_attributes(EndpointArn=device)


def test_the_outbox_is_shown(aws: Client, endpoint: str, account: str) -> None:
    number = f"+1{account[:10]}"
    aws("sns").publish(PhoneNumber=number, Message="one line\nand another")
    shown = CliRunner().invoke(command, ["--to", number, "--endpoint", endpoint])
    assert shown.exit_code == 0, shown.output
    assert f"sms to {number}" in shown.output
    assert "  and another" in shown.output
    as_json = CliRunner().invoke(command, ["--to", number, "--json", "--endpoint", endpoint])
    assert json.loads(as_json.output)["body"] == "one line\nand another"


TEMPLATE = {
    "Resources": {
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {
                "FifoTopic": True,
                "TopicName": "t.fifo",
                "FifoThroughputScope": "MessageGroup",
                "ArchivePolicy": {"MessageRetentionPeriod": "10"},
                "DeliveryStatusLogging": [{"Protocol": "sqs", "SuccessFeedbackSampleRate": "10"}],
            },
        },
        "Policy": {
            "Type": "AWS::SNS::TopicInlinePolicy",
            "Properties": {
                "TopicArn": {"Ref": "Topic"},
                "PolicyDocument": {"Version": "2012-10-17", "Statement": []},
            },
        },
    }
}


def test_a_stack_with_all_that_a_topic_has(aws: Client, account: str) -> None:
    formation, sns = aws("cloudformation"), aws("sns")
    formation.create_stack(StackName="s", TemplateBody=json.dumps(TEMPLATE))
    wait_for(formation, "stack_create_complete", StackName="s")
    arn = f"arn:aws:sns:us-east-1:{account}:t.fifo"
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert json.loads(attributes["ArchivePolicy"]) == {"MessageRetentionPeriod": "10"}
    assert (attributes["FifoThroughputScope"], attributes["SQSSuccessFeedbackSampleRate"]) == ("MessageGroup", "10")
    assert json.loads(attributes["Policy"])["Statement"] == []
    changed = json.loads(json.dumps(TEMPLATE))
    del changed["Resources"]["Policy"]
    del changed["Resources"]["Topic"]["Properties"]["ArchivePolicy"]
    formation.update_stack(StackName="s", TemplateBody=json.dumps(changed))
    wait_for(formation, "stack_update_complete", StackName="s")
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert "ArchivePolicy" not in attributes
    assert json.loads(attributes["Policy"])["Id"] == "__default_policy_ID"
    formation.delete_stack(StackName="s")
    wait_for(formation, "stack_delete_complete", StackName="s")
    assert sns.list_topics()["Topics"] == []
    with pytest.raises(ClientError) as raised:
        sns.create_topic(Name="protected", DataProtectionPolicy="{}")
    assert _error(raised)[0] == "NotImplemented"
