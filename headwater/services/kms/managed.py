"""AWS managed keys: one for each service that wants one, made when it is first used.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import orjson

from headwater.services.kms import tables
from headwater.services.kms.specs import ENCRYPT_DECRYPT, SYMMETRIC, secret_of
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call

PREFIX = "alias/aws/"
PROTECTED: Mapping[str, str] = MappingProxyType(
    {
        "dynamodb": "DynamoDB data",
        "ecr": "ECR images",
        "events": "EventBridge data",
        "kinesis": "Kinesis data",
        "lambda": "Lambda functions",
        "s3": "S3 objects",
        "secretsmanager": "Secrets Manager data",
        "sns": "SNS data",
        "sqs": "SQS messages",
        "ssm": "SSM parameters",
        "xray": "X-Ray data",
    }
)
"""What the key of each service protects, in the words of its description."""


def make_managed(call: Call, alias: str) -> str | None:
    """The ARN of a new AWS managed key with its alias (``alias/aws/sqs``), None where there is none of that name."""
    service = alias.removeprefix(PREFIX)
    what = PROTECTED.get(service) if alias.startswith(PREFIX) else None
    if what is None:
        return None
    identity, material = call.ids.uuid(), call.ids.hex(64)
    arn = make_arn("kms", call.region, call.account, f"key/{identity}")
    description = f"Default key that protects my {what} when no other key is defined"
    named = (arn, call.account, call.region, identity, SYMMETRIC, ENCRYPT_DECRYPT, description, "Enabled", "AWS", 0)
    call.store.run(tables.INSERT_KEY, (*named, managed_policy(call, service), "{}", call.now, material))
    secret = secret_of(SYMMETRIC, call.ids)
    call.store.run(tables.INSERT_MATERIAL, (arn, material, secret, "CREATED", call.now))
    alias_arn = make_arn("kms", call.region, call.account, alias)
    call.store.run(tables.INSERT_ALIAS, (alias_arn, call.account, call.region, alias, arn, call.now, call.now))
    return arn


def managed_policy(call: Call, service: str) -> str:
    """Whoever of the account uses it does so through its service."""
    statement = {
        "Sid": f"Allow access through {service} for all principals in the account that are authorized to use it",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "kms:CallerAccount": call.account,
                "kms:ViaService": f"{service}.{call.region}.amazonaws.com",
            }
        },
    }
    policy = {"Version": "2012-10-17", "Id": f"auto-{service}-1", "Statement": [statement]}
    return orjson.dumps(policy, option=orjson.OPT_INDENT_2).decode()
