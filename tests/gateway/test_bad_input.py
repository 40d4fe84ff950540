"""Input that no client library would send gets the service's own error, and harms nobody else's request."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.languages.schedules import InvalidSchedule, parse_schedule
from headwater.spine.numbers import LARGEST, long, whole
from tests.conftest import Client

_BEYOND = 2**63
_LISTED = {
    "openapi": "3.0.1",
    "info": {"title": "t"},
    "paths": {"/a": {"get": {"x-amazon-apigateway-integration": {"integrationSubtype": ["SQS-SendMessage"]}}}},
}
_REFERS = {"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": ["a"]}}}}}
_CURVE = (
    "MIHKMHECAQAwDzENMAsGA1UEAwwEbGFtcDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEeiyyn0sXGwoAp6trueqm8P3/cVL6m1jXnqrH9mf+vk"
    "CvQ9Ckc1vc+NKQsXEOWRTB8XEK4dSXOEhdkb2svqX1+gADAKBggqhkjOPQQDAgNJADBGAiEA3U/uO0kVDVCwMHEP0enSrVLWUpbnEXz8//bNZVQr"
    "/OECIQCGwYNIK72ae9FVkAb48/rjFxTr7ash55qv+D9xBKt+iA=="
)
# its public key is no point of its curve
_UNSIGNED = f"-----BEGIN CERTIFICATE REQUEST-----\n{_CURVE}\n-----END CERTIFICATE REQUEST-----\n"
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
        ("kms", "decrypt", {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256", "KeyId": "k"}, "ValidationException"),
        ("iot", "test_authorization", {"authInfos": [{"actionType": "PUBLISH"}]}, "InvalidRequestException"),
        ("iot", "create_certificate_from_csr", {"certificateSigningRequest": _UNSIGNED}, "InvalidRequestException"),
        ("apigateway", "import_rest_api", {"body": b"0000-00-00"}, "BadRequestException"),
        ("apigatewayv2", "import_api", {"Body": json.dumps(_LISTED)}, "BadRequestException"),
        ("cloudformation", "get_template_summary", {"TemplateBody": '{"Resources": []}'}, "ValidationError"),
        ("cloudformation", "create_stack", {"StackName": "n", "TemplateBody": json.dumps(_REFERS)}, "ValidationError"),
        ("cloudwatch", "describe_alarm_history", {"NextToken": "9" * 30}, "InvalidNextToken"),
    ],
)  # fmt: skip
def test_bad_input(aws: Client, service: Any, operation: str, request_: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(aws(service, parameter_validation=False), operation)(**request_)
    assert caught.value.response["Error"]["Code"] == code


def test_bad_members_of_what_is_there(aws: Client) -> None:
    api = (gates := aws("apigateway")).create_rest_api(name="n")["id"]
    root = gates.get_resources(restApiId=api)["items"][0]["id"]
    method = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    gates.put_method(**method, authorizationType="NONE")
    with pytest.raises(gates.exceptions.BadRequestException):
        gates.put_method_response(**method, statusCode="2,00")
    (buckets := aws("s3")).create_bucket(Bucket=f"bucket-{api}")
    rule = {"Status": "Enabled", "Prefix": "", "NoncurrentVersionExpiration": {"NewerNoncurrentVersions": 1}}
    with pytest.raises(ClientError, match="MalformedXML"):
        buckets.put_bucket_lifecycle_configuration(Bucket=f"bucket-{api}", LifecycleConfiguration={"Rules": [rule]})
    tiers = {"Id": "t", "Status": "Enabled", "Tierings": [{"Days": 90}]}
    with pytest.raises(ClientError, match="MalformedXML"):
        aws("s3", parameter_validation=False).put_bucket_intelligent_tiering_configuration(
            Bucket=f"bucket-{api}", Id="t", IntelligentTieringConfiguration=tiers
        )
    aws("cloudwatch").put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": _BEYOND}])
    assert aws("cloudwatch").list_metrics(Namespace="n")["Metrics"]


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
        with error:
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
