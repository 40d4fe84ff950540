"""Which route takes a request: the most specific one.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
"""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar
from urllib.parse import unquote

T = TypeVar("T")


class Found(NamedTuple, Generic[T]):
    """A route's endpoint, and the values of its path's variables, decoded."""

    endpoint: T
    parameters: dict[str, str]


class _Taken(NamedTuple, Generic[T]):
    endpoint: T
    names: tuple[str, ...]


class _Node(Generic[T]):
    """One segment of the paths: what follows it literally, as a variable, or as all the rest."""

    __slots__ = ("greedy", "literals", "methods", "variable")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[T]] = {}
        self.variable: _Node[T] | None = None
        self.greedy: _Node[T] | None = None
        self.methods: dict[str, _Taken[T]] = {}


class Router(Generic[T]):
    """The routes of a stage.

    ``by_resource`` is the way of REST APIs: the most specific path decides, even where it lacks the method. HTTP
    APIs go on to the next path that has it. Segments are literal, ``{name}``, or ``{name+}`` at the end.
    """

    def __init__(self, by_resource: bool = False) -> None:
        self._root: _Node[T] = _Node()
        self._by_resource = by_resource
        self.default: T | None = None

    def add(self, method: str, path: str, endpoint: T) -> None:
        node, names = self._root, []
        for segment in _segments(path):
            if segment.startswith("{") and segment.endswith("+}"):
                node.greedy = node.greedy or _Node()
                node = node.greedy
                names.append(segment[1:-2])
            elif segment.startswith("{") and segment.endswith("}"):
                node.variable = node.variable or _Node()
                node = node.variable
                names.append(segment[1:-1])
            else:
                node = node.literals.setdefault(segment, _Node())
        node.methods[method] = _Taken(endpoint, tuple(names))

    def find(self, method: str, path: str) -> Found[T] | None:
        """``path`` is percent-encoded and begins with a slash."""
        segments = _segments(path)
        if self._by_resource and segments and not segments[-1]:
            segments.pop()
        found = self._descend(self._root, segments, 0, method, ())
        if isinstance(found, Found):
            return found
        return Found(self.default, {}) if self.default is not None else None

    def _descend(
        self, node: _Node[T], segments: list[str], place: int, method: str, values: tuple[str, ...]
    ) -> Found[T] | bool:
        """What is found below a node. True: nothing, and the search is over."""
        if place == len(segments):
            return self._take(node, method, values) if node.methods else False
        segment = unquote(segments[place])
        literal = node.literals.get(segment)
        if literal is not None and (found := self._descend(literal, segments, place + 1, method, values)):
            return found
        if (
            node.variable is not None
            and segment
            and (found := self._descend(node.variable, segments, place + 1, method, (*values, segment)))
        ):
            return found
        if node.greedy is not None and segments[place:] != [""]:
            rest = unquote("/".join(segments[place:]))
            return self._take(node.greedy, method, (*values, rest))
        return False

    def _take(self, node: _Node[T], method: str, values: tuple[str, ...]) -> Found[T] | bool:
        taken = node.methods.get(method) or node.methods.get("ANY")
        if taken is None:
            return self._by_resource
        return Found(taken.endpoint, dict(zip(taken.names, values, strict=True)))


def _segments(path: str) -> list[str]:
    return path[1:].split("/") if len(path) > 1 else []
