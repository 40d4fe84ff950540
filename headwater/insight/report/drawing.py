"""The architecture as a picture: columns from what begins to what ends, boxes and curves, in SVG."""

from __future__ import annotations

from collections import defaultdict
from html import escape
from typing import Any

_WIDE, _HIGH, _ACROSS, _DOWN, _MARGIN = 168, 40, 76, 14, 12
_LONGEST = 22
_MOST = 300
_KINDS = {
    "Lambda": "orange", "SQS": "pink", "SNS": "pink", "Events": "pink", "Scheduler": "pink", "Pipes": "pink",
    "StepFunctions": "pink", "DynamoDB": "blue", "S3": "green", "ApiGateway": "violet", "ApiGatewayV2": "violet",
    "IoT": "green", "Kinesis": "violet",
}  # fmt: skip


def draw(resources: list[dict[str, Any]], links: list[dict[str, Any]]) -> str:
    """Those that are linked to others; the rest is named in a list beneath it."""
    linked = {end for link in links for end in (link["from"], link["to"])}
    nodes = {node["arn"]: node for node in resources if node["arn"] in linked}
    if not nodes or len(nodes) > _MOST:
        return ""
    edges = sorted({(link["from"], link["to"], link["kind"]) for link in links if link["from"] != link["to"]})
    columns = _columns(list(nodes), [(source, target) for source, target, kind in edges])
    places = {
        arn: (_MARGIN + column * (_WIDE + _ACROSS), _MARGIN + row * (_HIGH + _DOWN))
        for column, arns in enumerate(columns)
        for row, arn in enumerate(arns)
    }
    width = 2 * _MARGIN + len(columns) * (_WIDE + _ACROSS) - _ACROSS
    height = 2 * _MARGIN + max(map(len, columns)) * (_HIGH + _DOWN)
    curves = "".join(_curve(places[source], places[target], kind) for source, target, kind in edges)
    boxes = "".join(_box(nodes[arn], *place) for arn, place in places.items())
    return (
        f'<div class="picture"><svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{len(nodes)} resources and how they are linked">{curves}{boxes}</svg></div>'
    )


def _columns(nodes: list[str], edges: list[tuple[str, str]]) -> list[list[str]]:
    """Each node right of what leads to it, as far as there is no circle; neighbours near their sources."""
    outward = defaultdict(list)
    for source, target in edges:
        outward[source].append(target)
    depth: dict[str, int] = {}
    entered = {target for _, target in edges}
    for start in [node for node in nodes if node not in entered] + nodes:
        if start not in depth:
            _deepen(start, outward, depth)
    columns: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in nodes:
        columns[depth[node]].append(node)
    rows: dict[str, float] = {}
    inward = defaultdict(list)
    for source, target in edges:
        inward[target].append(source)
    for column in columns:
        column.sort(key=lambda node: _middle([rows[each] for each in inward[node] if each in rows]))
        rows |= {node: float(row) for row, node in enumerate(column)}
    return [column for column in columns if column]


def _middle(rows: list[float]) -> float:
    return sum(rows) / len(rows) if rows else 1e9


def _deepen(start: str, outward: dict[str, list[str]], depth: dict[str, int]) -> None:
    """Give what is reached from a node its column: one more than what leads to it, unless that would be a circle."""
    waiting: list[tuple[str, int, frozenset[str]]] = [(start, 0, frozenset())]
    steps = 0
    while waiting and steps < 20_000:
        steps += 1
        node, at, above = waiting.pop()
        if node in above or depth.get(node, -1) >= at:
            continue
        depth[node] = at
        waiting += [(target, at + 1, above | {node}) for target in outward[node]]


def _curve(source: tuple[int, int], target: tuple[int, int], kind: str) -> str:
    x1, y1 = source[0] + _WIDE, source[1] + _HIGH // 2
    x2, y2 = target[0], target[1] + _HIGH // 2
    bend = max(40, abs(x2 - x1) // 2)
    style = "dead" if kind == "dead letter" else "call" if kind == "call" else ""
    return (
        f'<path class="edge {style}" d="M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}">'
        f"<title>{escape(kind)}</title></path>"
    )


def _box(node: dict[str, Any], x: int, y: int) -> str:
    parts = node["type"].split("::")
    colour = _KINDS.get(parts[1] if len(parts) > 2 else "", "gray")
    name = node["name"] if len(node["name"]) <= _LONGEST else node["name"][: _LONGEST - 1] + "…"
    counts = " · ".join(f"{value} {key}" for key, value in node["counts"].items() if value)
    kind = " ".join(parts[1:]) if len(parts) > 2 else node["type"]
    under = f"{kind} · {counts}" if counts else kind
    stuck = " stuck" if node["counts"].get("retrying") else ""
    return (
        f'<g class="box{stuck}" style="--own:var(--{colour})"><title>{escape(node["arn"])}</title>'
        f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="8"/>'
        f'<rect class="stripe" x="{x}" y="{y + 8}" width="3" height="{_HIGH - 16}"/>'
        f'<text x="{x + 12}" y="{y + 17}">{escape(name)}</text>'
        f'<text class="under" x="{x + 12}" y="{y + 31}">{escape(under[:30])}</text></g>'
    )
