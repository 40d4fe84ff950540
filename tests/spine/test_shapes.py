"""AWS's generic validation texts."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.spine.errors import AwsError
from headwater.spine.models import load_model
from headwater.spine.shapes import compile_validator, in_aws_order


def message(service: str, operation: str, request: dict[str, Any]) -> str:
    with pytest.raises(AwsError) as caught:
        compile_validator(load_model(service), operation)(request)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def test_a_missing_member() -> None:
    assert message("events", "PutRule", {}) == (
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
    )


def test_several_failures_are_joined() -> None:
    assert message("events", "PutTargets", {"Rule": "x" * 65, "Targets": [{"Id": "", "Arn": "x"}]}) == (
        f"3 validation errors detected: Value '{'x' * 65}' at 'rule' failed to satisfy constraint: "
        "Member must have length less than or equal to 64; "
        "Value '' at 'targets.1.member.id' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+; "
        "Value '' at 'targets.1.member.id' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )


def test_ranges_and_enumerations() -> None:
    assert message("scheduler", "ListSchedules", {"MaxResults": 101, "State": "OFF"}) == (
        "2 validation errors detected: Value '101' at 'maxResults' failed to satisfy constraint: "
        "Member must have value less than or equal to 100; Value 'OFF' at 'state' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ENABLED, DISABLED]"
    )


def test_enumerations_are_listed_in_the_order_of_aws() -> None:
    listed = {
        ("dynamodb", "Select"): "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES",
        ("dynamodb", "ReturnValue"): "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW",
        ("dynamodb", "ScalarAttributeType"): "B, N, S",
        ("dynamodb", "ComparisonOperator"): (
            "IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS"
        ),
        ("stepfunctions", "ExecutionStatus"): "SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING",
    }
    for (service, shape), order in listed.items():
        assert ", ".join(in_aws_order(load_model(service).shapes[shape]["enum"])) == order


def test_a_fraction_is_within_its_range_as_well() -> None:
    most = "Member must have value less than or equal to 100"
    assert most in message("stepfunctions", "UpdateMapRun", {"mapRunArn": "a", "toleratedFailurePercentage": 100.5})
    compile_validator(load_model("stepfunctions"), "UpdateMapRun")(
        {"mapRunArn": "a", "toleratedFailurePercentage": 99.5}
    )


def test_letters_of_other_alphabets_are_for_tags() -> None:
    assert "regular expression pattern" in message("iam", "CreateUser", {"UserName": "josé"})
    tag = {"Key": "größe größer", "Value": "漢字 ½"}
    compile_validator(load_model("iam"), "CreateUser")({"UserName": "jose", "Tags": [tag]})
    for value in ("\x00", "a;b", "line\n"):
        text = message("iam", "CreateUser", {"UserName": "jose", "Tags": [{"Key": "k", "Value": value}]})
        assert text.startswith("1 validation error detected: Value")


def test_lists_are_written_as_java_writes_them() -> None:
    assert "Value '[]' at 'entries' failed to satisfy constraint: Member must have length greater" in message(
        "events", "PutEvents", {"Entries": []}
    )


def test_secrets_are_not_repeated() -> None:
    text = message("stepfunctions", "CreateStateMachine", {"name": "", "roleArn": "r", "definition": ""})
    assert "Value at 'definition' failed" in text


def test_good_requests_and_recursive_shapes_pass() -> None:
    compile_validator(load_model("events"), "PutEvents")({"Entries": [{"Source": "a", "Detail": "{}"}]})
    nested = {"M": {"a": {"L": [{"M": {"b": {"S": "x"}}}]}}}
    compile_validator(load_model("dynamodb"), "PutItem")({"TableName": "abc", "Item": {"a": nested}})
    compile_validator(load_model("sqs"), "ListQueues")({})
