"""The routes of our own surface: one table, from which its OpenAPI document is made too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from headwater import __version__
from headwater.insight import openapi
from headwater.insight.doors import caller_of, run_operation
from headwater.insight.executions import answer_diff, answer_graph, answer_replay, answer_show
from headwater.insight.explained import (
    answer_deliveries,
    answer_delivery,
    answer_explain,
    answer_explain_before,
    answer_redeliver,
    answer_try_pattern,
)
from headwater.insight.faults import add_faults, clear_faults, show_faults
from headwater.insight.follow import follow
from headwater.insight.map import MOST_SPANS, architecture
from headwater.insight.mocks import add_mocks, delete_mocks, put_mocks, show_mocks
from headwater.insight.openapi import Page
from headwater.insight.outbox import answer_stop, show_outbox
from headwater.insight.permissions import show_permissions
from headwater.insight.pulse import pulse
from headwater.insight.quotas import change_quotas, clear_quotas, show_quotas
from headwater.insight.search import FAILED, RUNNING, Wanted, search_traces
from headwater.insight.settle import settle
from headwater.insight.signatures import show_signatures
from headwater.insight.snapshots import delete_snapshot, restore_snapshot, save_snapshot, snapshots
from headwater.insight.time import show_time, steer
from headwater.insight.traces import find_trace, last_span, last_trace, published, spans_after, tree, whole_span
from headwater.spine.engine import SYSTEM, Engine
from headwater.spine.errors import AwsError
from headwater.spine.numbers import LARGEST, long, whole
from headwater.spine.operations import Call

Query = Mapping[str, str]
Route = Callable[[Query, Any], Awaitable[Any]]
Stream = tuple[str, Callable[[Query, Callable[[bytes], None]], Callable[[], None]]]
_LONGEST_SETTLING = 3600.0
_MOST_SPANS = 10_000
_MOST_TRACES = 1000


def routes(engine: Engine) -> dict[tuple[str, str], Route]:
    """Method and path to what answers them."""
    return {(page.method, page.path): partial(page.answer, engine) for page in PAGES}


def streams(engine: Engine) -> dict[str, Stream]:
    """Paths to the type and the sender of what goes on until the client leaves."""
    return {
        "/_headwater/follow": ("application/x-ndjson", partial(follow, engine)),
        "/_headwater/pulse": ("text/event-stream", partial(pulse, engine)),
    }


async def _health(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    return {
        "status": "ready",
        "version": __version__,
        "endpoint": engine.endpoint,
        "services": sorted(engine.catalogue.houses),
    }


async def _reset(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    await engine.universes.reset()
    return {"status": "reset"}


async def _trace(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    """``id`` names a trace, an ARN or something that a span notes; without it, the newest."""

    def read(call: Call) -> dict[str, Any]:
        found = find_trace(call, query["id"]) if "id" in query else last_trace(call)
        if found is None:
            why = f"No such trace: nothing is known of {query['id']}." if "id" in query else "Nothing has happened yet."
            raise AwsError("NotFound", why, 404)
        return {"trace": found, "spans": tree(call, found), "published": published(call, found)}

    await engine.transact_system(lambda call: None)  # spans of this turn are written before they are read
    return await engine.transact_system(read)


async def _span(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    try:
        identity = _span_id(query["id"])
    except (KeyError, ValueError):
        raise AwsError("BadRequest", "Give the id of a span, in hexadecimal digits.") from None
    await engine.transact_system(lambda call: None)  # spans of this turn are written before they are read
    found = await engine.transact_system(lambda call: whole_span(call, identity))
    if found is None:
        raise AwsError("NotFound", "No such span.", 404)
    return found


async def _spans(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    """Those with an id above ``after``, oldest first."""
    try:
        after = _span_id(query.get("after", "0"))
    except ValueError:
        raise AwsError("BadRequest", "After is a span's id, in hexadecimal digits.") from None
    limit = whole(query.get("limit", str(_MOST_SPANS)), 0, _MOST_SPANS)
    explained = query.get("explained") == "true"
    if limit is None:
        raise AwsError("BadRequest", f"The limit is a number from 0 to {_MOST_SPANS}.")
    await engine.transact_system(lambda call: None)  # spans of this turn are written before they are read
    return await engine.transact_system(
        lambda call: {"spans": spans_after(call, after, limit, explained), "last": last_span(call)}
    )


def _span_id(text: str) -> int:
    """ValueError where it is not hexadecimal; beyond what ids can be, the nearest that one can."""
    return max(0, min(int(text, 16), LARGEST))


async def _traces(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    wanted = Wanted()
    try:
        wanted = Wanted(
            query.get("text", ""), query.get("status") or None, long(query.get("since", "0")),
            _span_id(query["before"]) if "before" in query else wanted.before, int(query.get("limit", wanted.limit)),
            query.get("looks") == "true",
        )  # fmt: skip
    except ValueError:
        raise AwsError("BadRequest", "Since and limit are numbers, before is a span's id.") from None
    if wanted.status not in (None, FAILED, RUNNING) or not 1 <= wanted.limit <= _MOST_TRACES:
        raise AwsError("BadRequest", f"The status is {FAILED} or {RUNNING}; the limit is from 1 to {_MOST_TRACES}.")
    await engine.transact_system(lambda call: None)  # spans of this turn are written before they are read
    return await engine.transact_system(lambda call: search_traces(call, wanted))


async def _report(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    """``since`` in milliseconds, or ``trace``; the answer is ``html``."""
    from headwater.insight.report import Chosen, gather, write_page

    since = whole(query.get("since", "0"), 0, LARGEST >> 20)
    if since is None:
        raise AwsError("BadRequest", "Since is in milliseconds since the epoch.")

    def read(call: Call) -> dict[str, Any]:
        trace = find_trace(call, query["trace"]) if "trace" in query else None
        if "trace" in query and trace is None:
            raise AwsError("NotFound", "No such trace.", 404)
        return gather(call, Chosen(since, trace))

    await engine.transact_system(lambda call: None)  # spans of this turn are written before they are read
    told = await engine.transact_system(read)
    if query.get("format") == "json":
        return told
    return {"html": write_page(told, query.get("title") or "Headwater report")}


async def _map(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    spans = whole(query.get("spans", str(MOST_SPANS)), 0, MOST_SPANS)
    if spans is None:
        raise AwsError("BadRequest", f"Spans is a number from 0 to {MOST_SPANS}.")
    caller = caller_of(dict(query))
    span = engine.new_span("surface", "", caller, None)
    return await engine.transact(caller, span, None, architecture, (spans,))


async def _operation(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    return await run_operation(engine, body)


async def _respond(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    """A custom resource's answer: what the `ResponseURL` of its request leads to."""
    answer = {"Token": query.get("token", ""), "Body": body}
    return await engine.call("cloudformation", "Respond", answer, SYSTEM, None)


