"""Segments: those that users send, and those that our spans are.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from headwater.spine.spans import brief, name_of, number_of

_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "lambda": "AWS::Lambda::Function",
        "sqs": "AWS::SQS::Queue",
        "sns": "AWS::SNS::Topic",
        "events": "AWS::Events",
        "states": "AWS::StepFunctions::StateMachine",
        "dynamodb": "AWS::DynamoDB::Table",
        "s3": "AWS::S3::Bucket",
        "execute-api": "AWS::ApiGateway::Stage",
        "kinesis": "AWS::Kinesis::Stream",
    }
)
_GOOD = ("ok", "again", None)
_THROTTLES = ("ThrottlingException", "TooManyRequestsException", "ProvisionedThroughputExceededException", "Throttling")

Document = dict[str, Any]


class Service(NamedTuple):
    """A node of the graph: ``kind`` as X-Ray types it; ``client`` for a user's own program."""

    name: str
    kind: str


def of_span(row: tuple[Any, ...]) -> Document:
    """A span's row as a segment document."""
    identity, trace, parent, _, name, subject, account, region, started, duration, outcome, notes, _ = row
    told = brief(orjson.loads(notes)) if notes else {}
    service = _service_of_span(name, subject or "")
    document: Document = {
        "id": name_of(identity),
        "trace_id": trace,
        "name": service.name,
        "origin": service.kind,
        "start_time": started / 1000,
        "aws": {"operation": name.replace(":", " ").replace(".", " ").split(" ", 1)[-1], "account_id": account,
                "region": region},
        "metadata": {"headwater": {"name": name, "subject": subject, "outcome": outcome, **told}},
    }  # fmt: skip
    if parent is not None:
        document["parent_id"] = name_of(parent)
    if subject:
        document["aws"]["resource_arn"] = subject
    if duration is None:
        document["in_progress"] = True
    else:
        document["end_time"] = started / 1000 + duration / 1_000_000
    if "status" in told and isinstance(told["status"], int):
        document["http"] = {"response": {"status": told["status"]}}
    return document | _failure(outcome, told)


def _failure(outcome: str | None, notes: Mapping[str, Any]) -> Document:
    status = notes.get("status")
    if "functionError" in notes or (isinstance(status, int) and status >= 500):
        return {"fault": True}
    if outcome in _THROTTLES:
        return {"error": True, "throttle": True}
    return {"error": True} if outcome not in _GOOD or (isinstance(status, int) and status >= 400) else {}


def _service_of_span(name: str, subject: str) -> Service:
    service = name.partition(":")[0].partition(".")[0]
    parts = subject.split(":", 5)
    if len(parts) < 6:
        return Service(service, f"AWS::{service}")
    resource = parts[5]
    if service == "execute-api":
        return Service("/".join(resource.split("/")[:2]), _TYPES[service])
    kind, separator, rest = resource.replace("/", ":").partition(":")
    short = (
        rest if separator and kind in ("function", "table", "rule", "event-bus", "stateMachine", "stream") else resource
    )
    if kind == "execution":
        short = rest.partition(":")[0]
    return Service(
        short.partition(":")[0] if service in ("lambda", "sns") else short, _TYPES.get(service, f"AWS::{service}")
    )


def as_spans(document: Document) -> list[Document]:
    """A user's segment and the subsegments that it embeds, as our traces show spans."""
    known = {"trace_id": document["trace_id"], "parent_id": document["id"]}
    within = [span for each in document.get("subsegments") or () for span in as_spans({**each, **known})]
    return [_as_span(document), *within]


def _as_span(document: Document) -> Document:
    start, end = float(document["start_time"]), document.get("end_time")
    shown = ("annotations", "http", "error", "fault", "throttle", "cause", "kind", "namespace", "sql")
    parent = document.get("parent_id")
    failed = next((flag for flag in ("fault", "error", "throttle") if document.get(flag)), "ok")
    return {
        "id": number_of(document["id"]),
        "trace": document["trace_id"],
        "parent": number_of(parent) if parent else None,
        "kind": "segment",
        "name": document["name"],
        "subject": None,
        "account": "",
        "region": "",
        "started": int(start * 1000),
        "duration": None if end is None else round((float(end) - start) * 1_000_000),
        "outcome": None if end is None else failed,
        "notes": {name: document[name] for name in shown if document.get(name)},
    }


def service_of(document: Document) -> Service:
    """The node that a segment belongs to."""
    kind = document.get("origin") or ("remote" if document.get("namespace") == "remote" else "client")
    return Service(str(document["name"]), str(kind))


def is_subsegment(document: Document) -> bool:
    return document.get("type") == "subsegment"


def end_of(document: Document) -> float:
    """In seconds; of what goes on, its beginning."""
    return float(document.get("end_time") or document["start_time"])
