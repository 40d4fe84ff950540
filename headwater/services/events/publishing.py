"""Putting events on buses, and trying a pattern out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from headwater.languages.patterns import InvalidPattern, compile_pattern
from headwater.services.events import tables
from headwater.services.events.bus_logs import tell_of_refusal
from headwater.services.events.bus_policy import check_may_put
from headwater.services.events.buses import bus_arn, bus_name
from headwater.services.events.envelope import make_event
from headwater.services.events.errors import bus_not_found, invalid_pattern, rule_not_found, validation
from headwater.services.events.routing import has_rules, publish, routed_rule, send_to_targets
from headwater.services.events.trail import EVERYTHING
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.spans import parse_trace_header

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
_LARGEST_REQUEST = 1_048_576
_SIZE_OF_TIME = 14
_MEMBERS = ("Source", "DetailType", "Detail", "EventBusName")
_Checked = tuple[str, dict[str, Any], Mapping[str, Any]]
_SMALL = 20_000  # characters, of which UTF-8 makes at most four times as many bytes


@operation("events", "PutEvents", atomic=True)
def put_events(call: Call, request: Request) -> Result:
    """Entries that are refused are told so one by one; an unknown bus swallows its events, as AWS's does."""
    if request.get("EndpointId"):
        raise not_implemented("EndpointId of PutEvents: global endpoints")
    entries = request["Entries"]
    # ten small entries cannot reach the limit: they need no counting
    if any(map(_is_large, entries)) and sum(map(_size, entries)) > _LARGEST_REQUEST:
        raise validation("Total size of the entries in the request is over the limit.")
    # another account's bus may refuse the whole request: nothing is put before all are looked at
    checked = [_checked(call, entry) for entry in entries]
    results = [each if isinstance(each, dict) else _put(call, each) for each in checked]
    failed = sum("ErrorCode" in result for result in results)
    if failed:
        _tell_of_refusals(call, zip(entries, results, strict=True))
    return {"FailedEntryCount": failed, "Entries": results}


def _tell_of_refusals(call: Call, told: Iterable[tuple[Mapping[str, Any], Mapping[str, str]]]) -> None:
    for entry, result in told:
        if "ErrorCode" in result:
            tell_of_refusal(call, bus_arn(call, entry.get("EventBusName")), entry, result)


def _is_large(entry: Mapping[str, Any]) -> bool:
    if entry.get("Resources"):
        return True
    return len(entry.get("Detail") or "") + len(entry.get("Source") or "") + len(entry.get("DetailType") or "") > _SMALL


def _size(entry: Mapping[str, Any]) -> int:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size"""
    texts = [entry.get("Source"), entry.get("DetailType"), entry.get("Detail"), *(entry.get("Resources") or ())]
    size = sum(len(text) if text.isascii() else len(text.encode()) for text in texts if text)
    return size if entry.get("Time") is None else size + _SIZE_OF_TIME


def _checked(call: Call, entry: Mapping[str, Any]) -> _Checked | dict[str, str]:
    """An entry's bus, its parsed detail and itself, or what it is refused with."""
    source, kind, text, named = map(entry.get, _MEMBERS)
    if not (source and kind and text):
        name = next(name for name in _MEMBERS if not entry.get(name))
        return _refusal("InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument.")
    if source.startswith("aws."):
        return _refusal("NotAuthorizedForSourceException", "Not authorized for the source.")
    try:
        detail = orjson.loads(text)
    except orjson.JSONDecodeError:
        detail = None
    if type(detail) is not dict:
        return _refusal("MalformedDetail", "Detail is malformed.")
    bus = bus_arn(call, named)
    if named:
        check_may_put(call, bus, call.account, source, kind)
    return bus, detail, entry


def _put(call: Call, checked: _Checked) -> dict[str, str]:
    bus, detail, entry = checked
    resources = entry.get("Resources") or []
    event = make_event(call, entry["Source"], entry["DetailType"], detail, resources, entry.get("Time"))
    header = entry.get("TraceHeader")
    cause = parse_trace_header(header) if header else None
    call.span.subject = bus
    publish(call, bus, event, cause)
    return {"EventId": event["id"]}


def _refusal(code: str, message: str) -> dict[str, str]:
    return {"ErrorCode": code, "ErrorMessage": message}


@operation("events", "HasRules", internal=True, reads=True)
def has_service_rules(call: Call, request: Request) -> Result:
    """Whether there is a rule on the default bus, so that a service need not make events that nobody wants."""
    return {"HasRules": has_rules(call, bus_arn(call, None))}


@operation("events", "PutServiceEvent", internal=True, atomic=True)
def put_service_event(call: Call, request: Request) -> Result:
    """An event of a service of ours (``aws.s3``) on the default bus: ``Source``, ``DetailType``, ``Detail``
    (parsed), optional ``Resources`` and ``Time`` (ms). Without a rule there it costs next to nothing. ``ReadOnly``: it
    is for those rules alone that ask for calls that only read."""
    if not has_rules(call, bus_arn(call, None)):
        call.span.kept = False
        return {}
    resources = list(request.get("Resources") or ())
    event = make_event(
        call, request["Source"], request["DetailType"], request["Detail"], resources, request.get("Time")
    )
    call.span.subject = bus = bus_arn(call, None)
    only = None
    if request.get("ReadOnly"):
        only = frozenset(arn for (arn,) in call.store.all(tables.RULES_IN_STATE, (bus, EVERYTHING)))
    publish(call, bus, event, only=only)
    return {"EventId": event["id"]}


@operation("events", "RelayEvent", internal=True)
def relay_event(call: Call, request: Request) -> Result:
    """An event that a rule of another bus sends on: it keeps its envelope. ``From``: the account of that bus."""
    bus = request["EventBusName"]
    check_may_put(call, bus, request["From"], request["Event"]["source"], request["Event"]["detail-type"])
    if not publish(call, bus, request["Event"], relayed=True):
        raise bus_not_found(bus_name(bus))
    return {}


@operation("events", "DeliverAgain", internal=True)
def deliver_again(call: Call, request: Request) -> Result:
    """An ``Event`` (parsed) that was there before, to the targets of one ``Rule`` (its ARN) or to that of an ``Id``."""
    rule = routed_rule(call, request["Rule"])
    if rule is None:
        raise rule_not_found(request["Rule"].rpartition("/")[2], "default")
    call.span.subject = rule.bus
    send_to_targets(call, rule, request["Event"], request.get("Id"))
    return {}


# What an event that is tested must have; AWS's page adds `resources`, but AWS takes events without.
_MANDATORY = ("id", "account", "source", "time", "region", "detail-type")


@operation("events", "TestEventPattern", reads=True)
def test_event_pattern(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html"""
    try:
        pattern = compile_pattern(request["EventPattern"])
    except InvalidPattern as refusal:
        raise invalid_pattern(refusal.message) from None
    try:
        event = orjson.loads(request["Event"])
    except orjson.JSONDecodeError:
        event = None
    if type(event) is not dict or any(name not in event for name in _MANDATORY):
        raise validation("Parameter Event is not valid.")
    return {"Result": pattern.matches(event)}
