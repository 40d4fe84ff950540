"""What a report tells, from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from headwater.insight.explain import explain_known
from headwater.insight.map import architecture
from headwater.insight.outcomes import GOOD, has_failed
from headwater.insight.search import Wanted, search_traces
from headwater.insight.traces import published, tree
from headwater.spine import dead
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Caller

_MOST_TRACES, _MOST_SPANS = 400, 20_000
_MOST_DEAD, _MOST_UNTAKEN, _MOST_PLACES = 200, 100, 4
_FIGURES = """
SELECT kind, name, count(*), sum(CASE WHEN outcome IN ('ok', 'again') OR outcome IS NULL THEN 0 ELSE 1 END),
    sum(duration), max(duration)
FROM spans WHERE id >= ? GROUP BY kind, name ORDER BY count(*) DESC
"""
_PLACES = (
    "SELECT account, region, count(*) FROM spans WHERE id >= ? GROUP BY account, region ORDER BY count(*) DESC LIMIT ?"
)
_PUBLISHED = "SELECT count(*) FROM records WHERE id >= ?"
_UNTAKEN = "SELECT name, channel FROM records WHERE id >= ? AND routes IS NULL ORDER BY id DESC LIMIT ?"


class Chosen(NamedTuple):
    """``since`` in ms; ``trace``: that one alone."""

    since: int = 0
    trace: str | None = None


def gather(call: Call, chosen: Chosen) -> dict[str, Any]:
    """``figures``, ``traces`` (with their trees), ``maps``, ``dead``, ``errors``, ``misses``, what was ``left_out``."""
    found = search_traces(call, Wanted(since=chosen.since, limit=_MOST_TRACES)) if chosen.trace is None else None
    summaries = found["traces"] if found is not None else [_summary(call, chosen.trace or "")]
    traces: list[dict[str, Any]] = []
    spans = 0
    for summary in summaries:
        spans += summary["spans"]
        if spans > _MOST_SPANS and traces:
            break
        traces.append({**summary, "tree": tree(call, summary["trace"]), "published": published(call, summary["trace"])})
    first = chosen.since << 20
    return {
        "at": call.now,
        "since": chosen.since,
        "figures": _figures(call, first),
        "published": (call.store.one(_PUBLISHED, (first,)) or (0,))[0],
        "traces": traces,
        "left_out": len(summaries) - len(traces),
        "more": found is not None and found["next"] is not None,
        "maps": _maps(call, first),
        "dead": [_dead(each) for each in dead.newest(call.store, _MOST_DEAD) if each.died >= chosen.since],
        "errors": errors_of(traces),
        "misses": _misses(call, first),
    }


def _summary(call: Call, trace: str) -> dict[str, Any]:
    spans = list(_walk(tree(call, trace)))
    if not spans:
        raise AwsError("NotFound", "No such trace.", 404)
    first = spans[0]
    end = max(span["started"] * 1000 + (span["duration"] or 0) for span in spans)
    return {
        "trace": trace,
        **{member: first[member] for member in ("kind", "name", "subject", "started")},
        "duration": end - first["started"] * 1000,
        "spans": len(spans),
        "failures": sum(has_failed(span["name"], span["outcome"], span["notes"]) for span in spans),
        "running": sum(span["outcome"] is None for span in spans),
    }


def _walk(spans: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    waiting = list(reversed(spans))
    while waiting:
        span = waiting.pop()
        yield span
        waiting += reversed(span["children"])


def _figures(call: Call, first: int) -> list[dict[str, Any]]:
    """Of each operation and kind of delivery; durations in microseconds."""
    return [
        {"kind": kind, "name": name, "count": count, "failed": failed, "mean": (total or 0) / count, "most": most or 0}
        for kind, name, count, failed, total, most in call.store.all(_FIGURES, (first,))
    ]


def _maps(call: Call, first: int) -> list[dict[str, Any]]:
    """The architecture of each account and region where something happened."""
    maps = []
    for account, region, _ in call.store.all(_PLACES, (first, _MOST_PLACES)):
        there = Call(call.engine, Caller(account, region, call.principal), call.now, call.span, call.memory)
        drawn = architecture(there)
        if drawn["resources"]:
            maps.append({"account": account, "region": region, **drawn})
    return maps


def figures_of(traces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same from trees of traces."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for trace in traces:
        for span in _walk(trace["tree"]):
            key = (span["kind"], span["name"])
            empty = {"kind": key[0], "name": key[1], "count": 0, "failed": 0, "mean": 0.0, "most": 0}
            figure, took = found.setdefault(key, empty), span["duration"] or 0
            figure["mean"] = (figure["mean"] * figure["count"] + took) / (figure["count"] + 1)
            figure["count"] += 1
            figure["failed"] += span["outcome"] not in GOOD
            figure["most"] = max(figure["most"], took)
    return sorted(found.values(), key=lambda figure: -int(figure["count"]))


def _dead(each: dead.Dead) -> dict[str, Any]:
    return {
        "delivery": f"{each.delivery:016x}",
        "handler": each.handler,
        "target": each.target,
        "died": each.died,
        "attempts": each.attempt,
        "error": f"{each.code}: {each.message}"[:500],
        "condition": each.condition,
        "dead_letter": each.dead_letter,
        "trace": each.cause.partition(":")[0],
    }


def errors_of(traces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What went wrong, the most frequent first, each with a trace where it did."""
    counts: Counter[tuple[str, str, str]] = Counter()
    seen: dict[tuple[str, str, str], str] = {}
    for trace in traces:
        for span in _walk(trace["tree"]):
            outcome = span["outcome"]
            if not has_failed(span["name"], outcome, span["notes"]):
                continue
            said = outcome if outcome not in GOOD else f"the function failed: {span['notes']['functionError']}"
            key = (span["name"], span["subject"] or "", said)
            counts[key] += 1
            seen.setdefault(key, trace["trace"])
    return [
        {"name": key[0], "subject": key[1], "outcome": key[2], "count": count, "trace": seen[key]}
        for key, count in counts.most_common()
    ]


def _misses(call: Call, first: int) -> list[dict[str, Any]]:
    """Of what was published and nobody took: who came nearest, and why not."""
    misses = []
    for name, channel in call.store.all(_UNTAKEN, (first, _MOST_UNTAKEN)):
        try:
            told = explain_known(call, name, channel)
        except AwsError:  # its channel is gone
            continue
        near = [verdict for verdict in told["verdicts"] if verdict.get("reason")]
        misses.append({
            "id": name, "channel": channel, "at": told["at"], "trace": told["trace"], "event": told["event"],
            "name": near[0]["name"] if near else None, "reason": near[0]["reason"] if near else None,
        })  # fmt: skip
    return misses
