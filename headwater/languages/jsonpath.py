"""JSONPath as the Amazon States Language uses it (Jayway's dialect, whose wording AWS's errors carry).

Paths of plain names and indexes, nearly all of them, are a tuple of keys walked directly. The others (wildcards,
slices, filters, `..`) go to python-jsonpath and give a list, empty where nothing matches.
https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

import math
import re
from collections.abc import Callable
from typing import Any

import orjson
from jsonpath import JSONPath, JSONPathError

from headwater.languages.jsonpath_queries import QUOTED, QueryFailed, compile_query, find_all, picks_members

Key = str | int

_NAME = re.compile(r"[^.\[\]()\s,'\"*?@$]+(?: [^.\[\]()\s,'\"*?@$]+)*")
_QUOTED = re.compile(r"""\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]""")
_INDEX = re.compile(r"\[\s*(-?\d{1,19})\s*\]")
_CALL = re.compile(r"\.(length|size|min|max|avg|sum|stddev|keys|first|last)\(\)$")
# Jayway takes `$.['name']` for `$['name']`; quoted names are skipped over.
_NEEDLESS_DOT = re.compile(rf"{QUOTED}|(?<!\.)\.(?=\[)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)")


class PathError(Exception):
    """The text is not a path; the argument says why."""


class PathMissing(Exception):
    """The path leads nowhere in this value; the argument says where it ended, in Jayway's words."""


class NoPlace(Exception):
    """A value has no place for a key."""

    def __init__(self, key: Key, node: Any) -> None:
        super().__init__(key)
        self.key = key
        self.node = node


