"""To what policies are attached: certificates and groups of things, by ARN. Identities of Cognito would be others."""

from __future__ import annotations

import re

from headwater.services.iot.certificates.certificate import find_certificate
from headwater.services.iot.errors import invalid_request, not_found
from headwater.services.iot.registry.tables import THING_GROUP
from headwater.spine.arns import parse_arn
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call

_COGNITO = re.compile(r"[\w-]+:[0-9a-f-]{36}")


def check_target(call: Call, target: str) -> None:
    """That a certificate or group is there: InvalidRequestException where the text is of no known form."""
    kind, name = _parse(call, target)
    if kind == "cert":
        find_certificate(call, name)
    elif call.store.one(THING_GROUP, (call.account, call.region, name)) is None:
        raise not_found(f"Thing Group {name} not found")


def check_principal(call: Call, principal: str) -> None:
    """The same of a certificate alone."""
    kind, name = _parse(call, principal)
    if kind != "cert":
        raise invalid_request(f"Invalid principal: {principal}")
    find_certificate(call, name)


def _parse(call: Call, target: str) -> tuple[str, str]:
    """`cert` or `thinggroup`, and the name."""
    arn = parse_arn(target)
    if arn is None:
        if _COGNITO.fullmatch(target):
            raise not_implemented("A Cognito identity as IoT's principal")
        raise invalid_request(f"Invalid target: {target}")
    kind, _, name = arn.resource.partition("/")
    is_ours = arn.service == "iot" and (arn.account, arn.region) == (call.account, call.region)
    if not is_ours or kind not in ("cert", "thinggroup") or not name:
        raise invalid_request(f"Invalid target: {target}")
    return kind, name
