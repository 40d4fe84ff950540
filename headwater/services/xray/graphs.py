"""The graph of services that traces draw.

https://docs.aws.amazon.com/xray/latest/api/API_GetServiceGraph.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headwater.services.xray.segment import Document, Service, end_of, is_subsegment, service_of
from headwater.services.xray.segments import documents_of
from headwater.services.xray.summaries import traces_between
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation


@operation("xray", "GetServiceGraph", reads=True)
def get_service_graph(call: Call, request: Request) -> Result:
    call.span.kept = False
    if request.get("GroupName") not in (None, "Default") or request.get("GroupARN"):
        raise not_implemented("GroupName and GroupARN of GetServiceGraph")
    start, end = request["StartTime"], request["EndTime"]
    services = _graph(call, traces_between(call, start, end).values())
    return {"StartTime": start, "EndTime": end, "Services": services, "ContainsOldGroupVersions": False}


@operation("xray", "GetTraceGraph", reads=True)
def get_trace_graph(call: Call, request: Request) -> Result:
    call.span.kept = False
    return {"Services": _graph(call, [documents_of(call, trace) for trace in request["TraceIds"]])}


class _Tally:
    """How calls fared, of a service or over an edge; times in seconds."""

    def __init__(self) -> None:
        self.ok = self.errors = self.throttles = self.faults = 0
        self.time = 0.0
        self.start, self.end = float("inf"), 0.0

    def add(self, document: Document) -> None:
        self.start, self.end = min(self.start, document["start_time"]), max(self.end, end_of(document))
        self.time += end_of(document) - document["start_time"]
        if document.get("fault"):
            self.faults += 1
        elif document.get("throttle"):
            self.throttles += 1
        elif document.get("error"):
            self.errors += 1
        else:
            self.ok += 1

    @property
    def shown(self) -> dict[str, Any]:
        failed = self.errors + self.throttles
        return {
            "StartTime": int(self.start * 1000),
            "EndTime": int(self.end * 1000),
            "SummaryStatistics": {
                "OkCount": self.ok,
                "ErrorStatistics": {"ThrottleCount": self.throttles, "OtherCount": self.errors, "TotalCount": failed},
                "FaultStatistics": {"OtherCount": self.faults, "TotalCount": self.faults},
                "TotalCount": self.ok + failed + self.faults,
                "TotalResponseTime": round(self.time, 6),
            },
        }


def _graph(call: Call, traces: Iterable[list[Document]]) -> list[dict[str, Any]]:
    nodes: dict[Service, _Tally] = {}
    edges: dict[tuple[Service, Service], _Tally] = {}
    roots: set[Service] = set()
    for documents in traces:
        by_id = {document["id"]: document for document in documents}
        for document in documents:
            service = _owner(document, by_id)
            parent = by_id.get(document.get("parent_id", ""))
            caller = _owner(parent, by_id) if parent is not None else None
            if not is_subsegment(document):
                nodes.setdefault(service, _Tally()).add(document)
            if caller is None:
                roots.add(service)
            elif caller != service:
                edges.setdefault((caller, service), _Tally()).add(document)
    numbers = {service: number for number, service in enumerate(nodes)}
    return [
        {
            "ReferenceId": number,
            "Name": service.name,
            "Names": [service.name],
            "Type": service.kind,
            "State": "active",
            "AccountId": call.account,
            "Root": service in roots,
            "Edges": [
                {"ReferenceId": numbers[target], "Aliases": [], **tally.shown}
                for (source, target), tally in edges.items()
                if source == service and target in numbers
            ],
            **nodes[service].shown,
        }
        for service, number in numbers.items()
    ]


def _owner(document: Document, by_id: dict[str, Document]) -> Service:
    """Of a subsegment, the service of the segment that it is a part of."""
    for _ in range(len(by_id)):
        parent = by_id.get(document.get("parent_id", ""))
        if not is_subsegment(document) or parent is None:
            break
        document = parent
    return service_of(document)
