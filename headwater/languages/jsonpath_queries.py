"""Paths that are more than names and indexes, by python-jsonpath: bounded, so that a hostile one fails its state and
nothing else. Regular expressions go to an engine that needs linear time; how many places a path looks at is counted.
"""

from __future__ import annotations

import re
from typing import Any

import jsonatapy
from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError, JSONPathMatch
from jsonpath.exceptions import JSONPathRecursionError

# Places of a value that one evaluation may look at.
MOST_PLACES = 150_000
# A slash that is not escaped: it would end the expression.
_SLASH = re.compile(r"(\\.)|/", re.DOTALL)


class QueryFailed(Exception):
    """The evaluation was given up; the argument says why."""


class _Place(JSONPathMatch):
    """A place in a value, which counts those that are looked at from it; its path as text is not asked for."""

    left: list[int]

    def new_child(self, obj: object, key: int | str) -> _Place:
        left = self.left
        left[0] -= 1
        if left[0] < 0:
            raise QueryFailed(f"The path looks at more than {MOST_PLACES} places")
        child = _Place(
            filter_context=self.filter_context(),
            obj=obj,
            parent=None,
            parts=(*self.parts, key),
            path="",
            root=self.root,
        )
        child.left = left
        return child


class _Environment(JSONPathEnvironment):
    def setup_function_extensions(self) -> None:
        """Without those of RFC 9535 that take regular expressions: AWS's dialect has `=~`."""
        super().setup_function_extensions()
        for name in ("match", "search"):
            self.function_extensions.pop(name, None)

    def compare(self, left: object, operator: str, right: object) -> bool:
        if operator == "=~" and isinstance(right, re.Pattern):
            return isinstance(left, str) and _matches(right, left)
        return super().compare(left, operator, right)


def _matches(pattern: re.Pattern[str], text: str) -> bool:
    escaped = _SLASH.sub(lambda found: found[1] or r"\/", pattern.pattern)
    flags = "i" if pattern.flags & re.IGNORECASE else ""
    try:
        return bool(jsonatapy.compile(rf"$contains(s, /^(?:{escaped})$/{flags})").evaluate({"s": text}))
    except ValueError as error:
        why = str(error).splitlines()[-1]
    raise QueryFailed(f"The regular expression /{pattern.pattern}/ could not be evaluated: {why}")


_ENVIRONMENT = _Environment()


def compile_query(text: str) -> JSONPath:
    """JSONPathError where the text is no single path."""
    query = _ENVIRONMENT.compile(text)
    if not isinstance(query, JSONPath):
        raise JSONPathError("unexpected operator between paths", token=None)
    return query


def find_all(query: JSONPath, value: Any) -> list[Any]:
    """The values at all places that the path leads to; QueryFailed where there are too many to look at."""
    root = _Place(filter_context={}, obj=value, parent=None, parts=(), path="", root=value)
    root.left = [MOST_PLACES]
    places: Any = [root]
    for segment in query.segments:
        places = segment.resolve(places)
    try:
        return [place.obj for place in places]
    except (JSONPathRecursionError, RecursionError):
        why = "The value is nested too deeply for the path"
    raise QueryFailed(why)
