"""What functions' operations ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

from __future__ import annotations

from collections.abc import Iterable

from headwater.services.lambda_.names import refer
from headwater.spine.authorization import Access, Authorization
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request


def _invoke(call: Call, request: Request) -> Iterable[Access]:
    try:
        return (Access("lambda:InvokeFunction", refer(call, request).qualified),)
    except (AwsError, KeyError):
        return ()  # a bad request, as it will be told


AUTHORIZATION = Authorization(dict.fromkeys(("Invoke", "InvokeAsync", "InvokeWithResponseStream"), _invoke))
