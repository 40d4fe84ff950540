"""Event buses. Each account has one named ``default`` in each region, without anybody having made it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from headwater.languages.policies.resource_policies import allows
from headwater.services.events import quotas, tables
from headwater.services.events.errors import access_denied, bus_exists, bus_not_found, limit_exceeded, validation
from headwater.services.events.pages import page
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

DEFAULT = "default"
# What is asked of a bus's policy where another account asks for it.
_SHARED = frozenset(
    f"events:{name}"
    for name in (
        *("CreateArchive", "DeleteRule", "DescribeEventBus", "DescribeRule", "DisableRule", "EnableRule", "ListRules"),
        *("ListRuleNamesByTarget", "ListTargetsByRule", "PutPermission", "PutRule", "PutTargets", "RemovePermission"),
        *("RemoveTargets", "UpdateEventBus"),
    )
)
_SETTINGS = ("Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")


class Bus(NamedTuple):
    """A row; ``settings`` are the optional members of CreateEventBus."""

    arn: str
    name: str
    settings: dict[str, Any]
    policy: str | None
    tags: dict[str, str]
    created: int
    modified: int


def bus_arn(call: Call, name_or_arn: str | None) -> str:
    """The ARN that a request's ``EventBusName`` means; the default bus where it names none."""
    if name_or_arn and name_or_arn.startswith("arn:"):
        return name_or_arn
    return _bus_arn(call.region, call.account, name_or_arn or DEFAULT)


@lru_cache(maxsize=1024)
def _bus_arn(region: str, account: str, name: str) -> str:
    return make_arn("events", region, account, f"event-bus/{name}")


def bus_name(arn: str) -> str:
    return arn.partition(":event-bus/")[2]


def bus_by_arn(call: Call, arn: str) -> Bus | None:
    row = call.store.one(tables.FIND_BUS, (arn,))
    if row is not None:
        return _bus(row)
    return Bus(arn, DEFAULT, {}, None, {}, call.now, call.now) if bus_name(arn) == DEFAULT else None


def find_bus(call: Call, name_or_arn: str | None) -> Bus:
    """The bus of a request; AwsError where there is none."""
    arn = bus_arn(call, name_or_arn)
    found = bus_by_arn(call, arn)
    if found is None:
        raise bus_not_found(bus_name(arn))
    call.span.subject = arn
    if arn.split(":")[4] != call.account:
        _check_access(call, found)
    return found


def _check_access(call: Call, bus: Bus) -> None:
    """AwsError unless the account that calls, which is not the bus's, may by its policy."""
    action, asked = call.span.name, {"aws:PrincipalAccount": call.account}
    if action in _SHARED and not allows(bus.policy, call.account, action, bus.arn, asked):
        raise access_denied(call.account, action, bus.arn)


def stored_bus(call: Call, name_or_arn: str | None) -> Bus:
    """The same, with a row to be changed."""
    bus = find_bus(call, name_or_arn)
    if call.store.one(tables.FIND_BUS, (bus.arn,)) is None:
        _insert(call, bus.arn, bus.name, {}, {})
    return bus


def _bus(row: tuple[Any, ...]) -> Bus:
    arn, name, settings, policy, tags, created, modified = row
    return Bus(arn, name, orjson.loads(settings), policy, orjson.loads(tags), created, modified)


def _insert(call: Call, arn: str, name: str, settings: dict[str, Any], tags: dict[str, str]) -> None:
    parts = parse_arn(arn)
    account, region = (parts.account, parts.region) if parts else (call.account, call.region)
    texts = (orjson.dumps(settings).decode(), orjson.dumps(tags).decode())
    call.store.run(tables.INSERT_BUS, (arn, account, region, name, *texts, call.now, call.now))


@operation("events", "CreateEventBus")
def create_event_bus(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html"""
    name = request["Name"]
    arn = bus_arn(call, name)
    if request.get("EventSourceName"):
        raise not_implemented("EventSourceName of CreateEventBus: partner event sources")
    if bus_by_arn(call, arn) is not None:
        raise bus_exists(name)
    if "/" in name:
        raise validation(f"Event bus name must not contain '/'. Name: {name}")
    if call.is_full(quotas.BUSES, tables.COUNT_BUSES, (call.account, call.region)):
        raise limit_exceeded()
    settings = {key: request[key] for key in _SETTINGS if request.get(key) is not None}
    _insert(call, arn, name, settings, {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()})
    call.memory.drop(arn)
    call.span.subject = arn
    return {"EventBusArn": arn, **settings}


@operation("events", "UpdateEventBus")
def update_event_bus(call: Call, request: Request) -> Result:
    bus = stored_bus(call, request.get("Name"))
    settings = bus.settings | {key: request[key] for key in _SETTINGS if request.get(key) is not None}
    call.store.run(tables.SET_BUS_SETTINGS, (orjson.dumps(settings).decode(), call.now, bus.arn))
    call.memory.drop(bus.arn)
    return {"Arn": bus.arn, "Name": bus.name, **settings}


@operation("events", "DescribeEventBus", reads=True)
def describe_event_bus(call: Call, request: Request) -> Result:
    bus = find_bus(call, request.get("Name"))
    return _description(bus) | {key: value for key, value in bus.settings.items() if key != "Description"}


@operation("events", "ListEventBuses", reads=True)
def list_event_buses(call: Call, request: Request) -> Result:
    prefix = request.get("NamePrefix") or ""

    def fetch(after: str, count: int) -> list[Bus]:
        asked = (call.account, call.region, len(prefix), prefix, after, count)
        found = [_bus(row) for row in call.store.all(tables.LIST_BUSES, asked)]
        implied = DEFAULT.startswith(prefix) and after < DEFAULT and all(bus.name != DEFAULT for bus in found)
        if implied and call.store.one(tables.FIND_BUS, (bus_arn(call, DEFAULT),)) is None:
            found.append(find_bus(call, DEFAULT))
        return sorted(found, key=lambda bus: bus.name)[:count]

    buses, more = page(request, fetch, lambda bus: bus.name)
    return {"EventBuses": [_description(bus) for bus in buses], **more}


def _description(bus: Bus) -> dict[str, Any]:
    described: dict[str, Any] = {"Name": bus.name, "Arn": bus.arn}
    if "Description" in bus.settings:
        described["Description"] = bus.settings["Description"]
    if bus.policy:
        described["Policy"] = bus.policy
    return described | {"CreationTime": bus.created, "LastModifiedTime": bus.modified}


@operation("events", "DeleteEventBus")
def delete_event_bus(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteEventBus.html: what is not there
    is as good as deleted."""
    arn = bus_arn(call, request["Name"])
    if bus_name(arn) == DEFAULT:
        raise validation("Cannot delete event bus default.")
    if (call.store.one(tables.COUNT_RULES, (arn,)) or (0,))[0]:
        raise validation("Event bus can't be deleted since it has rules.")
    call.store.run(tables.DELETE_BUS, (arn,))
    call.memory.drop(arn)
    return {}
