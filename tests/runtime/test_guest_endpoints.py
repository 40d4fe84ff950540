"""Functions' botocore decides about endpoints by the same parameters as botocore itself."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.regions
import pytest
from botocore.config import Config
from botocore.regions import EndpointRulesetResolver

from headwater.runtime.guest.endpoints import Resolution

USUAL = EndpointRulesetResolver._get_provider_params
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb", "PutItem", {"TableName": "arn:aws:dynamodb:eu-west-1:111122223333:table/t"}),
    ("dynamodb", "BatchGetItem", {"RequestItems": {"a": {}, "b": {}}}),
    ("dynamodb", "TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "a"}}]}),
    ("dynamodb", "ListTables", {}),
    ("s3", "GetObject", {"Bucket": "bucket.of.mine", "Key": "a/b"}),
    ("s3", "GetObject", {"Bucket": "arn:aws:s3:eu-west-1:111122223333:accesspoint/mine", "Key": "a"}),
    ("s3", "CreateBucket", {"Bucket": "b"}),
    ("s3", "ListBuckets", {}),
    ("s3", "WriteGetObjectResponse", {"RequestRoute": "r"}),
    ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "a/b"}),
    ("kinesis", "PutRecord", {"StreamARN": "arn:aws:kinesis:eu-west-1:111122223333:stream/s"}),
    ("events", "PutEvents", {"EndpointId": "abc.def"}),
    ("events", "PutEvents", {}),
    ("sqs", "SendMessage", {"QueueUrl": "http://127.0.0.1/1/q"}),
    ("sts", "GetCallerIdentity", {}),
    ("lambda", "Invoke", {"FunctionName": "f"}),
    ("stepfunctions", "StartSyncExecution", {}),
    ("iot-data", "Publish", {"topic": "t"}),
]
SETTINGS: list[dict[str, Any]] = [
    {"endpoint_url": "http://127.0.0.1:4566"},
    {"endpoint_url": "http://127.0.0.1:4566", "config": Config(s3={"addressing_style": "path"})},
    {"config": Config(use_dualstack_endpoint=True, account_id_endpoint_mode="required")},
    {"config": Config(use_fips_endpoint=True, s3={"use_accelerate_endpoint": True, "use_arn_region": True})},
]


@pytest.mark.parametrize(("service", "operation", "arguments"), CALLS)
@pytest.mark.parametrize("settings", SETTINGS)
def test_parameters_are_the_same(service: str, operation: str, arguments: Any, settings: dict[str, Any]) -> None:
    keys = {"aws_access_key_id": "111122223333", "aws_secret_access_key": "x", "region_name": "eu-west-1"}
    client = boto3.client(service, **keys, **settings)
    resolver, model = client._ruleset_resolver, client.meta.service_model.operation_model(operation)
    known = (resolver, model, arguments, {"client_config": client.meta.config})

    def never(*_: Any) -> Any:
        raise AssertionError("the usual way was gone")

    ours = Resolution(botocore.regions, never)
    expected = USUAL(*known)
    assert expected
    for _ in range(2):  # the second time by the plan that is there
        assert list(ours.parameters(*known).items()) == list(expected.items())


def test_what_is_unknown_goes_the_usual_way() -> None:
    client = boto3.client("sts", region_name="eu-west-1")
    resolver = client._ruleset_resolver
    resolver._param_definitions["Region"].builtin = "AWS::Unheard::Of"
    ours = Resolution(botocore.regions, lambda *_: {"Usual": True})
    model = client.meta.service_model.operation_model("GetCallerIdentity")
    for _ in range(2):
        assert ours.parameters(resolver, model, {}, {}) == {"Usual": True}
