"""Tokens of listings: those that were given lead on, others are refused as each service refuses them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client

# nothing, base64 of something, and a name that is there
_NONSENSE = ("nonsense!", b64encode(b"q").decode(), b64encode(b"12").decode(), "a")
_MEMBERS = {
    "lambda": "Marker",
    "stepfunctions": "nextToken",
    "iot": "nextToken",
    "iot-data": "nextToken",
    "logs": "nextToken",
}
_REFUSALS = [
    ("cloudwatch", "list_metrics", {}, "InvalidNextToken", "The specified nextToken is invalid."),
    ("cloudwatch", "describe_alarms", {}, "InvalidNextToken", "The specified nextToken is invalid."),
    ("cloudwatch", "describe_alarm_history", {}, "InvalidNextToken", "The specified nextToken is invalid."),
    ("events", "list_rules", {}, "ValidationException", "Parameter NextToken is not valid."),
    ("events", "list_event_buses", {}, "ValidationException", "Parameter NextToken is not valid."),
    ("iot", "list_things", {}, "InvalidRequestException", "The nextToken is invalid."),
    ("iot", "list_topic_rules", {}, "InvalidRequestException", "The nextToken is invalid."),
    ("iot-data", "list_retained_messages", {}, "InvalidRequestException", "The nextToken is invalid."),
    ("kinesis", "list_streams", {}, "InvalidArgumentException", "NextToken is invalid."),
    ("kinesis", "list_shards", {}, "InvalidArgumentException", "NextToken is invalid."),
    ("lambda", "list_functions", {}, "InvalidParameterValueException", "Invalid Marker"),
    ("lambda", "list_layers", {}, "InvalidParameterValueException", "Invalid Marker"),
    ("logs", "describe_log_groups", {}, "InvalidParameterException", "The specified nextToken is invalid."),
    ("logs", "describe_queries", {}, "InvalidParameterException", "The specified nextToken is invalid."),
    ("logs", "describe_resource_policies", {}, "InvalidParameterException", "The specified nextToken is invalid."),
    ("pipes", "list_pipes", {}, "ValidationException", "Invalid NextToken provided."),
    ("scheduler", "list_schedules", {}, "ValidationException", "Invalid NextToken provided."),
    ("schemas", "list_registries", {}, "BadRequestException", "Invalid NextToken."),
    ("secretsmanager", "list_secrets", {}, "InvalidNextTokenException", ""),
    ("sns", "list_topics", {}, "InvalidParameter", "Invalid parameter: NextToken"),
    ("sns", "list_origination_numbers", {}, "InvalidParameter", "Invalid parameter: nextToken"),
    ("sqs", "list_queues", {}, "InvalidParameterValue", "Invalid or expired next token."),
    ("ssm", "describe_parameters", {}, "InvalidNextToken", "The specified token is not valid."),
    ("ssm", "get_parameters_by_path", {"Path": "/"}, "InvalidNextToken", "The specified token is not valid."),
    ("stepfunctions", "list_state_machines", {}, "InvalidToken", "Invalid Token"),
    ("stepfunctions", "list_activities", {}, "InvalidToken", "Invalid Token"),
    ("xray", "get_trace_summaries", {"StartTime": 1, "EndTime": 2}, "InvalidRequestException", "NextToken is invalid."),
]


@pytest.mark.parametrize(("service", "name", "request_", "code", "message"), _REFUSALS)
def test_what_is_no_token(aws: Client, service: str, name: str, request_: Any, code: str, message: str) -> None:
    for token in _NONSENSE:
        with pytest.raises(ClientError) as caught:
            getattr(aws(service), name)(**{_MEMBERS.get(service, "NextToken"): token}, **request_)
        error = caught.value.response["Error"]
        assert error["Code"] == code, (token, error)
        assert message in error["Message"]


def test_pages_of_queues(aws: Client) -> None:
    sqs = aws("sqs")
    urls = [sqs.create_queue(QueueName=f"a-{number}")["QueueUrl"] for number in range(5)]
    dead = sqs.create_queue(QueueName="b-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    for url in urls[:3]:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix="a-", PaginationConfig={"PageSize": 2})
    assert [page["QueueUrls"] for page in pages] == [urls[:2], urls[2:4], urls[4:]]
    pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(
        QueueUrl=dead, PaginationConfig={"PageSize": 2}
    )
    assert [page["queueUrls"] for page in pages] == [urls[:2], urls[2:3]]
    token = sqs.list_queues(QueueNamePrefix="a-", MaxResults=2)["NextToken"]
    with pytest.raises(ClientError) as caught:
        sqs.list_queues(QueueNamePrefix="b-", MaxResults=2, NextToken=token)
    assert "you must not change the other request parameters" in caught.value.response["Error"]["Message"]


def test_a_token_of_another_listing_is_no_fault_of_ours(aws: Client) -> None:
    kinesis, schemas, secrets = aws("kinesis"), aws("schemas"), aws("secretsmanager")
    for number in range(2):
        kinesis.create_stream(StreamName=f"s{number}", ShardCount=1)
        schemas.create_registry(RegistryName=f"r{number}")
        secrets.create_secret(Name=f"s{number}", SecretString="s")
    content = json.dumps({"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": {}, "components": {}})
    schemas.create_schema(RegistryName="r0", SchemaName="s", Type="OpenApi3", Content=content)
    token = schemas.list_registries(Limit=1)["NextToken"]
    schemas.list_schema_versions(RegistryName="r0", SchemaName="s", NextToken=token)
    names = kinesis.list_streams(Limit=1)["NextToken"]
    with pytest.raises(ClientError) as caught:
        kinesis.list_shards(NextToken=names)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError) as caught:
        secrets.list_secrets(NextToken=names)
    assert caught.value.response["Error"]["Code"] == "InvalidNextTokenException"
    assert len(secrets.list_secrets(NextToken=secrets.list_secrets(MaxResults=1)["NextToken"])["SecretList"]) == 1
