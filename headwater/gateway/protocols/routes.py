"""From method, path and query string to a REST operation.

A tree of path segments; where several operations share a path (most of S3), the one that asks for most of what the
request has in its query string and headers wins.
https://smithy.io/2.0/spec/http-bindings.html#http-request-matching
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from headwater.gateway.messages import HttpRequest
from headwater.gateway.protocols import forms
from headwater.spine.models import Model


class _Candidate(NamedTuple):
    """An operation at a path, and what a request must have beyond the path to mean it."""

    operation: str
    labels: tuple[str, ...]
    query: tuple[tuple[str, str | None], ...]
    headers: tuple[str, ...]

    def accepts(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        for name, value in self.query:
            found = query.get(name)
            if found is None or (value and found != value):
                return False
        return all(name in headers for name in self.headers)


class _Choices:
    """The operations at one path and method, most demanding first; and those of them that ask for no query string."""

    __slots__ = ("_all", "_plain")

    def __init__(self) -> None:
        self._all: list[_Candidate] = []
        self._plain: list[_Candidate] = []

    def add(self, candidate: _Candidate) -> None:
        for candidates in (self._all, self._plain)[: 1 if candidate.query else 2]:
            candidates.append(candidate)
            candidates.sort(key=lambda each: len(each.query) + len(each.headers), reverse=True)

    def choose(self, request: HttpRequest) -> _Candidate | None:
        if len(self._all) == 1:
            return self._all[0]  # what it lacks is for validation to say
        headers = request.headers
        if not request.query:
            for candidate in self._plain:
                if not candidate.headers or candidate.accepts({}, headers):
                    return candidate
            return None
        query = forms.fields(request.query)
        for candidate in self._all:
            if candidate.accepts(query, headers):
                return candidate
        return None


class _Node:
    """One segment of the tree."""

    __slots__ = ("any", "here", "literal", "rest")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.any: _Node | None = None
        self.here: dict[str, _Choices] = {}
        self.rest: dict[str, _Choices] = {}
        """Candidates by method: ending here, or taking all further segments."""


class Routes:
    """The routes of one REST service."""

    def __init__(self, model: Model) -> None:
        self._root = _Node()
        # where S3 has a deprecated operation at the route of its successor, the successor comes first
        for name, operation in sorted(model.operations.items(), key=lambda item: item[1].get("deprecated", False)):
            self._add(name, operation["http"], model)

    def match(self, request: HttpRequest) -> tuple[str, dict[str, str]] | None:
        """The operation and the labels' decoded values, or None."""
        segments = request.path.split("/")[1:]
        found = _find(self._root, segments, 0, request.method, ())
        if found is None and segments[-1] == "":
            found = _find(self._root, segments[:-1], 0, request.method, ())
        if found is None:
            return None
        choices, values = found
        chosen = choices.choose(request)
        if chosen is None:
            return None
        return chosen.operation, dict(zip(chosen.labels, map(forms.decode_path, values), strict=True))

    def _add(self, name: str, http: Mapping[str, Any], model: Model) -> None:
        path, _, query = http["requestUri"].partition("?")
        node, labels, greedy = self._root, [], False
        for segment in path.strip("/").split("/") if path.strip("/") else []:
            if segment.startswith("{"):
                greedy = segment.endswith("+}")
                labels.append(segment.strip("{+}"))
                if not greedy:
                    node.any = node = node.any or _Node()
            else:
                node = node.literal.setdefault(segment, _Node())
        required_query, required_headers = _required(model, name)
        literal = tuple((key, value or None) for key, value in forms.pairs(query))
        if literal:  # it is told by that, and what it lacks is for the service to say
            required_headers = ()
        candidate = _Candidate(
            name, tuple(labels), (*literal, *((key, None) for key in required_query)), required_headers
        )
        (node.rest if greedy else node.here).setdefault(http["method"], _Choices()).add(candidate)


def _required(model: Model, operation: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Wire names of the required members in query string and headers."""
    shape = model.input(operation)
    query, headers = [], []
    for name in shape.get("required", ()):
        member = shape["members"][name]
        if member.get("location") == "querystring" and model.shape(member)["type"] != "map":
            query.append(member.get("locationName", name))
        elif member.get("location") == "header":
            headers.append(member.get("locationName", name).lower())
    return tuple(query), tuple(headers)


def _find(
    node: _Node, segments: list[str], at: int, method: str, values: tuple[str, ...]
) -> tuple[_Choices, tuple[str, ...]] | None:
    """The candidates at the most literal path that fits, with the labels' raw values."""
    if at == len(segments):
        here = node.here.get(method)
        return (here, values) if here else None
    segment = segments[at]
    literal = node.literal.get(segment)
    if literal is not None and (found := _find(literal, segments, at + 1, method, values)):
        return found
    if node.any is not None and segment and (found := _find(node.any, segments, at + 1, method, (*values, segment))):
        return found
    rest = node.rest.get(method)
    remaining = "/".join(segments[at:])
    return (rest, (*values, remaining)) if rest and remaining else None
