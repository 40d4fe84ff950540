"""What a group does with each event that arrives: its metric filters and subscription filters, kept with the group.

A group that has none pays nothing.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from headwater.services.logs import tables
from headwater.services.logs.errors import invalid_parameter
from headwater.services.logs.filter_pattern import Filter, compile_filter, compile_selector
from headwater.services.logs.filter_values import InvalidFilterPattern
from headwater.services.logs.log_group import LogGroup, LogStream
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Delivery, Policy, delivery
from headwater.spine.operations import Call

METRIC, SUBSCRIPTION = "metric", "subscription"
_POLICY = Policy(attempts=0, age=24 * 3_600_000, backoff=1000)
_PLACE = 18  # digits of an event's place in its chunk

Event = tuple[int, str]
Kept = dict[str, dict[str, Any]]
"""By kind and name, the requests that made them."""


class Compiled(NamedTuple):
    """``matches`` tells whether an event counts; ``value`` what it counts, or None for a subscription."""

    kind: str
    asked: Mapping[str, Any]
    matches: Filter
    value: Callable[[str], float | None] | None
    dimensions: Mapping[str, Callable[[str], Any]]


def filters_of(group: LogGroup) -> Kept:
    kept: Kept = orjson.loads(group.filters) if group.filters else {}
    return {METRIC: kept.get(METRIC, {}), SUBSCRIPTION: kept.get(SUBSCRIPTION, {})}


def save_filters(call: Call, group: LogGroup, kept: Kept) -> None:
    text = orjson.dumps(kept).decode() if any(kept.values()) else None
    call.store.run(tables.SET_FILTERS, (text, group.id))


def compiled_pattern(pattern: str) -> Filter:
    try:
        return compile_filter(pattern)
    except InvalidFilterPattern as error:
        raise invalid_parameter(f"Invalid filter pattern: {error}") from None


def compiled_value(text: str, pattern: str) -> Callable[[str], float | None]:
    """Of ``metricValue``: a number, or a selector."""
    if not text.startswith("$"):
        try:
            number = float(text)
        except ValueError:
            raise invalid_parameter(f"Invalid metric transformation: {text}") from None
        return lambda message: number
    try:
        select = compile_selector(text, pattern)
    except InvalidFilterPattern:
        raise invalid_parameter(f"Invalid metric transformation: {text}") from None

    def value(message: str) -> float | None:
        found = select(message)
        if isinstance(found, str):
            try:
                return float(found)
            except ValueError:
                return None
        return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None

    return value


@lru_cache(maxsize=256)
def _compiled(text: str) -> tuple[Compiled, ...]:
    kept = orjson.loads(text)
    metrics = [_metric(each) for each in kept[METRIC].values()]
    subscriptions = [
        Compiled(SUBSCRIPTION, each, compile_filter(each["filterPattern"]), None, {})
        for each in kept[SUBSCRIPTION].values()
    ]
    return *metrics, *subscriptions


def _metric(asked: Mapping[str, Any]) -> Compiled:
    pattern, told = asked["filterPattern"], asked["metricTransformations"][0]
    selectors = (told.get("dimensions") or {}).items()
    dimensions = {name: compile_selector(selector, pattern) for name, selector in selectors}
    return Compiled(METRIC, asked, compile_filter(pattern), compiled_value(told["metricValue"], pattern), dimensions)


def apply_filters(call: Call, group: LogGroup, stream: LogStream, chunk: int, events: list[Event]) -> None:
    """Count, and send on, what arrives."""
    for each in _compiled(group.filters or "{}"):
        if each.kind == METRIC:
            _count(call, each, events)
            continue
        matched = [
            {"id": f"{chunk:038d}{place:0{_PLACE}d}", "timestamp": at, "message": message}
            for place, (at, message) in enumerate(events)
            if each.matches(message)
        ]
        if matched:
            payload = {"group": group.name, "stream": stream.name, "filter": each.asked["filterName"],
                       "events": matched}  # fmt: skip
            call.deliver("logs.subscription", payload, target=each.asked["destinationArn"], policy=_POLICY)


def _count(call: Call, each: Compiled, events: list[Event]) -> None:
    told = each.asked["metricTransformations"][0]
    samples = []
    for at, message in events:
        value = each.value(message) if each.value is not None and each.matches(message) else None
        if value is None:
            value = told.get("defaultValue")
            dimensions: dict[str, str] | None = {}
        else:
            dimensions = _dimensions(each.dimensions, message)
        if value is not None and dimensions is not None:
            samples.append({"Timestamp": at, "Value": value, "Dimensions": dimensions})
    if samples:
        named = {"Namespace": told["metricNamespace"], "MetricName": told["metricName"], "Unit": told.get("unit")}
        call.operation("monitoring", "PutSamples", {**named, "Samples": samples})


def _dimensions(selectors: Mapping[str, Callable[[str], Any]], message: str) -> dict[str, str] | None:
    """None where the event lacks one: it tells nothing then."""
    found = {name: select(message) for name, select in selectors.items()}
    return None if any(value is None for value in found.values()) else {k: str(v) for k, v in found.items()}


@delivery("logs.subscription")
def send_on(call: Call, item: Delivery) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html"""
    sent = item.payload
    document = {
        "messageType": "DATA_MESSAGE",
        "owner": call.account,
        "logGroup": sent["group"],
        "logStream": sent["stream"],
        "subscriptionFilters": [sent["filter"]],
        "logEvents": sent["events"],
    }
    data = gzip.compress(orjson.dumps(document), mtime=0)
    arn = parse_arn(item.target)
    service = arn.service if arn is not None else ""
    if service == "lambda":
        event = orjson.dumps({"awslogs": {"data": base64.b64encode(data).decode()}})
        call.operation("lambda", "Invoke", {"FunctionName": item.target, "InvocationType": "Event", "Payload": event})
    elif service == "kinesis":
        call.operation("kinesis", "PutRecord", {"StreamARN": item.target, "Data": data, "PartitionKey": sent["stream"]})
    else:
        name = item.target.rpartition("/")[2]
        call.operation("firehose", "PutRecord", {"DeliveryStreamName": name, "Record": {"Data": data}})
