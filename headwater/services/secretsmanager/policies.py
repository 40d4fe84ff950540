"""Resource policies of secrets. They are kept, checked for their form and shown; within one account nothing asks them.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.secretsmanager import tables
from headwater.services.secretsmanager.errors import limit_exceeded, malformed_policy
from headwater.services.secretsmanager.secret import find_secret, look_up
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_MOST_BYTES = 20_480


@operation("secretsmanager", "PutResourcePolicy")
def put_resource_policy(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html"""
    _refuse_named(request)
    secret = find_secret(call, request["SecretId"])
    policy = request["ResourcePolicy"]
    if len(policy.encode()) > _MOST_BYTES:
        raise limit_exceeded("The resource policy exceeds the maximum length of 20480 bytes.")
    statements = _statements(policy)
    if request.get("BlockPublicPolicy") and any(map(_is_public, statements)):
        raise AwsError("PublicPolicyException", "This resource policy grants broad access to the secret.")
    call.store.run(tables.SET_POLICY, (policy, secret.arn))
    return {"ARN": secret.arn, "Name": secret.name}


def _refuse_named(request: Request) -> None:
    if request.get("PolicyName"):
        raise not_implemented("PolicyName: named resource policies of secrets")


def _statements(policy: str) -> list[dict[str, Any]]:
    try:
        document = orjson.loads(policy)
        statements = document["Statement"]
        statements = statements if isinstance(statements, list) else [statements]
        if not all(each["Effect"] in ("Allow", "Deny") and ("Principal" in each) for each in statements):
            raise malformed_policy("This resource policy contains an unsupported principal.")
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise malformed_policy("This resource policy is malformed.") from None
    return statements


def _is_public(statement: dict[str, Any]) -> bool:
    principal = statement["Principal"]
    anybody = principal == "*" or (isinstance(principal, dict) and "*" in principal.values())
    return bool(statement["Effect"] == "Allow" and anybody and not statement.get("Condition"))


@operation("secretsmanager", "GetResourcePolicy", reads=True)
def get_resource_policy(call: Call, request: Request) -> Result:
    _refuse_named(request)
    secret = find_secret(call, request["SecretId"], deleted=True)
    return {"ARN": secret.arn, "Name": secret.name, "ResourcePolicy": secret.policy}


@operation("secretsmanager", "ResourcePolicy", internal=True, reads=True)
def resource_policy(call: Call, request: Request) -> Result:
    """The ``Policy`` of the secret of an ``Arn``, None where it has none; nothing where there is no secret."""
    secret = look_up(call, request["Arn"])
    return {} if secret is None else {"Policy": secret.policy}


@operation("secretsmanager", "DeleteResourcePolicy")
def delete_resource_policy(call: Call, request: Request) -> Result:
    _refuse_named(request)
    secret = find_secret(call, request["SecretId"])
    call.store.run(tables.SET_POLICY, (None, secret.arn))
    return {"ARN": secret.arn, "Name": secret.name}


@operation("secretsmanager", "ValidateResourcePolicy", reads=True)
def validate_resource_policy(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ValidateResourcePolicy.html"""
    if request.get("SecretId"):
        find_secret(call, request["SecretId"])
    try:
        statements = _statements(request["ResourcePolicy"])
    except AwsError as error:
        return _errors("PolicySyntax", error.message)
    if any(map(_is_public, statements)):
        return _errors("PublicPolicy", "This resource policy grants broad access to the secret.")
    return {"PolicyValidationPassed": True, "ValidationErrors": []}


def _errors(check: str, message: str) -> Result:
    return {"PolicyValidationPassed": False, "ValidationErrors": [{"CheckName": check, "ErrorMessage": message}]}
