"""Queries of Logs Insights: started, carried out as deliveries, and read.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import orjson

from headwater.languages.insights import InvalidQuery, Query, Record, Row, UnsupportedCommand, parse_query
from headwater.languages.insights.values import Instant
from headwater.languages.regular_expressions import TooSlow
from headwater.services.logs import query_tables
from headwater.services.logs.chunks import Event
from headwater.services.logs.errors import group_missing, invalid_parameter, malformed_query, no_token, not_found
from headwater.services.logs.log_group import find_group, group_name
from headwater.services.logs.scanning import Span, scan, streams_of
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import make_token, read_place
from headwater.spine.work import Work

SCHEDULED, RUNNING, COMPLETE, FAILED, CANCELLED = "Scheduled", "Running", "Complete", "Failed", "Cancelled"
LANGUAGE = "CWLI"
_NAMES = ("logGroupName", "logGroupNames", "logGroupIdentifiers")
_MOST_GROUPS = 50
_MOST_ROWS = 10_000
_PAGE = 1000
_KEPT = 7 * 86_400_000


class Run(NamedTuple):
    """A row; ``groups``, ``answer`` and ``figures`` as JSON, times in ms."""

    id: str
    groups: str
    query: str
    start: int
    end: int
    most: int
    status: str
    created: int
    ended: int | None
    answer: str | None
    figures: str | None


def check_language(request: Request) -> None:
    if (request.get("queryLanguage") or LANGUAGE) != LANGUAGE:
        raise not_implemented(f"The query language {request['queryLanguage']} of CloudWatch Logs")


@operation("logs", "StartQuery")
def start_query(call: Call, request: Request) -> Result:
    check_language(request)
    groups = _asked_groups(call, request)
    if request["endTime"] < request["startTime"]:
        raise invalid_parameter("The start time of a query must not be after its end time.")
    compiled(request["queryString"], call.now)
    identity = call.ids.uuid()
    call.store.run(query_tables.EXPIRE_QUERIES, (call.account, call.region, call.now - _KEPT))
    span = (request["startTime"] * 1000, (request["endTime"] + 1) * 1000)  # both seconds are of it
    row = (identity, call.account, call.region, orjson.dumps(groups).decode(), request["queryString"], *span)
    most = request.get("limit") or _MOST_ROWS
    call.store.run(query_tables.INSERT_QUERY, (*row, most, SCHEDULED, call.now))
    call.deliver("logs.query", {"id": identity}, target=identity)
    return {"queryId": identity}


def compiled(query: str, now: int) -> Query:
    try:
        return parse_query(query, now)
    except UnsupportedCommand as lacking:
        raise not_implemented(f"The command {lacking} of CloudWatch Logs Insights") from None
    except InvalidQuery as error:
        raise malformed_query(str(error), error.start, error.end) from None


def _asked_groups(call: Call, request: Request) -> list[str]:
    given = [request[member] for member in _NAMES if request.get(member)]
    if len(given) != 1:
        raise invalid_parameter(
            "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified for a query."
        )
    names = [given[0]] if isinstance(given[0], str) else [group_name(each) for each in given[0]]
    if len(names) > _MOST_GROUPS:
        raise invalid_parameter(f"A query can have at most {_MOST_GROUPS} log groups.")
    for name in names:
        if find_group(call, name) is None:
            raise group_missing(name, call.account)
    return list(dict.fromkeys(names))


@delivery("logs.query")
def carry_out(call: Call, item: Delivery) -> Coroutine[Any, Any, Callable[[Call], None]] | None:
    row = call.store.one(query_tables.FIND_QUERY, (call.account, call.region, item.payload["id"]))
    if row is None or row[6] not in (SCHEDULED, RUNNING):
        return None
    run = Run(*row)
    call.span.note("query", run.query)
    return _search(call.work, run)


async def _search(work: Work, run: Run) -> Callable[[Call], None]:
    try:
        rows, figures = await _answer(work, run)
    except TooSlow:
        return lambda call: _end(call, run, FAILED, [], {})
    return lambda call: _end(call, run, COMPLETE, rows, figures)


async def _answer(work: Work, run: Run) -> tuple[list[Row], dict[str, int]]:
    query = parse_query(run.query, run.created)
    found: list[tuple[Event, Record]] = []
    scanned = size = 0
    groups: list[str] = orjson.loads(run.groups)
    for name in groups:
        streams = await work.transact(_begin, run.id, name)
        log = f"{work.caller.account}:{name}"
        async for part in scan(work, name, Span(run.start, run.end)):
            scanned += len(part.events)
            size += part.size
            for event in part.events:
                record = record_of(event, streams.get(event.stream, ""), log)
                if query.select(record):
                    found.append((event, record))

    def rows_of() -> list[Row]:
        found.sort(key=lambda pair: pair[0].place, reverse=True)
        return query.rows([record for _, record in found], run.most)

    rows = await asyncio.to_thread(rows_of)  # of many records it takes its time
    figures = {"recordsMatched": len(found), "recordsScanned": scanned, "bytesScanned": size}
    figures |= {"logGroupsScanned": len(groups)}
    return rows, figures


def _begin(call: Call, identity: str, name: str) -> dict[int, str]:
    status = call.store.one(query_tables.QUERY_STATUS, (identity,))
    if status is not None and status[0] == SCHEDULED:
        call.store.run(query_tables.SET_QUERY_STATUS, (RUNNING, None, identity))
    group = find_group(call, name)
    return streams_of(call, group.id) if group else {}


def _end(call: Call, run: Run, status: str, rows: list[Row], figures: dict[str, int]) -> None:
    row = call.store.one(query_tables.QUERY_STATUS, (run.id,))
    if row is not None and row[0] == RUNNING:
        answer = (status, call.now, orjson.dumps(rows).decode(), orjson.dumps(figures).decode())
        call.store.run(query_tables.END_QUERY, (*answer, run.id))


def record_of(event: Event, stream: str, log: str) -> Record:
    return Record(
        {
            "@timestamp": Instant(event.place.at),
            "@message": event.message,
            "@logStream": stream,
            "@log": log,
            "@ingestionTime": Instant(event.ingested),
            "@ptr": make_token(f"{event.place.chunk}/{event.place.position}"),
        }
    )


def _found(call: Call, request: Request) -> Run:
    row = call.store.one(query_tables.FIND_QUERY, (call.account, call.region, request["queryId"]))
    if row is None:
        raise not_found("The specified query does not exist.")
    return Run(*row)


@operation("logs", "GetQueryResults", reads=True)
def get_query_results(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html"""
    run = _found(call, request)
    start = read_place(request.get("nextToken"), no_token)
    rows: list[Any] = orjson.loads(run.answer) if run.answer else []
    end = start + (request.get("maxItems") or _MOST_ROWS)
    figures: dict[str, int] = orjson.loads(run.figures) if run.figures else {}
    counted = ("recordsMatched", "recordsScanned", "bytesScanned", "logGroupsScanned")
    statistics = {name: float(figures.get(name, 0)) for name in counted}
    return {
        "queryLanguage": LANGUAGE,
        "results": rows[start:end],
        "statistics": statistics | {"estimatedRecordsSkipped": 0.0, "estimatedBytesSkipped": 0.0},
        "status": run.status,
        "nextToken": make_token(end) if end < len(rows) else None,
    }


