"""Replays: the events of an archive on their bus again, in the order of their times.

A replay is one delivery that goes on page by page; each page and how far it came commit together, so that a replay
that a crash interrupts goes on where it was, and sends nothing twice.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.events import archive_tables as tables
from headwater.services.events.archives import archive_by_arn, check_bus_arn
from headwater.services.events.buses import bus_by_arn, bus_name
from headwater.services.events.envelope import Event
from headwater.services.events.errors import (
    bus_not_found,
    limit_exceeded,
    replay_exists,
    replay_is_over,
    replay_not_found,
    validation,
)
from headwater.services.events.pages import page
from headwater.services.events.quotas import REPLAYS
from headwater.services.events.routing import publish
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.deliveries import FOREVER, Again, Delivery, delivery
from headwater.spine.operations import Call, Request, Result, operation

_AT_ONCE = 100
_RUNNING = ("STARTING", "RUNNING")


class Replay(NamedTuple):
    """A row; ``first`` and ``last`` bound the times of its events, ``replayed`` is that of the last one so far."""

    arn: str
    name: str
    archive: str
    description: str | None
    destination: str
    first: int
    last: int
    state: str
    reason: str | None
    started: int
    ended: int | None
    replayed: int | None


def _replay_arn(call: Call, name: str) -> str:
    return make_arn("events", call.region, call.account, f"replay/{name}")


def _find(call: Call, name: str) -> Replay:
    row = call.store.one(tables.FIND_REPLAY, (_replay_arn(call, name),))
    if row is None:
        raise replay_not_found(name)
    found = Replay(*row)
    call.span.subject = found.arn
    return found


@operation("events", "StartReplay")
def start_replay(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_StartReplay.html"""
    name, source, destination = request["ReplayName"], request["EventSourceArn"], request["Destination"]
    first, last = request["EventStartTime"], request["EventEndTime"]
    _check(call, source, destination)
    if first >= last:
        raise validation("Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.")
    arn = _replay_arn(call, name)
    if call.store.one(tables.FIND_REPLAY, (arn,)) is not None:
        raise replay_exists(name)
    if call.is_full(REPLAYS, tables.RUNNING_REPLAYS_OF, (source,)):
        raise limit_exceeded()
    here = (arn, call.account, call.region, name, source, request.get("Description"))
    chosen = {key: value for key, value in destination.items() if value is not None}
    call.store.run(tables.INSERT_REPLAY, (*here, orjson.dumps(chosen).decode(), first, last, "STARTING", call.now))
    call.span.subject = arn
    payload = {"time": first - 1, "id": 0, "until": call.new_id()}
    call.deliver("events.replay", payload, target=arn, policy=FOREVER)
    return {"ReplayArn": arn, "State": "STARTING", "ReplayStartTime": call.now}


def _check(call: Call, source: str, destination: dict[str, Any]) -> None:
    """The archive is there, and so are its bus and the rules that alone are to get the events."""
    bus = destination["Arn"]
    check_bus_arn(bus, "Destination.Arn")
    if bus_by_arn(call, bus) is None:
        raise bus_not_found(bus_name(bus))
    archive = archive_by_arn(call, source)
    if archive is None:
        name = source.rpartition("/")[2]
        raise validation(f"Parameter EventSourceArn is not valid. Reason: Archive {name} does not exist.")
    if archive.bus != bus:
        raise validation("Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.")
    for rule in destination.get("FilterArns") or ():
        parts = parse_arn(rule)
        if parts is None or parts.service != "events" or not parts.resource.startswith("rule/"):
            raise validation("Parameter Destination.FilterArns is not valid. Reason: Must contain rule ARNs.")


@delivery("events.replay")
def replay_events(call: Call, item: Delivery) -> Again | None:
    """One page of a replay."""
    row = call.store.one(tables.FIND_REPLAY, (item.target,))
    if row is None:
        return None
    replay = Replay(*row)
    call.span.subject = replay.arn
    if replay.state not in _RUNNING:
        call.store.run(tables.SET_REPLAY_STATE, ("CANCELLED", call.now, replay.arn))
        return None
    archive = archive_by_arn(call, replay.archive)
    if archive is None:
        call.store.run(tables.FAIL_REPLAY, ("The archive was deleted.", call.now, replay.arn))
        return None
    at, after, until = item.payload["time"], item.payload["id"], item.payload["until"]
    events = call.store.all(tables.NEXT_ARCHIVED, (archive.arn, at, at, after, replay.last, until, _AT_ONCE))
    destination = orjson.loads(replay.destination)
    only = frozenset(destination.get("FilterArns") or ()) or None
    for _, _, text in events:
        publish(call, archive.bus, _named(orjson.loads(text), replay.name), only=only)
    if events:
        at, after = events[-1][:2]
        call.store.run(tables.ADVANCE_REPLAY, (at, replay.arn))
    if len(events) < _AT_ONCE:
        call.store.run(tables.SET_REPLAY_STATE, ("COMPLETED", call.now, replay.arn))
        return None
    return Again(call.now, {"time": at, "id": after, "until": until})


def _named(event: Event, replay: str) -> Event:
    """An event with the name of its replay, where AWS has it: after the region."""
    named: Event = {}
    for name, value in event.items():
        named[name] = value
        if name == "region":
            named["replay-name"] = replay
    return named


@operation("events", "CancelReplay")
def cancel_replay(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CancelReplay.html: no page more is sent."""
    replay = _find(call, request["ReplayName"])
    if replay.state not in _RUNNING:
        raise replay_is_over(replay.name)
    call.store.run(tables.SET_REPLAY_STATE, ("CANCELLING", None, replay.arn))
    return {"ReplayArn": replay.arn, "State": "CANCELLING", "StateReason": replay.reason}


@operation("events", "DescribeReplay", reads=True)
def describe_replay(call: Call, request: Request) -> Result:
    replay = _find(call, request["ReplayName"])
    return _entry(replay) | {
        "ReplayArn": replay.arn,
        "Description": replay.description,
        "Destination": orjson.loads(replay.destination),
    }


@operation("events", "ListReplays", reads=True)
def list_replays(call: Call, request: Request) -> Result:
    filters = [name for name in ("State", "EventSourceArn", "NamePrefix") if request.get(name)]
    if len(filters) > 1:
        raise validation(
            "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix."
        )
    prefix, source = request.get("NamePrefix") or "", request.get("EventSourceArn") or ""
    state = request.get("State") or ""

    def fetch(after: str, count: int) -> list[Replay]:
        asked = (call.account, call.region, len(prefix), prefix, source, source, state, state, after, count)
        return [Replay(*row) for row in call.store.all(tables.LIST_REPLAYS, asked)]

    found, more = page(request, fetch, lambda replay: replay.name)
    return {"Replays": [_entry(replay) for replay in found], **more}


def _entry(replay: Replay) -> dict[str, Any]:
    return {
        "ReplayName": replay.name,
        "EventSourceArn": replay.archive,
        "State": replay.state,
        "StateReason": replay.reason,
        "EventStartTime": replay.first,
        "EventEndTime": replay.last,
        "EventLastReplayedTime": replay.replayed,
        "ReplayStartTime": replay.started,
        "ReplayEndTime": replay.ended,
    }
