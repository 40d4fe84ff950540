"""GetTraceSummaries: the traces of a time, chosen by a filter expression.

https://docs.aws.amazon.com/xray/latest/api/API_GetTraceSummaries.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from headwater.languages.trace_filter import InvalidFilter, Traced, UnknownFilter, compile_trace_filter
from headwater.services.xray import tables
from headwater.services.xray.segment import Document, end_of, is_subsegment, of_span, service_of
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.numbers import LARGEST
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import make_token, read_place

_LONGEST = 24 * 3_600_000
_MOST_SPANS = 200_000
_PAGE = 100


@operation("xray", "GetTraceSummaries", reads=True)
def get_trace_summaries(call: Call, request: Request) -> Result:
    call.span.kept = False
    if request.get("SamplingStrategy") or request.get("Sampling"):
        raise not_implemented("Sampling of GetTraceSummaries")
    if request.get("TimeRangeType") == "Service":
        raise not_implemented("TimeRangeType Service of GetTraceSummaries")
    try:
        test = compile_trace_filter(request.get("FilterExpression") or "")
    except UnknownFilter as error:
        raise not_implemented(f"{error} in X-Ray's filter expressions") from None
    except InvalidFilter as error:
        raise AwsError("InvalidRequestException", f"Invalid filter expression: {error}") from None
    traces = traces_between(call, request["StartTime"], request["EndTime"])
    found = [
        summary for trace, documents in traces.items() if (summary := _summary(trace, documents, test)) is not None
    ]
    first = read_place(request.get("NextToken"), _invalid_token)
    result: Result = {
        "TraceSummaries": found[first : first + _PAGE],
        "ApproximateTime": call.now,
        "TracesProcessedCount": len(traces),
    }
    if len(found) > first + _PAGE:
        result["NextToken"] = make_token(first + _PAGE)
    return result


def _invalid_token() -> AwsError:
    return AwsError("InvalidRequestException", "The NextToken is invalid.")


def traces_between(call: Call, start: int, end: int) -> dict[str, list[Document]]:
    """Segments by trace, of what began between two instants."""
    if not 0 <= end - start <= _LONGEST or not 0 <= start <= LARGEST >> 21:
        raise AwsError("InvalidRequestException", "Time range cannot be longer than 24 hours.")
    traces: dict[str, list[Document]] = {}
    place = (call.account, call.region, start, end)
    for row in call.store.all(tables.SPANS_BETWEEN, (start << 20, (end + 1) << 20, *place, _MOST_SPANS)):
        traces.setdefault(row[1], []).append(of_span(row))
    for trace, text in call.store.all(tables.SEGMENTS_BETWEEN, place):
        traces.setdefault(trace, []).append(orjson.loads(text))
    return traces


def _walk(document: Document) -> Iterator[Document]:
    """A segment and what is embedded in it."""
    yield document
    for each in document.get("subsegments") or ():
        if isinstance(each, dict):
            yield from _walk(each)


def _summary(trace: str, documents: list[Document], test: Any) -> dict[str, Any] | None:
    every = [each for document in documents for each in _walk(document)]
    root = min(documents, key=lambda each: float(each["start_time"]))
    start = float(root["start_time"])
    http: dict[str, Any] = next((each["http"] for each in every if isinstance(each.get("http"), dict)), {})
    asked, answered = http.get("request") or {}, http.get("response") or {}
    annotations = {key: value for each in every for key, value in (each.get("annotations") or {}).items()}
    services = {service_of(each) for each in documents if not is_subsegment(each)}
    values = {
        **{flag: any(each.get(flag) for each in every) for flag in ("error", "fault", "throttle")},
        "partial": any(each.get("in_progress") for each in every),
        "duration": round(max(map(end_of, documents)) - start, 6),
        "responsetime": round(end_of(root) - start, 6),
        "http.url": asked.get("url"),
        "http.method": asked.get("method"),
        "http.useragent": asked.get("user_agent"),
        "http.clientip": asked.get("client_ip"),
        "http.status": answered.get("status"),
        "user": next((each["user"] for each in every if each.get("user")), None),
        "name": root["name"],
    }
    values["ok"] = not (values["error"] or values["fault"] or values["throttle"])
    if not test(Traced(values, annotations, frozenset(service.name for service in services))):
        return None
    shown = [{"Name": name, "Names": [name], "Type": kind} for name, kind in sorted(services)]
    summary = {
        "Id": trace,
        "StartTime": int(start * 1000),
        "Duration": values["duration"],
        "ResponseTime": values["responsetime"],
        "HasFault": values["fault"],
        "HasError": values["error"],
        "HasThrottle": values["throttle"],
        "IsPartial": values["partial"],
        "Http": {
            "HttpURL": asked.get("url"),
            "HttpStatus": answered.get("status"),
            "HttpMethod": asked.get("method"),
            "UserAgent": asked.get("user_agent"),
            "ClientIp": asked.get("client_ip"),
        },
        "Annotations": {key: [{"AnnotationValue": _annotation(value)}] for key, value in annotations.items()},
        "Users": [{"UserName": values["user"]}] if values["user"] else [],
        "ServiceIds": shown,
        "ResourceARNs": [{"ARN": arn} for arn in sorted(_arns(documents))],
        "EntryPoint": {"Name": root["name"], "Names": [root["name"]], "Type": service_of(root).kind},
        "Revision": 1,
    }
    summary["Http"] = {key: value for key, value in summary["Http"].items() if value is not None}
    return summary


def _arns(documents: list[Document]) -> set[str]:
    return {arn for each in documents if isinstance(arn := (each.get("aws") or {}).get("resource_arn"), str)}


def _annotation(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BooleanValue": value}
    return {"NumberValue": float(value)} if isinstance(value, int | float) else {"StringValue": str(value)}
