"""Who calls, and temporary credentials.

https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
"""

from __future__ import annotations

from typing import Any

from headwater.spine.access_keys import account_of, make_access_key
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
HOUR = 3600


def credentials(call: Call, account: str, seconds: int) -> dict[str, Any]:
    return {
        "AccessKeyId": make_access_key("ASIA", account, call.ids),
        "SecretAccessKey": call.ids.token(40, SECRET_ALPHABET),
        "SessionToken": "IQoJb3JpZ2luX2Vj" + call.ids.token(240, SECRET_ALPHABET),
        "Expiration": call.now + seconds * 1000,
    }


@operation("sts", "GetCallerIdentity", reads=True)
def get_caller_identity(call: Call, request: Request) -> Result:
    return {"UserId": call.account, "Account": call.account, "Arn": call.principal}


@operation("sts", "GetAccessKeyInfo", reads=True)
def get_access_key_info(call: Call, request: Request) -> Result:
    """The account that the id was issued to; ids from elsewhere belong to whoever calls."""
    return {"Account": account_of(request["AccessKeyId"]) or call.account}


@operation("sts", "GetSessionToken")
def get_session_token(call: Call, request: Request) -> Result:
    return {"Credentials": credentials(call, call.account, request.get("DurationSeconds") or 12 * HOUR)}


@operation("sts", "AssumeRole")
def assume_role(call: Call, request: Request) -> Result:
    arn = parse_arn(request["RoleArn"])
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        raise AwsError("ValidationError", f"{request['RoleArn']} is invalid")
    role = find_role(call, arn)
    seconds = request.get("DurationSeconds") or HOUR
    if seconds > role["MaxSessionDuration"]:
        raise AwsError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    session = request["RoleSessionName"]
    assumed = arn._replace(service="sts", resource=f"assumed-role/{role['RoleName']}/{session}")
    return {
        "Credentials": credentials(call, arn.account, seconds),
        "AssumedRoleUser": {"AssumedRoleId": f"{role['RoleId']}:{session}", "Arn": str(assumed)},
        "SourceIdentity": request.get("SourceIdentity"),
    }


def find_role(call: Call, arn: Arn) -> dict[str, Any]:
    """The role, of any account here. One that is not there cannot be told from a forbidden one."""
    try:
        role: dict[str, Any] = call.operation("iam", "GetRole", {"RoleName": arn.name}, account=arn.account)["Role"]
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise
        role = {"Arn": None}
    if role["Arn"] != str(arn):
        raise AwsError(
            "AccessDenied",
            f"User: {call.principal} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            403,
        )
    return role
