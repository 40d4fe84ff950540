"""An execution over the graph of its machine, as one SVG file that needs nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html import escape
from typing import Any

from headwater.languages.asl.drawing import Box, Drawing, Line
from headwater.languages.asl.visits import ABORTED, FAILED, Summary, Visit
from headwater.languages.durations import show_duration
from headwater.spine.timestamps import iso8601_seconds

_HEAD = 58
_NARROWEST = 420
_CHARACTER = 7.0
_LONGEST_DATA = 1500
_MOST_VISITS = 12
_STYLE = """
svg{--paper:#f7f8fa;--card:#fff;--ink:#17202b;--soft:#52606f;--line:#c3cad3;--done:#18794e;--done-soft:#e3f4ea;
--failed:#c0262d;--failed-soft:#fde7e7;--caught:#8a5a00;--caught-soft:#fdf0d5;--running:#1d5fbf;--running-soft:#e3eefc;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",Arial,sans-serif;background:var(--paper)}
@media (prefers-color-scheme:dark){svg{--paper:#0e1318;--card:#161d24;--ink:#e6ebf0;--soft:#9caab8;--line:#3a4653;
--done:#5fcf95;--done-soft:#12301f;--failed:#ff7b7b;--failed-soft:#43191c;--caught:#f0b95b;--caught-soft:#3a2c10;
--running:#7fb2ff;--running-soft:#142a4a}}
.paper{fill:var(--paper)}.state rect{fill:var(--card);stroke:var(--line);stroke-width:1.2}
.state text{fill:var(--ink);font-size:12.5px}.state .under{fill:var(--soft);font-size:10.5px}
.group>rect{fill:none;stroke:var(--line);stroke-dasharray:5 3}.group text{font-weight:600}
.branch{fill:none;stroke:var(--line);stroke-opacity:.6;stroke-dasharray:2 4}
.missed{opacity:.55}.missed rect{stroke-dasharray:3 3}
.done rect{stroke:var(--done);fill:var(--done-soft)}.failed rect{stroke:var(--failed);fill:var(--failed-soft);
stroke-width:2}.caught rect{stroke:var(--caught);fill:var(--caught-soft)}
.running rect{stroke:var(--running);fill:var(--running-soft)}.group.state rect{fill:none}
.done .under{fill:var(--done)}.failed .under{fill:var(--failed)}.caught .under{fill:var(--caught)}
.running .under{fill:var(--running)}.aborted rect{stroke-dasharray:4 3}
.step{fill:none;stroke:var(--soft);stroke-opacity:.75;stroke-width:1.3}.step.catch{stroke:var(--failed);
stroke-dasharray:5 3}.step.default{stroke-dasharray:2 3}.tip{fill:var(--soft)}
.name{font-size:15px;font-weight:650;fill:var(--ink)}.told{font-size:12px;fill:var(--soft)}
.told.FAILED,.told.TIMED_OUT,.told.ABORTED{fill:var(--failed)}.told.SUCCEEDED{fill:var(--done)}
.told.RUNNING{fill:var(--running)}
"""


def picture(
    drawing: Drawing, described: Mapping[str, Any], states: Mapping[str, Summary], elsewhere: Collection[str] = ()
) -> str:
    """``described`` as DescribeExecution does, times in ms; ``states`` by name; ``elsewhere``: those that children of
    the execution go through. Inputs and outputs are told of a state that is pointed at."""
    name, told = str(described["name"]), _told(described)
    width = max(drawing.width, _NARROWEST, _CHARACTER * len(told) + 32)
    placed = drawing.moved((width - drawing.width) / 2, _HEAD)
    height = drawing.height + _HEAD
    groups = "".join(_box(box, states, elsewhere) for box in placed.boxes if box.group)
    leaves = "".join(_box(box, states, elsewhere) for box in placed.boxes if not box.group)
    lines = "".join(map(_line, placed.lines))
    status = escape(str(described["status"]))
    data = _data("input", described.get("input")) + _data("output", described.get("output"))
    words = ", ".join(
        f"{box.name} {states[box.name].outcome if box.name in states else _absent(box, elsewhere)}"
        for box in placed.boxes if box.name
    )  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{escape(f"{name}: {words}")}"><style>{_STYLE}</style>'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="tip" d="M0 .5L8 4L0 7.5z"/></marker></defs>'
        f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>'
        f"<g><title>{escape(data.strip())}</title>"
        f'<text class="name" x="16" y="26">{escape(_short(name, int(width / 9)))}</text>'
        f'<text class="told {status}" x="16" y="45">{escape(told)}</text></g>{groups}{lines}{leaves}</svg>\n'
    )


def _told(described: Mapping[str, Any]) -> str:
    began, ended = described["startDate"], described.get("stopDate")
    took = f", took {show_duration(ended - began)}" if ended is not None else ""
    error = f", {described['error']}" if described.get("error") else ""
    redrives = described.get("redriveCount")
    again = f", redriven {redrives}×" if redrives else ""
    return f"{described['status']}{error}{took}{again}, began {iso8601_seconds(began)}"


def _absent(box: Box, elsewhere: Collection[str]) -> str:
    return "in the children" if box.name in elsewhere else "not reached"


def _box(box: Box, states: Mapping[str, Summary], elsewhere: Collection[str]) -> str:
    place = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    if box.kind == "Branch":
        return f'<rect class="branch" {place} rx="8"/>'
    summary = states.get(box.name)
    look = f"state {'group ' if box.group else ''}{'missed' if summary is None else summary.outcome}"
    middle = box.x + box.width / 2
    name = escape(_short(box.name, int((box.width - 16) / _CHARACTER)))
    absent = _absent(box, elsewhere)
    under = escape(_under(box, summary) if box.name not in elsewhere else f"{box.kind} · {absent}")
    if box.group:
        text = (
            f'<text x="{box.x + 10:.1f}" y="{box.y + 17:.1f}">{name} <tspan class="under">{under}</tspan></text>'
        )  # fmt: skip
    else:
        text = (
            f'<text x="{middle:.1f}" y="{box.y + 17:.1f}" text-anchor="middle">{name}</text>'
            f'<text class="under" x="{middle:.1f}" y="{box.y + 31:.1f}" text-anchor="middle">{under}</text>'
        )
    corner = 10 if box.group else 20 if box.kind == "Choice" else 7
    about = escape(_about(box, summary, absent))
    return f'<g class="{look}"><title>{about}</title><rect {place} rx="{corner}"/>{text}</g>'


def _under(box: Box, summary: Summary | None) -> str:
    if summary is None:
        return box.kind
    count = len(summary.visits)
    parts = [box.kind if count == 1 else f"{box.kind} {count}×", show_duration(summary.took)]
    if summary.retries:
        parts.append(f"{summary.retries} retries" if summary.retries > 1 else "1 retry")
    if summary.failed and count > 1:
        parts.append(f"{summary.failed} failed")
    if summary.outcome in ("running", "caught", "aborted"):
        parts.append(summary.outcome)
    return " · ".join(parts)


def _about(box: Box, summary: Summary | None, absent: str) -> str:
    if summary is None:
        return f"{box.name}: {box.kind}, {absent}"
    shown = [_visit(visit) for visit in summary.visits[:_MOST_VISITS]]
    more = len(summary.visits) - len(shown)
    return "\n".join([f"{box.name}: {box.kind}", *shown, *([f"… and {more} more"] if more > 0 else [])])


def _visit(visit: Visit) -> str:
    stays = "never left" if visit.outcome in (ABORTED, FAILED) else "still there"
    took = stays if visit.exited is None else show_duration(visit.exited - visit.entered)
    number = "" if visit.iteration is None else f"[{visit.iteration}] "
    tries = f", {visit.attempts} attempts" if visit.attempts > 1 else ""
    lines = [f"{number}{visit.outcome} at {iso8601_seconds(visit.entered)}, {took}{tries}"]
    if visit.error:
        lines.append(f"{visit.error}: {_short(visit.cause or '', _LONGEST_DATA)}")
    return "\n".join(lines) + _data("input", visit.given) + _data("sent", visit.sent) + _data("output", visit.gave)


def _data(name: str, text: str | None) -> str:
    return "" if text is None else f"\n{name} {_short(text, _LONGEST_DATA)}"


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _line(line: Line) -> str:
    return f'<path class="step {line.kind}" d="{line.path()}" marker-end="url(#tip)"/>'
