"""Whose long-term access key a request is signed with: a user's, of those that IAM has here.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
"""

from __future__ import annotations

from headwater.spine.access_keys import account_of
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import Caller


def is_of_user(access_key: str) -> bool:
    """Whether it may be a user's: it was made here, to last."""
    return access_key.startswith("AKIA") and account_of(access_key) is not None


def as_user(engine: Engine, caller: Caller, access_key: str, service: str, protocol: str) -> Caller:
    """The caller as the user whose key it is; the same where it is nobody's. AwsError where policies are enforced and
    the key is not active; where signatures are verified nobody comes so far with such a key."""
    if not engine.catalogue.loaded("iam"):
        return caller
    owner = engine.ask("iam", "KeyOwner", {"AccessKeyId": access_key}, caller)
    if not owner:
        return caller
    if engine.enforces_policies and not owner["Active"]:
        raise _invalid(service, protocol)
    return caller._replace(principal=owner["User"])


def _invalid(service: str, protocol: str) -> AwsError:
    """As each kind of service says it."""
    if service == "s3":
        text = "The AWS Access Key Id you provided does not exist in our records."
        return AwsError("InvalidAccessKeyId", text, 403)
    text = "The security token included in the request is invalid."
    if protocol == "query":
        return AwsError("InvalidClientTokenId", text, 403)
    return AwsError("UnrecognizedClientException", text, 400 if protocol == "json" else 403)
