"""Recorded executions, from the operations that tell of them: those of express machines from their logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from headwater.insight.traces import find_trace
from headwater.languages.asl import Machine
from headwater.languages.asl.history import details_of, from_log
from headwater.languages.asl.recorded import deduced_results
from headwater.languages.asl.visits import visits
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result
from headwater.spine.spans import spans_of_trace

_PAGE = 1000
_STATUSES = {"ExecutionSucceeded": "SUCCEEDED", "ExecutionFailed": "FAILED", "ExecutionAborted": "ABORTED",
             "ExecutionTimedOut": "TIMED_OUT"}  # fmt: skip


class Recording(NamedTuple):
    """``described`` as DescribeExecution does, times in ms; ``definition``: the one that it ran, JSON text;
    ``state``: of a distributed Map's child, the name of that Map."""

    arn: str
    described: dict[str, Any]
    history: list[dict[str, Any]]
    definition: str
    state: str | None = None

    @property
    def machine(self) -> str:
        arn: str = self.described["stateMachineArn"]
        return arn.partition("/")[0]

    @property
    def name(self) -> str:
        return str(self.described["name"])


def find_arn(call: Call, identity: str) -> str:
    """The execution that an ARN, a name or anything in its trace means."""
    if identity.startswith("arn:"):
        return identity
    trace = find_trace(call, identity)
    rows = [] if trace is None else spans_of_trace(call.store, trace)
    subjects = [str(subject) for _, _, _, _, _, subject, *_ in rows if subject]
    found = [each for each in subjects if ":execution:" in each or ":express:" in each]
    named = [each for each in found if identity in each.split(":")]
    if not found:
        raise AwsError("NotFound", f"No execution is known by {identity}.", 404)
    return (named or found)[0]


def read_execution(call: Call, identity: str) -> Recording:
    arn = find_arn(call, identity)
    if ":express:" in arn:
        return _read_express(call, arn)
    described = _ask(call, arn, "DescribeExecution", {"executionArn": arn})
    request = {"executionArn": arn, "maxResults": _PAGE, "includeExecutionData": True}
    history = _events(call, arn, request)
    ran = _ask(call, arn, "DescribeStateMachineForExecution", {"executionArn": arn})
    state = _map_state(call, described["mapRunArn"]) if "mapRunArn" in described else None
    return Recording(arn, described, history, ran["definition"], state)


def children_of(call: Call, map_run: str) -> dict[str, Any]:
    """How many a distributed Map has, and what has become of one that failed."""
    counts = _ask(call, map_run, "DescribeMapRun", {"mapRunArn": map_run})["executionCounts"]
    told: dict[str, Any] = {"total": counts["total"], "failed": counts["failed"] + counts["timedOut"]}
    if counts["failed"]:
        asked = {"mapRunArn": map_run, "statusFilter": "FAILED", "maxResults": 1}
        for each in _ask(call, map_run, "ListExecutions", asked)["executions"]:
            told["execution"] = each["executionArn"]
            described = _ask(call, map_run, "DescribeExecution", {"executionArn": each["executionArn"]})
            told |= {name: described[name] for name in ("error", "cause") if name in described}
    return told


def results_of(call: Call, recording: Recording, machine: Machine) -> dict[str, str]:
    """What the map runs of an execution gave, as far as it is known, by their ARNs. ``machine``: what it ran."""
    found = deduced_results(machine, recording.history)
    started = [details_of(event)["mapRunArn"] for event in recording.history if event["type"] == "MapRunStarted"]
    for arn in started:
        if arn not in found and "Result" in (kept := _ask(call, arn, "GetMapRunResult", {"mapRunArn": arn})):
            found[arn] = kept["Result"]
    return found


def present_definition(call: Call, machine: str) -> str:
    return str(_ask(call, machine, "DescribeStateMachine", {"stateMachineArn": machine})["definition"])


def executions_of(call: Call, machine: str, since: int) -> list[str]:
    """ARNs, the newest first, of those that began at ``since`` (ms) or later."""
    described = _ask(call, machine, "DescribeStateMachine", {"stateMachineArn": machine})
    if described["type"] == "EXPRESS":
        started = _logged(call, described, '{ $.type = "ExecutionStarted" }', since)
        return [str(line["execution_arn"]) for line in reversed(started)]
    found: list[str] = []
    request = {"stateMachineArn": machine, "maxResults": _PAGE}
    for page in _pages(call, machine, "states", "ListExecutions", request):
        recent = [each["executionArn"] for each in page["executions"] if each["startDate"] >= since]
        found += recent
        if len(recent) < len(page["executions"]):
            break
    return found