class Path:
    """A compiled path. `keys` is the tuple of a plain path, else None."""

    __slots__ = ("_call", "_indexed", "_one", "_query", "keys", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        body = text.rstrip()  # as Jayway does
        call = _CALL.search(body)
        self._call = _AGGREGATES[call.group(1)] if call else None
        body = body[: call.start()] if call else body
        keys, rest = _read_keys(body)
        self.keys: tuple[Key, ...] | None = None if rest else keys
        self._indexed = any(type(key) is int for key in keys)
        self._query = _compile_query(keys, rest) if rest else None
        # `$.a['b','c']` is one object
        self._one = (
            self._query is not None and picks_members(self._query) and len(self._query.segments) == len(keys) + 1
        )

    @property
    def definite(self) -> bool:
        return self.keys is not None or self._one

    def find(self, value: Any) -> Any:
        """The value at this path; an index past an array's end gives None, a missing name raises PathMissing."""
        found: Any
        if self._one:
            found = self._first(value)
        elif self.keys is None:
            found = self._all(value)
        elif self._indexed:
            found = self._walk(value)
        else:
            found = value
            try:
                for key in self.keys:
                    found = found[key]
            except (KeyError, TypeError, IndexError):
                raise PathMissing(explain_missing(self.keys, value)) from None
        return found if self._call is None else self._call(found)

    def exists(self, value: Any) -> bool:
        if self.keys is None:
            return bool(self._all(value))
        return _depth(self.keys, value)[0] == len(self.keys)

    def _all(self, value: Any) -> list[Any]:
        assert self._query is not None
        try:
            return find_all(self._query, value)
        except QueryFailed as failed:
            raise PathMissing(str(failed)) from None

    def _first(self, value: Any) -> Any:
        found = self._all(value)
        if not found:
            raise PathMissing(f"No results for path: {self.text}")
        return found[0]

    def _walk(self, value: Any) -> Any:
        keys = self.keys or ()
        depth, found = _depth(keys, value)
        if depth == len(keys):
            return found
        if depth == len(keys) - 1 and type(keys[-1]) is int and type(found) is list:
            return None
        raise PathMissing(explain_missing(keys, value))


def compile_reference(text: str) -> tuple[Key, ...]:
    """The keys of a Reference Path, which names exactly one place. PathError with AWS's wording otherwise."""
    if not text.startswith("$"):
        raise PathError("Reference path didn't start with '$'")
    keys, rest = _read_keys(text)
    if rest.startswith("["):
        raise PathError("'[' must be followed by ' or '[")
    if rest:
        raise PathError(f"unexpected character '{rest[0]}'")
    return keys


def put(target: Any, keys: tuple[Key, ...], value: Any) -> Any:
    """A copy of `target` with `value` at `keys`, objects made on the way. NoPlace where that cannot be."""
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if type(key) is int:
        if type(target) is not list or not -len(target) <= key < len(target):
            raise NoPlace(key, target)
        copied = target.copy()
        copied[key] = put(target[key], rest, value)
        return copied
    if target is None:
        target = {}
    if type(target) is not dict:
        raise NoPlace(key, target)
    return {**target, key: put(target.get(key, {}), rest, value) if rest else value}


def bracketed(keys: tuple[Key, ...]) -> str:
    """The canonical form that Jayway prints: $['a'][0]."""
    return "$" + "".join(f"['{key}']" if type(key) is str else f"[{key}]" for key in keys)


def explain_missing(keys: tuple[Key, ...], value: Any) -> str:
    """Why the path leads nowhere. An index past an array's end leads to nothing, which has no properties."""
    depth, found = _depth(keys, value)
    key, place = keys[depth], bracketed(keys[:depth])
    if type(key) is int and type(found) is list:
        depth, key, place, node = depth + 1, keys[depth + 1], bracketed(keys[: depth + 1]), "null"
        if type(key) is int:
            return f"The path {place} is null"
    elif type(key) is int:
        rest = bracketed(keys[depth:])[1:]
        return f"Filter: {rest} can only be applied to arrays. Current context is: {orjson.dumps(found).decode()}"
    elif type(found) is not dict:
        node = f"com.fasterxml.jackson.databind.node.{_java_node(found)}"
    elif depth == len(keys) - 1:
        return f"No results for path: {bracketed(keys)}"
    else:
        return f"Missing property in path {bracketed(keys[: depth + 1])}"
    return (
        f"Expected to find an object with property ['{key}'] in path {place} but found '{node}'. This is not a json "
        "object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'."
    )


_JAVA_NODES = {
    str: "TextNode",
    bool: "BooleanNode",
    float: "DoubleNode",
    list: "ArrayNode",
    type(None): "NullNode",
}


def _java_node(value: Any) -> str:
    if type(value) is not int:
        return _JAVA_NODES[type(value)]
    return "IntNode" if -(2**31) <= value < 2**31 else "LongNode" if -(2**63) <= value < 2**63 else "BigIntegerNode"


def _depth(keys: tuple[Key, ...], value: Any) -> tuple[int, Any]:
    """How many keys lead somewhere, and the value where that ends."""
    for depth, key in enumerate(keys):
        if isinstance(key, str):
            if type(value) is not dict or key not in value:
                return depth, value
        elif type(value) is not list or not -len(value) <= key < len(value):
            return depth, value
        value = value[key]
    return len(keys), value


def _read_keys(text: str) -> tuple[tuple[Key, ...], str]:
    """The plain keys that the path begins with, and what is left of the text."""
    if not text.startswith("$"):
        raise PathError("Path must start with '$'")
    text = _NEEDLESS_DOT.sub(r"\1", text)
    keys: list[Key] = []
    at = 1
    while at < len(text):
        if match := _QUOTED.match(text, at):
            quoted = match.group(1) if match.group(1) is not None else match.group(2)
            keys.append(_ESCAPE.sub(r"\1", quoted))
            at = match.end()
        elif match := _INDEX.match(text, at):
            keys.append(int(match.group(1)))
            at = match.end()
        elif text[at] == "." and (match := _NAME.match(text, at + 1)):
            keys.append(match.group())
            at = match.end()
        else:
            break
    return tuple(keys), text[at:]


def _compile_query(keys: tuple[Key, ...], rest: str) -> JSONPath:
    """python-jsonpath's query; names are bracketed, because Jayway allows more in a bare name than RFC 9535."""
    if rest[0] not in ".[":
        raise PathError(f"unexpected character '{rest[0]}'")
    try:
        return compile_query("$" + "".join(map(_selector, keys)) + _quote_names(rest))
    except (JSONPathError, RecursionError, ValueError, OverflowError) as error:
        raise PathError(str(error).splitlines()[0]) from None


def _selector(key: Key) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    escaped = key.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"


def _quote_names(rest: str) -> str:
    """Bare names after a dot outside of brackets become quoted selectors."""
    parts: list[str] = []
    depth = at = 0
    while at < len(rest):
        if depth == 0 and rest[at] == "." and (match := _NAME.match(rest, at + 1)):
            dots = ".." if parts and parts[-1] == "." else ""
            if dots:
                parts.pop()
            parts.append(dots + _selector(match.group()))
            at = match.end()
            continue
        depth += {"[": 1, "]": -1}.get(rest[at], 0)
        parts.append(rest[at])
        at += 1
    return "".join(parts)


def _numbers(found: Any) -> list[float]:
    numbers = [item for item in found if type(item) in (int, float)] if type(found) is list else []
    if not numbers:
        raise PathMissing("Aggregation function attempted to calculate value using empty array")
    return numbers


def _spread(found: Any) -> float:
    numbers = _numbers(found)
    mean = sum(numbers) / len(numbers)
    return math.sqrt(sum((number - mean) ** 2 for number in numbers) / len(numbers))


def _size(found: Any) -> int | None:
    """Of arrays and objects; texts have none."""
    return len(found) if type(found) in (list, dict) else None


# Jayway's functions at the end of a path.
_AGGREGATES: dict[str, Callable[[Any], Any]] = {
    "length": _size,
    "size": _size,
    "min": lambda found: float(min(_numbers(found))),
    "max": lambda found: float(max(_numbers(found))),
    "avg": lambda found: sum(_numbers(found)) / len(_numbers(found)),
    "sum": lambda found: float(sum(_numbers(found))),
    "stddev": _spread,
    "keys": lambda found: list(found) if type(found) is dict else None,
    "first": lambda found: found[0] if type(found) is list and found else None,
    "last": lambda found: found[-1] if type(found) is list and found else None,
}
