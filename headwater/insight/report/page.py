"""The report as HTML: one file, no network, light and dark, readable without its few lines of script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from headwater import __version__
from headwater.insight.outcomes import has_failed
from headwater.insight.report.drawing import draw
from headwater.insight.report.style import SCRIPT, STYLE
from headwater.languages.durations import show_duration
from headwater.spine.timestamps import iso8601_seconds

_MOST_FIGURES = 40


def write_page(told: dict[str, Any], title: str) -> str:
    """``told`` as :func:`gather` gives it."""
    parts = [
        _head(told, title),
        _tiles(told),
        _section("errors", "Errors", len(told["errors"]), _errors(told)),
        _section("dead", "Dead letters", len(told["dead"]), _dead(told)),
        _section("misses", "Published, and taken by nobody", len(told["misses"]), _misses(told)),
        _section("traces", "Traces", len(told["traces"]), _traces(told)),
        _section("architecture", "Architecture", None, "".join(map(_map, told["maps"]))),
        _section("figures", "Figures", None, _figures(told)),
    ]
    body = "".join(part for part in parts if part)
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width,initial-scale=1"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<link rel="icon" href="data:,"><title>{escape(title)}</title><style>{STYLE}</style></head>'
        f"<body><main>{body}</main><script>{SCRIPT}</script></body></html>\n"
    )


def _head(told: dict[str, Any], title: str) -> str:
    since = f"since {iso8601_seconds(told['since'])}, " if told["since"] else ""
    return (
        f"<header><h1>{escape(title)}</h1><p>{since}written at {iso8601_seconds(told['at'])} by Headwater "
        f"{escape(__version__)}</p></header>"
    )


def _tiles(told: dict[str, Any]) -> str:
    figures = told["figures"]
    runs = sum(each["count"] for each in figures if each["name"] in ("lambda:Invoke", "lambda.event"))
    failures = sum(each["failed"] for each in figures)
    tiles = (
        ("traces", f"{len(told['traces'])}{'+' if told['more'] or told['left_out'] else ''}", ""),
        ("operations", sum(each["count"] for each in figures if each["kind"] == "operation"), ""),
        ("deliveries", sum(each["count"] for each in figures if each["kind"] == "delivery"), ""),
        ("events and messages published", told["published"], ""),
        ("calls of functions", runs, ""),
        ("failures", failures, "bad" if failures else ""),
        ("dead letters", len(told["dead"]), "bad" if told["dead"] else ""),
        ("taken by nobody", len(told["misses"]), "warn" if told["misses"] else ""),
    )
    shown = "".join(f'<li class="{style}"><b>{value}</b> {escape(name)}</li>' for name, value, style in tiles)
    return f'<ul class="tiles">{shown}</ul>'


def _section(identity: str, title: str, count: int | None, body: str) -> str:
    if not body or count == 0:
        return ""
    number = "" if count is None else f' <span class="count">{count}</span>'
    return f'<section id="{identity}"><h2>{escape(title)}{number}</h2>{body}</section>'


def _table(heads: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'<div class="scroller" tabindex="0">{table}</div>'


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _trace_link(trace: str | None) -> str:
    return f'<a href="#{escape(trace)}">trace</a>' if trace else ""


def _short(arn: str) -> str:
    parts = arn.split(":", 5)
    shown = parts[5] if len(parts) == 6 and parts[0] == "arn" else arn
    return f'<span title="{escape(arn)}">{escape(shown)}</span>'


def _errors(told: dict[str, Any]) -> str:
    rows = [
        _row(
            f'<b class="bad">{escape(each["outcome"])}</b>', f"<code>{escape(each['name'])}</code>",
            _short(each["subject"]), str(each["count"]), _trace_link(each["trace"]),
        )
        for each in told["errors"]
    ]  # fmt: skip
    return _table(("What", "Where", "Subject", "Times", "For example"), rows)


def _dead(told: dict[str, Any]) -> str:
    rows = [
        _row(
            f"<code>{escape(each['handler'])}</code> to {_short(each['target'])}", escape(each["error"]),
            str(each["attempts"]), escape(each["condition"] or "final"),
            _short(each["dead_letter"]) if each["dead_letter"] else '<b class="bad">nowhere: lost</b>',
            _trace_link(each["trace"]),
        )
        for each in told["dead"]
    ]  # fmt: skip
    return _table(("Delivery", "Error", "Attempts", "Given up by", "Dead letter went to", ""), rows)


def _misses(told: dict[str, Any]) -> str:
    rows = [
        _row(
            f"<details><summary>{escape(_title(each['event']))}</summary><pre>{_pretty(each['event'])}</pre></details>",
            _short(each["channel"]), escape(each["name"] or "nothing is there"), escape(each["reason"] or ""),
            _trace_link(each["trace"]),
        )
        for each in told["misses"]
    ]  # fmt: skip
    return _table(("What", "On", "Nearest", "Why not", ""), rows)


def _title(event: Any) -> str:
    if isinstance(event, dict):
        if "detail-type" in event:
            return f"{event.get('source')}: {event['detail-type']}"
        return str(event.get("Message", event))[:80]
    return str(event)[:80]


def _pretty(value: Any) -> str:
    return escape(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def _traces(told: dict[str, Any]) -> str:
    left = '<p class="hint">The newest are shown; there are more.</p>' if told["more"] or told["left_out"] else ""
    search = '<input id="search" type="search" placeholder="Search in traces" aria-label="Search in traces">'
    return search + left + "".join(map(_trace, told["traces"]))


def _trace(trace: dict[str, Any]) -> str:
    style = "bad" if trace["failures"] else "warn" if trace["running"] else ""
    subject = _short(trace["subject"]) if trace["subject"] else ""
    test = f'<span class="count">{escape(trace["test"])}</span>' if "test" in trace else ""
    failed = f' · <b class="bad">{trace["failures"]} failed</b>' if trace["failures"] else ""
    running = f" · {trace['running']} running" if trace["running"] else ""
    first = trace["started"] * 1000
    rows = "".join(_span(span, depth, first, max(trace["duration"], 1)) for span, depth in _walk(trace["tree"]))
    bodies = "".join(
        f"<details><summary>published {escape(each['id'])} on {_short(each['channel'])}</summary>"
        f"<pre>{escape(each['body'])}</pre></details>"
        for each in trace["published"]
    )
    return (
        f'<details class="trace {style}" id="{escape(trace["trace"])}"><summary><code>{escape(trace["name"])}</code> '
        f'{subject} {test}<span class="when">{iso8601_seconds(trace["started"])} · {_took(trace["duration"])} · '
        f'{trace["spans"]} spans{failed}{running}</span></summary><p class="hint">{escape(trace["trace"])}</p>'
        f'<div class="fall">{rows}</div>{bodies}</details>'
    )


def _walk(spans: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], int]]:
    """Each span before its children, with its depth; traces may be deeper than calls may."""
    waiting = [(span, 0) for span in reversed(spans)]
    while waiting:
        span, depth = waiting.pop()
        yield span, depth
        waiting += [(child, depth + 1) for child in reversed(span["children"])]


def _span(span: dict[str, Any], depth: int, first: int, whole: int) -> str:
    start = 100 * (span["started"] * 1000 - first) / whole
    wide = max(100 * (span["duration"] or 0) / whole, 0.4)
    start = min(max(start, 0), 99.6)
    bad = has_failed(span["name"], span["outcome"], span["notes"])
    style = "bad" if bad else "warn" if span["outcome"] is None else span["kind"]
    outcome = "" if span["outcome"] == "ok" else f' <b class="{style}">{escape(span["outcome"] or "running")}</b>'
    notes = "".join(f"<dt>{escape(key)}</dt><dd>{escape(str(value))}</dd>" for key, value in span["notes"].items())
    label = f"<code>{escape(span['name'])}</code> {_short(span['subject'] or '')}{outcome}"
    told = f"<details><summary>{label}</summary><dl>{notes}</dl></details>" if notes else f"<div>{label}</div>"
    return (
        f'<div class="span" style="--deep:{min(depth, 24)}">{told}<span class="took">{_took(span["duration"])}</span>'
        f'<span class="lane"><i class="{style}" style="left:{start:.2f}%;width:{min(wide, 100 - start):.2f}%"></i>'
        "</span></div>"
    )


def _took(microseconds: int | None) -> str:
    if microseconds is None:
        return "…"
    return f"{microseconds / 1000:.1f} ms" if microseconds < 1_000_000 else show_duration(microseconds // 1000)


def _map(drawn: dict[str, Any]) -> str:
    linked = {end for link in drawn["links"] for end in (link["from"], link["to"])}
    alone = [node for node in drawn["resources"] if node["arn"] not in linked]
    picture = draw(drawn["resources"], drawn["links"])
    listed = alone if picture else drawn["resources"]
    names = ", ".join(f"{_short(node['arn'])}" for node in listed)
    beside = f'<p class="hint">{"Linked to nothing: " if picture else ""}{names}</p>' if listed else ""
    return f"<h3>{escape(drawn['account'])} in {escape(drawn['region'])}</h3>{picture}{beside}"


def _figures(told: dict[str, Any]) -> str:
    rows = [
        _row(
            f"<code>{escape(each['name'])}</code>", str(each["count"]),
            f'<b class="bad">{each["failed"]}</b>' if each["failed"] else "0", _took(round(each["mean"])),
            _took(each["most"]),
        )
        for each in told["figures"][:_MOST_FIGURES]
    ]  # fmt: skip
    return _table(("Operation or delivery", "Times", "Failed", "Mean", "Longest"), rows) if rows else ""
