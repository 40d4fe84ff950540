"""What became of an event, and why: of everything that could have taken it, told when asked.

Each service explains what is its own, by an operation that is asked by its name; here its verdicts meet the
ledger of deliveries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from headwater.insight import ledger
from headwater.insight.refusals import warn_of_refusals
from headwater.spine import records
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.engine import SYSTEM
from headwater.spine.errors import AwsError
from headwater.spine.ids import instant_of
from headwater.spine.operations import Call
from headwater.spine.records import Record
from headwater.spine.spans import spans_of_trace

_MOST_CAUSED = 50
_STREAM_EVENT = re.compile(r"[0-9a-f]{32}")
_RUNS, _JOIN = ("lambda:Invoke", "pipes:Execute"), ":JoinBatch"
_ENTRY = {"Source": "source", "DetailType": "detail-type", "Resources": "resources"}


class Question(NamedTuple):
    """How a service is asked: its operation, and what it calls the channel and the thing."""

    service: str
    operation: str
    channel: str
    thing: str


class Seen(NamedTuple):
    """What is asked about: ``at`` the id of its row (None: as things stand), ``record`` where there is one."""

    name: str | None
    channel: str
    body: Any
    at: int | None
    cause: str
    record: Record | None
    thing: str | None = None  # other than that of the question


# By the service of a channel's ARN: who may take what comes on it.
_ASKED: Mapping[str, tuple[Question, ...]] = {
    "events": (Question("events", "ExplainEvent", "EventBusName", "Event"),),
    "sns": (Question("sns", "ExplainMessage", "TopicArn", "Message"),),
    "sqs": (
        Question("lambda", "ExplainRecord", "EventSourceArn", "Record"),
        Question("pipes", "ExplainRecord", "EventSourceArn", "Record"),
    ),
}


def explain_known(call: Call, name: str, channel: str | None) -> dict[str, Any]:
    """What became of the event, message or record of an id; AwsError where it is not known."""
    seen = _find(call, name, channel)
    if seen is None:
        where = f" on {channel}" if channel else ""
        raise AwsError("NotFound", f"No event, message or record {name} is known{where}: it may be forgotten.", 404)
    return _explain(call, seen)


def explain_before(call: Call, body: Any, channel: str | None) -> dict[str, Any]:
    """What would become of an event if it came now. ``body``: the event, an entry of PutEvents, or with a topic's,
    queue's or stream's ARN as channel a message or record as filters see it."""
    if not isinstance(body, dict):
        raise AwsError("BadRequest", "An event is a JSON object.")
    arn = parse_arn(channel or "")
    if arn is None or arn.service == "events":
        event = _whole(body)
        bus = channel or body.get("EventBusName") or "default"
        if arn is None and not str(bus).startswith("arn:"):
            bus = make_arn("events", event["region"], event["account"], f"event-bus/{bus}")
        return _explain(call, Seen(None, str(bus), event, None, "", None))
    if arn.service == "sns" and not isinstance(body.get("Message"), str):
        raise AwsError("BadRequest", 'A topic\'s message is {"Message": TEXT, "MessageAttributes": {…}}.')
    return _explain(call, Seen(None, str(channel), body, None, "", None))


def _whole(body: dict[str, Any]) -> dict[str, Any]:
    """An event with all members, from one that lacks some or from an entry of PutEvents."""
    given = {_ENTRY.get(key, key): value for key, value in body.items()}
    if "Detail" in given:
        try:
            given["detail"] = orjson.loads(given.pop("Detail"))
        except (orjson.JSONDecodeError, TypeError):
            raise AwsError("BadRequest", "Detail is malformed.") from None
    envelope = {"version": "0", "id": "", "account": SYSTEM.account, "region": SYSTEM.region, "resources": []}
    return {**envelope, **{key: value for key, value in given.items() if key not in ("EventBusName", "TraceHeader")}}


def _find(call: Call, name: str, channel: str | None) -> Seen | None:
    exact = channel if channel is None or channel.startswith("arn:") else None
    record = records.find(call.store, name, exact)
    if record is not None and (exact or channel is None or record.channel.endswith(f":event-bus/{channel}")):
        return Seen(name, record.channel, orjson.loads(record.body), record.id, record.cause, record)
    if call.engine.catalogue.loaded("sqs"):
        found = call.operation("sqs", "FindMessage", {"MessageId": name})
        if found:
            message = found["Message"]
            return Seen(name, found["QueueArn"], message, None, message["Cause"], None, "Message")
    if call.engine.catalogue.loaded("dynamodb") and _STREAM_EVENT.fullmatch(name):
        found = call.operation("dynamodbstreams", "FindRecord", {"EventID": name})
        if found:
            return Seen(name, found["StreamArn"], found["Record"], found["Id"], found["Cause"], None)
    if call.engine.catalogue.loaded("kinesis") and name.startswith("shardId-"):
        found = call.operation("kinesis", "FindRecord", {"EventID": name})
        if found:
            return Seen(name, found["StreamArn"], found["Record"], found["Id"], found["Cause"], None)
    return None


def _explain(call: Call, seen: Seen) -> dict[str, Any]:
    call.span.kept = False
    arn = parse_arn(seen.channel)
    service = "sqs" if arn is not None and arn.service in ("dynamodb", "kinesis") else arn.service if arn else ""
    if service not in _ASKED:
        raise AwsError("BadRequest", f"Nothing takes events from {seen.channel}.")
    told: dict[str, Any] = {"id": seen.name, "channel": seen.channel, "at": None, "trace": None, "event": seen.body}
    verdicts: list[dict[str, Any]] = []
    count = 0
    for question in _ASKED[service]:
        if not _is_there(call, question):
            continue
        request = {question.channel: seen.channel, seen.thing or question.thing: seen.body, "At": seen.at}
        answer = call.operation(question.service, question.operation, request)
        verdicts += answer["Verdicts"]
        count += answer["Count"]
        told["event"] = answer.get("Event", told["event"])
        if "Problem" in answer:
            told["problem"] = answer["Problem"]
    warn_of_refusals(call, verdicts)
    told |= {"verdicts": verdicts, "count": count}
    if seen.at is not None:
        told["at"] = instant_of(seen.at)
    if seen.cause:
        told["trace"] = seen.cause.partition(":")[0]
    if seen.record is not None:
        _tell_outcomes(call, seen.record, verdicts)
        caused = records.of_trace(call.store, seen.record.trace, seen.record.id, _MOST_CAUSED)
        told["caused"] = [
            {"id": each.name, "channel": each.channel, "at": instant_of(each.id)}
            for each in caused
            if each.name != seen.name
        ]
    if service == "sqs" and told["trace"]:
        _tell_invocations(call, told["trace"], verdicts)
    return told


def _is_there(call: Call, question: Question) -> bool:
    catalogue = call.engine.catalogue
    if question.service not in catalogue.houses:
        return False
    call.engine.load(question.service)
    return (question.service, question.operation) in catalogue.operations


def _tell_outcomes(call: Call, record: Record, verdicts: list[dict[str, Any]]) -> None:
    """Add to each verdict the deliveries that were left by it, and let them say how it stands."""
    outcomes = ledger.outcomes(call, [route.delivery for route in record.routes], record.id)
    by_taker: dict[str, list[dict[str, Any]]] = {}
    for route in record.routes:
        by_taker.setdefault(route.taker, []).append({"target": route.target, **outcomes[route.delivery]})
    for verdict in verdicts:
        deliveries = by_taker.get(verdict["arn"])
        if deliveries:
            verdict["deliveries"] = [_named(delivery) for delivery in deliveries]
            states = {delivery["state"] for delivery in verdict["deliveries"]}
            verdict["state"] = states.pop() if len(states) == 1 else "matched"


def _named(delivery: dict[str, Any]) -> dict[str, Any]:
    """One that was given up is dead-lettered or dropped."""
    if delivery["state"] != "dead":
        return delivery
    return delivery | {"state": "dead-lettered" if delivery["dead_letter"] else "dropped"}


def _tell_invocations(call: Call, trace: str, verdicts: list[dict[str, Any]]) -> None:
    """What functions made of records that mappings gave them: batches have no deliveries, their spans tell."""
    spans = [row for row in spans_of_trace(call.store, trace) if row[4] in _RUNS or row[4].endswith(_JOIN)]
    for verdict in verdicts:
        if verdict["state"] != "matched":
            continue
        target = verdict["targets"][0]["arn"]
        for row in spans:
            if row[5] not in (target, verdict["arn"]):
                continue
            notes = orjson.loads(row[11]) if row[11] else {}
            failed = notes.get("functionError") or (row[10] if row[10] not in ("ok", None) else None)
            told = {"target": target, "state": "failed" if failed else "delivered", "at": row[8], "took": row[9]}
            if failed:
                told["error"] = str(failed)
            if "handled in trace" in notes:
                told["trace"] = notes["handled in trace"]
            verdict.setdefault("deliveries", []).append(told)
        if verdict.get("deliveries"):
            verdict["state"] = verdict["deliveries"][-1]["state"]
