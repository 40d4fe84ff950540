"""How executions of state machines ended: asked of Step Functions, which knows them all.

https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

if TYPE_CHECKING:
    from headwater.services.monitoring.metric import Metric

_MOST_PAGES = 10
_ENDS: Mapping[str, str | None] = MappingProxyType(
    {
        "ExecutionsSucceeded": "SUCCEEDED",
        "ExecutionsFailed": "FAILED",
        "ExecutionsTimedOut": "TIMED_OUT",
        "ExecutionsAborted": "ABORTED",
        "ExecutionTime": None,
    }
)
EXECUTIONS = frozenset(("AWS/States", name) for name in _ENDS)


def read_executions(call: Call, metric: Metric, start: int, end: int) -> Iterator[tuple[int, float, str]]:
    machine = dict(metric.dimensions).get("StateMachineArn")
    if machine is None or not call.engine.catalogue.loaded("states"):
        return
    for execution in _executions(call, machine, _ENDS[metric.name]):
        stopped = execution.get("stopDate")
        if stopped is None or not start <= stopped < end:
            continue
        if metric.name == "ExecutionTime":
            yield stopped, float(stopped - execution["startDate"]), "Milliseconds"
        else:
            yield stopped, 1.0, "Count"


def _executions(call: Call, machine: str, status: str | None) -> Iterator[dict[str, Any]]:
    """The newest so many."""
    request: dict[str, Any] = {"stateMachineArn": machine, "maxResults": 1000}
    if status is not None:
        request["statusFilter"] = status
    for _ in range(_MOST_PAGES):
        try:
            page = call.operation("states", "ListExecutions", request)
        except AwsError:
            return
        yield from page["executions"]
        if not page.get("nextToken"):
            return
        request["nextToken"] = page["nextToken"]
