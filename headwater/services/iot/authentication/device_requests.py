"""Requests over HTTPS of devices that have shown a certificate instead of signing.

https://docs.aws.amazon.com/iot/latest/developerguide/http.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, unquote

import orjson

from headwater.services.iot.authentication.device_identity import certificate_home, identity_by_certificate
from headwater.services.iot.broker.memory import broker_of
from headwater.services.iot.policies.policy import compile_policy
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Request, operation

_TOPIC = re.compile("/topics/(.+)")
_SHADOW = re.compile("/things/([^/]+)/shadow")
_SHADOWS = re.compile("/api/things/shadow/ListNamedShadowsForThing/([^/]+)")
_RETAINED = re.compile("/retainedMessage/(.+)")
_SHADOW_ACTIONS = {
    "GET": "iot:GetThingShadow",
    "POST": "iot:UpdateThingShadow",
    "DELETE": "iot:DeleteThingShadow",
}


class _Need(NamedTuple):
    """An action on a resource, as policies call them."""

    action: str
    resource: str


@operation("iot-mqtt", "AdmitRequest", internal=True)
def admit_request(call: Call, request: Request) -> Answer:
    """Whether a device may do what it asks for. ForbiddenException where its policies do not allow it.

    Request: Certificate (DER), Method, Path and Query as they came, SourceIp. Result: Account and Region, which are
    the certificate's, and Principal, its id.
    """
    home = certificate_home(call, request["Certificate"])
    if home is None:
        raise _forbidden()
    if home != (call.account, call.region):
        return call.work.operation("iot-mqtt", "AdmitRequest", request, *home)
    try:
        identity = identity_by_certificate(call, request["Certificate"], "")
    except AwsError as error:
        raise _forbidden() from error
    given = orjson.loads(identity.policies or "{}")
    policy = compile_policy(given["documents"], given["variables"] | {"aws:SourceIp": request["SourceIp"]})
    prefix = broker_of(call).prefix
    for need in _needs(request):
        if not policy.allows(need.action, f"{prefix}{need.resource}"):
            call.span.note("refused", f"{need.action} on {need.resource}")
            raise _forbidden()
    return {"Account": call.account, "Region": call.region, "Principal": identity.principal}


def _forbidden() -> AwsError:
    return AwsError("ForbiddenException", "Forbidden", 403)


def _needs(request: Request) -> list[_Need]:
    """What the request's policies must allow."""
    method, path = request["Method"], request["Path"]
    query: Mapping[str, list[str]] = parse_qs(request["Query"])
    if method == "POST" and (found := _TOPIC.fullmatch(path)):
        resource = f"topic/{unquote(found[1])}"
        retains = query.get("retain", ["false"])[0] == "true"
        return [_Need("iot:Publish", resource), *([_Need("iot:RetainPublish", resource)] if retains else [])]
    if method in _SHADOW_ACTIONS and (found := _SHADOW.fullmatch(path)):
        name = query.get("name", [""])[0]
        return [_Need(_SHADOW_ACTIONS[method], f"thing/{unquote(found[1])}" + (f"/{name}" if name else ""))]
    if method == "GET" and (found := _SHADOWS.fullmatch(path)):
        return [_Need("iot:ListNamedShadowsForThing", f"thing/{unquote(found[1])}")]
    if method == "GET" and (found := _RETAINED.fullmatch(path)):
        return [_Need("iot:GetRetainedMessage", f"topic/{unquote(found[1])}")]
    if method == "GET" and path == "/retainedMessage":
        return [_Need("iot:ListRetainedMessages", "*")]
    raise _forbidden()
