"""Reads of features that no bucket here can have switched on: what AWS answers of a bucket without them.

Tools that describe a bucket as a whole (Terraform, the AWS CLI) ask for all of these.
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.s3.bucket import find_bucket
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation


@operation("s3", "GetBucketAccelerateConfiguration", reads=True)
def get_bucket_accelerate_configuration(call: Call, request: Request) -> Result:
    find_bucket(call, request)
    return {}


@operation("s3", "GetBucketRequestPayment", reads=True)
def get_bucket_request_payment(call: Call, request: Request) -> Result:
    find_bucket(call, request)
    return {"Payer": "BucketOwner"}


@operation("s3", "GetBucketReplication", reads=True)
def get_bucket_replication(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    text = "The replication configuration was not found"
    raise AwsError("ReplicationConfigurationNotFoundError", text, 404, BucketName=bucket.name)


@operation("s3", "GetBucketPolicyStatus", reads=True)
def get_bucket_policy_status(call: Call, request: Request) -> Result:
    """Public: some statement allows anybody, without a condition."""
    bucket = find_bucket(call, request)
    if "Policy" not in bucket.settings:
        raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404, BucketName=bucket.name)
    statements = orjson.loads(bucket.settings["Policy"])["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return {"PolicyStatus": {"IsPublic": any(map(_allows_anybody, listed))}}


def _allows_anybody(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    anybody = "*" in named if isinstance(named, list) else named == "*"
    return anybody and statement.get("Effect") == "Allow" and "Condition" not in statement
