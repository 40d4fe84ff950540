"""To what policies and things are attached: a certificate's ARN. Identities of Cognito would be others."""

from __future__ import annotations

import re

from headwater.services.iot.certificate import find_certificate
from headwater.services.iot.errors import invalid_request
from headwater.spine.arns import parse_arn
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call

_COGNITO = re.compile(r"[\w-]+:[0-9a-f-]{36}")


def check_target(call: Call, target: str) -> None:
    """That it is there: InvalidRequestException where it is of no known form."""
    arn = parse_arn(target)
    if arn is None:
        if _COGNITO.fullmatch(target):
            raise not_implemented("A Cognito identity as IoT's principal")
        raise invalid_request(f"Invalid target: {target}")
    kind, _, name = arn.resource.partition("/")
    if arn.service != "iot" or kind != "cert" or not name or (arn.account, arn.region) != (call.account, call.region):
        raise invalid_request(f"Invalid target: {target}")
    find_certificate(call, name)
