"""What schedules' operations ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
"""

from __future__ import annotations

from collections.abc import Iterable

from headwater.services.scheduler.schedules import arn_of
from headwater.spine.authorization import Access, Authorization, Needs
from headwater.spine.operations import Call, Request

_OF_SCHEDULES = ("CreateSchedule", "DeleteSchedule", "GetSchedule", "UpdateSchedule")


def _on_schedule(action: str) -> Needs:
    def needs(call: Call, request: Request) -> Iterable[Access]:
        return (Access(action, arn_of(call, request)),) if request.get("Name") else ()

    return needs


AUTHORIZATION = Authorization({name: _on_schedule(f"scheduler:{name}") for name in _OF_SCHEDULES})
