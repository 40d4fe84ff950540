"""Parameter Store through boto3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.settling import settle


def refused(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return str(caught.value.response["Error"]["Code"])


def test_put_get_overwrite(aws: Client, account: str) -> None:
    ssm = aws("ssm")
    assert ssm.put_parameter(Name="/shop/bus", Value="a", Type="String")["Version"] == 1
    assert refused(ssm.put_parameter, Name="/shop/bus", Value="b", Type="String") == "ParameterAlreadyExists"
    assert ssm.put_parameter(Name="/shop/bus", Value="b", Overwrite=True) | {"ResponseMetadata": 0} == {
        "Version": 2,
        "Tier": "Standard",
        "ResponseMetadata": 0,
    }
    found = ssm.get_parameter(Name="/shop/bus")["Parameter"]
    assert (found["Value"], found["Version"], found["Type"], found["DataType"]) == ("b", 2, "String", "text")
    assert found["ARN"] == f"arn:aws:ssm:us-east-1:{account}:parameter/shop/bus"
    assert ssm.get_parameter(Name=found["ARN"])["Parameter"]["Value"] == "b"
    selected = ssm.get_parameter(Name="/shop/bus:1")["Parameter"]
    assert (selected["Value"], selected["Selector"]) == ("a", ":1")
    assert refused(ssm.get_parameter, Name="/shop/bus:9") == "ParameterVersionNotFound"
    assert refused(ssm.get_parameter, Name="/gone") == "ParameterNotFound"


def test_secure_strings_are_opaque_unless_decrypted(aws: Client) -> None:
    ssm = aws("ssm")
    ssm.put_parameter(Name="secret", Value="hidden", Type="SecureString")
    assert ssm.get_parameter(Name="secret")["Parameter"]["Value"] != "hidden"
    assert ssm.get_parameter(Name="secret", WithDecryption=True)["Parameter"]["Value"] == "hidden"


def test_several_at_once(aws: Client) -> None:
    ssm = aws("ssm")
    for name in ("a", "b"):
        ssm.put_parameter(Name=name, Value=name, Type="String")
    result = ssm.get_parameters(Names=["b", "a", "c"])
    assert ([p["Name"] for p in result["Parameters"]], result["InvalidParameters"]) == (["b", "a"], ["c"])
    result = ssm.delete_parameters(Names=["a", "c"])
    assert (result["DeletedParameters"], result["InvalidParameters"]) == (["a"], ["c"])
    ssm.delete_parameter(Name="b")
    assert refused(ssm.delete_parameter, Name="b") == "ParameterNotFound"


def test_by_path(aws: Client) -> None:
    ssm = aws("ssm")
    names = ["/a/b", "/a/b/c", "/a/b/d", "/a/e", "/ab/x"]
    for name in names:
        ssm.put_parameter(Name=name, Value="v", Type="String")
    page = ssm.get_parameters_by_path(Path="/a")
    assert [p["Name"] for p in page["Parameters"]] == ["/a/b", "/a/e"]
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path="/a/", Recursive=True, PaginationConfig={"PageSize": 2}
    )
    assert [p["Name"] for page in pages for p in page["Parameters"]] == ["/a/b", "/a/b/c", "/a/b/d", "/a/e"]
    filters = [{"Key": "Path", "Option": "Recursive", "Values": ["/a/b"]}]
    described = ssm.describe_parameters(ParameterFilters=filters)["Parameters"]
    assert [p["Name"] for p in described] == ["/a/b/c", "/a/b/d"]
    begins = [{"Key": "Name", "Option": "BeginsWith", "Values": ["/ab"]}]
    assert [p["Name"] for p in ssm.describe_parameters(ParameterFilters=begins)["Parameters"]] == ["/ab/x"]


def test_history_and_labels(aws: Client) -> None:
    ssm = aws("ssm")
    for value in ("1", "2", "3"):
        ssm.put_parameter(Name="p", Value=value, Type="String", Overwrite=value != "1")
    ssm.label_parameter_version(Name="p", ParameterVersion=2, Labels=["live", "aws-no"])
    assert ssm.get_parameter(Name="p:live")["Parameter"]["Value"] == "2"
    ssm.label_parameter_version(Name="p", Labels=["live"])
    history = ssm.get_parameter_history(Name="p")["Parameters"]
    assert [(h["Version"], h["Value"], h["Labels"]) for h in history] == [
        (1, "1", []),
        (2, "2", []),
        (3, "3", ["live"]),
    ]


def test_tags(aws: Client) -> None:
    ssm = aws("ssm")
    ssm.put_parameter(Name="p", Value="v", Type="String", Tags=[{"Key": "a", "Value": "1"}])
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId="p", Tags=[{"Key": "b", "Value": "2"}])
    ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId="p", TagKeys=["a"])
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="p")["TagList"] == [
        {"Key": "b", "Value": "2"}
    ]
    tagged = ssm.describe_parameters(ParameterFilters=[{"Key": "tag:b", "Values": ["2"]}])["Parameters"]
    assert [p["Name"] for p in tagged] == ["p"]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"Name": "a/b", "Value": "v", "Type": "String"}, "ValidationException"),
        ({"Name": "/aws/x", "Value": "v", "Type": "String"}, "ValidationException"),
        ({"Name": "a b", "Value": "v", "Type": "String"}, "ValidationException"),
        ({"Name": "a", "Value": "v"}, "ValidationException"),
        ({"Name": "a", "Value": "v", "Type": "String", "DataType": "number"}, "ValidationException"),
        ({"Name": "a", "Value": "1", "Type": "String", "DataType": "integer"}, "NotImplemented"),
        ({"Name": "a", "Value": "v" * 4097, "Type": "String"}, "ValidationException"),
        ({"Name": "/a" * 16, "Value": "v", "Type": "String"}, "HierarchyLevelLimitExceededException"),
        (
            {"Name": "a", "Value": "v", "Type": "String", "AllowedPattern": "[0-9]+"},
            "ParameterPatternMismatchException",
        ),
        (
            {"Name": "a", "Value": "v", "Type": "String", "AllowedPattern": "["},
            "InvalidAllowedPatternException",
        ),
    ],
)
def test_refusals(aws: Client, request_: dict[str, str], code: str) -> None:
    assert refused(aws("ssm").put_parameter, **request_) == code


def test_a_name_outside_of_paths_has_a_slash_or_not(aws: Client) -> None:
    ssm = aws("ssm")
    for given, other in (("/led", "led"), ("bare", "/bare")):
        ssm.put_parameter(Name=given, Value="a", Type="String")
        found = ssm.get_parameter(Name=other)["Parameter"]
        assert (found["Name"], ssm.get_parameter(Name=found["ARN"])["Parameter"]["Name"]) == (given, given)
        assert refused(ssm.put_parameter, Name=other, Value="b", Type="String") == "ParameterAlreadyExists"
        assert ssm.put_parameter(Name=other, Value="b", Overwrite=True)["Version"] == 2
        tags = {"ResourceType": "Parameter", "ResourceId": other}
        ssm.add_tags_to_resource(**tags, Tags=[{"Key": "k", "Value": "v"}])
        assert ssm.list_tags_for_resource(**tags | {"ResourceId": given})["TagList"] == [{"Key": "k", "Value": "v"}]
    ssm.put_parameter(Name="/deep/one", Value="c", Type="String")
    assert refused(ssm.get_parameter, Name="deep/one") == "ParameterNotFound"
    assert [each["Name"] for each in ssm.get_parameters_by_path(Path="/")["Parameters"]] == ["/led", "bare"]
    assert ssm.delete_parameters(Names=["led", "/bare"])["DeletedParameters"] == ["led", "/bare"]


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ([{"Key": "Name"}], "InvalidFilterValue"),
        ([{"Key": "Name", "Values": ["a"]}] * 2, "InvalidFilterKey"),
        ([{"Key": "Label", "Values": ["a"]}], "InvalidFilterKey"),
        ([{"Key": "Path", "Option": "Equals", "Values": ["/a"]}], "InvalidFilterOption"),
        ([{"Key": "Type", "Option": "Contains", "Values": ["String"]}], "InvalidFilterOption"),
        ([{"Key": "Tier", "Values": ["Cheap"]}], "InvalidFilterValue"),
        ([{"Key": "Path", "Values": ["a"]}], "ValidationException"),
        ([{"Key": "Path", "Values": ["/aws"]}], "ValidationException"),
    ],
)
def test_filters_that_mean_nothing(aws: Client, filters: list[dict[str, Any]], code: str) -> None:
    assert refused(aws("ssm").describe_parameters, ParameterFilters=filters) == code


def test_tags_are_filtered_by_their_beginning(aws: Client) -> None:
    ssm = aws("ssm")
    ssm.put_parameter(Name="a", Value="a", Type="String", Tags=[{"Key": "env", "Value": "production"}])

    def found(option: str) -> int:
        chosen = {"Key": "tag:env", "Option": option, "Values": ["prod"]}
        return len(ssm.describe_parameters(ParameterFilters=[chosen])["Parameters"])

    assert (found("BeginsWith"), found("Equals")) == (1, 0)


def test_a_change_is_told_to_eventbridge(aws: Client, account: str) -> None:
    ssm, sqs, events = aws("ssm"), aws("sqs"), aws("events")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{account}:told"
    events.put_rule(Name="changes", EventPattern='{"source": ["aws.ssm"], "detail": {"name": [{"prefix": "/shop"}]}}')
    events.put_targets(Rule="changes", Targets=[{"Id": "q", "Arn": queue}])
    ssm.put_parameter(Name="/other", Value="v", Type="String")
    ssm.put_parameter(Name="/shop/rate", Value="1", Type="String", Description="of the shop")
    ssm.put_parameter(Name="/shop/rate", Value="2", Overwrite=True)
    ssm.label_parameter_version(Name="/shop/rate", Labels=["live"])
    ssm.delete_parameter(Name="/shop/rate")
    settle(ssm)
    found = [json.loads(each["Body"]) for each in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]
    assert {each["detail-type"] for each in found} == {"Parameter Store Change"}
    assert {tuple(each["resources"]) for each in found} == {(f"arn:aws:ssm:us-east-1:{account}:parameter/shop/rate",)}
    created, *rest = sorted((each["detail"] for each in found), key=lambda detail: str(detail["operation"]))
    assert created == {"operation": "Create", "name": "/shop/rate", "type": "String", "description": "of the shop"}
    assert [each["operation"] for each in rest] == ["Delete", "LabelParameterVersion", "Update"]
