"""What buses' operations ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
"""

from __future__ import annotations

from collections.abc import Iterable

from headwater.services.events.buses import bus_arn
from headwater.spine.authorization import Access, Authorization
from headwater.spine.operations import Call, Request


def _put_events(call: Call, request: Request) -> Iterable[Access]:
    buses = {bus_arn(call, entry.get("EventBusName")) for entry in request.get("Entries") or ()}
    return [Access("events:PutEvents", bus) for bus in buses]


AUTHORIZATION = Authorization({"PutEvents": _put_events}, frozenset({"TestEventPattern"}))
