"""Taking segments, and giving whole traces back.

https://docs.aws.amazon.com/xray/latest/api/API_PutTraceSegments.html
https://docs.aws.amazon.com/xray/latest/api/API_BatchGetTraces.html
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from headwater.services.xray import tables
from headwater.services.xray.segment import Document, as_spans, end_of, of_span
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.spans import spans_of_trace

_TRACE = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_SEGMENT = re.compile(r"[0-9a-f]{16}")
_LARGEST = 64 * 1024
_LONGEST_NAME = 200
_KEPT = 30 * 86_400_000
_TRIM_EVERY = 1024
_MOST_TRACES = 5


@operation("xray", "PutTraceSegments")
def put_trace_segments(call: Call, request: Request) -> Result:
    unprocessed = []
    for text in request["TraceSegmentDocuments"]:
        document: Any = None
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError:
            code, message = "ParseError", "Invalid segment. ErrorCode: ParseError"
        else:
            code, message = _check(document, text)
        if code:
            name = document.get("id") if isinstance(document, dict) and isinstance(document.get("id"), str) else None
            unprocessed.append({"Id": name, "ErrorCode": code, "Message": message})
        else:
            keep_segment(call, document)
    return {"UnprocessedTraceSegments": unprocessed}


def _check(document: Any, text: str) -> tuple[str, str]:
    """Code and message of what is wrong with it; empty where nothing is."""
    if not isinstance(document, dict):
        return "ParseError", "Invalid segment. ErrorCode: ParseError"
    if len(text.encode()) > _LARGEST:
        return "SegmentTooLarge", "Invalid segment. ErrorCode: SegmentTooLarge"
    checks = (
        ("MissingId", "id" in document),
        ("InvalidId", _is(_SEGMENT, document.get("id"))),
        ("MissingTraceId", "trace_id" in document),
        ("InvalidTraceId", _is(_TRACE, document.get("trace_id"))),
        ("MissingName", isinstance(document.get("name"), str) and 0 < len(document["name"]) <= _LONGEST_NAME),
        ("MissingStartTime", _is_time(document.get("start_time"))),
        ("MissingEndTime", _is_time(document.get("end_time")) or document.get("in_progress") is True),
        ("InvalidParentId", document.get("parent_id") is None or _is(_SEGMENT, document.get("parent_id"))),
        ("MissingParentId", document.get("type") != "subsegment" or "parent_id" in document),
        ("InvalidAnnotations", isinstance(document.get("annotations") or {}, dict)),
    )
    code = next((code for code, fine in checks if not fine), "")
    return code, f"Invalid segment. ErrorCode: {code}" if code else ""


def _is(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11


def keep_segment(call: Call, document: Document) -> None:
    """A segment that goes on is replaced by the one that has ended."""
    identity = call.new_id()
    row = (call.account, call.region, document["trace_id"], document["id"], int(document["start_time"] * 1000))
    call.store.run(tables.PUT_SEGMENT, (identity, *row, orjson.dumps(document).decode()))
    if identity % _TRIM_EVERY == 0:
        call.store.run(tables.TRIM, (call.now - _KEPT,))
    call.span.kept = False  # it tells of a trace, and should not be one


@operation("xray", "PutTelemetryRecords", reads=True)
def put_telemetry_records(call: Call, request: Request) -> Result:
    """What a daemon tells of itself; nothing gives it back on AWS either."""
    call.span.kept = False
    return {}


@operation("xray", "BatchGetTraces", reads=True)
def batch_get_traces(call: Call, request: Request) -> Result:
    call.span.kept = False
    if len(request["TraceIds"]) > _MOST_TRACES:
        raise AwsError("InvalidRequestException", f"At most {_MOST_TRACES} trace ids may be given.")
    traces, unknown = [], []
    for trace in request["TraceIds"]:
        documents = documents_of(call, trace)
        if not documents:
            unknown.append(trace)
            continue
        start = min(document["start_time"] for document in documents)
        traces.append({
            "Id": trace,
            "Duration": round(max(map(end_of, documents)) - start, 6),
            "LimitExceeded": False,
            "Segments": [{"Id": each["id"], "Document": orjson.dumps(each).decode()} for each in documents],
        })  # fmt: skip
    return {"Traces": traces, "UnprocessedTraceIds": unknown}


@operation("xray", "PutSpans", internal=True)
def put_spans(call: Call, request: Request) -> Result:
    """``Documents``: segments that came in another form, such as OpenTelemetry's; how many were well formed."""
    kept = 0
    for document in request["Documents"]:
        if not _check(document, "")[0]:
            keep_segment(call, document)
            kept += 1
    call.span.kept = False
    return {"Kept": kept}


@operation("xray", "SegmentsOfTrace", internal=True, reads=True)
def segments_of_trace(call: Call, request: Request) -> Result:
    """What users told of a trace, in whatever account, as our traces show spans."""
    call.span.kept = False
    rows = call.store.all(tables.SEGMENTS_ANYWHERE, (request["TraceId"],))
    return {"Segments": [span for (text,) in rows for span in as_spans(orjson.loads(text))]}


def documents_of(call: Call, trace: str) -> list[Document]:
    """All segments of a trace in this account and region: our spans, and what users sent."""
    rows = spans_of_trace(call.store, trace)
    ours = [of_span(row) for row in rows if (row[6], row[7]) == (call.account, call.region)]
    sent = call.store.all(tables.SEGMENTS, (call.account, call.region, trace))
    return ours + [orjson.loads(text) for (text,) in sent]
