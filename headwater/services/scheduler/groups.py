"""Schedule groups. The default one is there without being made; a deleted one takes its schedules with it.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-group.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.scheduler import tables
from headwater.services.scheduler.errors import (
    group_exists,
    group_is_deleted,
    group_not_found,
    invalid_token,
    quota_exceeded,
    validation,
)
from headwater.services.scheduler.quotas import GROUPS
from headwater.services.scheduler.tokens import is_repeated, remember
from headwater.spine.arns import make_arn
from headwater.spine.deliveries import Again, Delivery, delivery
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page

DEFAULT = "default"
_ACTIVE, _DELETING = "ACTIVE", "DELETING"
_PAGE = 100
# Schedules that one transaction deletes.
_DELETED_AT_ONCE = 500


class Group(NamedTuple):
    """A row; times are in ms."""

    arn: str
    name: str
    state: str
    tags: str
    created: int
    modified: int


def group_arn(call: Call, name: str) -> str:
    return make_arn("scheduler", call.region, call.account, f"schedule-group/{name}")


def find_group(call: Call, name: str) -> Group:
    """The group of a name; AwsError where there is none. It may be the first look at the default group, which is
    written then: for operations that write."""
    found = group_by_arn(call, group_arn(call, name))
    if found is None:
        raise group_not_found(name)
    return found


def active_group(call: Call, name: str) -> Group:
    """A group that takes schedules."""
    group = find_group(call, name)
    if group.state != _ACTIVE:
        raise group_is_deleted(name)
    return group


def group_by_arn(call: Call, arn: str) -> Group | None:
    row = call.store.one(tables.FIND_GROUP, (arn,))
    if row is not None:
        return Group(*row)
    if arn == group_arn(call, DEFAULT):
        return _insert(call, DEFAULT, {})
    return None


def _insert(call: Call, name: str, tags: dict[str, str]) -> Group:
    group = Group(group_arn(call, name), name, _ACTIVE, orjson.dumps(tags).decode(), call.now, call.now)
    row = (group.arn, call.account, call.region, name, group.state, group.tags, call.now, call.now)
    call.store.run(tables.INSERT_GROUP, row)
    return group


@operation("scheduler", "CreateScheduleGroup")
def create_schedule_group(call: Call, request: Request) -> Result:
    name = request["Name"]
    if group_by_arn(call, arn := group_arn(call, name)) is not None:
        if is_repeated(call, "CreateScheduleGroup", request):
            return {"ScheduleGroupArn": arn}
        raise group_exists(name)
    if call.is_full(GROUPS, tables.COUNT_GROUPS, (call.account, call.region)):
        raise quota_exceeded("The maximum number of schedule groups for this account has been reached.")
    group = _insert(call, name, {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()})
    remember(call, "CreateScheduleGroup", request)
    call.span.subject = group.arn
    return {"ScheduleGroupArn": group.arn}


@operation("scheduler", "GetScheduleGroup")
def get_schedule_group(call: Call, request: Request) -> Result:
    group = find_group(call, request["Name"])
    call.span.subject = group.arn
    return _description(group)


def _description(group: Group) -> dict[str, Any]:
    return {
        "Arn": group.arn,
        "Name": group.name,
        "State": group.state,
        "CreationDate": group.created,
        "LastModificationDate": group.modified,
    }


@operation("scheduler", "ListScheduleGroups")
def list_schedule_groups(call: Call, request: Request) -> Result:
    find_group(call, DEFAULT)
    prefix = request.get("NamePrefix") or ""

    def fetch(after: str, count: int) -> list[Group]:
        asked = (call.account, call.region, len(prefix), prefix, after, count)
        return [Group(*row) for row in call.store.all(tables.LIST_GROUPS, asked)]

    limit = request.get("MaxResults") or _PAGE
    groups, token = page(request.get("NextToken"), limit, fetch, lambda group: group.name, invalid_token)
    return {"ScheduleGroups": [_description(group) for group in groups], "NextToken": token}


@operation("scheduler", "DeleteScheduleGroup")
def delete_schedule_group(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_DeleteScheduleGroup.html: the group is DELETING
    until its schedules are deleted."""
    name = request["Name"]
    if name == DEFAULT:
        raise validation("The default schedule group cannot be deleted.")
    if is_repeated(call, "DeleteScheduleGroup", request):
        return {}
    group = active_group(call, name)
    call.span.subject = group.arn
    call.store.run(tables.SET_GROUP_STATE, (_DELETING, call.now, group.arn))
    call.deliver("scheduler.delete-group", None, target=group.arn)
    remember(call, "DeleteScheduleGroup", request)
    return {}


@delivery("scheduler.delete-group")
def empty_group(call: Call, item: Delivery) -> Again | None:
    """Delete some of a group's schedules, and with the last the group."""
    rows = call.store.all(tables.SOME_OF_GROUP, (item.target, _DELETED_AT_ONCE))
    for arn, timer in rows:
        if timer is not None:
            call.cancel(timer)
        call.store.run(tables.DELETE_SCHEDULE, (arn,))
    if len(rows) == _DELETED_AT_ONCE:
        return Again(call.now)
    call.store.run(tables.DELETE_GROUP, (item.target,))
    return None
