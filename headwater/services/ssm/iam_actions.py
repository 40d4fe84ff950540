"""What parameters' operations ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

from __future__ import annotations

from collections.abc import Iterable

from headwater.services.ssm.parameter import parameter_arn, plain_name
from headwater.spine.authorization import Access, Authorization, Needs, names
from headwater.spine.operations import Call, Request

_OF_PARAMETERS = "DeleteParameter GetParameter GetParameterHistory LabelParameterVersion PutParameter"


def _arn(call: Call, name: str) -> str:
    """Without the version or label that may follow a name."""
    return name if name.startswith("arn:") else parameter_arn(call, plain_name(name).partition(":")[0])


def _each(action: str) -> Needs:
    def needs(call: Call, request: Request) -> Iterable[Access]:
        return [Access(action, _arn(call, name)) for name in request.get("Names") or ()]

    return needs


AUTHORIZATION = Authorization(
    {
        **names(_arn, "ssm", Name=_OF_PARAMETERS),
        **names(_arn, "ssm", Path="GetParametersByPath"),
        "GetParameters": _each("ssm:GetParameters"),
        "DeleteParameters": _each("ssm:DeleteParameters"),
    }
)
