"""A directed graph drawn in layers, from the top down: where its nodes stand and how its edges run.

Edges that lead back go around at the right. https://en.wikipedia.org/wiki/Layered_graph_drawing
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]
Size = tuple[float, float]

_BESIDE, _BETWEEN, _LANE = 26.0, 38.0, 16.0
_TURN = 12.0  # how far from a node a line that leads back turns
_SWEEPS = 8


class Arrangement(NamedTuple):
    """``at``: the centres of nodes; ``routes``: the points of each edge, in the order in which they were given."""

    width: float
    height: float
    at: dict[str, Point]
    routes: list[list[Point]]


def arrange(sizes: Mapping[str, Size], edges: Sequence[tuple[str, str]]) -> Arrangement:
    """``sizes``: width and height of each node, the one to start from first."""
    back = _leading_back(sizes, edges)
    layer = _layers(sizes, [edge for number, edge in enumerate(edges) if number not in back])
    chains = {
        number: _chain(number, source, target, layer)
        for number, (source, target) in enumerate(edges) if number not in back
    }  # fmt: skip
    links = [link for chain in chains.values() for link in pairwise(chain)]
    all_sizes = {**{each: (0.0, 0.0) for chain in chains.values() for each in chain}, **sizes}
    rows = _ordered(layer, links)
    across = _across(rows, all_sizes, links)
    down, height = _down(rows, all_sizes)
    at = {name: (across[name], down[layer[name]]) for name in sizes}
    width = max((across[name] + all_sizes[name][0] / 2 for name in across), default=0.0)
    routes: list[list[Point]] = []
    lanes = 0
    for number, (source, target) in enumerate(edges):
        if number in back:
            lanes += 1
            routes.append(_around(at[source], at[target], sizes[source], sizes[target], width + lanes * _LANE))
        else:
            between = [(across[each], down[layer[each]]) for each in chains[number][1:-1]]
            (x1, y1), (x2, y2) = at[source], at[target]
            routes.append([(x1, y1 + sizes[source][1] / 2), *between, (x2, y2 - sizes[target][1] / 2)])
    if lanes:  # they turn above the first layer and below the last
        at = {name: (x, y + _TURN) for name, (x, y) in at.items()}
        routes = [[(x, y + _TURN) for x, y in route] for route in routes]
        return Arrangement(width + (lanes + 1) * _LANE, height + 2 * _TURN, at, routes)
    return Arrangement(width, height, at, routes)


def _leading_back(nodes: Iterable[str], edges: Sequence[tuple[str, str]]) -> set[int]:
    """Numbers of the edges that close a circle, found by going as deep as possible first."""
    leaving: dict[str, list[int]] = {name: [] for name in nodes}
    for number, (source, _) in enumerate(edges):
        leaving[source].append(number)
    back: set[int] = set()
    open_: dict[str, bool] = {}  # on the way, or done with
    for first in leaving:
        stack = [] if first in open_ else [(first, iter(leaving[first]))]
        open_.setdefault(first, True)
        while stack:
            name, rest = stack[-1]
            for number in rest:
                target = edges[number][1]
                if open_.get(target):
                    back.add(number)
                elif target not in open_:
                    open_[target] = True
                    stack.append((target, iter(leaving[target])))
                    break
            else:
                open_[name] = False
                stack.pop()
    return back


def _layers(nodes: Iterable[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Each as far down as the longest way to it."""
    leaving: dict[str, list[str]] = {name: [] for name in nodes}
    entering = dict.fromkeys(leaving, 0)
    for source, target in edges:
        leaving[source].append(target)
        entering[target] += 1
    layer = dict.fromkeys(leaving, 0)
    ready = [name for name, count in entering.items() if count == 0]
    while ready:
        name = ready.pop()
        for target in leaving[name]:
            layer[target] = max(layer[target], layer[name] + 1)
            entering[target] -= 1
            if entering[target] == 0:
                ready.append(target)
    return layer


def _chain(number: int, source: str, target: str, layer: dict[str, int]) -> list[str]:
    """The edge's nodes, with a place in each layer that it goes through; those are put into ``layer``."""
    places = [f"\0{number}.{level}" for level in range(layer[source] + 1, layer[target])]
    layer.update({place: layer[source] + 1 + index for index, place in enumerate(places)})
    return [source, *places, target]


def _ordered(layer: Mapping[str, int], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The nodes of each layer from left to right, so that few links cross."""
    rows: list[list[str]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for name, level in layer.items():
        rows[level].append(name)
    above, below = _neighbours(layer, links)
    for sweep in range(_SWEEPS):
        upward = sweep % 2
        place = {name: index / max(1, len(row) - 1) for row in rows for index, name in enumerate(row)}
        for row in reversed(rows) if upward else rows:
            near = below if upward else above
            middle = {name: _mean([place[each] for each in near[name]], place[name]) for name in row}
            row.sort(key=middle.__getitem__)
            place.update({name: index / max(1, len(row) - 1) for index, name in enumerate(row)})
    return rows


def _neighbours(
    nodes: Iterable[str], links: Iterable[tuple[str, str]]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = {name: [] for name in nodes}
    below: dict[str, list[str]] = {name: [] for name in above}
    for upper, lower in links:
        above[lower].append(upper)
        below[upper].append(lower)
    return above, below


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _across(
    rows: Sequence[Sequence[str]], sizes: Mapping[str, Size], links: Sequence[tuple[str, str]]
) -> dict[str, float]:
    """Centres from left to right: as near to their neighbours' as the room beside each other allows."""
    above, below = _neighbours([name for row in rows for name in row], links)
    across = dict.fromkeys(above, 0.0)
    for sweep in range(_SWEEPS):
        upward = sweep % 2
        for row in reversed(rows) if upward else rows:
            near = below if upward else above
            wanted = [_mean([across[each] for each in near[name]], across[name]) for name in row]
            across.update(zip(row, _apart(wanted, [sizes[name][0] for name in row]), strict=True))
    left = min((across[name] - sizes[name][0] / 2 for name in across), default=0.0)
    return {name: x - left for name, x in across.items()}


def _apart(wanted: Sequence[float], widths: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones at which none overlaps: where some would, they share the shift."""
    offsets = [0.0]
    for left, right in pairwise(widths):
        offsets.append(offsets[-1] + (left + right) / 2 + _BESIDE)
    pools: list[tuple[float, int]] = []  # sum of what is wanted, how many
    for place, offset in zip(wanted, offsets, strict=False):
        total, count = place - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            former = pools.pop()
            total, count = total + former[0], count + former[1]
        pools.append((total, count))
    starts = [total / count for total, count in pools for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=False)]


def _down(rows: Sequence[Sequence[str]], sizes: Mapping[str, Size]) -> tuple[list[float], float]:
    """The middle of each layer, and the height of all."""
    middles: list[float] = []
    top = 0.0
    for row in rows:
        tallest = max(sizes[name][1] for name in row)
        middles.append(top + tallest / 2)
        top += tallest + _BETWEEN
    return middles, max(0.0, top - _BETWEEN)


def _around(source: Point, target: Point, source_size: Size, target_size: Size, lane: float) -> list[Point]:
    """Out below one, by a lane at the right of all, and in from above the other: between the layers, never through."""
    (x1, y1), (x2, y2) = source, target
    bottom, top = y1 + source_size[1] / 2, y2 - target_size[1] / 2
    x1, x2 = x1 + source_size[0] / 4, x2 + target_size[0] / 4
    return [
        (x1, bottom), (x1, bottom + _TURN), (lane, bottom + _TURN), (lane, top - _TURN), (x2, top - _TURN), (x2, top),
    ]  # fmt: skip