def machines_of(call: Call, account: str, region: str) -> list[str]:
    somewhere = f"arn:aws:states:{region}:{account}:stateMachine:any"
    pages = _pages(call, somewhere, "states", "ListStateMachines", {"maxResults": _PAGE})
    return [each["stateMachineArn"] for page in pages for each in page["stateMachines"]]


def _map_state(call: Call, map_run: str) -> str | None:
    """The distributed Map that has started a run, from the history of its execution."""
    parent = _ask(call, map_run, "DescribeMapRun", {"mapRunArn": map_run})["executionArn"]
    request = {"executionArn": parent, "maxResults": _PAGE}
    runs = (visit for root in visits(_events(call, parent, request)) for _, visit in root.walk())
    return next((visit.state for visit in runs if visit.map_run == map_run), None)


def _events(call: Call, arn: str, request: Request) -> list[dict[str, Any]]:
    return [event for page in _pages(call, arn, "states", "GetExecutionHistory", request) for event in page["events"]]


def _read_express(call: Call, arn: str) -> Recording:
    parts = _parsed(arn)
    name = parts.resource.split(":")[1]
    machine = str(parts._replace(resource=f"stateMachine:{name}"))
    described = _ask(call, machine, "DescribeStateMachine", {"stateMachineArn": machine})
    history = [from_log(line) for line in _logged(call, described, f'{{ $.execution_arn = "{arn}" }}', 0)]
    history.sort(key=lambda event: int(event["id"]))
    if [event["id"] for event in history] != list(range(1, len(history) + 1)) or not history:
        raise _unlogged(arn)
    started = details_of(history[0])
    if "input" not in started:
        raise _unlogged(arn)
    end = details_of(history[-1])
    told = {
        "executionArn": arn,
        "stateMachineArn": machine,
        "name": arn.split(":")[-2],
        "status": _STATUSES.get(history[-1]["type"], "RUNNING"),
        "startDate": history[0]["timestamp"],
        "input": started["input"],
        **{name: end[name] for name in ("output", "error", "cause") if name in end},
    }
    if told["status"] != "RUNNING":
        told["stopDate"] = history[-1]["timestamp"]
    return Recording(arn, told, history, described["definition"])


def _unlogged(arn: str) -> AwsError:
    return AwsError(
        "NotRecorded",
        f"{arn} has no history: its machine is express, and has to log at level ALL with includeExecutionData.", 404,
    )  # fmt: skip


def _logged(call: Call, machine: Result, pattern: str, since: int) -> list[dict[str, Any]]:
    """The lines that an express machine has logged, as JSON objects, the oldest first; none where it logs nothing."""
    logging = machine.get("loggingConfiguration") or {}
    if logging.get("level", "OFF") == "OFF":
        return []
    group = _parsed(logging["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"])
    request = {
        "logGroupName": group.resource.removeprefix("log-group:").removesuffix(":*"),
        "logStreamNamePrefix": f"states/{machine['name']}/",
        "filterPattern": pattern,
        "startTime": since,
    }
    pages = _pages(call, str(group), "logs", "FilterLogEvents", request)
    return [orjson.loads(event["message"]) for page in pages for event in page["events"]]


def _parsed(arn: str) -> Arn:
    parts = parse_arn(arn)
    if parts is None:
        raise AwsError("BadRequest", f"{arn} is no ARN.")
    return parts


def _ask(call: Call, arn: str, operation: str, request: Request) -> Result:
    parts = _parsed(arn)
    return call.operation("states", operation, request, account=parts.account, region=parts.region)


def _pages(call: Call, arn: str, service: str, operation: str, request: Request) -> Iterator[Result]:
    parts, asked = _parsed(arn), dict(request)
    while True:
        page = call.operation(service, operation, asked, account=parts.account, region=parts.region)
        yield page
        if not page.get("nextToken"):
            return
        asked["nextToken"] = page["nextToken"]
