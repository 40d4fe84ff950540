"""The attributes of queues: what is refused and how it is said, policies, permissions, CloudFormation's types."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.settling import wait_for


def _error(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def _attributes(sqs: Any, url: str, *names: str) -> dict[str, str]:
    told: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names)).get("Attributes", {})
    return told


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("[]", ""),
        ("{}", "Redrive policy does not contain mandatory attribute: maxReceiveCount."),
        ('{"maxReceiveCount":5}', "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."),
        (
            '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:q","maxReceiveCount":4023}',
            "Invalid value for maxReceiveCount: 4023, valid values are from 1 to 1000 both inclusive.",
        ),
        ('{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}', "Invalid value for deadLetterTargetArn."),
        (
            '{"deadLetterTargetArn":"arn:aws:sns:us-east-1:123456789012:t","maxReceiveCount":5}',
            "Only SQS queues are valid resources for deadLetterTargetArn.",
        ),
        (
            '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:q.fifo","maxReceiveCount":5}',
            "Dead-letter queue must be same type of queue as the source..",
        ),
        (
            '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:none","maxReceiveCount":5}',
            "Dead letter target does not exist.",
        ),
        (
            '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:q","maxReceiveCount":5,"x":1}',
            "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].",
        ),
    ],
)
def test_redrive_policies_that_are_refused(aws: Client, policy: str, reason: str) -> None:
    with pytest.raises(ClientError) as raised:
        aws("sqs").create_queue(QueueName="q", Attributes={"RedrivePolicy": policy})
    expected = (
        ("InvalidParameterValue", f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}")
        if reason
        else (
            "InvalidAttributeValue",
            "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.",
        )
    )
    assert _error(raised) == expected


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("badjson", ""),
        ('{"redrivePermission":"dummy"}', ""),
        ('{"redrivePermission":"allowAll","dummy":"value"}', ""),
        ('{"redrivePermission":"byQueue","sourceQueueArns":"arn:aws:sqs"}', ""),
        (
            '{"redrivePermission":"byQueue"}',
            "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.",
        ),
        (
            '{"redrivePermission":"denyAll","sourceQueueArns":["a"]}',
            "To specify one or more source queue ARNs, you must set redrivePermission to byQueue.",
        ),
        (
            json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [f"x{number}" for number in range(11)]}),
            "The maximum number of source queue ARNs you can specify is 10.",
        ),
    ],
)
def test_redrive_allow_policies_that_are_refused(aws: Client, policy: str, reason: str) -> None:
    with pytest.raises(ClientError) as raised:
        aws("sqs").create_queue(QueueName="q", Attributes={"RedriveAllowPolicy": policy})
    begin = "Amazon SQS can't create the redrive allow policy"
    if reason:
        told = f"Value {policy} for parameter RedriveAllowPolicy is invalid. Reason: {begin}. {reason}"
        assert _error(raised) == ("InvalidParameterValue", told)
    else:
        told = f"Invalid value for the parameter RedriveAllowPolicy. Reason: {begin}, as it’s in an unsupported format."
        assert _error(raised) == ("InvalidAttributeValue", told)


def test_a_dead_letter_queue_says_whose_it_is(aws: Client, account: str) -> None:
    sqs = aws("sqs")
    allowed = f"arn:aws:sqs:us-east-1:{account}:allowed"
    allow = json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [allowed]})
    sqs.create_queue(QueueName="dead", Attributes={"RedriveAllowPolicy": allow})
    redrive = json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{account}:dead", "maxReceiveCount": 3})
    sqs.create_queue(QueueName="allowed", Attributes={"RedrivePolicy": redrive})
    with pytest.raises(ClientError) as raised:
        sqs.create_queue(QueueName="other", Attributes={"RedrivePolicy": redrive})
    assert _error(raised)[0] == "InvalidParameterValue"
    dead = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": '{"redrivePermission":"denyAll"}'})
    with pytest.raises(ClientError):
        sqs.create_queue(QueueName="third", Attributes={"RedrivePolicy": redrive})


def test_attributes_that_are_refused(aws: Client) -> None:
    sqs = aws("sqs")
    for attributes, code, message in (
        ({"VisibilityTimeout": "43201"}, "InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout."),
        ({"DelaySeconds": "1.5"}, "InvalidAttributeValue", "Invalid value for the parameter DelaySeconds."),
        ({"MaximumMessageSize": "1048577"}, "InvalidAttributeValue", None),
        ({"MessageRetentionPeriod": "59"}, "InvalidAttributeValue", None),
        ({"Policy": "{}"}, "InvalidAttributeValue", "Invalid value for the parameter Policy."),
        ({"FifoQueue": "false"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
        ({"Nonsense": "1"}, "InvalidAttributeName", "Unknown Attribute Nonsense."),
        (
            {"KmsMasterKeyId": "key", "SqsManagedSseEnabled": "true"},
            "InvalidAttributeName",
            "You can use one type of server-side encryption (SSE) at one time. "
            "You can either enable KMS SSE or SQS SSE.",
        ),
    ):
        with pytest.raises(ClientError) as raised:
            sqs.create_queue(QueueName="q", Attributes=attributes)
        assert _error(raised)[0] == code
        assert message is None or _error(raised)[1] == message
    with pytest.raises(ClientError) as raised:
        attributes = {"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"}
        sqs.create_queue(QueueName="q.fifo", Attributes=attributes)
    assert _error(raised)[0] == "InvalidAttributeValue"


def test_encryption_is_of_one_kind(aws: Client) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"KmsMasterKeyId": "testKeyId"})["QueueUrl"]
    names = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled")
    kms = {
        "KmsMasterKeyId": "testKeyId",
        "KmsDataKeyReusePeriodSeconds": "300",
        "SqsManagedSseEnabled": "false",
    }
    assert _attributes(sqs, url, *names) == kms
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    assert _attributes(sqs, url, *names) == {"SqsManagedSseEnabled": "true"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "testKeyId"})
    assert _attributes(sqs, url, *names) == kms


def test_permissions_make_a_policy(aws: Client, account: str) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{account}:q"
    sqs.add_permission(QueueUrl=url, Label="one", AWSAccountIds=[account], Actions=["ReceiveMessage"])
    one = {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "SQS:ReceiveMessage",
        "Resource": arn,
    }
    policy = {"Version": "2008-10-17", "Id": f"{arn}/SQSDefaultPolicy", "Statement": [one]}
    assert json.loads(_attributes(sqs, url, "Policy")["Policy"]) == policy
    accounts, actions = [account, "668614515564"], ["SendMessage", "*"]
    sqs.add_permission(QueueUrl=url, Label="two", AWSAccountIds=accounts, Actions=actions)
    (_, two) = json.loads(_attributes(sqs, url, "Policy")["Policy"])["Statement"]
    assert two["Principal"]["AWS"] == [f"arn:aws:iam::{each}:root" for each in accounts]
    assert two["Action"] == ["SQS:SendMessage", "SQS:*"]
    for label, wanted, message in (
        ("two", ["*"], "Value two for parameter Label is invalid. Reason: Already exists."),
        (
            *("three", ["Fly"]),
            "Value SQS:Fly for parameter ActionName is invalid. "
            "Reason: Please refer to the appropriate WSDL for a list of valid actions.",
        ),
    ):
        with pytest.raises(ClientError) as raised:
            sqs.add_permission(QueueUrl=url, Label=label, AWSAccountIds=[account], Actions=wanted)
        assert _error(raised) == ("InvalidParameterValue", message)
    sqs.remove_permission(QueueUrl=url, Label="one")
    sqs.remove_permission(QueueUrl=url, Label="two")
    assert _attributes(sqs, url, "Policy") == {}
    with pytest.raises(ClientError) as raised:
        sqs.remove_permission(QueueUrl=url, Label="two")
    told = "Value two for parameter Label is invalid. Reason: can't find label."
    assert _error(raised) == ("InvalidParameterValue", told)


def test_lists_come_in_pages(aws: Client, account: str) -> None:
    sqs = aws("sqs")
    sqs.create_queue(QueueName="dead")
    redrive = json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{account}:dead", "maxReceiveCount": 3})
    for number in range(5):
        sqs.create_queue(QueueName=f"q{number}", Attributes={"RedrivePolicy": redrive})
    pages = [
        [url.rpartition("/")[2] for url in page["QueueUrls"]]
        for page in sqs.get_paginator("list_queues").paginate(QueueNamePrefix="q", PaginationConfig={"PageSize": 2})
    ]
    assert pages == [["q0", "q1"], ["q2", "q3"], ["q4"]]
    dead = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    paginator = sqs.get_paginator("list_dead_letter_source_queues")
    found = [page["queueUrls"] for page in paginator.paginate(QueueUrl=dead, PaginationConfig={"PageSize": 3})]
    assert [len(page) for page in found] == [3, 2]


TEMPLATE = {
    "Resources": {
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"FifoQueue": False, "VisibilityTimeout": 77, "Tags": [{"Key": "a", "Value": "1"}]},
        },
        "Policy": {
            "Type": "AWS::SQS::QueueInlinePolicy",
            "Properties": {
                "Queue": {"Ref": "Queue"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}],
                },
            },
        },
    },
    "Outputs": {"Url": {"Value": {"Ref": "Queue"}}},
}


def test_a_stack_with_an_inline_policy(aws: Client) -> None:
    formation, sqs = aws("cloudformation"), aws("sqs")
    formation.create_stack(StackName="s", TemplateBody=json.dumps(TEMPLATE))
    wait_for(formation, "stack_create_complete", StackName="s")
    url = formation.describe_stacks(StackName="s")["Stacks"][0]["Outputs"][0]["OutputValue"]
    assert json.loads(_attributes(sqs, url, "Policy")["Policy"])["Statement"][0]["Action"] == "sqs:SendMessage"
    changed = json.loads(json.dumps(TEMPLATE))
    del changed["Resources"]["Policy"]
    changed["Resources"]["Queue"]["Properties"] = {"DelaySeconds": 3, "Tags": [{"Key": "b", "Value": "2"}]}
    formation.update_stack(StackName="s", TemplateBody=json.dumps(changed))
    wait_for(formation, "stack_update_complete", StackName="s")
    assert _attributes(sqs, url, "VisibilityTimeout", "DelaySeconds", "Policy") == {
        "VisibilityTimeout": "30",
        "DelaySeconds": "3",
    }
    tags = sqs.list_queue_tags(QueueUrl=url)["Tags"]
    assert (tags["b"], "a" in tags) == ("2", False)