@operation("logs", "StopQuery")
def stop_query(call: Call, request: Request) -> Result:
    run = _found(call, request)
    if run.status not in (SCHEDULED, RUNNING):
        raise invalid_parameter("The specified query is not running.")
    call.store.run(query_tables.SET_QUERY_STATUS, (CANCELLED, call.now, run.id))
    return {"success": True}


@operation("logs", "DescribeQueries", reads=True)
def describe_queries(call: Call, request: Request) -> Result:
    if (request.get("queryLanguage") or LANGUAGE) != LANGUAGE:
        return {"queries": []}
    name, status = request.get("logGroupName"), request.get("status")
    start = read_place(request.get("nextToken"), no_token)
    runs = [Run(*row) for row in call.store.all(query_tables.LIST_QUERIES, (call.account, call.region))]
    chosen = [
        run for run in runs if status in (None, run.status) and (name is None or name in orjson.loads(run.groups))
    ]
    end = start + (request.get("maxResults") or _PAGE)
    return {
        "queries": [_shown(run) for run in chosen[start:end]],
        "nextToken": make_token(end) if end < len(chosen) else None,
    }


def _shown(run: Run) -> dict[str, Any]:
    return {
        "queryLanguage": LANGUAGE,
        "queryId": run.id,
        "queryString": run.query,
        "status": run.status,
        "createTime": run.created,
        "logGroupName": orjson.loads(run.groups)[0],
        "queryDuration": None if run.ended is None else run.ended - run.created,
        "bytesScanned": float(orjson.loads(run.figures).get("bytesScanned", 0)) if run.figures else None,
    }
