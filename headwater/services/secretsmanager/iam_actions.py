"""What secrets' operations ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
"""

from __future__ import annotations

from headwater.services.secretsmanager.secret import look_up
from headwater.spine.authorization import Authorization, names
from headwater.spine.operations import Call

_OF_SECRETS = """
    CancelRotateSecret DeleteResourcePolicy DeleteSecret DescribeSecret GetResourcePolicy GetSecretValue
    ListSecretVersionIds PutResourcePolicy PutSecretValue RestoreSecret RotateSecret TagResource UntagResource
    UpdateSecret UpdateSecretVersionStage
"""


def _arn(call: Call, name: str) -> str:
    """With its random end; '' where there is no such secret."""
    secret = look_up(call, name)
    return "" if secret is None else secret.arn


AUTHORIZATION = Authorization(names(_arn, "secretsmanager", SecretId=_OF_SECRETS), frozenset({"GetRandomPassword"}))
