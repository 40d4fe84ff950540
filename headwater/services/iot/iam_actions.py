"""What publishing and shadows ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html
"""

from __future__ import annotations

from collections.abc import Iterable

from headwater.spine.arns import make_arn
from headwater.spine.authorization import Access, Authorization, Needs, by_member
from headwater.spine.operations import Call, Request


def _topic(call: Call, name: str) -> str:
    return make_arn("iot", call.region, call.account, f"topic/{name}")


def _on_shadow(action: str) -> Needs:
    def needs(call: Call, request: Request) -> Iterable[Access]:
        thing, shadow = request.get("thingName"), request.get("shadowName")
        name = f"thing/{thing}/{shadow}" if shadow else f"thing/{thing}"
        return (Access(action, make_arn("iot", call.region, call.account, name)),) if thing else ()

    return needs


AUTHORIZATION = Authorization(
    {
        "Publish": by_member("iot:Publish", "topic", _topic),
        "GetRetainedMessage": by_member("iot:GetRetainedMessage", "topic", _topic),
        **{name: _on_shadow(f"iot:{name}") for name in ("DeleteThingShadow", "GetThingShadow", "UpdateThingShadow")},
    },
    frozenset({"DescribeEndpoint"}),
)
