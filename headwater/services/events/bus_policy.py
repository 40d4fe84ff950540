"""Whether the resource policy of a bus lets another account do something.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-permissions-manage.html
"""

from __future__ import annotations

from headwater.languages.policies.resource_policies import allows
from headwater.services.events.buses import bus_by_arn
from headwater.services.events.errors import access_denied
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call

PUT_EVENTS = "events:PutEvents"


def check_may_put(call: Call, bus: str, account: str, source: str, detail_type: str) -> None:
    """AwsError unless an account may put an event on a bus: its own, or one whose policy says so."""
    parts = parse_arn(bus)
    if parts is None or parts.account == account:
        return
    found = bus_by_arn(call, bus)
    asked = {"events:source": source, "events:detail-type": detail_type, "aws:PrincipalAccount": account}
    if found is not None and not allows(found.policy, account, PUT_EVENTS, bus, asked):
        raise access_denied(account, PUT_EVENTS, bus)
