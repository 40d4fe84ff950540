"""Key policies: kept and shown as they came. They say what other accounts may do; within one account they are asked for
users, roles and services.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.policies.resource_policies import allows
from headwater.services.kms import tables
from headwater.services.kms.errors import malformed_policy, not_found
from headwater.services.kms.key import PENDING_DELETION, find_key, look_up, own_key
from headwater.services.kms.managed import PREFIX, PROTECTED, managed_policy
from headwater.spine.arns import make_arn, parse_arn, partition_of
from headwater.spine.operations import Call, Request, Result, operation

NAME = "default"
"""A key has one policy, and this is what it is called."""
_MOST_BYTES = 32_768


def checked_policy(call: Call, arn: str, request: Request) -> str:
    """The policy that a request gives, or AWS's default; MalformedPolicyDocumentException, also where nobody could
    ever change it again."""
    text: str | None = request.get("Policy")
    if text is None:
        return _default(call)
    statements = _statements(text)
    asked = {"kms:CallerAccount": call.account, "aws:PrincipalAccount": call.account}
    safe = request.get("BypassPolicyLockoutSafetyCheck") or any("Condition" in each for each in statements)
    if not safe and not allows(text, call.account, "kms:PutKeyPolicy", arn, asked):
        raise malformed_policy("The new key policy will not allow you to update the key policy in the future.")
    return text


def _default(call: Call) -> str:
    """Laid out as AWS does."""
    root = f"arn:{partition_of(call.region)}:iam::{call.account}:root"
    return f"""{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "{root}"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"""


def _statements(text: str) -> list[dict[str, Any]]:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise malformed_policy("Policy contains invalid JSON") from None
    statements = document.get("Statement") if isinstance(document, dict) else None
    listed: list[Any] = statements if isinstance(statements, list) else [statements]
    for each in listed:
        if not isinstance(each, dict) or each.get("Effect") not in ("Allow", "Deny"):
            raise malformed_policy("Syntax errors in policy.")
        for name in ("Principal", "Action", "Resource"):
            if name not in each and f"Not{name}" not in each:
                raise malformed_policy(f"Policy statement must contain {name.lower()}s.")
        if not _is_readable(each):
            raise malformed_policy("Syntax errors in policy.")
    if len(text.encode()) > _MOST_BYTES:
        raise malformed_policy("Policy exceeds the maximum length.")
    return listed


def _is_readable(statement: dict[str, Any]) -> bool:
    """Whether names are texts or lists of them, and conditions tests of keys."""
    principals = [statement.get(name) for name in ("Principal", "NotPrincipal")]
    named = [list(each.values()) if isinstance(each, dict) else [each] for each in principals]
    others = [statement.get(name) for name in ("Action", "NotAction", "Resource", "NotResource")]
    conditions = statement.get("Condition") or {}
    tests = conditions.values() if isinstance(conditions, dict) else [None]
    return all(map(_is_texts, [*others, *(text for texts in named for text in texts)])) and all(
        isinstance(keys, dict) for keys in tests
    )


def _is_texts(given: Any) -> bool:
    return (
        given is None
        or isinstance(given, str)
        or (isinstance(given, list) and all(isinstance(each, str) for each in given))
    )


def _check_name(request: Request) -> None:
    if (request.get("PolicyName") or NAME) != NAME:
        raise not_found("No such policy exists")


@operation("kms", "ResourcePolicy", internal=True, reads=True)
def resource_policy(call: Call, request: Request) -> Result:
    """The ``Policy`` of a key and its ``Arn``, by what names it (``Arn``; an id or an alias as ``Account`` and
    ``Region`` see them); nothing where there is none."""
    name = request["Arn"]
    if (row := call.store.one(tables.POLICY, (name,))) is not None:
        return {"Arn": name, "Policy": row[0]}
    arn = parse_arn(name)
    account, region = (arn.account, arn.region) if arn else (request.get("Account"), request.get("Region"))
    caller = call.caller._replace(account=account or call.account, region=region or call.region)
    there = Call(call.engine, caller, call.now, call.span, call.memory)
    key = look_up(there, name)
    if key is not None:
        return {"Arn": key.arn, "Policy": key.policy}
    service = name.removeprefix(PREFIX)
    if service in PROTECTED and name.startswith(PREFIX):  # it is made when it is first used
        made = make_arn("kms", there.region, there.account, name)
        return {"Arn": made, "Policy": managed_policy(there, service)}
    return {}


@operation("kms", "GetKeyPolicy", reads=True)
def get_key_policy(call: Call, request: Request) -> Result:
    key = find_key(call, request["KeyId"])
    _check_name(request)
    return {"Policy": key.policy, "PolicyName": NAME}


@operation("kms", "PutKeyPolicy")
def put_key_policy(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html"""
    key = own_key(call, request["KeyId"], PENDING_DELETION)
    _check_name(request)
    call.store.run(tables.SET_POLICY, (checked_policy(call, key.arn, request), key.arn))
    return {}


@operation("kms", "ListKeyPolicies", reads=True)
def list_key_policies(call: Call, request: Request) -> Result:
    find_key(call, request["KeyId"])
    return {"PolicyNames": [NAME], "Truncated": False}
