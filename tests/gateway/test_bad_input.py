"""Input that no client library would send gets the service's own error, and harms nobody else's request."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.languages.schedules import InvalidSchedule, parse_schedule
from headwater.spine.numbers import LARGEST, long, whole
from tests.conftest import Client

_BEYOND = 2**63
_DEEP = "[" * 400 + "]" * 400


@pytest.mark.parametrize(
    ("service", "operation", "request_", "code"),
    [
        ("sns", "set_sms_attributes", {}, "ValidationError"),
        ("sns", "list_tags_for_resource", {}, "ValidationError"),
        ("sns", "check_if_phone_number_is_opted_out", {}, "ValidationError"),
        ("sns", "create_topic", {"Name": "t", "Tags": [{"Key": "k"}]}, "ValidationError"),
        ("sns", "list_sms_sandbox_phone_numbers", {"MaxResults": _BEYOND}, "MalformedInput"),
        ("secretsmanager", "create_secret", {"Name": "n", "Tags": [{"Value": "v"}]}, "InvalidParameterException"),
        ("schemas", "list_registries", {"Limit": -1}, "BadRequestException"),
        ("schemas", "get_discovered_schema", {"Type": "OpenApi3", "Events": [_DEEP]}, "BadRequestException"),
        ("lambda", "delete_layer_version", {"LayerName": "x", "VersionNumber": _BEYOND}, "SerializationException"),
        ("lambda", "get_function", {"FunctionName": "none", "Qualifier": "9" * 30}, "ResourceNotFoundException"),
        ("events", "list_rules", {"NextToken": "é"}, "ValidationException"),
        ("dynamodbstreams", "list_streams", {"Limit": 2**31}, "SerializationException"),
        ("dynamodb", "create_table", {"TableName": "ttt"}, "ValidationException"),
        ("iam", "create_access_key", {}, "NotImplemented"),
        ("iam", "list_users", {"MaxItems": _BEYOND}, "MalformedInput"),
        ("iot", "list_policies", {"pageSize": -1}, "InvalidRequestException"),
        ("iot", "create_topic_rule", {"ruleName": "r"}, "InvalidRequestException"),
        ("apigateway", "get_usage_plans", {"limit": -1}, "BadRequestException"),
        ("apigateway", "create_usage_plan", {"name": "n", "apiStages": [{}]}, "NotFoundException"),
        ("apigateway", "import_rest_api", {"body": b'{"openapi": "3", "paths": {"/a": 1}}'}, "BadRequestException"),
        ("apigatewayv2", "create_route", {"ApiId": "a"}, "BadRequestException"),
        ("cloudwatch", "put_metric_alarm", {"AlarmName": "n", "MetricName": "m"}, "ValidationError"),
        ("cloudformation", "create_stack", {"StackName": "n", "Parameters": [{}]}, "ValidationError"),
        ("s3", "get_object_attributes", {"Bucket": "no-such-bucket", "Key": "k"}, "NoSuchBucket"),
        ("cloudwatch", "describe_alarm_history", {"NextToken": "9" * 30}, "InvalidNextToken"),
    ],
)  # fmt: skip
def test_bad_input(aws: Client, service: Any, operation: str, request_: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(aws(service, parameter_validation=False), operation)(**request_)
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("token", ["--5/0/0", "1/2", f"{_BEYOND}/0/0"])
def test_tokens_of_a_log_group(aws: Client, token: str) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName="g")
    with pytest.raises(logs.exceptions.InvalidParameterException):
        logs.filter_log_events(logGroupName="g", nextToken=token)


@pytest.mark.parametrize(
    "page",
    ["spans?after=ffffffffffffffffffff", "spans?limit=%C2%B2", "traces?since=-99999999999999999999999",
     "traces?before=ffffffffffffffffffff", "report?since=9223372036854775807", "deliveries?limit=%C2%B2",
     "outbox?after=99999999999999999999"],
)  # fmt: skip
def test_bad_questions_to_the_surface(endpoint: str, page: str) -> None:
    try:
        with urllib.request.urlopen(f"{endpoint}/_headwater/{page}") as answer:
            assert answer.status == 200
    except urllib.error.HTTPError as error:
        assert error.code == 400


def test_a_rate_beyond_all_time() -> None:
    with pytest.raises(InvalidSchedule):
        parse_schedule("rate(99999999999999999999 days)")
    assert parse_schedule("rate(2147483647 minutes)")


def test_numbers() -> None:
    assert [whole(text) for text in ("0", "007", str(LARGEST))] == [0, 7, LARGEST]
    assert [whole(text) for text in ("", "-1", "²", "٣", "1_0", str(LARGEST + 1), "9" * 30)] == [None] * 7
    assert (whole("5", 1, 4), whole("0", 1)) == (None, None)
    assert (long("-5"), long(str(LARGEST))) == (-5, LARGEST)
    for text in ("x", str(LARGEST + 1), "9" * 5000):
        with pytest.raises(ValueError, match=text[:1]):
            long(text)
