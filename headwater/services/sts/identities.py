"""Who calls, and temporary credentials.

https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
"""

from __future__ import annotations

from typing import Any

from headwater.languages.policies.trust import ASSUME
from headwater.services.sts.trusting import check_caller, not_authorized
from headwater.spine.access_keys import account_of, make_access_key
from headwater.spine.arns import Arn, parse_arn, partition_of
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.session_tokens import Confined, Session

HOUR = 3600
_ASSUMED = "assumed-role"


def credentials(call: Call, account: str, seconds: int, principal: str) -> dict[str, Any]:
    """They hold until they expire by the clock; the token says so itself."""
    expires = (call.now // 1000 + seconds) * 1000
    access_key, keyring = make_access_key("ASIA", account, call.ids), call.engine.keyring
    return {
        "AccessKeyId": access_key,
        "SecretAccessKey": keyring.secret_of(access_key),
        "SessionToken": keyring.make_token(Session(expires, principal), access_key, call.ids),
        "Expiration": expires,
    }


@operation("sts", "GetCallerIdentity", reads=True)
def get_caller_identity(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
    return {"UserId": _user_id(call), "Account": call.account, "Arn": call.principal}


def _user_id(call: Call) -> str:
    """The account's, or of somebody in a role ``AROA…:session``."""
    kind, _, name = call.principal.rpartition(":")[2].partition("/")
    if kind == "federated-user":
        return f"{call.account}:{name}"
    if kind == "user":
        return str(call.operation("iam", "GetUser", {"UserName": name.rpartition("/")[2]})["User"]["UserId"])
    if kind != _ASSUMED:
        return call.account
    role, _, session = name.partition("/")
    try:
        identity = call.operation("iam", "GetRole", {"RoleName": role})["Role"]["RoleId"]
    except AwsError:
        identity = role  # it was deleted since
    return f"{identity}:{session}"


@operation("sts", "GetAccessKeyInfo", reads=True)
def get_access_key_info(call: Call, request: Request) -> Result:
    """The account that the id was issued to; ids from elsewhere belong to whoever calls."""
    return {"Account": account_of(request["AccessKeyId"]) or call.account}


@operation("sts", "GetSessionToken")
def get_session_token(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""
    seconds = request.get("DurationSeconds") or 12 * HOUR
    return {"Credentials": credentials(call, call.account, seconds, call.principal)}


@operation("sts", "GetFederationToken")
def get_federation_token(call: Call, request: Request) -> Result:
    """Its policies are in the token.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    """
    name, seconds = request["Name"], request.get("DurationSeconds") or 12 * HOUR
    arn = f"arn:{partition_of(call.region)}:sts::{call.account}:federated-user/{name}"
    principal = _confined(call, arn, request, call.principal)
    return {
        "Credentials": credentials(call, call.account, seconds, principal),
        "FederatedUser": {"FederatedUserId": f"{call.account}:{name}", "Arn": arn},
        "PackedPolicySize": 0,
    }


@operation("sts", "AssumeRole")
def assume_role(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    arn = parse_arn(request["RoleArn"])
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        raise AwsError("ValidationError", f"{request['RoleArn']} is invalid")
    role = find_role(call, arn)
    check_caller(call, arn, request)
    seconds = request.get("DurationSeconds") or HOUR
    if seconds > role["MaxSessionDuration"]:
        raise AwsError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    if seconds > HOUR and f":{_ASSUMED}/" in call.principal:
        text = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        raise AwsError("ValidationError", text)
    session = request["RoleSessionName"]
    assumed = arn._replace(service="sts", resource=f"{_ASSUMED}/{role['RoleName']}/{session}")
    return {
        "Credentials": credentials(call, arn.account, seconds, _confined(call, str(assumed), request)),
        "AssumedRoleUser": {"AssumedRoleId": f"{role['RoleId']}:{session}", "Arn": str(assumed)},
        "SourceIdentity": request.get("SourceIdentity"),
    }


def _confined(call: Call, principal: str, request: Request, issuer: str = "") -> str:
    """The principal with what the request says of the session's own policies and tags.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
    """
    policy = request.get("Policy") or ""
    if policy:
        call.ask("iam", "CheckPolicy", {"PolicyDocument": policy})
    policies = [each["arn"] for each in request.get("PolicyArns") or ()]
    tags = {each["Key"]: each["Value"] for each in request.get("Tags") or ()}
    if not (policy or policies or tags or issuer):
        return principal
    return Confined.of(principal, policy, policies, tags, issuer)


def find_role(call: Call, arn: Arn) -> dict[str, Any]:
    """The role, of any account here. One that is not there cannot be told from a forbidden one."""
    try:
        role: dict[str, Any] = call.operation("iam", "GetRole", {"RoleName": arn.name}, account=arn.account)["Role"]
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise
        role = {"Arn": None}
    if role["Arn"] != str(arn):
        raise not_authorized(call.principal, ASSUME, arn)
    return role