async def _show_time(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    return show_time(engine)


async def _steer(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    return await steer(engine, body)


async def _settle(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    asked = {} if body is None else body
    if not isinstance(asked, dict) or not asked.keys() <= {"trace", "timeout"}:
        raise AwsError("BadRequest", 'Say {"trace": ID, "timeout": SECONDS}, or either, or nothing.')
    timeout, identity = asked.get("timeout", 30), asked.get("trace")
    if not isinstance(timeout, int | float) or not 0 <= timeout <= _LONGEST_SETTLING:
        raise AwsError("BadRequest", f"The timeout is in seconds, from 0 to {_LONGEST_SETTLING:g}.")
    trace = None
    if identity is not None:
        if engine.armed is not None and engine.armed.hasten:
            await settle(engine, None, timeout)  # what names the trace may have been delayed
        await engine.transact_system(lambda call: None)  # spans of this turn are written before they are read
        trace = await engine.transact_system(lambda call: find_trace(call, str(identity)))
        if trace is None:
            raise AwsError("NotFound", "No such trace.", 404)
    return (await settle(engine, trace, timeout)).shown(engine.clock.now())


async def _openapi(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    return openapi.document(PAGES, engine.endpoint)


_EXECUTION = "An ARN, a name, or anything in its trace."
_ID = {"id": "A trace's id, an ARN, or anything that a span notes."}
_PLACE = {"account": "12 digits; all accounts unless told.", "region": "All regions unless told."}
PAGES = (
    Page("GET", "/_headwater/health", "Whether it is ready, and what it serves", _health),
    Page("POST", "/_headwater/reset", "Forget everything; the clock stays as it is", _reset),
    Page("GET", "/_headwater/trace", "The causal tree of a trace; without an id, of the newest", _trace, _ID),
    Page(
        "GET", "/_headwater/span", "One span with what it noted and published, uncut", _span,
        {"id": "16 hexadecimal digits."},
    ),
    Page(
        "GET", "/_headwater/spans", f"What happened since a span, the first {_MOST_SPANS}", _spans,
        {
            "after": "A span's id.", "limit": "How many at most.",
            "explained": "true: of events that no rule took, which field each of the nearest rules refused.",
        }, answers=openapi.SPANS,
    ),
    Page(
        "GET", "/_headwater/traces", "Traces, newest first", _traces,
        {
            "text": "In any name, subject, outcome or note.", "status": "failed or running.",
            "since": "Milliseconds since the epoch.", "before": "Where to go on: next of the former answer.",
            "limit": "How many, 100 unless told.", "looks": "true: also requests that only read.",
        },
    ),
    Page(
        "GET", "/_headwater/report", "What happened as one HTML file", _report,
        {
            "since": "Milliseconds since the epoch.", "trace": "One trace alone: its id, or anything in it.",
            "title": "What the report is called.", "format": "json: what it tells, rather than the page.",
        },
    ),
    Page(
        "GET", "/_headwater/map", "What is deployed, how it is linked, how it fares", _map,
        {
            "account": "12 digits; 000000000000 unless told.", "region": "us-east-1 unless told.",
            "spans": f"How many of late tell what calls what; {MOST_SPANS} unless told.",
        },
    ),
    Page(
        "POST", "/_headwater/operations", "Any operation by its name, JSON both ways", _operation,
        takes={"type": "object", "required": ["service", "operation"]},
    ),
    Page("GET", "/_headwater/snapshots", "The snapshots that there are", snapshots, answers=openapi.SNAPSHOTS),
    Page(
        "POST", "/_headwater/snapshots", "Save everything that is committed under a name", save_snapshot,
        takes=openapi.SAVING, answers=openapi.SNAPSHOT,
    ),
    Page(
        "POST", "/_headwater/snapshots/{name}/restore", "Make the cloud what it was then; what runs is cancelled",
        restore_snapshot, takes=openapi.RESTORING, answers=openapi.SNAPSHOT,
    ),
    Page("DELETE", "/_headwater/snapshots/{name}", "Delete a snapshot", delete_snapshot),
    Page("GET", "/_headwater/time", "The clock: mode, time, next timer", _show_time, answers=openapi.TIME),
    Page(
        "POST", "/_headwater/time", "Set the clock's mode, or advance it and tell what came due", _steer,
        takes=openapi.STEERING, answers=openapi.ADVANCED,
    ),
    Page(
        "POST", "/_headwater/settle", "Wait until nothing is in flight; else name what holds it up", _settle,
        takes=openapi.SETTLING, answers=openapi.SETTLEMENT,
    ),
    Page(
        "GET", "/_headwater/faults", "The faults that were asked for, and those that fired", show_faults,
        answers=openapi.FAULTS,
    ),
    Page(
        "POST", "/_headwater/faults", "Ask for faults; with a seed all begins anew", add_faults,
        takes=openapi.FAULTING, answers=openapi.FAULTS,
    ),
    Page("DELETE", "/_headwater/faults", "No faults any more", clear_faults, answers=openapi.FAULTS),
    Page("GET", "/_headwater/mocks", "Cases of mocked state machines", show_mocks, answers=openapi.MOCKS),
    Page(
        "PUT", "/_headwater/mocks", "Mocks as a file of Step Functions Local has them, and no others", put_mocks,
        _PLACE, openapi.MOCK_FILE, openapi.MOCKS,
    ),
    Page(
        "POST", "/_headwater/mocks", "Mocks beside those that there are", add_mocks, _PLACE, openapi.MOCK_FILE,
        openapi.MOCKS,
    ),
    Page(
        "DELETE", "/_headwater/mocks", "No mocks any more; what runs with some goes on so", delete_mocks,
        {**_PLACE, "machine": "Only those of this machine: its name."}, answers=openapi.MOCKS,
    ),
    Page(
        "GET", "/_headwater/quotas", "Numbers that may be changed, and the rates that are set", show_quotas,
        {"service": "One service's alone."}, answers=openapi.QUOTAS,
    ),
    Page(
        "POST", "/_headwater/quotas", "Change numbers and rates; null: as it was at the start. Those services' answer",
        change_quotas,
        takes=openapi.CHANGED_QUOTAS, answers=openapi.QUOTAS,
    ),
    Page("DELETE", "/_headwater/quotas", "All quotas as at the start", clear_quotas, answers=openapi.QUOTAS),
    Page(
        "GET", "/_headwater/explain", "What became of an event, message or record, and why", answer_explain,
        {"event": "Its id.", "bus": "The bus's name, or the ARN of a bus, topic, queue or stream."},
        answers=openapi.EXPLAINED,
    ),
    Page(
        "POST", "/_headwater/explain", "What would become of an event if it came now", answer_explain_before,
        {"bus": "As above, where the body is the event alone."}, openapi.EVENT, openapi.EXPLAINED,
    ),
    Page(
        "POST", "/_headwater/patterns/test", "A pattern or filter policy on the last events", answer_try_pattern,
        takes=openapi.TRIAL, answers=openapi.TRIED,
    ),
    Page(
        "GET", "/_headwater/deliveries", "The ledger: without a state, what is to be done or in hand",
        answer_deliveries, {"state": "waiting, running, retrying or dead.", "limit": "How many, 100 unless told."},
        answers=openapi.DELIVERIES,
    ),
    Page(
        "GET", "/_headwater/delivery", "A delivery with its attempts and payload", answer_delivery,
        {"id": "Its id."}, answers=openapi.DELIVERY,
    ),
    Page(
        "POST", "/_headwater/deliveries/redeliver", "Do deliveries that failed now; those given up, anew",
        answer_redeliver, takes=openapi.REDELIVERY, answers=openapi.REDELIVERED,
    ),
    Page(
        "GET", "/_headwater/permissions", "What roles did here, or tried, that their policies do not allow",
        show_permissions, {"role": "Only of this role: a name or an ARN."}, answers=openapi.PERMISSIONS,
    ),
    Page(
        "GET", "/_headwater/signatures", "Requests that were signed otherwise than AWS would take it",
        show_signatures, answers=openapi.SIGNATURES,
    ),
    Page(
        "GET", "/_headwater/outbox", "E-mails, text messages and pushes that SNS would have sent, the newest first",
        show_outbox, {"limit": "How many, 100 unless told.", "after": "A message's id."}, answers=openapi.OUTBOX,
    ),
    Page(
        "POST", "/_headwater/outbox", "A phone answers STOP: its number is opted out", answer_stop,
        takes=openapi.STOP,
    ),
    Page(
        "GET", "/_headwater/executions", "What an execution did: visits to states, over the graph of its machine",
        answer_show, {"execution": _EXECUTION, "svg": "true: the picture too."}, answers=openapi.EXECUTION,
    ),
    Page(
        "GET", "/_headwater/executions/diff", "Two executions side by side, and what differs", answer_diff,
        {"first": _EXECUTION, "second": _EXECUTION}, answers=openapi.DIFFERENCES,
    ),
    Page(
        "POST", "/_headwater/executions/replay", "Recorded executions on a definition: where they would leave their "
        "path", answer_replay, takes=openapi.REPLAYING, answers=openapi.REPLAYED,
    ),
    Page(
        "GET", "/_headwater/executions/graph", "The graph of a state machine, laid out", answer_graph,
        {"machine": "An ARN."}, answers=openapi.GRAPH,
    ),
    Page(
        "PUT", "/_headwater/cloudformation/response", "A custom resource's answer", _respond,
        {"token": "As in the ResponseURL."}, takes={"type": "object"},
    ),
    Page("GET", "/_headwater/openapi.json", "This document", _openapi),
)  # fmt: skip
